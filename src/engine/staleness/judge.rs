//! From what was recorded and what is true today to the state of each step. Reads nothing.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::asked::{Asked, Judged, turning};
use super::past::{Held, Past, PastTask};
use super::record::{Record, Seen, digest};
use super::settled::Settled;
use super::state::{FlowStatus, Reason, StepState, StepVerdict};
use super::versions::Versions;
use crate::flow::{Fingerprint, Graph, NodeKind, StepCode, StepName};
use crate::store::BlobKey;

/// What is true today.
pub(in crate::engine) struct Today<'a> {
    pub graph: &'a Graph,
    pub code: &'a IndexMap<StepName, StepCode>,
    pub fingerprints: &'a IndexMap<StepName, Fingerprint>,
    pub environment: &'a Versions,
    /// Parameters with the names of their blobs.
    pub parameters: HashMap<String, String>,
    /// Keys of configs, as they were recorded, with digests of what they hold.
    pub configs: HashMap<String, String>,
    pub settled: Settled<'a>,
    /// It is judged for a run that is to follow.
    pub is_run: bool,
}

/// What the records of tasks name, and what has to be looked at to compare.
pub(in crate::engine) trait Library {
    /// The code that a blob says.
    fn code(&self, key: BlobKey) -> Option<StepCode>;
    fn environment(&self, key: BlobKey) -> Option<Versions>;
    /// Whether two stored collections hold the same at a position.
    fn same_item(&self, before: &str, now: BlobKey, position: i64) -> bool;
}

/// Judges every step of the graph; with `towards` as if the switches before that step led there.
pub(in crate::engine) fn judge(
    today: &Today<'_>,
    past: &Past,
    library: &dyn Library,
    run: Option<String>,
    towards: Option<&str>,
) -> FlowStatus {
    let towards = towards.and_then(|step| today.graph.node(step));
    let mut led_to: Vec<StepName> = Vec::new();
    let mut steps: Judged<'_>;
    loop {
        let asked = Asked {
            graph: today.graph,
            past,
            led_to: &led_to,
        };
        steps = Judged::new();
        for step in today.graph.in_order() {
            let mut status = alone(today, &asked, library, step, &steps);
            let before = upstream(today.graph, &steps, step);
            status.is_first = status.state.is_due() && before.is_none();
            if status.state == StepState::Fresh && before.is_some() {
                status.state = StepState::Upstream;
                status.reason = before;
            }
            steps.insert(step, status);
        }
        let next = towards.and_then(|to| turning(today.graph, past, &steps, &to.name));
        match next {
            Some(next) if !led_to.contains(next) => led_to.push(next.clone()),
            _ => break,
        }
    }
    FlowStatus {
        run,
        steps: today
            .graph
            .nodes
            .keys()
            .filter_map(|step| steps.remove(step))
            .collect(),
        ..FlowStatus::default()
    }
}

/// The nearest step before this one that is to be run first.
fn upstream(graph: &Graph, judged: &Judged<'_>, step: &StepName) -> Option<Reason> {
    graph
        .ancestors(step)
        .iter()
        .filter(|before| *before != step)
        .filter_map(|step| judged.get(step))
        .find(|before| before.state.is_due() && before.state != StepState::Upstream)
        .map(|before| Reason::Upstream {
            step: before.step.clone(),
            state: before.state,
            because: before.reason.clone().map(Box::new),
        })
}

/// A step as if all before it were as it should be.
fn alone(
    today: &Today<'_>,
    asked: &Asked<'_>,
    library: &dyn Library,
    step: &StepName,
    judged: &Judged<'_>,
) -> StepVerdict {
    let past = asked.past;
    let mut status = StepVerdict {
        step: step.clone(),
        state: StepState::Fresh,
        reason: None,
        is_first: false,
        tasks: 0,
        stale: 0,
        due: Vec::new(),
    };
    let expected = asked.count(step, judged);
    if expected == Some(0) {
        status.state = StepState::NotTaken;
        return status;
    }
    let mut unknown = None;
    let is_wanted = |task: &&PastTask| asked.is_wanted(task);
    for task in past.of_step(step).filter(is_wanted) {
        status.tasks += 1;
        match reason(today, past, library, task) {
            Ok(None) => {}
            Ok(Some(reason)) => {
                status.stale += 1;
                status.due.push(task.place.indices.clone());
                status.state = StepState::Stale;
                status.reason.get_or_insert(reason);
            }
            Err(Unrecorded) => {
                unknown = Some(Reason::Unrecorded {
                    is_ours: task.fingerprint.is_some(),
                });
            }
        }
    }
    // The rounds of a loop are at one place, where a spin does the first.
    status.due.dedup();
    if status.tasks == 0 {
        let has_failed = past.failed.contains(step);
        status.state = if has_failed {
            StepState::Failed
        } else {
            StepState::NeverRun
        };
        status.due = asked.places(step);
    } else if unknown.is_some() && status.state == StepState::Fresh {
        status.state = StepState::Unknown;
        status.reason = unknown;
    } else if let Some(missing) = expected.map(|count| count.saturating_sub(status.tasks))
        && missing > 0
    {
        status.tasks += missing;
        status.stale += missing;
        status.due.extend(asked.places(step));
        status.state = StepState::Stale;
        status.reason.get_or_insert(Reason::Splits { missing });
    }
    status
}

/// Nothing is known of what the task depended on.
pub(super) struct Unrecorded;

/// Why a task's result is not what it would be today, with today's results of the steps before it.
fn reason(
    today: &Today<'_>,
    past: &Past,
    library: &dyn Library,
    task: &PastTask,
) -> Result<Option<Reason>, Unrecorded> {
    let own = own_reason(today, library, task)?;
    if own.is_some() || today.graph.start.as_ref() == Some(&task.place.step) {
        return Ok(own);
    }
    let inputs = past.outputs_for(today.graph, &task.place);
    if inputs.is_empty() {
        let reads = task.record.as_ref().map(|record| &record.artifacts);
        return Ok(reads
            .is_some_and(|reads| !reads.is_empty())
            .then_some(Reason::NoInputs));
    }
    let held = |index: usize, name: &str| {
        let input = inputs.get(index)?;
        Some(past.held(today.graph, *input, name))
    };
    let names = |index: usize| {
        let input = inputs.get(index).copied();
        input.map_or_else(Vec::new, |input| past.names(today.graph, input))
    };
    let inputs = Inputs {
        count: inputs.len(),
        held: &held,
        names: &names,
    };
    Ok(inputs.reason(today.graph, library, task))
}

/// Why a task's result is not what it would be today, whatever its inputs are.
///
/// # Errors
/// Nobody recorded what it depends on.
pub(super) fn own_reason(
    today: &Today<'_>,
    library: &dyn Library,
    task: &PastTask,
) -> Result<Option<Reason>, Unrecorded> {
    let step = &task.place.step;
    let (Some(record), Some(ran)) = (&task.record, &task.fingerprint) else {
        return Err(Unrecorded);
    };
    if let Some(now) = today.fingerprints.get(step)
        && now.as_str() != ran
    {
        let then = record.blobs.and_then(|blobs| library.code(blobs.code));
        let change = today.code.get(step).zip(then);
        let change = change.and_then(|(now, then)| now.change_since(&then));
        let change = change.map_or_else(|| "its code changed".to_owned(), |it| it.to_string());
        return Ok(Some(Reason::Code { change }));
    }
    let then = record
        .blobs
        .and_then(|blobs| library.environment(blobs.environment));
    if let Some(change) = then.and_then(|then| today.environment.change_since(&then)) {
        return Ok(Some(Reason::Environment { change }));
    }
    if let Some(name) = record.given.first() {
        return Ok(Some(Reason::Given { name: name.clone() }));
    }
    let differs = |(name, then): &(&String, &String), now: &HashMap<String, String>| {
        now.get(*name).is_some_and(|now| now != *then)
    };
    let mut parameters = record.parameters.iter();
    if let Some((name, _)) = parameters.find(|it| differs(it, &today.parameters)) {
        return Ok(Some(Reason::Parameter { name: name.clone() }));
    }
    let mut configs = record.configs.iter();
    if let Some((key, _)) = configs.find(|it| differs(it, &today.configs)) {
        return Ok(Some(Reason::Config { key: key.clone() }));
    }
    let changed = today.settled.change_since(record, today.is_run);
    Ok(changed.map(|name| Reason::Current { name: name.clone() }))
}

/// What the inputs of a task hold today.
pub(super) struct Inputs<'a> {
    pub count: usize,
    /// By index of the input and name; `None` if there is no such input.
    pub held: &'a dyn Fn(usize, &str) -> Option<Held>,
    /// All names that an input holds something under.
    pub names: &'a dyn Fn(usize) -> Vec<String>,
}

impl Inputs<'_> {
    /// Which of them is not what the task has read.
    pub fn reason(&self, graph: &Graph, library: &dyn Library, task: &PastTask) -> Option<Reason> {
        let record = task.record.as_ref()?;
        for (name, seen) in &record.artifacts {
            let of = match &seen.of {
                Some(of) => of.clone(),
                None => (0..self.count).collect(),
            };
            let held: Vec<Option<Held>> = of.iter().map(|at| (self.held)(*at, name)).collect();
            let now = digest(held.iter().map(|held| held.as_ref()?.key));
            let first = held.into_iter().flatten().next();
            let is_other = now != seen.sha && !is_same_item(library, seen, first.as_ref());
            if is_other || (seen.item.is_some() && !is_split_over(graph, &task.place.step, name)) {
                return Some(Reason::Input {
                    name: name.clone(),
                    of: first.map_or_else(|| StepName::from(""), |held| held.by),
                });
            }
        }
        for (name, of) in &record.absent {
            let mut held = of.iter().filter_map(|at| (self.held)(*at, name));
            if let Some(found) = held.find(|held| held.key.is_some()) {
                return Some(Reason::Appeared {
                    name: name.clone(),
                    of: found.by,
                });
            }
        }
        if let Some(new) = self.to_merge(record, task) {
            return Some(new);
        }
        let node = graph.node(&task.place.step)?;
        let merged = (node.kind == NodeKind::Join).then(|| self.conflict(record, task))?;
        merged.map(|name| Reason::Conflict { name })
    }

    /// A name that a join which merges all of its inputs would take over today.
    fn to_merge(&self, record: &Record, task: &PastTask) -> Option<Reason> {
        let left = record.left.as_ref()?;
        let output = &task.outputs.first()?.artifacts;
        let is_new = |name: &String| {
            !record.is_own(name) && !left.contains(name) && output.get(name).is_none()
        };
        let mut names = (0..self.count).flat_map(|at| {
            let names = (self.names)(at).into_iter().filter(is_new);
            names.map(move |name| (at, name))
        });
        let (at, name) = names.next()?;
        let of = (self.held)(at, &name).map_or_else(|| StepName::from(""), |held| held.by);
        Some(Reason::Appeared { name, of })
    }

    /// A name that a join took over from inputs which held the same, and which today do not.
    fn conflict(&self, record: &Record, task: &PastTask) -> Option<String> {
        let output = task.outputs.first()?;
        let merged = output.artifacts.names().filter(|name| {
            !record.is_own(name) && !name.starts_with('_') && !record.artifacts.contains_key(*name)
        });
        let differs = |name: &&String| {
            let mut keys = (0..self.count).filter_map(|at| (self.held)(at, name)?.key);
            keys.next()
                .is_some_and(|first| keys.any(|key| key != first))
        };
        merged.into_iter().find(differs).cloned()
    }
}

/// Whether a foreach around a step goes over this artifact today, as far as that is known.
fn is_split_over(graph: &Graph, step: &StepName, name: &str) -> bool {
    let splits = graph.node(step).map(|node| node.split_parents.as_slice());
    splits.unwrap_or_default().iter().any(|split| {
        graph.node(split).is_some_and(|split| {
            split.kind.is_foreach() && split.foreach_var().is_none_or(|var| var == name)
        })
    })
}

fn is_same_item(library: &dyn Library, seen: &Seen, held: Option<&Held>) -> bool {
    match (seen.item, held.and_then(|held| held.key)) {
        (Some(position), Some(now)) => library.same_item(&seen.sha, now, position),
        _ => false,
    }
}
