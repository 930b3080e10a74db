//! Finished tasks of earlier runs: where resume and spin take artifacts from.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::EngineError;
use super::scheduler::{Place, Transition};
use super::worker::message::InputSpec;
use crate::flow::StepName;
use crate::store::{ControlFacts, FlowStore, Manifest, RunStore, TaskStore};

/// What a finished task left behind, for the tasks that follow it.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub task: TaskStore,
    pub manifest: Arc<Manifest>,
}

impl Output {
    /// The flow's part of the store that holds its blobs.
    pub fn flow(&self) -> &FlowStore {
        self.task.run().flow()
    }

    /// `run/step/task`.
    pub fn pathspec(&self) -> String {
        let step = self.task.step().name();
        format!("{}/{step}/{}", self.task.run().id(), self.task.id())
    }

    /// As a task process is told of it.
    pub fn spec(&self) -> InputSpec {
        InputSpec {
            pathspec: self.pathspec(),
            step: self.task.step().name().to_owned(),
            blobs: self
                .flow()
                .blobs_dir()
                .map(|dir: PathBuf| dir.display().to_string())
                .unwrap_or_default(),
            objects: self
                .manifest
                .objects
                .iter()
                .map(|(name, artifact)| {
                    let about = (
                        artifact.key.to_string(),
                        artifact.encoding.clone(),
                        artifact.type_name.clone(),
                        artifact.size,
                    );
                    (name.clone(), about)
                })
                .collect(),
        }
    }
}

/// A finished task with what it decided.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub output: Output,
    pub place: Place,
    pub transition: Transition,
}

/// The finished tasks of a run, by place.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub by_place: HashMap<Place, Done>,
}

impl Finished {
    /// Reads the tasks of these steps that ended well (a caught exception counts).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read<'a>(
        run: &RunStore,
        steps: impl IntoIterator<Item = &'a StepName>,
    ) -> Result<Self, EngineError> {
        let mut by_place = HashMap::new();
        for step in steps {
            for task in run.tasks(step.as_str())? {
                if let Some(done) = done(&task)? {
                    by_place.insert(done.place.clone(), done);
                }
            }
        }
        Ok(Self { by_place })
    }
}

/// The task, if its newest attempt ended well.
pub(super) fn done(task: &TaskStore) -> Result<Option<Done>, EngineError> {
    let Some(manifest) = task.latest_manifest()? else {
        return Ok(None);
    };
    let facts = task.control(&manifest)?;
    if facts.task_ok != Some(true) {
        return Ok(None);
    }
    Ok(Some(Done {
        place: place(task.step().name(), &facts),
        transition: Transition {
            next: facts
                .next
                .iter()
                .map(|name| StepName::from(name.as_str()))
                .collect(),
            num_splits: facts.num_splits,
        },
        output: Output {
            task: task.clone(),
            manifest: Arc::new(manifest),
        },
    }))
}

pub(super) fn place(step: &str, facts: &ControlFacts) -> Place {
    Place {
        step: StepName::from(step),
        indices: facts.foreach_stack.iter().map(|f| f.index).collect(),
        iterations: facts.iteration_stack.clone(),
    }
}
