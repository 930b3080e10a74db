//! Finished tasks of earlier runs: where resume and spin take artifacts from.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::artifacts::{Artifacts, Siblings};
use super::error::EngineError;
use super::parameters::Overrides;
use super::scheduler::{Place, Transition};
use super::worker::message::{InputSpec, Object, Objects};
use crate::flow::StepName;
use crate::store::{ArtifactRef, ControlFacts, FlowStore, RunStore, TaskStore, side_by_side};

/// What a finished task left behind, for the tasks that follow it.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub task: TaskStore,
    pub artifacts: Artifacts,
    /// Where its blobs are, if that is not with the task.
    pub blobs: Option<FlowStore>,
}

impl Output {
    /// The flow's part of the store that holds its blobs.
    pub fn flow(&self) -> &FlowStore {
        self.blobs
            .as_ref()
            .unwrap_or_else(|| self.task.run().flow())
    }

    /// `run/step/task`.
    pub fn pathspec(&self) -> String {
        let step = self.task.step().name();
        format!("{}/{step}/{}", self.task.run().id(), self.task.id())
    }

    /// The same with other artifacts in the place of some.
    pub fn overridden(self, by: &Overrides) -> Self {
        let has = |(name, new): (&String, &ArtifactRef)| {
            let held = self.artifacts.get(name);
            held.is_some_and(|held| held.key == new.key)
        };
        if by.iter().all(has) {
            return self;
        }
        let mut manifest = self.artifacts.manifest();
        let changed = by
            .iter()
            .map(|(name, artifact)| (name.clone(), artifact.clone()));
        manifest.objects.extend(changed);
        Self {
            artifacts: manifest.into(),
            ..self
        }
    }

    /// As a task process is told of it.
    pub fn spec(&self) -> InputSpec {
        self.spec_without(&Objects::new())
    }

    /// The same without the artifacts that are told for all inputs at once.
    fn spec_without(&self, common: &Objects) -> InputSpec {
        let objects = self.artifacts.iter();
        InputSpec {
            pathspec: self.pathspec(),
            step: self.task.step().name().to_owned(),
            blobs: self
                .flow()
                .blobs_dir()
                .map(|dir: PathBuf| dir.display().to_string())
                .unwrap_or_default(),
            objects: objects
                .filter(|(name, _)| !common.contains_key(*name))
                .map(told)
                .collect(),
        }
    }
}

/// One artifact as a task process is told of it.
fn told((name, artifact): (&String, &ArtifactRef)) -> (String, Object) {
    let about = (
        artifact.key,
        Arc::clone(&artifact.encoding),
        Arc::clone(&artifact.type_name),
        artifact.size,
    );
    (name.clone(), about)
}

/// The inputs of a task as its process is told of them, and what they have in common.
pub(super) fn specs(inputs: &[Output]) -> (Vec<InputSpec>, Objects) {
    let common = match inputs {
        [first, others @ ..] if !others.is_empty() => {
            let is_common = |(name, artifact): &(&String, &ArtifactRef)| {
                let same = |other: &Output| other.artifacts.get(name) == Some(*artifact);
                others.iter().all(same)
            };
            let objects = first.artifacts.iter();
            objects.filter(is_common).map(told).collect()
        }
        _ => Objects::new(),
    };
    let own = |input: &Output| input.spec_without(&common);
    (inputs.iter().map(own).collect(), common)
}

/// A finished task with what it decided.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub output: Output,
    pub place: Place,
    pub transition: Transition,
    /// Of a control task: the outputs that the join gets.
    pub mappers: Option<Vec<Output>>,
}

impl Done {
    /// What the task that follows gets.
    pub fn handed_on(&self) -> Vec<Output> {
        match &self.mappers {
            Some(mappers) => mappers.clone(),
            None => vec![self.output.clone()],
        }
    }
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
        let siblings = Mutex::<Siblings>::default();
        for step in steps {
            let mut unbounded = Vec::new();
            let tasks = run.tasks(step.as_str())?;
            let shared = |task: &TaskStore| {
                let found = read(task)?;
                let mut siblings = siblings.lock().unwrap_or_else(PoisonError::into_inner);
                Ok::<_, EngineError>(found.map(|found| found.sharing(&mut siblings)))
            };
            for found in side_by_side(&tasks, shared)?.into_iter().flatten() {
                if found.is_unbounded {
                    unbounded.push(found);
                } else {
                    by_place.insert(found.done.place.clone(), found.done);
                }
            }
            for done in controls(unbounded)? {
                by_place.insert(done.place.clone(), done);
            }
        }
        Ok(Self { by_place })
    }
}

impl Finished {
    /// Puts a task in the place of another: of a gang, in that of its one.
    pub fn put(&mut self, done: Done) {
        if let Some((place, index)) = done.place.in_gang()
            && let Some(control) = self.by_place.get_mut(&place)
            && let Some(mapper) = control.mappers.as_mut().and_then(|all| all.get_mut(index))
        {
            *mapper = done.output;
            return;
        }
        self.by_place.insert(done.place.clone(), done);
    }
}

/// A finished task, before it is clear who belongs to whom.
struct Found {
    done: Done,
    /// It is one of the tasks of an unbounded foreach.
    is_unbounded: bool,
    /// Its index among them; the control task may have none.
    index: Option<u64>,
}

impl Found {
    fn sharing(mut self, siblings: &mut Siblings) -> Self {
        self.done.output = siblings.share(self.done.output);
        self
    }
}

/// Control tasks with what they control. One whose mappers are not all there counts as not finished, and mappers without it
/// do not count: they run together or not at all.
fn controls(found: Vec<Found>) -> Result<Vec<Done>, EngineError> {
    let mut controls = Vec::new();
    let mut others: HashMap<Place, Vec<(u64, Output)>> = HashMap::new();
    for Found { done, index, .. } in found {
        let mut group = done.place.clone();
        group.indices.pop();
        let Output {
            task, artifacts, ..
        } = &done.output;
        let names = artifacts.get(CONTROL_MAPPERS);
        let names = names.map(|held| task.decode(CONTROL_MAPPERS, held));
        let names = names.transpose()?;
        match (names, index) {
            (Some(names), index) => controls.push((group, names.items().len() as u64, index, done)),
            (None, Some(index)) => {
                let outputs = others.entry(group).or_default();
                outputs.push((index, done.output));
            }
            (None, None) => {}
        }
    }
    let complete = |(group, count, own, mut done): (Place, u64, Option<u64>, Done)| {
        // By place, not by name: a clone still has the names of the run that it was cloned from.
        let find = |index: u64| {
            if own == Some(index) {
                return Some(done.output.clone());
            }
            let outputs = others.get(&group)?.iter();
            let mut of_index = outputs.filter(|(at, _)| *at == index);
            of_index.next().map(|(_, output)| output.clone())
        };
        done.mappers = Some((0..count).map(find).collect::<Option<Vec<Output>>>()?);
        Some(done)
    };
    Ok(controls.into_iter().filter_map(complete).collect())
}

/// The artifact by which a control task names the tasks that it controlled.
const CONTROL_MAPPERS: &str = "_control_mapper_tasks";

/// The task, if its newest attempt ended well.
pub(super) fn done(task: &TaskStore) -> Result<Option<Done>, EngineError> {
    Ok(read(task)?.map(|found| found.done))
}

fn read(task: &TaskStore) -> Result<Option<Found>, EngineError> {
    let Some(manifest) = task.latest_manifest()? else {
        return Ok(None);
    };
    let facts = task.control(&manifest)?;
    if facts.task_ok != Some(true) {
        return Ok(None);
    }
    let frame = facts.foreach_stack.last();
    let done = Done {
        place: place(task.step().name(), &facts),
        transition: Transition {
            next: facts
                .next
                .iter()
                .map(|name| StepName::from(name.as_str()))
                .collect(),
            num_splits: facts.num_splits,
            unbounded: facts.foreach_var.is_some() && facts.num_splits.is_none(),
        },
        mappers: None,
        output: Output {
            task: task.clone(),
            artifacts: manifest.into(),
            blobs: None,
        },
    };
    Ok(Some(Found {
        done,
        is_unbounded: frame.is_some_and(|frame| frame.num_splits.is_none()),
        index: frame.and_then(|frame| frame.index),
    }))
}

pub(super) fn place(step: &str, facts: &ControlFacts) -> Place {
    Place {
        step: StepName::from(step),
        indices: facts
            .foreach_stack
            .iter()
            // A control task without an index is the first of its place, as in the scheduler.
            .map(|frame| frame.index.unwrap_or(0))
            .collect(),
        iterations: facts.iteration_stack.clone(),
    }
}
