//! Storage over any `object_store::ObjectStore`: memory, S3 and its like.
//!
//! Calls block on the given runtime, so they must not come from one of its own asynchronous tasks.

use std::{fmt, future::Future, ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path,
};
use tokio::runtime::Handle;

use super::{Listing, Storage, check_key, check_prefix};
use crate::store::{Result, StoreError};

/// An object store, below a prefix of its own.
#[derive(Clone)]
pub struct ObjectStorage {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    runtime: Handle,
}

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.prefix)
    }
}

impl ObjectStorage {
    /// Stores below `prefix` (`""` for none), waiting on `runtime`.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str, runtime: Handle) -> Result<Self> {
        let prefix = prefix.trim_matches('/').to_owned();
        check_prefix(&prefix)?;
        Ok(Self {
            store,
            prefix,
            runtime,
        })
    }

    fn path(&self, key: &str) -> Result<Path> {
        check_prefix(key)?;
        let bad = |_| StoreError::BadKey {
            key: key.to_owned(),
        };
        let joined = match (self.prefix.as_str(), key) {
            ("", key) => key.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, key) => format!("{prefix}/{key}"),
        };
        Path::parse(joined).map_err(bad)
    }

    fn file(&self, key: &str) -> Result<Path> {
        check_key(key)?;
        self.path(key)
    }

    /// Waits for an operation; `None` where the object is not there.
    fn wait<T>(
        &self,
        action: &'static str,
        key: &str,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>> {
        match self.runtime.block_on(operation) {
            Ok(value) => Ok(Some(value)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(StoreError::Object {
                action,
                key: key.to_owned(),
                source,
            }),
        }
    }

    fn put_mode(&self, key: &str, data: &[u8], mode: PutMode) -> Result<bool> {
        let path = self.file(key)?;
        let payload = PutPayload::from(data.to_vec());
        let write = async {
            match self
                .store
                .put_opts(&path, payload, PutOptions::from(mode))
                .await
            {
                Ok(_) => Ok(true),
                Err(Error::AlreadyExists { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        };
        Ok(self.wait("write", key, write)?.unwrap_or(false))
    }
}

/// The last segment of a path, if it may be listed.
fn listed(path: &Path) -> Option<String> {
    path.filename()
        .filter(|name| !name.starts_with('.'))
        .map(str::to_owned)
}

impl Storage for ObjectStorage {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let path = self.file(key)?;
        self.wait("read", key, async {
            self.store.get(&path).await?.bytes().await
        })
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let path = self.file(key)?;
        self.wait("read", key, async {
            // Object stores refuse empty ranges and those that start after the end.
            let size = self.store.head(&path).await?.size;
            let end = range.end.min(size);
            if range.start >= end {
                return Ok(Bytes::new());
            }
            self.store.get_range(&path, range.start..end).await
        })
    }

    fn put(&self, key: &str, data: &[u8]) -> Result<()> {
        self.put_mode(key, data, PutMode::Overwrite).map(|_| ())
    }

    fn put_if_absent(&self, key: &str, data: &[u8]) -> Result<bool> {
        self.put_mode(key, data, PutMode::Create)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.size(key)?.is_some())
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let path = self.file(key)?;
        let head = self.wait("look at", key, self.store.head(&path))?;
        Ok(head.map(|meta| meta.size))
    }

    fn list(&self, prefix: &str) -> Result<Listing> {
        let path = self.path(prefix)?;
        let listing = self.wait("list", prefix, async {
            self.store.list_with_delimiter(Some(&path)).await
        })?;
        let Some(found) = listing else {
            return Ok(Listing::default());
        };
        let mut dirs: Vec<_> = found.common_prefixes.iter().filter_map(listed).collect();
        let mut files: Vec<_> = found
            .objects
            .iter()
            .filter_map(|object| listed(&object.location))
            .collect();
        dirs.sort_unstable();
        files.sort_unstable();
        Ok(Listing { dirs, files })
    }

    fn delete(&self, key: &str) -> Result<bool> {
        let path = self.file(key)?;
        // Deleting what is not there is no error for most stores, so ask first.
        if !self.exists(key)? {
            return Ok(false);
        }
        let removed = self.wait("remove", key, self.store.delete(&path))?;
        Ok(removed.is_some())
    }

    fn delete_all(&self, prefix: &str) -> Result<()> {
        let path = self.path(prefix)?;
        let remove = async {
            let found = self.store.list(Some(&path)).map_ok(|meta| meta.location);
            let paths: Vec<Path> = found.try_collect().await?;
            for path in paths {
                match self.store.delete(&path).await {
                    Ok(()) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        self.wait("remove", prefix, remove).map(|_| ())
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool> {
        let (source, target) = (self.file(from)?, self.file(to)?);
        if from == to {
            return self.exists(from);
        }
        let copied = self.wait("copy", from, self.store.copy(&source, &target))?;
        Ok(copied.is_some())
    }

    fn local_path(&self, _key: &str) -> Option<PathBuf> {
        None
    }
}
