//! What the tests of this room share.

use std::{
    io,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use tempfile::TempDir;

use super::{
    ArtifactRef, FlowStore, Identity, Listing, LocalStorage, Manifest, Result, Storage, Store,
    StoreError, TaskStore, TaskWriter,
};

/// A store in a directory that goes with it.
pub(super) struct Scene {
    pub(super) store: Store,
    _dir: TempDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join(".metaflow"), dir.path(), &|_| None);
        Self { store, _dir: dir }
    }

    pub(super) fn flow(&self) -> FlowStore {
        self.store.flow("F")
    }
}

/// Bytes without pattern: a xorshift generator.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
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
        git_info: None,
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

/// A directory that takes a number of writes and then no more, as if the writer had been killed.
#[derive(Debug)]
pub(super) struct Dying {
    inner: LocalStorage,
    left: AtomicUsize,
}

impl Dying {
    pub(super) fn new(root: &str, writes: usize) -> Self {
        Self {
            inner: LocalStorage::new(root),
            left: AtomicUsize::new(writes),
        }
    }

    fn pay(&self) -> Result<()> {
        let less = |left: usize| left.checked_sub(1);
        let paid = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        let dead = |_| StoreError::io("write", "anything", io::Error::other("killed"));
        paid.map(|_| ()).map_err(dead)
    }
}

impl Storage for Dying {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        self.inner.get(key)
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        self.inner.get_range(key, range)
    }

    fn put(&self, key: &str, data: &[u8]) -> Result<()> {
        self.pay()?;
        self.inner.put(key, data)
    }

    fn put_if_absent(&self, key: &str, data: &[u8]) -> Result<bool> {
        self.pay()?;
        self.inner.put_if_absent(key, data)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.inner.exists(key)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.inner.size(key)
    }

    fn list(&self, prefix: &str) -> Result<Listing> {
        self.inner.list(prefix)
    }

    fn delete(&self, key: &str) -> Result<bool> {
        self.pay()?;
        self.inner.delete(key)
    }

    fn delete_all(&self, prefix: &str) -> Result<()> {
        self.pay()?;
        self.inner.delete_all(prefix)
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool> {
        self.pay()?;
        self.inner.copy(from, to)
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}
