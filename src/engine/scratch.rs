//! Private directories for spool files: in memory where the system has enough of that, with one on disk beside it; gone with
//! the engine.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::lock::{lock, sweep};

/// Free bytes that shared memory must have: containers have 64 MB of it by default, and use it for other things.
const ENOUGH: u64 = 1 << 30;

/// How the names of the directories begin.
const PREFIX: &str = "flowdev-scratch-";

/// The directories; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
    /// For what the first has no room for.
    overflow: Option<PathBuf>,
    lock_path: PathBuf,
    /// Says to other engines that this one lives. Some file systems have no locks: there nobody sweeps either.
    _lock: Option<File>,
}

impl Scratch {
    /// Makes new ones that only this user can read.
    ///
    /// # Errors
    /// When neither shared memory nor the temporary directory can be written.
    pub fn new() -> io::Result<Self> {
        let (shared, temporary) = (Path::new("/dev/shm"), std::env::temp_dir());
        if has_room(shared)
            && let Ok(scratch) = Self::within(shared, Some(&temporary))
        {
            return Ok(scratch);
        }
        Self::within(&temporary, None)
    }

    fn within(base: &Path, overflow: Option<&Path>) -> io::Result<Self> {
        sweep(base, PREFIX, |left| {
            let name = left.file_name().unwrap_or_default();
            let overflow = overflow.map(|other| other.join(name));
            remove(left, overflow.as_deref());
        });
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
        let lock_path = base.join(&name).with_extension("lock");
        let make = |base: &Path| {
            let dir = base.join(&name);
            DirBuilder::new().mode(0o700).create(&dir).map(|()| dir)
        };
        // Before the directory: what is not locked is swept.
        let lock = lock(&lock_path).ok().flatten();
        Ok(Self {
            dir: make(base)?,
            overflow: overflow.and_then(|other| make(other).ok()),
            lock_path,
            _lock: lock,
        })
    }

    /// A path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The directory for what there is no room for.
    pub fn overflow(&self) -> Option<String> {
        Some(self.overflow.as_ref()?.display().to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left-overs are swept by the next engine.
        remove(&self.dir, self.overflow.as_deref());
        let _ = fs::remove_file(&self.lock_path);
    }
}

fn remove(dir: &Path, overflow: Option<&Path>) {
    let _ = fs::remove_dir_all(dir);
    if let Some(other) = overflow {
        let _ = fs::remove_dir_all(other);
    }
}

fn has_room(directory: &Path) -> bool {
    rustix::fs::statvfs(directory).is_ok_and(|it| it.f_bavail.saturating_mul(it.f_frsize) >= ENOUGH)
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
        let bases = ["memory", "disk"].map(|_| tempfile::tempdir().expect("a directory"));
        let [memory, disk] = bases.each_ref().map(|base| base.path());
        for base in [memory, disk] {
            fs::create_dir(base.join("flowdev-scratch-dead")).expect("made");
            fs::write(base.join("flowdev-scratch-dead/spool"), "left").expect("written");
            fs::create_dir(base.join("flowdev-1000")).expect("made");
        }
        fs::write(memory.join("flowdev-scratch-dead.lock"), "").expect("written");
        let live = Scratch::within(memory, Some(disk)).expect("made");
        let next = Scratch::within(memory, Some(disk)).expect("made");
        fs::write(live.file("spool"), "used").expect("its directory is there");
        assert_eq!(names(memory).len(), 5, "{:?}", names(memory));
        assert_eq!(names(disk).len(), 3, "{:?}", names(disk));
        drop((live, next));
        assert_eq!(names(memory), ["flowdev-1000"]);
        assert_eq!(names(disk), ["flowdev-1000"]);
    }
}
