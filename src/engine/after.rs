//! What is left to do in Python when a run is over: hooks of decorators and functions that the flow names for it. How they
//! end changes nothing.

use std::sync::Arc;

use serde::Serialize;

use super::attempt;
use super::event::{Level, Outcome, TaskRef};
use super::loaded::LoadedFlow;
use super::plan::Setting;
use super::processes::Turn;
use super::submit::Wires;
use super::worker::message::Spec;

/// How the run ended, as Python is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    pub ok: bool,
    /// Why not, in a sentence.
    pub error: Option<String>,
}

/// The work that waits for the end of a run.
pub(super) struct After {
    flow: Arc<LoadedFlow>,
    spec: Spec,
    task: TaskRef,
    wires: Wires,
}

impl After {
    /// `None` if the flow has nothing of that kind.
    pub fn of(setting: &Setting) -> Option<Self> {
        if !setting.flow.description.after_run {
            return None;
        }
        let task = TaskRef::new(setting.run.id(), "_after_run", "0", 0);
        let mut spec = setting.spec(&task);
        spec.kind = "after_run";
        spec.mode = "run";
        Some(Self {
            flow: Arc::clone(&setting.flow),
            spec,
            task,
            wires: setting.wires.clone(),
        })
    }

    /// Does it, in a process of its own.
    pub async fn run(mut self, outcome: &Outcome) {
        self.spec.ended = Some(ended(outcome));
        let done = match self.flow.task(&self.spec, Turn::Last).await {
            Ok(process) => attempt::collect(process, &self.task, &self.wires).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            let text = format!("what was to be done after the run was not: {error}");
            self.wires.note(None, Level::Warning, text).await;
        }
    }
}

fn ended(outcome: &Outcome) -> Ended {
    let error = match outcome {
        Outcome::Success => None,
        Outcome::Failed {
            step: Some(step),
            task: Some(task),
            ..
        } => Some(format!("Step {step} (task-id {task}) failed.")),
        Outcome::Failed { .. } => Some("The run failed.".to_owned()),
        Outcome::Cancelled => Some("The run was interrupted.".to_owned()),
    };
    Ended {
        ok: error.is_none(),
        error,
    }
}
