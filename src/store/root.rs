//! The store's root: where it is, which kind it is, which flows it has.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{FlowStore, LocalStorage, Result, Settings, Storage};

const LOCAL_DIR: &str = ".metaflow";
const SPIN_DIR: &str = ".metaflow_spin";
const LOCAL_SYSROOT: &str = "METAFLOW_DATASTORE_SYSROOT_LOCAL";
const SPIN_SYSROOT: &str = "METAFLOW_DATASTORE_SYSROOT_SPIN";
const CARD_ROOT: &str = "METAFLOW_CARD_LOCALROOT";
const CARD_DIR: &str = "mf.cards";

/// Directories beside the flows that are none.
const RESERVED: [&str; 2] = ["data", CARD_DIR];

/// Which history a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// Runs.
    Local,
    /// Steps that were spun.
    Spin,
}

impl StoreKind {
    /// Metaflow's name of the datastore type.
    pub fn ds_type(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Spin => "spin",
        }
    }
}

/// A store.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    storage: Arc<dyn Storage>,
    /// As the records name it: an absolute path.
    root: String,
    kind: StoreKind,
    spin_root: Option<PathBuf>,
    /// Where cards are, if not beside the runs.
    card_root: Option<PathBuf>,
}

/// Where a store is, or would be.
#[derive(Debug, Clone)]
pub struct Located {
    /// The store.
    pub store: Store,
    /// Whether its directory exists already; otherwise the first write makes it.
    pub found: bool,
}

impl Store {
    /// Finds the store as Metaflow does: METAFLOW_DATASTORE_SYSROOT_LOCAL (variable or setting), else the nearest `.metaflow` from `cwd`
    /// upward, else `.metaflow` in `cwd`. Nothing is written.
    pub fn locate(cwd: &Path, env: &dyn Fn(&str) -> Option<String>) -> Located {
        let cwd = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        let settings = Settings::of(&cwd, env);
        let root = match settings.get(LOCAL_SYSROOT) {
            Some(sysroot) => cwd.join(sysroot).join(LOCAL_DIR),
            None => cwd
                .ancestors()
                .map(|dir| dir.join(LOCAL_DIR))
                .find(|dir| dir.is_dir())
                .unwrap_or_else(|| cwd.join(LOCAL_DIR)),
        };
        let spin_root = match settings.get(SPIN_SYSROOT) {
            Some(sysroot) => cwd.join(sysroot).join(SPIN_DIR),
            None => root.with_file_name(SPIN_DIR),
        };
        let found = root.is_dir();
        let card_root = settings.get(CARD_ROOT).map(|root| cwd.join(root));
        let store = Self::local(root, StoreKind::Local, Some(spin_root), card_root);
        Located { store, found }
    }

    /// The store with this root directory, such as `/project/.metaflow`. A root called `.metaflow_spin` holds spins. Where
    /// cards are is decided as by `locate`.
    pub fn open(root: &Path, cwd: &Path, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let card_root = Settings::of(cwd, env).get(CARD_ROOT);
        let card_root = card_root.map(|root| cwd.join(root));
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let is_spin = root.file_name().is_some_and(|name| name == SPIN_DIR);
        if is_spin {
            Self::local(root, StoreKind::Spin, None, card_root)
        } else {
            let spin_root = root.with_file_name(SPIN_DIR);
            Self::local(root, StoreKind::Local, Some(spin_root), card_root)
        }
    }

    /// A store over any storage. `root` is what records name as its place.
    pub fn with_storage(
        storage: Arc<dyn Storage>,
        root: impl Into<String>,
        kind: StoreKind,
    ) -> Self {
        let inner = Inner {
            storage,
            root: root.into(),
            kind,
            spin_root: None,
            card_root: None,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    fn local(
        root: PathBuf,
        kind: StoreKind,
        spin_root: Option<PathBuf>,
        card_root: Option<PathBuf>,
    ) -> Self {
        let inner = Inner {
            root: root.to_string_lossy().into_owned(),
            storage: Arc::new(LocalStorage::new(root)),
            kind,
            spin_root,
            card_root,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The store that keeps this store's spins; itself if it is one, or has no place for another.
    pub fn spin_sibling(&self) -> Self {
        match &self.inner.spin_root {
            Some(root) => {
                let card_root = self.inner.card_root.clone();
                Self::local(root.clone(), StoreKind::Spin, None, card_root)
            }
            None => self.clone(),
        }
    }

    /// Whether this keeps runs or spins.
    pub fn kind(&self) -> StoreKind {
        self.inner.kind
    }

    /// The root as records name it: an absolute path.
    pub fn root(&self) -> &str {
        &self.inner.root
    }

    /// The root directory, if the store is on this machine.
    pub fn root_path(&self) -> Option<PathBuf> {
        self.inner.storage.local_path("")
    }

    /// Where the cards of all tasks are: the storage, and what its keys begin with.
    pub(super) fn cards(&self) -> (Arc<dyn Storage>, &'static str) {
        match &self.inner.card_root {
            Some(root) => (Arc::new(LocalStorage::new(root.clone())), ""),
            None => (Arc::clone(self.storage()), "mf.cards/"),
        }
    }

    /// The files below.
    pub(super) fn storage(&self) -> &Arc<dyn Storage> {
        &self.inner.storage
    }

    /// Names of the flows that have ever been run, sorted.
    pub fn flows(&self) -> Result<Vec<String>> {
        let mut flows = self.storage().list("")?.dirs;
        flows.retain(|name| !RESERVED.contains(&name.as_str()));
        let mut known = Vec::with_capacity(flows.len());
        for name in flows {
            if self.storage().exists(&format!("{name}/_meta/_self.json"))? {
                known.push(name);
            }
        }
        Ok(known)
    }

    /// A flow, whether or not it has been run.
    pub fn flow(&self, name: &str) -> FlowStore {
        FlowStore::new(self.clone(), name)
    }
}
