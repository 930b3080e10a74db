//! What can go wrong in the store, said with the path or key it happened at.

use std::io;

use thiserror::Error;

use super::{BlobKey, PickleError, TagError};

/// An error of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        action: &'static str,
        path: String,
        source: io::Error,
    },
    /// The object store refused.
    #[error("cannot {action} {key}: {source}")]
    Object {
        action: &'static str,
        key: String,
        source: object_store::Error,
    },
    /// A key with empty, `.` or `..` segments: it could leave the store's root.
    #[error("{key:?} is not a key of the store")]
    BadKey { key: String },
    /// A file exists but does not hold what its name promises.
    #[error("{key} is unreadable: {reason}")]
    Malformed { key: String, reason: String },
    /// A manifest names a blob that is not there.
    #[error("blob {key} is missing in {place}")]
    BlobMissing { key: BlobKey, place: String },
    /// A blob's bytes do not give its key.
    #[error("blob {key} in {place} is damaged: {reason}")]
    BlobDamaged {
        key: BlobKey,
        place: String,
        reason: String,
    },
    /// A run, step or task that does not exist, or has no finished attempt.
    #[error("{pathspec} {reason}")]
    Absent {
        pathspec: String,
        reason: &'static str,
    },
    /// An artifact's encoding is none of Metaflow's pickles.
    #[error("artifact {name} of {pathspec} has the encoding {encoding:?}, which is not a pickle")]
    Encoding {
        pathspec: String,
        name: String,
        encoding: String,
    },
    /// An artifact of the runtime's own is not one of the plain values.
    #[error("artifact {name} of {pathspec} is unreadable: {source}")]
    Artifact {
        pathspec: String,
        name: String,
        source: PickleError,
    },
    /// Tags that Metaflow would refuse.
    #[error(transparent)]
    Tag(#[from] TagError),
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: impl ToString, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_string(),
            source,
        }
    }

    pub(crate) fn malformed(key: impl Into<String>, reason: impl ToString) -> Self {
        Self::Malformed {
            key: key.into(),
            reason: reason.to_string(),
        }
    }
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
