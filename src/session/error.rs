//! What can go wrong between a session and a command.

use std::io;
use std::path::PathBuf;

/// An error of the socket, or of what came through it.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("cannot use {path}: {source}", path = path.display())]
    Socket { path: PathBuf, source: io::Error },
    #[error("{path} is not a private directory of this user", path = path.display())]
    NotPrivate { path: PathBuf },
    #[error("{path} is too long for the path of a socket", path = path.display())]
    TooLong { path: PathBuf },
    #[error("a session serves {project} already{}", with_pid(*.pid), project = project.display())]
    Taken { project: PathBuf, pid: Option<u32> },
    #[error("no session serves {project}", project = project.display())]
    Nobody { project: PathBuf },
    #[error("the session of {project} does not answer", project = project.display())]
    Silent { project: PathBuf },
    #[error("the session of {project} ends with its window", project = project.display())]
    Window { project: PathBuf },
}

impl SessionError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Socket { .. } | Self::Silent { .. } => None,
            Self::NotPrivate { .. } => {
                Some("remove it, or set XDG_RUNTIME_DIR to a private directory")
            }
            Self::TooLong { .. } => Some("set XDG_RUNTIME_DIR to a shorter directory"),
            Self::Taken { .. } => Some("`flowdev session status` shows it"),
            Self::Nobody { .. } => {
                Some("start one with `flowdev session`, or open a flow with `flowdev FLOW`")
            }
            Self::Window { .. } => Some("close it there"),
        }
    }
}

fn with_pid(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}
