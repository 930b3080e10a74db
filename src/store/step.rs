//! One step of a run: its record and its tasks.

use std::sync::Arc;

use super::{
    Identity, ObjectInfo, Result, RunStore, Storage, TaskStore, ids::id_order, records::Names,
    run::read_json,
};

/// One step of a run.
#[derive(Debug, Clone)]
pub struct StepStore {
    run: RunStore,
    name: Arc<str>,
}

impl StepStore {
    pub(super) fn new(run: RunStore, name: &str) -> Self {
        Self {
            run,
            name: name.into(),
        }
    }

    /// The step's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The run that it belongs to.
    pub fn run(&self) -> &RunStore {
        &self.run
    }

    /// `flow/run/step`.
    pub fn pathspec(&self) -> String {
        self.key()
    }

    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.run.key(), self.name)
    }

    fn self_key(&self) -> String {
        format!("{}/_meta/_self.json", self.key())
    }

    fn storage(&self) -> &dyn Storage {
        self.run.storage()
    }

    /// Makes the step known to readers. Does nothing if it is.
    pub fn register(&self, identity: &Identity) -> Result<()> {
        let key = self.self_key();
        // Every task of a step asks, only the first has to write.
        if self.storage().exists(&key)? {
            return Ok(());
        }
        let names = Names {
            flow: self.run.flow().name(),
            run: self.run.id(),
            step: Some(&self.name),
            task: None,
        };
        let record = names.self_record(identity);
        self.storage().put_if_absent(&key, record.as_bytes())?;
        Ok(())
    }

    /// User, tags and time; `None` if the step is not registered.
    pub fn info(&self) -> Result<Option<ObjectInfo>> {
        let json = read_json(self.storage(), &self.self_key())?;
        Ok(json.as_ref().map(ObjectInfo::from_json))
    }

    /// The tasks, oldest id first (ids that are numbers by value, then the others by name). Reads one directory.
    pub fn tasks(&self) -> Result<Vec<TaskStore>> {
        let mut ids = self.storage().list(&self.key())?.dirs;
        ids.retain(|id| id != "_meta");
        ids.sort_by(|a, b| id_order(a, b));
        Ok(ids.iter().map(|id| self.task(id)).collect())
    }

    /// A task, whether or not it exists.
    pub fn task(&self, id: &str) -> TaskStore {
        TaskStore::new(self.clone(), id)
    }
}
