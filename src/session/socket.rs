//! Where a session listens: a socket in a private directory, named by a hash of the project's directory. The lock beside it
//! belongs to the session that listens and ends with it, however it ends: then the socket is stale.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::error::SessionError;
use crate::engine::{lock, sweep};

/// Bytes of a path that every system takes for a socket.
const MAX_PATH: usize = 100;

/// `$XDG_RUNTIME_DIR/flowdev`, else `flowdev-<uid>` in the temporary directory.
fn directory() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir).join("flowdev"),
        None => {
            let user = rustix::process::getuid().as_raw();
            std::env::temp_dir().join(format!("flowdev-{user}"))
        }
    }
}

/// Whether nobody else can put anything into the directory.
fn is_private(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|found| {
        found.is_dir()
            && found.uid() == rustix::process::getuid().as_raw()
            && found.mode() & 0o077 == 0
    })
}

/// The socket of a project: a real path.
fn path(project: &Path) -> PathBuf {
    let mut hash = DefaultHasher::new();
    project.as_os_str().as_encoded_bytes().hash(&mut hash);
    directory().join(format!("{:016x}.sock", hash.finish()))
}

/// The right to listen for a project, and what listens. Dropping it removes the socket.
pub struct Listening {
    pub listener: UnixListener,
    socket: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Listening {
    /// Starts to listen; what a dead session has left is replaced.
    ///
    /// # Errors
    /// [`SessionError::Taken`] where another session listens.
    pub fn start(project: &Path) -> Result<Self, SessionError> {
        let directory = directory();
        let made = DirBuilder::new().mode(0o700).create(&directory);
        match made {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(SessionError::Socket {
                    path: directory,
                    source,
                });
            }
            _ if !is_private(&directory) => {
                return Err(SessionError::NotPrivate { path: directory });
            }
            _ => {}
        }
        let socket = path(project);
        if socket.as_os_str().len() > MAX_PATH {
            return Err(SessionError::TooLong { path: socket });
        }
        let lock_path = socket.with_extension("lock");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SessionError::Socket { path, source }
        };
        sweep(&directory, "", |left| {
            let _ = fs::remove_file(left.with_extension("sock"));
        });
        let Some(lock) = lock(&lock_path).map_err(failed(&lock_path))? else {
            return Err(SessionError::Taken {
                project: project.to_owned(),
                pid: None,
            });
        };
        match fs::remove_file(&socket) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&socket)(source));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&socket).map_err(failed(&socket))?;
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600)).map_err(failed(&socket))?;
        Ok(Self {
            listener,
            socket,
            lock_path,
            _lock: lock,
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // What is left is replaced by the next session.
        let _ = fs::remove_file(&self.socket);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// The session of this very directory, if one listens.
pub async fn connect(project: &Path) -> Option<UnixStream> {
    let stream = UnixStream::connect(path(project)).await.ok()?;
    let peer = stream.peer_cred().ok()?;
    (peer.uid() == rustix::process::getuid().as_raw()).then_some(stream)
}

/// The nearest session for something in a directory: that of the directory itself, else of one above it.
pub async fn nearest(directory: &Path) -> Option<(PathBuf, UnixStream)> {
    if !is_private(&self::directory()) {
        return None;
    }
    for project in directory.ancestors() {
        if let Some(stream) = connect(project).await {
            return Some((project.to_owned(), stream));
        }
    }
    None
}
