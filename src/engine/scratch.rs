//! A private directory for spool files: in memory where the system has one, gone with the engine.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The directory; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    /// Makes a new one that only this user can read.
    ///
    /// # Errors
    /// When neither shared memory nor the temporary directory can be written.
    pub fn new() -> io::Result<Self> {
        let name = format!(
            "flowdev-{}-{}",
            std::process::id(),
            uuid::Uuid::new_v4().simple()
        );
        let shared = Path::new("/dev/shm");
        let place = |base: &Path| {
            let dir = base.join(&name);
            DirBuilder::new().mode(0o700).create(&dir).map(|()| dir)
        };
        let dir = if shared.is_dir() {
            place(shared).or_else(|_| place(&std::env::temp_dir()))
        } else {
            place(&std::env::temp_dir())
        }?;
        sweep(dir.parent().unwrap_or(shared));
        Ok(Self { dir })
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
    }
}

/// Removes what killed engines left behind: a directory whose process is gone.
fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix("flowdev-"))
            .and_then(|rest| rest.split('-').next())
            .and_then(|pid| pid.parse::<i32>().ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid
            && rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
