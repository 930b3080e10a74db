//! One flow's part of the store: its runs.

use std::{cmp::Reverse, path::PathBuf, sync::Arc};

use super::{
    Result, RunStore, Storage, Store,
    control::SimpleCache,
    ids::{id_order, next_micros},
    records::flow_record,
};

/// One flow's part of a store.
#[derive(Debug, Clone)]
pub struct FlowStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    name: String,
    simple: SimpleCache,
}

impl FlowStore {
    pub(super) fn new(store: Store, name: &str) -> Self {
        let inner = Inner {
            store,
            name: name.to_owned(),
            simple: SimpleCache::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The store that it is in.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The store's root as records name it.
    pub fn root(&self) -> &str {
        self.store().root()
    }

    /// Metaflow's name of the datastore type: `local` or `spin`.
    pub fn ds_type(&self) -> &'static str {
        self.store().kind().ds_type()
    }

    /// The directory of the flow's blobs, if it is on this machine.
    pub fn blobs_dir(&self) -> Option<PathBuf> {
        self.storage().local_path(&format!("{}/data", self.name()))
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.store().storage().as_ref()
    }

    pub(super) fn simple_cache(&self) -> &SimpleCache {
        &self.inner.simple
    }

    /// Makes the flow known to readers. Does nothing if it is.
    pub fn register(&self) -> Result<()> {
        let key = format!("{}/_meta/_self.json", self.name());
        if !self.storage().exists(&key)? {
            self.storage()
                .put_if_absent(&key, flow_record(self.name()).as_bytes())?;
        }
        Ok(())
    }

    /// The run that `resume` and `spin` start from: the one that the last `run` recorded, or the newest where that is
    /// gone (Metaflow's `spin` records its own id, which is no run).
    pub fn latest_run(&self) -> Result<Option<RunStore>> {
        if let Some(run) = self.recorded_run()? {
            return Ok(Some(run));
        }
        Ok(self.runs()?.first().map(|id| self.run(id)))
    }

    /// The run that is recorded as the latest; `None` if none is, or it does not exist.
    pub fn recorded_run(&self) -> Result<Option<RunStore>> {
        let text = self.storage().get(&self.latest_key())?;
        let id = text.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let run = self.run(&id);
        Ok(run.exists()?.then_some(run))
    }

    /// Records the run that `resume` and `spin` start from.
    pub fn set_latest_run(&self, id: &str) -> Result<()> {
        self.storage().put(&self.latest_key(), id.as_bytes())
    }

    fn latest_key(&self) -> String {
        format!("{}/latest_run", self.name())
    }

    /// Ids of all runs, newest first (ids that are numbers by value, then the others by name). Reads one directory and
    /// no run.
    pub fn runs(&self) -> Result<Vec<String>> {
        let mut ids = self.storage().list(self.name())?.dirs;
        ids.retain(|id| id != "_meta" && id != "data");
        ids.sort_by(|a, b| {
            let numeric = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
            Reverse(numeric(a))
                .cmp(&Reverse(numeric(b)))
                .then_with(|| id_order(b, a))
        });
        Ok(ids)
    }

    /// A run, whether or not it exists.
    pub fn run(&self, id: &str) -> RunStore {
        RunStore::new(self.clone(), id)
    }

    /// A new run id: microseconds since the epoch, as Metaflow's, never given twice.
    pub fn new_run_id(&self) -> Result<String> {
        loop {
            let id = next_micros().to_string();
            // Another process may have had the same microsecond.
            if !self.run(&id).exists()? {
                return Ok(id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
