//! Objects of S3 and of stores that speak its protocol: downloads into files, uploads from files, listings. It must not
//! know what the objects mean, nor who asks.
//!
//! Unlike [`super::Storage`], which holds runs, this is for data of users: any bucket, headers kept, bytes streamed.

mod client;
mod transfer;

pub use client::{S3Client, S3Options};
pub use transfer::{ByteRange, Entry, Info, Upload};

use object_store::Error;

/// What went wrong, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3ErrorKind {
    /// No such object, or no such bucket.
    NotFound,
    /// The address is none.
    Address,
    /// The credentials do not allow it, or there are none.
    AccessDenied,
    /// The object has no such bytes.
    Range,
    /// The local disk is full.
    DiskFull,
    /// Anything else: network, server, local files.
    Other,
}

/// A failed operation on one address.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct S3Error {
    pub kind: S3ErrorKind,
    pub message: String,
}

impl S3Error {
    fn new(kind: S3ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        let message = chain(&error);
        // The crate keeps the server's answer in the text of an error only.
        let kind = match &error {
            Error::NotFound { .. } => S3ErrorKind::NotFound,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                S3ErrorKind::AccessDenied
            }
            Error::InvalidPath { .. } => S3ErrorKind::Address,
            _ if message.contains("416 Range Not Satisfiable")
                || message.contains("InvalidRange")
                || message.contains("Requested range") =>
            {
                S3ErrorKind::Range
            }
            _ => S3ErrorKind::Other,
        };
        Self { kind, message }
    }
}

impl From<std::io::Error> for S3Error {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::StorageFull => S3ErrorKind::DiskFull,
            _ => S3ErrorKind::Other,
        };
        Self::new(kind, error.to_string())
    }
}

/// An error with what caused it; a cause that the text before it repeats is left out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = inner.source();
    }
    text
}
