//! Reading for the session: the flow, the runs, a task, a value, a table. Everything here blocks; whoever calls it does so on a
//! thread that may.
//!
//! What cannot be read becomes a sentence for the screen: a broken store is a state that is shown.

mod cards;
mod flow;
mod pulse;
mod runs;
mod save;
mod task;
mod value;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use crate::{
    engine::FlowRequest,
    store::{BlobKey, FlowStore, Store, TaskStore},
};

use super::records::{ArtifactRow, RunKey, TaskKey};

pub use flow::{changed, view};
pub use pulse::Pulse;
pub use save::save;

/// Where a session reads from.
#[derive(Debug)]
pub struct Library {
    request: FlowRequest,
    /// The directory that the store is looked for from.
    cwd: PathBuf,
    /// The flow's class, once known: the store is laid out by it.
    class: Mutex<Option<String>>,
    /// Rows of big artifacts that were read, by blob: what a blob holds never changes.
    big: Mutex<HashMap<BlobKey, ArtifactRow>>,
    /// Files of configs that belong to the pulse.
    followed: Mutex<Vec<PathBuf>>,
}

impl Library {
    /// Reads for this flow, with the store that belongs to this directory.
    pub fn new(request: FlowRequest, cwd: PathBuf) -> Self {
        Self {
            class: Mutex::new(request.class.clone()),
            followed: Mutex::default(),
            big: Mutex::default(),
            request,
            cwd,
        }
    }

    /// The flow's class, from the source if need be.
    fn class(&self) -> Option<String> {
        let mut class = self.class.lock().unwrap_or_else(PoisonError::into_inner);
        if class.is_none() {
            *class = self.project().flow().map(|flow| flow.name.clone());
        }
        class.clone()
    }

    fn store(&self) -> Store {
        Store::locate(&self.cwd, &environment).store
    }

    fn flow_store(&self, run: &RunKey) -> Option<FlowStore> {
        let class = self.class()?;
        // A run that never started has no root.
        (!run.root.as_os_str().is_empty())
            .then(|| Store::open(&run.root, &self.cwd, &environment).flow(&class))
    }

    fn task_store(&self, task: &TaskKey) -> Option<TaskStore> {
        let flow = self.flow_store(&task.run)?;
        Some(flow.run(&task.run.run).task(&task.step, &task.task))
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
