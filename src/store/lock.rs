//! Advisory locks: who works on a run right now. They end with the process that holds them, however it ends.
//!
//! Metaflow knows nothing of them; they are files whose names start with a dot in `_meta` directories. Storages that are
//! not on this machine have none.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{FlowStore, Result, RunStore, StoreError};

/// The lock file of a run (held alone while it is worked on) and of a flow (shared by those who work on its runs, held
/// alone by those who remove blobs).
const CLAIM: &str = ".claim";

/// Serialises changes of a run's tags.
const TAGS: &str = ".tags";

/// How often, and how long apart, a claim is tried while somebody looks at the lock.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// The right to work on a run, until dropped. Readers see the run as running; nobody prunes the blobs of its flow.
#[derive(Debug)]
pub struct Claim {
    _files: Vec<File>,
}

impl RunStore {
    fn lock_path(&self, name: &str) -> Option<PathBuf> {
        self.storage()
            .local_path(&format!("{}/_meta/{name}", self.key()))
    }

    /// Claims the run for this process. Fails if another has it.
    pub fn claim(&self) -> Result<Claim> {
        let mut files = Vec::new();
        if let Some(path) = self.flow().claim_path() {
            let file = open(&path)?;
            file.lock_shared()
                .map_err(|error| StoreError::io("lock", path.display(), error))?;
            files.push(file);
        }
        if let Some(path) = self.lock_path(CLAIM) {
            let file = open(&path)?;
            let free = (0..TRIES).any(|_| {
                let taken = file.try_lock().is_ok();
                if !taken {
                    thread::sleep(PAUSE);
                }
                taken
            });
            if !free {
                return Err(StoreError::Absent {
                    pathspec: self.pathspec(),
                    reason: "is being worked on by another process",
                });
            }
            files.push(file);
        }
        Ok(Claim { _files: files })
    }

    /// Whether a process has claimed the run. Metaflow's own launchers never do.
    pub fn is_claimed(&self) -> bool {
        let file = self.lock_path(CLAIM).and_then(|path| File::open(path).ok());
        file.is_some_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether a process has ever claimed the run.
    pub(super) fn was_claimed(&self) -> bool {
        self.lock_path(CLAIM).is_some_and(|path| path.exists())
    }

    /// Waits until nobody else changes the run's tags.
    pub(super) fn lock_tags(&self) -> Result<Option<File>> {
        let Some(path) = self.lock_path(TAGS) else {
            return Ok(None);
        };
        let file = open(&path)?;
        file.lock()
            .map_err(|error| StoreError::io("lock", path.display(), error))?;
        Ok(Some(file))
    }
}

impl FlowStore {
    fn claim_path(&self) -> Option<PathBuf> {
        self.storage()
            .local_path(&format!("{}/_meta/{CLAIM}", self.name()))
    }

    /// The right to remove blobs; `None` while somebody works on a run of the flow.
    pub(super) fn claim_blobs(&self) -> Result<Option<Claim>> {
        let Some(path) = self.claim_path() else {
            return Ok(Some(Claim { _files: Vec::new() }));
        };
        let file = open(&path)?;
        Ok(match file.try_lock() {
            Ok(()) => Some(Claim { _files: vec![file] }),
            Err(_) => None,
        })
    }
}

fn open(path: &Path) -> Result<File> {
    let make = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
    };
    make().map_err(|error| StoreError::io("open", path.display(), error))
}
