//! Keeps the history of spins short. Runs are never pruned.

use std::collections::HashSet;

use serde_json::Value;

use super::{BlobKey, FlowStore, READS, Result, RunStore, Store, StoreKind, TaskStore};

impl Store {
    /// Removes all but the newest `keep` spins of every flow, with their cards, and the blobs that no kept spin names.
    /// Gives the number of spins removed. Does nothing in a store of runs. Blobs stay while anybody is spinning.
    pub fn prune_spins(&self, keep: usize) -> Result<usize> {
        if self.kind() != StoreKind::Spin {
            return Ok(0);
        }
        let mut removed = 0;
        for name in self.flows()? {
            removed += self.flow(&name).prune_spins(keep)?;
        }
        Ok(removed)
    }
}

impl FlowStore {
    /// The same for one flow.
    pub fn prune_spins(&self, keep: usize) -> Result<usize> {
        if self.store().kind() != StoreKind::Spin {
            return Ok(0);
        }
        let mut removed = 0;
        for id in self.runs()?.iter().skip(keep) {
            let run = self.run(id);
            if run.is_claimed() {
                continue;
            }
            let (cards, prefix) = self.store().cards();
            cards.delete_all(&format!("{prefix}{}/runs/{id}", self.name()))?;
            self.storage().delete_all(&run.key())?;
            removed += 1;
        }
        if removed > 0 {
            self.sweep_blobs()?;
        }
        Ok(removed)
    }

    /// Removes the blobs that no manifest names.
    fn sweep_blobs(&self) -> Result<()> {
        // Whoever works on a spin may have stored blobs that no manifest names yet.
        let Some(_claim) = self.claim_blobs()? else {
            return Ok(());
        };
        let mut named = HashSet::new();
        for id in self.runs()? {
            if !self.run(&id).collect_blobs(&mut named)? {
                return Ok(());
            }
        }
        let data = format!("{}/data", self.name());
        for dir in self.storage().list(&data)?.dirs {
            let dir = format!("{data}/{dir}");
            for file in self.storage().list(&dir)?.files {
                let key = file.strip_suffix("_meta").unwrap_or(&file);
                // What does not look like a blob is not ours.
                if key
                    .parse::<BlobKey>()
                    .is_ok_and(|key| !named.contains(&key))
                {
                    self.storage().delete(&format!("{dir}/{file}"))?;
                }
            }
        }
        Ok(())
    }
}

impl TaskStore {
    /// The blobs that the record of what was read names.
    fn recorded_blobs(&self) -> Result<Vec<BlobKey>> {
        let Some(record) = self.sysmeta(READS)? else {
            return Ok(Vec::new());
        };
        let record: Value = serde_json::from_str(&record.text()).unwrap_or_default();
        let blobs = record.get("blobs").and_then(Value::as_object);
        let keys = blobs.into_iter().flatten();
        Ok(keys
            .filter_map(|(_, key)| key.as_str()?.parse().ok())
            .collect())
    }
}

impl RunStore {
    /// Adds the blobs that the run's manifests name; false if a task may still be at work.
    fn collect_blobs(&self, named: &mut HashSet<BlobKey>) -> Result<bool> {
        for step in self.storage().list(&self.key())?.dirs {
            if step == "_meta" {
                continue;
            }
            for task in self.tasks(&step)? {
                let files = task.attempt_files()?;
                let is_over =
                    |attempt: &u32| files.done.contains(attempt) || files.ended.contains(attempt);
                if !files.started.iter().all(is_over) {
                    return Ok(false);
                }
                named.extend(task.recorded_blobs()?);
                for attempt in files.done {
                    let manifest = task.manifest(attempt)?;
                    named.extend(manifest.objects.values().map(|artifact| artifact.key));
                }
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
