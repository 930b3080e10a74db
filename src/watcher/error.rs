//! Why watching cannot start.

use std::path::PathBuf;

/// Why watching cannot start.
#[derive(Debug, thiserror::Error)]
pub enum WatcherError {
    /// The working directory, which makes a path absolute, is gone.
    #[error("cannot make {path} absolute")]
    Path {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The system has no more watches, or none at all.
    #[error("cannot watch {path}")]
    Watch {
        path: PathBuf,
        source: notify::Error,
    },
    /// The system has no more threads.
    #[error("cannot start the watching thread")]
    Thread(#[source] std::io::Error),
}
