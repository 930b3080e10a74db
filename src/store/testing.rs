//! What the tests of this room share.

use std::sync::Arc;

use tempfile::TempDir;

use super::{ArtifactRef, FlowStore, Identity, Manifest, Store, TaskStore, TaskWriter};

/// A store in a directory that goes with it.
pub(super) struct Scene {
    pub(super) dir: TempDir,
    pub(super) store: Store,
}

impl Scene {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join(".metaflow"));
        Self { dir, store }
    }

    pub(super) fn flow(&self) -> FlowStore {
        self.store.flow("F")
    }
}

/// Some user on some machine.
pub(super) fn identity() -> Arc<Identity> {
    let mut identity = Identity {
        user: "me".into(),
        tags: vec!["t".into()],
        runtime: "dev".into(),
        python_version: "3.12.1".into(),
        metaflow_version: "2.19.39".into(),
        script_name: "flow.py".into(),
        ..Identity::default()
    };
    identity.sys_tags = identity.standard_sys_tags();
    Arc::new(identity)
}

pub(super) const TRUE: &[u8] = b"\x80\x04\x88.";
pub(super) const FALSE: &[u8] = b"\x80\x04\x89.";

/// A manifest of these pickles, which are stored.
pub(super) fn manifest(flow: &FlowStore, artifacts: &[(&str, &[u8])]) -> Manifest {
    let mut manifest = Manifest::default();
    for (name, pickle) in artifacts {
        let key = flow.put_blob(pickle).unwrap();
        let artifact = ArtifactRef::pickle(key, pickle.len() as u64, "<class 'bool'>");
        manifest.objects.insert((*name).to_owned(), artifact);
    }
    manifest
}

/// A finished attempt with these artifacts.
pub(super) fn finished(task: &TaskStore, attempt: u32, artifacts: &[(&str, &[u8])]) -> TaskWriter {
    let flow = task.run().flow().clone();
    task.run().register(&identity()).unwrap();
    let writer = TaskWriter::new(task.clone(), attempt, identity());
    writer.register().unwrap();
    writer.begin(&super::Begin::default()).unwrap();
    writer.finish(&manifest(&flow, artifacts), true).unwrap();
    writer
}
