//! A flow's content-addressed blobs: `data/<first two digits>/<sha1>`, each with a companion that tells how it is packed.

use std::{
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use bytes::{Buf, Bytes};
use serde::Deserialize;

use super::{BlobKey, FlowStore, Result, Source, Storage, StoreError, gzip, packer};

/// The companion of a gzip blob.
const GZIP_META: &[u8] = br#"{"cas_raw": false, "cas_version": 1}"#;

/// The only version of the companion that exists.
const VERSION: u64 = 1;

/// Bytes that a reader fetches at once.
const WINDOW: u64 = 256 << 10;

/// A companion's content.
#[derive(Deserialize)]
struct Packing {
    #[serde(default)]
    cas_raw: bool,
    #[serde(default)]
    cas_version: Option<u64>,
}

impl FlowStore {
    fn blob_file(&self, key: BlobKey) -> String {
        let hex = key.to_string();
        let (dir, _) = hex.split_at(2);
        format!("{}/data/{dir}/{hex}", self.name())
    }

    /// Stores bytes under their SHA-1. What is there already is not written again.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobKey> {
        let key = BlobKey::of(bytes);
        self.put_packed(key, |file| {
            let packed = gzip::member(bytes).map_err(|error| uncompressed(key, error))?;
            self.storage().put_if_absent(file, &packed)
        })
    }

    /// Stores all bytes of a source under their SHA-1. What is there already is not written again. Big ones are never
    /// held whole; they are compressed on all cores while they are hashed, and while they are written.
    pub fn put_blob_from(&self, source: &(impl Source + ?Sized)) -> Result<BlobKey> {
        let unread = |error| StoreError::io("read", "the bytes of an artifact", error);
        if let Some(bytes) = packer::whole_if_small(source).map_err(unread)? {
            return self.put_blob(&bytes);
        }
        packer::pack(source, |members| {
            let key = BlobKey::of_source(source).map_err(unread)?;
            let pieces = members.map(|member| member.map_err(|error| uncompressed(key, error)));
            self.put_packed(key, |file| {
                self.storage()
                    .put_pieces_if_absent(file, &mut pieces.fuse())
            })
        })
    }

    /// Has `put` write a blob, unless there is one.
    fn put_packed(&self, key: BlobKey, put: impl FnOnce(&str) -> Result<bool>) -> Result<BlobKey> {
        let file = self.blob_file(key);
        if !self.storage().exists(&file)? {
            // The companion comes first: one that a killed writer left behind might claim that the blob is raw.
            self.storage().put(&format!("{file}_meta"), GZIP_META)?;
            put(&file)?;
        }
        Ok(key)
    }

    /// Whether there is such a blob.
    pub fn has_blob(&self, key: BlobKey) -> Result<bool> {
        self.storage().exists(&self.blob_file(key))
    }

    /// The blob's file, if it is on this machine. Its content is gzip, or raw if the companion says so.
    pub fn blob_path(&self, key: BlobKey) -> Option<PathBuf> {
        self.storage().local_path(&self.blob_file(key))
    }

    /// Reads a blob whole, and makes sure that its bytes are those of its key.
    pub fn blob(&self, key: BlobKey) -> Result<Vec<u8>> {
        let stored = self.stored(key)?;
        // The bytes themselves tell how they are packed; the companion is asked only when they do not.
        let mut reason = "its bytes are not those of its name".to_owned();
        if gzip::looks_gzip(&stored) {
            match gzip::decode(&stored) {
                Ok(bytes) if BlobKey::of(&bytes) == key => return Ok(bytes),
                Ok(_) => {}
                Err(error) => reason = error.to_string(),
            }
        }
        if BlobKey::of(&stored) == key {
            return Ok(Vec::from(stored));
        }
        Err(self.damaged(key, reason))
    }

    /// The first `n` bytes of a blob, or fewer where it is shorter. They are not checked against the key.
    pub fn blob_head(&self, key: BlobKey, n: usize) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        let limit = u64::try_from(n).unwrap_or(u64::MAX);
        self.blob_reader(key)?
            .take(limit)
            .read_to_end(&mut head)
            .map_err(|error| self.damaged(key, error))?;
        Ok(head)
    }

    /// Reads a blob piece by piece. The bytes are not checked against the key.
    pub fn blob_reader(&self, key: BlobKey) -> Result<BlobReader> {
        let file = self.blob_file(key);
        let magic = self.storage().get_range(&file, 0..8)?;
        let magic = magic.ok_or_else(|| self.missing(key))?;
        let pieces = Pieces {
            storage: Arc::clone(self.store().storage()),
            key: file,
            offset: 0,
            window: Bytes::new(),
        };
        if gzip::looks_gzip(&magic) && !self.is_raw(key)? {
            Ok(BlobReader(gzip::reader(pieces)))
        } else {
            Ok(BlobReader(Box::new(pieces)))
        }
    }

    /// Takes over a blob of another flow or store, sharing the file where the file system can.
    pub fn link_blob_from(&self, other: &FlowStore, key: BlobKey) -> Result<()> {
        let (from, to) = (other.blob_file(key), self.blob_file(key));
        if self.storage().exists(&to)? {
            return Ok(());
        }
        // The companion first: a raw blob without one would be taken for gzip.
        let (from_meta, to_meta) = (format!("{from}_meta"), format!("{to}_meta"));
        self.storage().delete(&to_meta)?;
        self.storage()
            .import(other.storage(), &from_meta, &to_meta)?;
        if self.storage().import(other.storage(), &from, &to)? {
            Ok(())
        } else {
            Err(other.missing(key))
        }
    }

    fn stored(&self, key: BlobKey) -> Result<Bytes> {
        let stored = self.storage().get(&self.blob_file(key))?;
        stored.ok_or_else(|| self.missing(key))
    }

    /// Whether the companion says that the blob is not compressed. No companion means that it is.
    fn is_raw(&self, key: BlobKey) -> Result<bool> {
        let meta = format!("{}_meta", self.blob_file(key));
        let Some(text) = self.storage().get(&meta)? else {
            return Ok(false);
        };
        let packing: Packing =
            serde_json::from_slice(&text).map_err(|error| StoreError::malformed(meta, error))?;
        match packing.cas_version {
            None | Some(VERSION) => Ok(packing.cas_raw),
            Some(other) => Err(self.damaged(key, format!("unknown packing version {other}"))),
        }
    }

    fn place(&self) -> String {
        format!("{}/{}/data", self.root(), self.name())
    }

    fn missing(&self, key: BlobKey) -> StoreError {
        StoreError::BlobMissing {
            key,
            place: self.place(),
        }
    }

    fn damaged(&self, key: BlobKey, reason: impl ToString) -> StoreError {
        StoreError::BlobDamaged {
            key,
            place: self.place(),
            reason: reason.to_string(),
        }
    }
}

fn uncompressed(key: BlobKey, error: io::Error) -> StoreError {
    StoreError::io("compress", key, error)
}

/// A blob's uncompressed bytes, read on demand.
pub struct BlobReader(Box<dyn Read + Send>);

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// A file of a storage, fetched window by window.
struct Pieces {
    storage: Arc<dyn Storage>,
    key: String,
    offset: u64,
    window: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.window.is_empty() {
            let range = self.offset..self.offset.saturating_add(WINDOW);
            let window = self.storage.get_range(&self.key, range);
            self.window = window.map_err(io::Error::other)?.unwrap_or_default();
            self.offset += self.window.len() as u64;
        }
        let n = buffer.len().min(self.window.len());
        self.window
            .copy_to_slice(buffer.get_mut(..n).unwrap_or_default());
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
