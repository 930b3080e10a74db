//! Which tasks of a step those of the steps before it ask for, by today's graph. Reads nothing.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::past::{Past, PastTask};
use super::state::{StepState, StepVerdict};
use crate::flow::{Graph, NodeKind, StepName};

/// What is said of steps so far.
pub(super) type Judged<'a> = HashMap<&'a StepName, StepVerdict>;

fn is_left_out(judged: &Judged<'_>, step: &StepName) -> bool {
    let verdict = judged.get(step);
    verdict.is_some_and(|verdict| verdict.state == StepState::NotTaken)
}

/// What the steps of a run ask for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub graph: &'a Graph,
    pub past: &'a Past,
    /// Steps that are looked at as if the switches before them led there.
    pub led_to: &'a [StepName],
}

impl Asked<'_> {
    /// How many tasks of a step there should be; `None` if the steps before it are not there to ask, or too old to know it.
    /// `judged` is what is said of these steps.
    pub fn count(&self, step: &StepName, judged: &Judged<'_>) -> Option<usize> {
        let node = self.graph.node(step)?;
        if self.graph.start.as_ref() == Some(step) {
            return None;
        }
        if node.kind == NodeKind::Join {
            return node
                .inputs
                .iter()
                .all(|it| is_left_out(judged, it))
                .then_some(0);
        }
        let mut count = 0;
        let mut is_certain = true;
        let parents = node.inputs.iter().filter(|parent| *parent != step);
        for parent in parents.filter(|parent| !is_left_out(judged, parent)) {
            // A loop decides at its end.
            let mut last: IndexMap<&[u64], &PastTask> = IndexMap::new();
            for task in self.past.of_step(parent) {
                last.insert(&task.place.indices, task);
            }
            last.retain(|_, task| self.is_wanted(task));
            is_certain &= !last.is_empty();
            for task in last.values() {
                count += match (self.by(task, step), task.transition.num_splits) {
                    (Some(true), Some(splits)) => usize::try_from(splits).unwrap_or(usize::MAX),
                    (Some(true), None) => 1,
                    (Some(false), _) => 0,
                    (None, _) => {
                        is_certain = false;
                        0
                    }
                };
            }
        }
        (is_certain || count > 0).then_some(count)
    }

    /// Whether a task asks for a step after it; `None` if its code is another since, so that it may the next time.
    fn by(&self, task: &PastTask, step: &StepName) -> Option<bool> {
        let went_to = &task.transition.next;
        if went_to.contains(step) {
            return Some(true);
        }
        let node = self.graph.node(&task.place.step)?;
        if node.kind != NodeKind::SplitSwitch || self.led_to.contains(step) {
            return None;
        }
        let mut gone = went_to.iter().filter(|to| !node.next.contains(to));
        let Some(gone) = gone.next() else {
            return Some(false);
        };
        // A step may stand now before the one that it went to.
        self.graph.node(gone)?;
        match self.graph.descendants(step).contains(gone) {
            true => None,
            false => Some(false),
        }
    }

    /// Whether today's tasks of the step before a task still ask for it.
    pub fn is_wanted(&self, task: &PastTask) -> bool {
        let inputs = self.past.inputs_of(self.graph, &task.place);
        let is_join = self
            .graph
            .node(&task.place.step)
            .is_none_or(|node| node.kind == NodeKind::Join);
        let Some(input) = inputs.first().filter(|_| !is_join) else {
            return true;
        };
        let splits = input
            .transition
            .num_splits
            .filter(|_| input.place.indices.len() < task.place.indices.len());
        let index = task.place.indices.last().copied().unwrap_or_default();
        self.by(input, &task.place.step) != Some(false)
            && splits.is_none_or(|splits| index < splits)
    }

    /// Where tasks are asked for and there are none; for a step that nobody asks for yet, outside of all splits.
    pub fn places(&self, step: &StepName) -> Vec<Vec<u64>> {
        let inputs = self.graph.node(step).map(|node| node.inputs.as_slice());
        let mut found = Vec::new();
        for parent in inputs.unwrap_or_default() {
            let splits = self
                .graph
                .node(parent)
                .is_some_and(|parent| parent.kind.is_foreach());
            let asks =
                |task: &&PastTask| self.by(task, step) != Some(false) && self.is_wanted(task);
            for task in self.past.of_step(parent).filter(asks) {
                let outer = &task.place.indices;
                match task.transition.num_splits {
                    Some(count) if splits => found.extend((0..count).map(|at| {
                        let mut indices = outer.clone();
                        indices.push(at);
                        indices
                    })),
                    // How many these will be is not known yet.
                    None if splits => {}
                    _ => found.push(outer.clone()),
                }
            }
        }
        let is_join = self
            .graph
            .node(step)
            .is_some_and(|node| node.kind == NodeKind::Join);
        if is_join {
            let foreach = self
                .graph
                .split_of(step)
                .is_some_and(|split| split.kind.is_foreach());
            for indices in &mut found {
                indices.truncate(indices.len().saturating_sub(usize::from(foreach)));
            }
        }
        found.sort();
        found.dedup();
        let tasks = self.past.of_step(step);
        let there: HashSet<&Vec<u64>> = tasks.map(|it| &it.place.indices).collect();
        found.retain(|indices| !there.contains(indices));
        if found.is_empty() && there.is_empty() {
            found.push(Vec::new());
        }
        found
    }
}

/// On a way to a step that is not taken: the step that a switch would have to lead to for it. One with tasks, if there is one.
pub(super) fn turning<'g>(
    graph: &'g Graph,
    past: &Past,
    judged: &Judged<'_>,
    step: &'g StepName,
) -> Option<&'g StepName> {
    let is_left_out = |step: &StepName| is_left_out(judged, step);
    let before = graph.ancestors(step);
    let is_turning = |step: &&StepName| {
        let node = graph.node(step);
        let inputs = node.map(|node| node.inputs.as_slice()).unwrap_or_default();
        is_left_out(step) && !inputs.iter().all(is_left_out)
    };
    let way = graph.nodes.keys();
    let way = way.filter(|it| *it == step || before.contains(it));
    way.filter(is_turning)
        .filter(|_| is_left_out(step))
        .min_by_key(|step| past.of_step(step).next().is_none())
}
