//! What the runtime itself recorded in a task's artifacts: how it ended and where the flow goes from there.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{
    ArtifactRef, BlobKey, FlowStore, ForeachFrame, Manifest, Result, Simple, StoreError, TaskStore,
};

/// Values kept decoded, at most: the runtime's own are few and recur in every task.
const CACHED: usize = 1024;

/// Larger pickles are decoded each time.
const CACHED_SIZE: usize = 16 << 10;

/// Decoded values by key, shared by a flow's handles.
#[derive(Debug, Default)]
pub(super) struct SimpleCache(Mutex<HashMap<BlobKey, Simple>>);

impl SimpleCache {
    fn get(&self, key: BlobKey) -> Option<Simple> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(&key).cloned()
    }

    fn put(&self, key: BlobKey, value: &Simple) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= CACHED {
            values.clear();
        }
        values.insert(key, value.clone());
    }
}

/// How a task ended and where the flow goes from there, as its artifacts say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlFacts {
    /// `_task_ok`: whether the runtime may go on; `None` also after `sys.exit`.
    pub task_ok: Option<bool>,
    /// `_success`: whether user code succeeded (a caught exception did not).
    pub success: Option<bool>,
    /// Names of the steps that follow; empty at the end and in `_parameters`.
    pub next: Vec<String>,
    /// The artifact that the next step fans out over.
    pub foreach_var: Option<String>,
    /// Number of children if the task is a foreach split.
    pub num_splits: Option<u64>,
    /// The splits that the task is in, outermost first.
    pub foreach_stack: Vec<ForeachFrame>,
    /// The counters of the recursive switches that the task is in.
    pub iteration_stack: Vec<u64>,
    /// Whether the task fans out to workers whose number only the running task knows.
    pub unbounded: bool,
}

impl TaskStore {
    /// Decodes an artifact of the closed set of plain values that the runtime writes; `None` if there is no such
    /// artifact.
    pub fn read_simple_in(&self, manifest: &Manifest, name: &str) -> Result<Option<Simple>> {
        let artifact = manifest.objects.get(name);
        artifact.map(|it| self.decode(name, it)).transpose()
    }

    /// The same of an artifact that is at hand.
    pub fn decode(&self, name: &str, artifact: &ArtifactRef) -> Result<Simple> {
        if !artifact.is_pickle() {
            return Err(StoreError::Encoding {
                pathspec: self.pathspec(),
                name: name.to_owned(),
                encoding: artifact.encoding.to_string(),
            });
        }
        let value = self.run().flow().simple(artifact.key)?;
        value.map_err(|source| StoreError::Artifact {
            pathspec: self.pathspec(),
            name: name.to_owned(),
            source,
        })
    }

    /// Reads what the scheduler has to know of a finished attempt.
    pub fn control(&self, manifest: &Manifest) -> Result<ControlFacts> {
        let read = |name: &str| self.read_simple_in(manifest, name);
        let truth = |name: &str| Ok::<_, StoreError>(read(name)?.and_then(|value| value.as_bool()));
        let transition = read("_transition")?;
        let (next, foreach_var) = transition
            .as_ref()
            .map(Simple::transition)
            .unwrap_or_default();
        Ok(ControlFacts {
            task_ok: truth("_task_ok")?,
            success: truth("_success")?,
            next,
            foreach_var,
            num_splits: read("_foreach_num_splits")?.and_then(|value| value.as_u64()),
            foreach_stack: read("_foreach_stack")?
                .map(|value| value.frames())
                .unwrap_or_default(),
            iteration_stack: read("_iteration_stack")?
                .map(|value| value.items().iter().filter_map(Simple::as_u64).collect())
                .unwrap_or_default(),
            unbounded: truth("_unbounded_foreach")?.unwrap_or(false),
        })
    }
}

impl FlowStore {
    /// Decodes a blob that holds a plain value; the inner error says what else it holds.
    fn simple(&self, key: BlobKey) -> Result<Result<Simple, super::PickleError>> {
        if let Some(value) = self.simple_cache().get(key) {
            return Ok(Ok(value));
        }
        let bytes = self.blob(key)?;
        let value = Simple::decode(&bytes);
        if let Ok(value) = &value
            && bytes.len() <= CACHED_SIZE
        {
            self.simple_cache().put(key, value);
        }
        Ok(value)
    }
}
