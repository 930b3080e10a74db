//! A private directory for spool files: in memory where the system has one, gone with the engine.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::lock::{lock, sweep};

/// How the names of the directories begin.
const PREFIX: &str = "flowdev-scratch-";

/// The directory; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
    lock_path: PathBuf,
    /// Says to other engines that this one lives. Some file systems have no locks: there nobody sweeps either.
    _lock: Option<File>,
}

impl Scratch {
    /// Makes a new one that only this user can read.
    ///
    /// # Errors
    /// When neither shared memory nor the temporary directory can be written.
    pub fn new() -> io::Result<Self> {
        let shared = Path::new("/dev/shm");
        if shared.is_dir()
            && let Ok(scratch) = Self::within(shared)
        {
            return Ok(scratch);
        }
        Self::within(&std::env::temp_dir())
    }

    fn within(base: &Path) -> io::Result<Self> {
        sweep(base, PREFIX, |left| {
            let _ = fs::remove_dir_all(left);
        });
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
        let dir = base.join(name);
        let lock_path = dir.with_extension("lock");
        // Before the directory: what is not locked is swept.
        let lock = lock(&lock_path).ok().flatten();
        DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self {
            dir,
            lock_path,
            _lock: lock,
        })
    }

    /// A path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left-overs are swept by the next engine.
        let _ = fs::remove_dir_all(&self.dir);
        let _ = fs::remove_file(&self.lock_path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a directory, sorted.
    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory").flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_engine_has_left_goes_and_what_a_live_one_has_stays() {
        let base = tempfile::tempdir().expect("a directory");
        let base = base.path();
        fs::create_dir(base.join("flowdev-scratch-dead")).expect("made");
        fs::write(base.join("flowdev-scratch-dead/spool"), "left").expect("written");
        fs::write(base.join("flowdev-scratch-dead.lock"), "").expect("written");
        fs::create_dir(base.join("flowdev-1000")).expect("made");
        let live = Scratch::within(base).expect("made");
        let next = Scratch::within(base).expect("made");
        fs::write(live.file("spool"), "used").expect("its directory is there");
        assert_eq!(names(base).len(), 5, "{:?}", names(base));
        drop((live, next));
        assert_eq!(names(base), ["flowdev-1000"]);
    }
}
