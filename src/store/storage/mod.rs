//! Files under keys: the few operations that the store needs of a file system or an object store. It must not know what
//! the files mean.
//!
//! A key is a relative path with `/` between its segments. A file appears whole or not at all. Names that start with a
//! dot belong to the storage itself (temporary files, locks) and are never listed.

mod local;
mod object;
#[cfg(test)]
mod tests;

use std::{fmt::Debug, ops::Range, path::PathBuf};

use bytes::Bytes;

use super::{Result, StoreError};

pub use local::LocalStorage;
pub use object::ObjectStorage;

/// The children of a prefix, by name, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names that have further children.
    pub dirs: Vec<String>,
    /// Names that are files.
    pub files: Vec<String>,
}

/// Where files live. All calls block; every error names the key.
pub trait Storage: Send + Sync + Debug {
    /// Reads a file; `None` where there is none.
    fn get(&self, key: &str) -> Result<Option<Bytes>>;
    /// Reads part of a file, cut at its end; `None` where there is none.
    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>>;
    /// Writes a file, replacing what was there.
    fn put(&self, key: &str, data: &[u8]) -> Result<()>;
    /// Writes a file unless there is one; says whether it wrote.
    fn put_if_absent(&self, key: &str, data: &[u8]) -> Result<bool>;
    /// The same with data that comes in pieces.
    fn put_pieces_if_absent(
        &self,
        key: &str,
        pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>,
    ) -> Result<bool> {
        let pieces = pieces.collect::<Result<Vec<_>>>()?;
        self.put_if_absent(key, &pieces.concat())
    }
    /// Whether there is a file (a directory is none).
    fn exists(&self, key: &str) -> Result<bool>;
    /// Size of a file in bytes.
    fn size(&self, key: &str) -> Result<Option<u64>>;
    /// The children of a prefix (`""` is the root); empty where there is nothing.
    fn list(&self, prefix: &str) -> Result<Listing>;
    /// Removes a file; says whether there was one.
    fn delete(&self, key: &str) -> Result<bool>;
    /// Removes everything below a prefix.
    fn delete_all(&self, prefix: &str) -> Result<()>;
    /// Makes `to` the same file as `from`, replacing what was there; says whether there was a `from`.
    fn copy(&self, from: &str, to: &str) -> Result<bool>;
    /// The path of a key on this machine's file system, whether or not it exists.
    fn local_path(&self, key: &str) -> Option<PathBuf>;

    /// Takes over a file of another storage unless there is one already, cheaply if both can share the bytes; says
    /// whether the file is there now.
    fn import(&self, source: &dyn Storage, from: &str, to: &str) -> Result<bool> {
        if self.exists(to)? {
            return Ok(true);
        }
        match source.get(from)? {
            Some(data) => self.put_if_absent(to, &data).map(|_| true),
            None => Ok(false),
        }
    }
}

/// Refuses keys that could name something outside the root.
fn check_key(key: &str) -> Result<()> {
    let sound = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains('\0');
    if key.split('/').all(sound) {
        Ok(())
    } else {
        Err(StoreError::BadKey {
            key: key.to_owned(),
        })
    }
}

/// Like [`check_key`], for prefixes, where the root is allowed.
fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.is_empty() {
        Ok(())
    } else {
        check_key(prefix)
    }
}
