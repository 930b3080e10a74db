//! A task as the scheduler sees it: where it stands in branches, foreaches and loops, and what it gets.

use super::types::{Place, Ticket};
use crate::flow::{Graph, NodeKind, StepName};

/// One level of fan-out that a task is inside of.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// The task that split.
    pub split: Ticket,
    /// How many branches its join waits for.
    pub width: u64,
    /// This branch's place among them.
    pub branch: u64,
    pub foreach: bool,
}

#[derive(Debug, Clone)]
pub(super) struct TaskState {
    pub step: StepName,
    pub inputs: Vec<Ticket>,
    pub split_index: Option<u64>,
    pub is_control: bool,
    pub levels: Vec<Level>,
    pub iterations: Vec<u64>,
    pub attempt: u32,
    pub known: bool,
}

/// A task that follows another.
pub(super) struct Next {
    pub step: StepName,
    pub inputs: Vec<Ticket>,
    pub split_index: Option<u64>,
    pub is_control: bool,
    pub levels: Vec<Level>,
}

impl Next {
    pub fn to(step: StepName) -> Self {
        Self {
            step,
            inputs: Vec::new(),
            split_index: None,
            is_control: false,
            levels: Vec::new(),
        }
    }
}

impl TaskState {
    pub fn place(&self) -> Place {
        Place {
            step: self.step.clone(),
            indices: self.foreachs().map(|level| level.branch).collect(),
            iterations: self.iterations.clone(),
        }
    }

    pub fn splits(&self) -> Vec<u64> {
        self.foreachs().map(|level| level.width).collect()
    }

    fn foreachs(&self) -> impl Iterator<Item = &Level> {
        self.levels.iter().filter(|level| level.foreach)
    }
}

/// Metaflow's `_iteration_stack` of a task of this step that follows another: a step that can choose itself counts its passes.
pub(super) fn iterations(graph: &Graph, step: &StepName, from: Option<&TaskState>) -> Vec<u64> {
    let recursive = |name: &StepName| {
        let node = graph.nodes.get(name);
        node.is_some_and(|node| node.kind == NodeKind::SplitSwitch && node.next.contains(name))
    };
    let mut stack = from.map(|task| task.iterations.clone()).unwrap_or_default();
    match from {
        Some(task) if task.step == *step && recursive(step) => {
            if let Some(top) = stack.last_mut() {
                *top += 1;
            }
        }
        Some(task) => {
            if recursive(&task.step) {
                stack.pop();
            }
            if recursive(step) {
                stack.push(0);
            }
        }
        None if recursive(step) => stack.push(0),
        None => {}
    }
    stack
}
