//! The newest results of a run and of the spins on it, as values: who built on whom, and what each of them holds. Reads nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Record;
use super::memory::Scope;
use crate::engine::origin::{Done, Finished, Output};
use crate::engine::route::{self, outer_of};
use crate::engine::scheduler::{Place, Transition};
use crate::flow::{Graph, Node, NodeKind, StepName};
use crate::store::BlobKey;

/// A task that ended well, as it can be judged.
#[derive(Debug, Clone)]
pub(in crate::engine) struct PastTask {
    pub place: Place,
    pub transition: Transition,
    /// What the next step gets: one output, but of a task that controlled others.
    pub outputs: Vec<Output>,
    /// The task controlled others.
    pub is_control: bool,
    /// The hash of the code that it ran.
    pub fingerprint: Option<String>,
    pub record: Option<Record>,
}

impl PastTask {
    /// As it is where tasks go on from it; `None` of one that controlled others in a run, of which the store knows more.
    pub fn done(&self) -> Option<Done> {
        let [output] = self.outputs.as_slice() else {
            return None;
        };
        (!self.is_control).then(|| Done {
            output: output.clone(),
            place: self.place.clone(),
            transition: self.transition.clone(),
            mappers: None,
        })
    }
}

/// The indices and iterations of a place: orders the tasks of one step.
type Order = (Vec<u64>, Vec<u64>);

/// The newest task at each place.
#[derive(Debug, Default)]
pub(in crate::engine) struct Past {
    tasks: HashMap<Place, Arc<PastTask>>,
    by_step: HashMap<StepName, BTreeMap<Order, Place>>,
    /// Steps with tasks that did not end well, and none that did.
    pub failed: Vec<StepName>,
}

/// Who has made what a name holds, and what that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub key: Option<BlobKey>,
    /// The step whose task has stored it.
    pub by: StepName,
}

impl Past {
    pub fn new(tasks: impl IntoIterator<Item = Arc<PastTask>>, failed: Vec<StepName>) -> Self {
        let mut past = Self {
            failed,
            ..Self::default()
        };
        for task in tasks {
            if past.is_of_gang(&task) {
                continue;
            }
            let place = task.place.clone();
            let order = (place.indices.clone(), place.iterations.clone());
            let of_step = past.by_step.entry(place.step.clone()).or_default();
            of_step.insert(order, place.clone());
            past.tasks.insert(place, task);
        }
        past
    }

    /// Whether a task has taken its place in a gang that is there: one that was spun alone. The others may have run other code, so
    /// that the gang is judged as it was.
    fn is_of_gang(&mut self, task: &PastTask) -> bool {
        let (Some((control, index)), [output]) = (task.place.in_gang(), task.outputs.as_slice())
        else {
            return false;
        };
        let gang = self.tasks.get_mut(&control);
        let Some(gang) = gang.filter(|gang| gang.is_control && !task.is_control) else {
            return false;
        };
        match Arc::make_mut(gang).outputs.get_mut(index) {
            Some(of_it) => {
                *of_it = output.clone();
                true
            }
            None => false,
        }
    }

    pub fn tasks(&self) -> impl Iterator<Item = &Arc<PastTask>> {
        self.tasks.values()
    }

    /// The tasks of these steps, if they can be had without the store.
    pub fn finished(&self, steps: &[StepName]) -> Option<Finished> {
        let tasks = steps.iter().flat_map(|step| self.of_step(step));
        let done = tasks.map(|task| Some((task.place.clone(), task.done()?)));
        Some(Finished {
            by_place: done.collect::<Option<_>>()?,
        })
    }

    /// The keys of configs that any of them has read, in order; of the steps that matter, for others may be known, too.
    pub fn config_keys(&self, scope: Scope<'_>) -> Vec<String> {
        let matters = |task: &&Arc<PastTask>| scope.is_none_or(|it| it.contains(&task.place.step));
        let tasks = self.tasks().filter(matters);
        let records = tasks.filter_map(|task| task.record.as_ref());
        let keys: BTreeSet<&String> = records.flat_map(|record| record.configs.keys()).collect();
        keys.into_iter().cloned().collect()
    }

    /// The tasks of a step in the order of their splits.
    pub fn of_step(&self, step: &str) -> impl Iterator<Item = &PastTask> {
        let places = self.by_step.get(step).into_iter().flatten();
        places.filter_map(|(_, place)| self.task(place))
    }

    fn task(&self, place: &Place) -> Option<&PastTask> {
        self.tasks.get(place).map(Arc::as_ref)
    }

    /// The last of the tasks at these indices: a loop has several.
    fn last_at(&self, step: &str, indices: &[u64]) -> Option<&PastTask> {
        let places = self.by_step.get(step)?;
        let from = (indices.to_vec(), Vec::new());
        let to = (indices.to_vec(), vec![u64::MAX]);
        let (_, place) = places.range(from..=to).next_back()?;
        self.task(place)
    }

    /// The tasks at one level below these indices, in order.
    fn children(&self, step: &str, indices: &[u64]) -> impl Iterator<Item = &PastTask> {
        let places = self.by_step.get(step).into_iter();
        let from = (indices.to_vec(), Vec::new());
        places
            .flat_map(move |places| places.range(from.clone()..))
            .take_while(move |((at, _), _)| at.starts_with(indices))
            .filter(move |((at, _), _)| at.len() == indices.len() + 1)
            .filter_map(|(_, place)| self.task(place))
    }

    /// The tasks that the task at a place builds on by today's graph; none if they are not there.
    pub fn inputs_of(&self, graph: &Graph, place: &Place) -> Vec<&PastTask> {
        let step = place.step.as_str();
        let Some(node) = graph.node(step) else {
            return Vec::new();
        };
        if let Some((last @ 1.., outer)) = place.iterations.split_last() {
            let mut iterations = outer.to_vec();
            iterations.push(last - 1);
            let before = Place {
                iterations,
                ..place.clone()
            };
            return self.task(&before).into_iter().collect();
        }
        if node.kind == NodeKind::Join {
            return self.joined(graph, node, &place.indices);
        }
        let parents = node.inputs.iter().filter(|parent| *parent != step);
        let mut found: Vec<&PastTask> = parents
            .filter_map(|parent| self.last_at(parent, outer_of(graph, parent, &place.indices)))
            .collect();
        // Of the ways that lead here, one that is taken today.
        let goes_to = |step: &str, indices: &[u64]| {
            let task = self.last_at(step, indices)?;
            Some(task.transition.next.as_slice())
        };
        found.sort_by_cached_key(|task| {
            let place = &task.place;
            let leads_here = task.transition.next.contains(&node.name);
            let is_taken = || route::is_taken(graph, &place.step, &place.indices, &goes_to);
            (!leads_here, node.inputs.len() > 1 && !is_taken())
        });
        found.truncate(1);
        found
    }

    fn joined(&self, graph: &Graph, join: &Node, indices: &[u64]) -> Vec<&PastTask> {
        let split = graph.split_of(&join.name);
        let leads_here = |task: &&PastTask| task.transition.next.contains(&join.name);
        if split.is_some_and(|split| split.kind.is_foreach()) {
            let splits = split
                .and_then(|split| self.last_at(&split.name, indices))
                .and_then(|task| task.transition.num_splits)
                .unwrap_or(u64::MAX);
            let mut found: Vec<&PastTask> = join
                .inputs
                .iter()
                .flat_map(|parent| self.children(parent, indices))
                .filter(leads_here)
                .filter(|task| task.place.indices.last().is_none_or(|at| *at < splits))
                .collect();
            found.sort_by_key(|task| task.place.indices.last().copied());
            return found;
        }
        graph
            .branches_of(join)
            .iter()
            .filter_map(|parent| self.last_at(parent, indices))
            .filter(leads_here)
            .collect()
    }

    /// The outputs that a task at a place would get today, each with the task that it is of.
    pub(super) fn outputs_for(&self, graph: &Graph, place: &Place) -> Vec<(&PastTask, &Output)> {
        let inputs = self.inputs_of(graph, place).into_iter();
        inputs
            .flat_map(|task| task.outputs.iter().map(move |output| (task, output)))
            .collect()
    }

    /// What a name holds in an output, had the task handed on what its own inputs hold today. What it has stored itself stays.
    pub(super) fn held(&self, graph: &Graph, of: (&PastTask, &Output), name: &str) -> Held {
        let (mut task, mut output) = of;
        let held_by = |task: &PastTask, output: &Output| Held {
            key: output.artifacts.get(name).map(|found| found.key),
            by: task.place.step.clone(),
        };
        // Nothing comes from further away than through all tasks; steps that lead to each other in turn have no beginning.
        for _ in 0..self.tasks.len() {
            let held = held_by(task, output);
            let Some(record) = &task.record else {
                return held;
            };
            if record.is_own(name) {
                return held;
            }
            let inputs = self.outputs_for(graph, &task.place);
            let is_join = graph
                .node(&task.place.step)
                .is_some_and(|node| node.kind == NodeKind::Join);
            if is_join {
                return match held.key {
                    // A join hands on what it was told to.
                    None => held,
                    Some(_) => self.handed_on(graph, record, &inputs, name).unwrap_or(held),
                };
            }
            match inputs.first() {
                Some(input) => (task, output) = *input,
                None => return held,
            }
        }
        held_by(task, output)
    }

    /// The names under which an output would hold something, had the task handed on what its own inputs hold today.
    pub(super) fn names(&self, graph: &Graph, of: (&PastTask, &Output)) -> Vec<String> {
        let (mut task, mut output) = of;
        let mut names: BTreeSet<&String> = BTreeSet::new();
        for _ in 0..self.tasks.len() {
            names.extend(output.artifacts.names());
            let node = graph.node(&task.place.step);
            if node.is_none_or(|node| node.kind == NodeKind::Join) {
                // It hands on what it was told to.
                break;
            }
            match self.outputs_for(graph, &task.place).first() {
                Some(input) => (task, output) = *input,
                None => break,
            }
        }
        names.into_iter().cloned().collect()
    }

    /// What a join has taken over from one of its inputs: from the one that it was read of, else from the first that has it.
    fn handed_on(
        &self,
        graph: &Graph,
        record: &Record,
        inputs: &[(&PastTask, &Output)],
        name: &str,
    ) -> Option<Held> {
        let chosen = record
            .artifacts
            .get(name)
            .and_then(|seen| seen.of.as_ref()?.first().copied())
            .and_then(|index| inputs.get(index));
        if let Some(input) = chosen {
            return Some(self.held(graph, *input, name));
        }
        let mut held = inputs.iter().map(|input| self.held(graph, *input, name));
        held.find(|held| held.key.is_some())
    }
}
