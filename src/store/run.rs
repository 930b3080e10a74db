//! One run (or one spin): its record and its steps.

use std::sync::Arc;

use serde_json::Value;

use super::{
    FlowStore, Identity, ObjectInfo, Result, StepStore, Storage, StoreError, TaskStore,
    records::Names,
};

/// Name of the pseudo step that holds the parameters.
pub(super) const PARAMETERS: &str = "_parameters";

/// One run.
#[derive(Debug, Clone)]
pub struct RunStore {
    flow: FlowStore,
    id: Arc<str>,
}

impl RunStore {
    pub(super) fn new(flow: FlowStore, id: &str) -> Self {
        Self {
            flow,
            id: id.into(),
        }
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The flow that was run.
    pub fn flow(&self) -> &FlowStore {
        &self.flow
    }

    /// `flow/run`.
    pub fn pathspec(&self) -> String {
        self.key()
    }

    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.flow.name(), self.id)
    }

    pub(super) fn self_key(&self) -> String {
        format!("{}/_meta/_self.json", self.key())
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.flow.storage()
    }

    /// Whether the run is registered. A directory without a record is invisible to every reader.
    pub fn exists(&self) -> Result<bool> {
        self.storage().exists(&self.self_key())
    }

    /// Makes the run, and its flow, known to readers; says whether it is new.
    pub fn register(&self, identity: &Identity) -> Result<bool> {
        self.flow.register()?;
        let names = Names {
            flow: self.flow.name(),
            run: &self.id,
            step: None,
            task: None,
        };
        let record = names.self_record(identity);
        self.storage()
            .put_if_absent(&self.self_key(), record.as_bytes())
    }

    /// User, tags and time; `None` if the run is not registered.
    pub fn info(&self) -> Result<Option<ObjectInfo>> {
        let json = read_json(self.storage(), &self.self_key())?;
        Ok(json.as_ref().map(ObjectInfo::from_json))
    }

    /// Names of the steps that have tasks, sorted, without the pseudo step of the parameters.
    pub fn steps(&self) -> Result<Vec<String>> {
        let mut steps = self.storage().list(&self.key())?.dirs;
        steps.retain(|name| !name.starts_with('_'));
        Ok(steps)
    }

    /// A step, whether or not it has run.
    pub fn step(&self, name: &str) -> StepStore {
        StepStore::new(self.clone(), name)
    }

    /// The tasks of a step, oldest id first.
    pub fn tasks(&self, step: &str) -> Result<Vec<TaskStore>> {
        self.step(step).tasks()
    }

    /// A task, whether or not it exists.
    pub fn task(&self, step: &str, id: &str) -> TaskStore {
        self.step(step).task(id)
    }

    /// The task that holds the run's parameters; `None` for spins and for runs that died at once.
    pub fn parameters(&self) -> Result<Option<TaskStore>> {
        Ok(self.tasks(PARAMETERS)?.into_iter().next_back())
    }

    /// The name of the first and of the last step, as the run recorded them; `start` and `end` where it did not.
    pub fn terminal_steps(&self) -> Result<(String, String)> {
        let parameters = self.parameters()?;
        let name = |field: &str, otherwise: &str| -> Result<String> {
            let record = match &parameters {
                Some(task) => task.sysmeta(field)?,
                None => None,
            };
            Ok(record.map_or_else(|| otherwise.to_owned(), |record| record.text()))
        };
        Ok((name("start_step", "start")?, name("end_step", "end")?))
    }
}

/// Reads a JSON file; `None` where there is none.
pub(super) fn read_json(storage: &dyn Storage, key: &str) -> Result<Option<Value>> {
    let Some(text) = storage.get(key)? else {
        return Ok(None);
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|error| StoreError::malformed(key, error))
}
