//! What the command line says when it cannot do what was asked, and the exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::engine::EngineError;
use crate::store::StoreError;

/// How a command ended, as the shell sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitKind {
    /// 0
    Success,
    /// 1: the flow failed, or a check found errors.
    Failed,
    /// 2: the command line does not make sense.
    Usage,
    /// 130: interrupted, as a shell reports SIGINT.
    Cancelled,
}

impl From<ExitKind> for ExitCode {
    fn from(kind: ExitKind) -> Self {
        Self::from(match kind {
            ExitKind::Success => 0,
            ExitKind::Failed => 1,
            ExitKind::Usage => 2,
            ExitKind::Cancelled => 130,
        })
    }
}

/// An error at this face: a sentence, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{message}")]
    Usage { message: String, hint: String },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read the pickle: {0}")]
    Pickle(#[from] crate::inspect::PickleError),
    #[error(transparent)]
    Table(#[from] crate::inspect::TableError),
    #[error(transparent)]
    Clap(#[from] clap::Error),
    #[error(transparent)]
    Watcher(#[from] crate::watcher::WatcherError),
    #[error(transparent)]
    Window(#[from] crate::tui::TuiError),
    #[error(transparent)]
    Session(#[from] crate::session::SessionError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl CliError {
    /// A wrong command line, with what would be right.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// What to do next, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } => Some(hint),
            Self::Engine(EngineError::Request { hint, .. }) => hint.as_deref(),
            Self::Session(error) => error.hint(),
            Self::Read { .. }
            | Self::Engine(_)
            | Self::Store(_)
            | Self::Pickle(_)
            | Self::Table(_)
            | Self::Clap(_)
            | Self::Watcher(_)
            | Self::Window(_)
            | Self::Io(_) => None,
        }
    }

    /// The exit code that goes with it.
    pub fn exit(&self) -> ExitKind {
        match self {
            Self::Usage { .. } | Self::Clap(_) | Self::Read { .. } => ExitKind::Usage,
            Self::Engine(_)
            | Self::Store(_)
            | Self::Pickle(_)
            | Self::Table(_)
            | Self::Watcher(_)
            | Self::Window(_)
            | Self::Session(_)
            | Self::Io(_) => ExitKind::Failed,
        }
    }
}
