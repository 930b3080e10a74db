//! Storage in a directory of the local file system.
//!
//! Writes go to a temporary file in the target's own directory and are renamed: four system calls, no fsync. A power
//! failure may lose the last seconds; the death of a process loses nothing that was written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    ops::Range,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use super::{Listing, Storage, check_key, check_prefix};
use crate::store::{Result, StoreError};

/// Mode of all files, as Metaflow's.
const MODE: u32 = 0o600;

/// How often a write tries again when its directory is removed under it.
const TRIES: usize = 64;

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// The process id alone does not tell two containers apart that share a directory.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let short = unique.get(..8).unwrap_or_default();
    format!(".{}-{short}", process::id())
});

/// A directory.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    root: PathBuf,
}

impl LocalStorage {
    /// Stores under `root`, which is made at the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, key: &str) -> Result<PathBuf> {
        check_key(key)?;
        Ok(self.root.join(key))
    }

    /// Opens a new file beside `target`, making the directories that are missing.
    fn temp(&self, target: &Path) -> io::Result<(PathBuf, File)> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = target.with_file_name(format!("{}-{number}.tmp", *PROCESS));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(MODE);
        let mut tries = 0;
        loop {
            match options.open(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == ErrorKind::NotFound && tries < TRIES => {
                    tries += 1;
                    self.make_parent(target)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn make_parent(&self, target: &Path) -> io::Result<()> {
        // Another process may remove the empty parent at the same moment; opening the file tells.
        let passing = |error: &io::Error| {
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists)
        };
        match target.parent().map(fs::create_dir_all) {
            Some(Err(error)) if !passing(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn write_temp(&self, target: &Path, data: &[u8]) -> io::Result<PathBuf> {
        let (path, mut file) = self.temp(target)?;
        match file.write_all(data) {
            Ok(()) => Ok(path),
            Err(error) => {
                discard(&path);
                Err(error)
            }
        }
    }
}

/// Removes a temporary file. A failure leaves an invisible file behind, which is no reason to fail the operation.
fn discard(path: &Path) {
    drop(fs::remove_file(path));
}

/// Whether an error means that there is no such file.
fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

/// Renames without replacing; says whether it did.
fn rename_new(from: &Path, to: &Path) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => return Ok(false),
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match fs::hard_link(from, to) {
        Ok(()) => {
            discard(from);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Attaches action and path to a failure, and turns absence into `None`.
fn found<T>(result: io::Result<T>, action: &'static str, path: &Path) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(StoreError::io(action, path.display(), error)),
    }
}

impl Storage for LocalStorage {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let path = self.path(key)?;
        Ok(found(fs::read(&path), "read", &path)?.map(Bytes::from))
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let path = self.path(key)?;
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(range.start))?;
            let mut data = Vec::new();
            file.take(range.end.saturating_sub(range.start))
                .read_to_end(&mut data)?;
            Ok(Bytes::from(data))
        };
        found(read(), "read", &path)
    }

    fn put(&self, key: &str, data: &[u8]) -> Result<()> {
        let path = self.path(key)?;
        let write = || {
            let temp = self.write_temp(&path, data)?;
            fs::rename(&temp, &path).inspect_err(|_| discard(&temp))
        };
        write().map_err(|error| StoreError::io("write", path.display(), error))
    }

    fn put_if_absent(&self, key: &str, data: &[u8]) -> Result<bool> {
        let path = self.path(key)?;
        let write = || {
            let temp = self.write_temp(&path, data)?;
            let renamed = rename_new(&temp, &path);
            if !matches!(renamed, Ok(true)) {
                discard(&temp);
            }
            renamed
        };
        write().map_err(|error| StoreError::io("write", path.display(), error))
    }

    fn put_pieces_if_absent(
        &self,
        key: &str,
        pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>,
    ) -> Result<bool> {
        let path = self.path(key)?;
        let failed = |error| StoreError::io("write", path.display(), error);
        let (temp, mut file) = self.temp(&path).map_err(failed)?;
        let write = || -> Result<()> {
            for piece in pieces {
                file.write_all(&piece?).map_err(failed)?;
            }
            Ok(())
        };
        let written = write();
        let renamed = written.and_then(|()| rename_new(&temp, &path).map_err(failed));
        if !matches!(renamed, Ok(true)) {
            discard(&temp);
        }
        renamed
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.size(key)?.is_some())
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let path = self.path(key)?;
        let metadata = found(fs::metadata(&path), "look at", &path)?;
        Ok(metadata.filter(|found| found.is_file()).map(|m| m.len()))
    }

    fn list(&self, prefix: &str) -> Result<Listing> {
        check_prefix(prefix)?;
        let path = self.root.join(prefix);
        let Some(entries) = found(fs::read_dir(&path), "list", &path)? else {
            return Ok(Listing::default());
        };
        let mut listing = Listing::default();
        for entry in entries {
            let entry = entry.map_err(|error| StoreError::io("list", path.display(), error))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            // A file may vanish between being listed and being looked at.
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let is_dir = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            if is_dir {
                listing.dirs.push(name);
            } else {
                listing.files.push(name);
            }
        }
        listing.dirs.sort_unstable();
        listing.files.sort_unstable();
        Ok(listing)
    }

    fn delete(&self, key: &str) -> Result<bool> {
        let path = self.path(key)?;
        if !self.exists(key)? {
            return Ok(false);
        }
        let removed = found(fs::remove_file(&path), "remove", &path)?.is_some();
        self.remove_empty_parents(&path);
        Ok(removed)
    }

    fn delete_all(&self, prefix: &str) -> Result<()> {
        check_prefix(prefix)?;
        let path = self.root.join(prefix);
        if !path.is_dir() {
            return Ok(());
        }
        found(fs::remove_dir_all(&path), "remove", &path)?;
        self.remove_empty_parents(&path);
        Ok(())
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool> {
        let (source, target) = (self.path(from)?, self.path(to)?);
        if from == to {
            return self.exists(from);
        }
        let Some(data) = self.get(from)? else {
            return Ok(false);
        };
        let link = || {
            let (temp, _) = self.temp(&target)?;
            fs::remove_file(&temp)?;
            // Files are never changed in place, so two names may share one.
            fs::hard_link(&source, &temp)?;
            let renamed = fs::rename(&temp, &target);
            // Renaming a link onto another link of the same file leaves both.
            discard(&temp);
            renamed
        };
        match link() {
            Ok(()) => Ok(true),
            Err(_) => self.put(to, &data).map(|()| true),
        }
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        if key.is_empty() {
            return Some(self.root.clone());
        }
        self.path(key).ok()
    }

    fn import(&self, source: &dyn Storage, from: &str, to: &str) -> Result<bool> {
        let target = self.path(to)?;
        if self.exists(to)? {
            return Ok(true);
        }
        if let Some(origin) = source.local_path(from) {
            let mut linked = fs::hard_link(&origin, &target);
            if matches!(&linked, Err(error) if error.kind() == ErrorKind::NotFound)
                && self.make_parent(&target).is_ok()
            {
                linked = fs::hard_link(&origin, &target);
            }
            match linked {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(true),
                // Another device, or a file system without links: copy.
                Err(_) => {}
            }
        }
        match source.get(from)? {
            Some(data) => self.put_if_absent(to, &data).map(|_| true),
            None => Ok(false),
        }
    }
}

impl LocalStorage {
    /// Object stores know no empty directories, so neither does this.
    fn remove_empty_parents(&self, path: &Path) {
        for parent in path.ancestors().skip(1) {
            if parent == self.root || !parent.starts_with(&self.root) {
                return;
            }
            if fs::remove_dir(parent).is_err() {
                return;
            }
        }
    }
}
