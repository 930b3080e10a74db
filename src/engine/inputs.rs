//! Which stored tasks a spun step gets as inputs. The graph of the present source decides, so that a step that has never
//! run, or was not taken, can be spun too.

use super::error::EngineError;
use super::origin::{Done, Finished, Output, done};
use super::request::SpinRequest;
use super::resume::{origin_run, parameters_of};
use super::route;
use super::scheduler::Place;
use super::staleness::{self, Memory};

use super::parameters::Overrides;
use crate::flow::{Graph, Node, NodeKind, StepName};
use crate::store::{FlowStore, RunStore};

/// What was asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub step: StepName,
    pub run: Option<String>,
    pub task: Option<String>,
    pub split: Option<u64>,
    pub indices: Option<Vec<u64>>,
    /// What was spun on the run counts, too.
    pub with_spins: bool,
}

impl Wanted {
    /// Reads `step`, `run/step`, `run/step/task`, `run`, with or without the flow's name in front.
    ///
    /// # Errors
    /// When the pathspec names another flow or step.
    pub fn parse(flow: &str, request: &SpinRequest) -> Result<Self, EngineError> {
        let mut wanted = Self {
            step: StepName::from(request.step.as_str()),
            run: None,
            task: None,
            split: request.split,
            indices: request.indices.clone(),
            // Who names a run means its own tasks.
            with_spins: request.pathspec.is_none() || request.is_chained(),
        };
        let Some(pathspec) = &request.pathspec else {
            return Ok(wanted);
        };
        let mut parts: Vec<&str> = pathspec.trim_matches('/').split('/').collect();
        if parts.len() > 1 && parts[0] == flow {
            parts.remove(0);
        }
        let wrong = || {
            EngineError::request(
                format!(
                    "the pathspec {pathspec} does not name a task of step {}",
                    request.step
                ),
                format!("write RUN, RUN/{0} or RUN/{0}/TASK", request.step),
            )
        };
        match parts.as_slice() {
            [step] if *step == request.step => {}
            [run] => wanted.run = Some((*run).to_owned()),
            [run, step] if *step == request.step => wanted.run = Some((*run).to_owned()),
            [run, step, task] if *step == request.step => {
                wanted.run = Some((*run).to_owned());
                wanted.task = Some((*task).to_owned());
            }
            _ => return Err(wrong()),
        }
        Ok(wanted)
    }
}

/// What was found.
pub(super) struct Inputs {
    /// The run they come from.
    pub run: String,
    /// In split order for a foreach join, in edge order for a static one.
    pub outputs: Vec<Output>,
    pub split_index: Option<u64>,
}

impl Inputs {
    /// The same with other values of parameters.
    pub fn overridden(mut self, by: &Overrides) -> Self {
        self.outputs = self
            .outputs
            .into_iter()
            .map(|output| output.overridden(by))
            .collect();
        self
    }
}

/// The run that a pathspec names, before it is known which flow it is about.
pub(super) fn run_of(request: &SpinRequest) -> Option<String> {
    let parts: Vec<&str> = request
        .pathspec
        .as_deref()?
        .trim_matches('/')
        .split('/')
        .collect();
    let run = match parts.iter().position(|part| *part == request.step) {
        Some(0) => return None,
        Some(step) => parts.get(step - 1),
        None => parts.last(),
    };
    run.map(|run| (*run).to_owned())
}

/// Finds the inputs of a step.
///
/// # Errors
/// When the step or the run does not exist, or a parent has no finished task.
pub(super) fn find(
    memory: &Memory,
    flow: &FlowStore,
    graph: &Graph,
    wanted: &Wanted,
) -> Result<Inputs, EngineError> {
    let Some(node) = graph.node(wanted.step.as_str()) else {
        let known: Vec<&str> = graph.nodes.keys().map(StepName::as_str).collect();
        return Err(EngineError::request(
            format!("the flow has no step {}", wanted.step),
            format!("its steps are {}", known.join(", ")),
        ));
    };
    let run = origin_run(flow, wanted.run.as_deref())?;
    if let Some(found) = in_run(memory, &run, graph, node, wanted)? {
        return Ok(found);
    }
    if wanted.run.is_none() {
        // The latest run has not come so far, or not this way: an older one may have.
        let older = flow.runs()?.into_iter().filter(|id| id != run.id());
        for id in older.take(LOOK_BACK) {
            match in_run(memory, &flow.run(&id), graph, node, wanted) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) | Err(EngineError::Request { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Err(missing(run.id(), node))
}

/// Older runs that are searched for inputs, at most.
const LOOK_BACK: usize = 10;

fn in_run(
    memory: &Memory,
    run: &RunStore,
    graph: &Graph,
    node: &Node,
    wanted: &Wanted,
) -> Result<Option<Inputs>, EngineError> {
    if graph.start.as_ref() == Some(&node.name) {
        return Ok(Some(Inputs {
            outputs: vec![parameters_of(run)?],
            run: run.id().to_owned(),
            split_index: None,
        }));
    }
    let mut read = node.inputs.clone();
    // How many splits there are says the task that has made them.
    read.extend(joined_foreach(graph, node).map(|split| split.name.clone()));
    for step in route::before(graph, node.name.as_str()) {
        if !read.contains(step) {
            read.push(step.clone());
        }
    }
    let mut parents = memory.finished(run, &read)?;
    if wanted.with_spins {
        prefer_spins(memory, run, &read, &mut parents)?;
    }
    let origin = match &wanted.indices {
        Some(indices) => Some(Place {
            step: wanted.step.clone(),
            indices: indices.clone(),
            iterations: Vec::new(),
        }),
        None => origin_place(run, wanted)?,
    };
    let finder = Finder {
        graph,
        node,
        run,
        parents: &parents,
    };
    let found = if node.kind == NodeKind::Join {
        finder.join(origin)?.map(|outputs| (outputs, None))
    } else {
        let found = finder.one(origin, wanted.split)?;
        found.map(|(output, split)| (vec![output], split))
    };
    Ok(found.map(|(outputs, split_index)| Inputs {
        run: run.id().to_owned(),
        outputs,
        split_index,
    }))
}

/// The foreach whose splits a step joins, if it joins those of one.
fn joined_foreach<'a>(graph: &'a Graph, node: &Node) -> Option<&'a Node> {
    let split = graph.split_of(node.name.as_str());
    split.filter(|split| node.kind == NodeKind::Join && split.kind.is_foreach())
}

/// Puts the newest good spin of a parent in the place of the run's own task: who spins a step and then the next one wants
/// the second to see what the first has made.
///
/// # Errors
/// When the store cannot be read.
fn prefer_spins(
    memory: &Memory,
    run: &RunStore,
    parents: &[StepName],
    found: &mut Finished,
) -> Result<(), EngineError> {
    let newest = staleness::newest_spins(memory, run, Some(parents))?;
    for done in newest.values().filter_map(|task| task.done()) {
        if parents.contains(&done.place.step) {
            found.put(done);
        }
    }
    Ok(())
}

/// Where the task that is to run again stood, if one was named.
fn origin_place(run: &RunStore, wanted: &Wanted) -> Result<Option<Place>, EngineError> {
    let Some(id) = &wanted.task else {
        return Ok(None);
    };
    let task = run.task(wanted.step.as_str(), id);
    if !task.exists()? {
        return Err(EngineError::request(
            format!("run {} has no task {}/{id}", run.id(), wanted.step),
            format!("`flowdev tasks FLOW {}` lists them", run.id()),
        ));
    }
    // A task that failed has its place recorded as well; one that died before has none.
    let Some(attempt) = task.latest_done()? else {
        return Ok(done(&task)?.map(|done| done.place));
    };
    let facts = task.control(&task.manifest(attempt)?)?;
    Ok(Some(super::origin::place(wanted.step.as_str(), &facts)))
}

/// The splits around the task that was named; `None` if none was.
///
/// # Errors
/// When there is no such task, or it is not one of the latest run.
pub(super) fn indices(flow: &FlowStore, wanted: &Wanted) -> Result<Option<Vec<u64>>, EngineError> {
    let latest = origin_run(flow, None)?;
    if let Some(run) = wanted.run.as_ref().filter(|run| *run != latest.id()) {
        return Err(EngineError::request(
            format!(
                "run {run} is not the latest: stale steps are spun on run {}",
                latest.id()
            ),
            "name the step alone, or a task of the latest run",
        ));
    }
    Ok(origin_place(&latest, wanted)?.map(|place| place.indices))
}

struct Finder<'a> {
    graph: &'a Graph,
    node: &'a Node,
    run: &'a RunStore,
    parents: &'a Finished,
}

impl Finder<'_> {
    fn of_step(&self, step: &StepName) -> Vec<&Done> {
        let mut found: Vec<&Done> = self
            .parents
            .by_place
            .values()
            .filter(|done| done.place.step == *step)
            .collect();
        found.sort_by(|a, b| a.place.cmp(&b.place));
        found
    }

    /// The one parent task of a step that is no join, if it is there, and the split.
    fn one(
        &self,
        origin: Option<Place>,
        split: Option<u64>,
    ) -> Result<Option<(Output, Option<u64>)>, EngineError> {
        let mut candidates: Vec<&Done> = self
            .node
            .inputs
            .iter()
            .flat_map(|parent| self.of_step(parent))
            .collect();
        // Of the ways that lead here, one that is taken today.
        let goes_to = |step: &str, indices: &[u64]| {
            let tasks = self.parents.by_place.values();
            let tasks = tasks
                .filter(|done| done.place.step.as_str() == step && done.place.indices == indices);
            let last = tasks.max_by(|a, b| a.place.cmp(&b.place))?;
            Some(last.transition.next.as_slice())
        };
        candidates.sort_by_cached_key(|done| {
            let place = &done.place;
            let leads_here = done.transition.next.contains(&self.node.name);
            let is_taken = || route::is_taken(self.graph, &place.step, &place.indices, &goes_to);
            (!leads_here, self.node.inputs.len() > 1 && !is_taken())
        });
        let splits = |done: &Done| {
            self.graph
                .node(done.place.step.as_str())
                .is_some_and(|node| node.kind.is_foreach())
        };
        let fits = |done: &&&Done| match &origin {
            None => true,
            Some(place) if splits(done) => {
                place.indices.split_last().map(|(_, outer)| outer) == Some(&done.place.indices)
            }
            Some(place) => place.indices == done.place.indices,
        };
        // Without a task that was named, `split` is the index at the innermost level.
        let found = candidates.iter().find(|done| {
            fits(done)
                && (splits(done)
                    || origin.is_some()
                    || split.is_none()
                    || done.place.indices.last().copied() == split)
        });
        let Some(found) = found else {
            return Ok(None);
        };
        let index = if splits(found) {
            let asked = origin
                .and_then(|place| place.indices.last().copied())
                .or(split);
            Some(self.within(found, asked.unwrap_or(0))?)
        } else {
            None
        };
        Ok(Some((found.output.clone(), index)))
    }

    fn within(&self, split: &Done, index: u64) -> Result<u64, EngineError> {
        match split.transition.num_splits {
            Some(splits) if index >= splits => Err(EngineError::request(
                format!(
                    "{} has {splits} splits, so there is no split {index}",
                    split.output.pathspec()
                ),
                format!("choose one from 0 to {}", splits.saturating_sub(1)),
            )),
            _ => Ok(index),
        }
    }

    /// All branches of one split, in order; nothing if one that was not meant to be left out is not there.
    fn join(&self, origin: Option<Place>) -> Result<Option<Vec<Output>>, EngineError> {
        let split = joined_foreach(self.graph, self.node);
        let foreach = split.is_some();
        let outer = |done: &Done| -> Vec<u64> {
            let indices = &done.place.indices;
            match indices.split_last() {
                Some((_, outer)) if foreach => outer.to_vec(),
                _ => indices.clone(),
            }
        };
        let all: Vec<&Done> = self
            .graph
            .branches_of(self.node)
            .iter()
            .flat_map(|parent| self.of_step(parent))
            .filter(|done| done.transition.next.contains(&self.node.name))
            .collect();
        let group = match origin {
            Some(place) => place.indices,
            None => all.iter().map(|done| outer(done)).min().unwrap_or_default(),
        };
        let mut outputs: Vec<&Done> = all
            .into_iter()
            .filter(|done| outer(done) == group)
            .collect();
        if let Some(split) = split {
            let splits = self.of_step(&split.name).into_iter();
            let mut splits = splits.filter(|done| done.place.indices == group);
            let count = splits
                .next_back()
                .and_then(|done| done.transition.num_splits);
            // The step before the splits may have been spun since, with fewer or more of them.
            let index = |done: &&Done| done.place.indices.last().copied();
            outputs.retain(|done| count.is_none_or(|count| index(done) < Some(count)));
            outputs.sort_by_key(index);
            if let Some(count) = count
                && !outputs.is_empty()
                && outputs.len() as u64 != count
            {
                return Err(self.incomplete(count, outputs.len()));
            }
        }
        let complete = if foreach {
            !outputs.is_empty()
        } else {
            outputs.len() >= self.branches()
        };
        let all = || outputs.into_iter().flat_map(Done::handed_on).collect();
        Ok(complete.then(all))
    }

    /// How many inputs a static join waits for.
    fn branches(&self) -> usize {
        self.graph
            .split_of(self.node.name.as_str())
            .map_or(self.node.inputs.len(), |split| split.next.len())
    }

    fn incomplete(&self, count: u64, there: usize) -> EngineError {
        EngineError::request(
            format!(
                "the join {} needs {count} inputs, of which run {} and the spins on it have {there}",
                self.node.name,
                self.run.id()
            ),
            "spin what is stale before it, too: u in the session, `flowdev spin FLOW STEP --with-stale-inputs`",
        )
    }
}

fn missing(run: &str, node: &Node) -> EngineError {
    let names: Vec<&str> = node.inputs.iter().map(StepName::as_str).collect();
    EngineError::request(
        format!(
            "run {run} has no finished task of {} that step {} could start from",
            names.join(" or "),
            node.name
        ),
        "run the flow (r in the session, `flowdev run FLOW`), or name another run with --pathspec",
    )
}
