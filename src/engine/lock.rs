//! Lock files: what belongs to a process of ours for as long as it lives, however it ends, and in whatever PID namespace.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// How the names of the files end.
const ENDING: &str = "lock";

/// The lock, if nobody has it.
///
/// # Errors
/// When the file cannot be made, or the file system has no locks.
pub(crate) fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            // In a directory for everybody a link may be somebody else's.
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it may have removed the file in between: then this one is nobody's lock any more.
        let held = file.metadata()?;
        if fs::metadata(path).is_ok_and(|found| found.ino() == held.ino()) {
            return Ok(Some(file));
        }
    }
}

/// Removes what processes that were killed have left: gives the path of each lock file that nobody holds, without its ending.
/// Without the lock nobody uses what belongs to it, and with it nobody begins to.
pub(crate) fn sweep(directory: &Path, prefix: &str, remove: impl Fn(&Path)) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let is_ours = name.as_encoded_bytes().starts_with(prefix.as_bytes());
        if is_ours
            && path.extension().is_some_and(|end| end == ENDING)
            && let Ok(Some(_lock)) = lock(&path)
        {
            remove(&path.with_extension(""));
            let _ = fs::remove_file(&path);
        }
    }
}
