//! Reads what [`super::past`] and [`super::judge`] look at from the store.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::judge::Library;
use super::memory::{Memory, Scope, Spun};
use super::past::{Past, PastTask};
use super::record::Record;
use super::same::same;
use super::versions::Versions;
use crate::engine::error::EngineError;
use crate::engine::origin::{Done, Finished, done};
use crate::engine::scheduler::Place;
use crate::flow::{StepCode, StepName};
use crate::inspect::{Limits, Value, read_pickle};
use crate::store::{BlobKey, FINGERPRINT, FlowStore, READS, RunStore, side_by_side};

/// The results of a run's tasks.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn past(run: &RunStore, scope: Scope<'_>) -> Result<Past, EngineError> {
    let mut steps: Vec<StepName> = run.steps()?.iter().map(|it| it.as_str().into()).collect();
    steps.retain(|step| matters(scope, step));
    let finished = Finished::read(run, &steps)?;
    let done: Vec<&Done> = finished.by_place.values().collect();
    let tasks = side_by_side(&done, |done| past_task(done).map(Arc::new))?;
    let is_there = |step: &StepName| done.iter().any(|done| done.place.step == *step);
    let mut failed: Vec<StepName> = steps.iter().filter(|it| !is_there(it)).cloned().collect();
    if !failed.is_empty() && run.is_claimed() {
        // What has not failed yet is under way.
        failed.retain(|step| has_failed(run, step));
    }
    Ok(Past::new(tasks, failed))
}

fn has_failed(run: &RunStore, step: &str) -> bool {
    let tasks = run.tasks(step).unwrap_or_default();
    tasks.iter().any(|task| task.has_failed().unwrap_or(false))
}

/// The first and the last task of each of these steps, in the place of all.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn samples(run: &RunStore, steps: &[StepName]) -> Result<Past, EngineError> {
    let mut samples = Vec::new();
    for step in steps {
        let tasks = run.tasks(step.as_str())?;
        for task in tasks.first().into_iter().chain(tasks.last()) {
            if let Some(done) = done(task)? {
                samples.push(Arc::new(past_task(&done)?));
            }
        }
    }
    Ok(Past::new(samples, Vec::new()))
}

fn matters(scope: Scope<'_>, step: &str) -> bool {
    scope.is_none_or(|scope| scope.iter().any(|it| it.as_str() == step))
}

/// Whether a spin has a task of a step that matters.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn has_any(spin: &RunStore, scope: Scope<'_>) -> Result<bool, EngineError> {
    let Some(steps) = scope else {
        return Ok(true);
    };
    for step in steps {
        if !spin.tasks(step)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a spin has left, if it is on this run or none is named, and whether that is all that it will ever leave.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn spun(
    spin: &RunStore,
    on: Option<&RunStore>,
    scope: Scope<'_>,
) -> Result<(Spun, bool), EngineError> {
    let mut spun = Spun::default();
    let mut begun = 0;
    let steps = spin.steps()?.into_iter();
    for step in steps.filter(|step| matters(scope, step)) {
        for task in spin.tasks(&step)? {
            begun += 1;
            let of_run = task.sysmeta("origin-run-id")?;
            spun.of_run = of_run.map(|origin| origin.text()).or(spun.of_run);
            if on.is_some_and(|run| spun.of_run.as_deref() != Some(run.id())) {
                continue;
            }
            if let Some(done) = done(&task)? {
                spun.tasks.push(Arc::new(past_task(&done)?));
            }
        }
    }
    // The workers of a gang end before the task that has asked for them.
    let is_over = begun > 0 && begun == spun.tasks.len();
    Ok((spun, is_over))
}

/// Newest spins that are looked through, at most.
const SPINS: usize = 50;

/// The newest good spin on a run at each place, at least of the steps that matter.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine) fn newest(
    memory: &Memory,
    run: &RunStore,
    scope: Scope<'_>,
) -> Result<HashMap<Place, Arc<PastTask>>, EngineError> {
    let spins = run.flow().store().spin_sibling().flow(run.flow().name());
    let mut newest: HashMap<Place, Arc<PastTask>> = HashMap::new();
    for id in spins.runs()?.iter().take(SPINS) {
        let spun = memory.spin(&spins.run(id), run, scope)?;
        if spun.of_run.as_deref() != Some(run.id()) {
            continue;
        }
        for task in &spun.tasks {
            newest
                .entry(task.place.clone())
                .or_insert_with(|| Arc::clone(task));
        }
    }
    Ok(newest)
}

/// The same as a run has, with the newest spins on it in the place of its own tasks; `None` if there are none.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine) fn with_spins(
    memory: &Memory,
    past: &Past,
    run: &RunStore,
    scope: Scope<'_>,
) -> Result<Option<Past>, EngineError> {
    let newest = newest(memory, run, scope)?;
    if newest.is_empty() {
        return Ok(None);
    }
    let failed = past.failed.iter();
    let failed = failed.filter(|step| !newest.keys().any(|place| place.step == **step));
    let failed = failed.cloned().collect();
    let tasks = past.tasks().cloned().chain(newest.into_values());
    Ok(Some(Past::new(tasks, failed)))
}

/// A finished task with what it recorded.
///
/// # Errors
/// When the store cannot be read.
fn past_task(done: &Done) -> Result<PastTask, EngineError> {
    let task = &done.output.task;
    let [mut fingerprint, mut record] = task.sysmeta_of([FINGERPRINT, READS])?;
    if fingerprint.is_none()
        && let Some(origin) = task.origin()?
    {
        // Metaflow takes over a task without what it does not know.
        [fingerprint, record] = origin.sysmeta_of([FINGERPRINT, READS])?;
    }
    Ok(PastTask {
        outputs: done.handed_on(),
        is_control: done.mappers.is_some(),
        fingerprint: fingerprint.map(|record| record.text()),
        record: record.and_then(|record| Record::from_text(&record.text())),
        place: done.place.clone(),
        transition: done.transition.clone(),
    })
}

/// The blobs of a run and of the spins on it.
pub(in crate::engine) struct StoreLibrary {
    stores: [FlowStore; 2],
    code: RefCell<HashMap<BlobKey, Option<StepCode>>>,
    environments: RefCell<HashMap<BlobKey, Option<Versions>>>,
    values: RefCell<HashMap<BlobKey, Option<Value>>>,
}

impl StoreLibrary {
    pub fn new(flow: &FlowStore) -> Self {
        let spins = flow.store().spin_sibling().flow(flow.name());
        Self {
            stores: [flow.clone(), spins],
            code: RefCell::default(),
            environments: RefCell::default(),
            values: RefCell::default(),
        }
    }

    /// What is not there any more, or damaged, says nothing.
    fn blob(&self, key: BlobKey) -> Option<Vec<u8>> {
        self.stores.iter().find_map(|store| store.blob(key).ok())
    }

    fn json<T: Clone + serde::de::DeserializeOwned>(
        &self,
        known: &RefCell<HashMap<BlobKey, Option<T>>>,
        key: BlobKey,
    ) -> Option<T> {
        let mut known = known.borrow_mut();
        let read = || serde_json::from_slice(&self.blob(key)?).ok();
        known.entry(key).or_insert_with(read).clone()
    }
}

impl Library for StoreLibrary {
    fn code(&self, key: BlobKey) -> Option<StepCode> {
        self.json(&self.code, key)
    }

    fn environment(&self, key: BlobKey) -> Option<Versions> {
        self.json(&self.environments, key)
    }

    fn same_item(&self, before: &str, now: BlobKey, position: i64) -> bool {
        let (Ok(before), Ok(position)) = (before.parse::<BlobKey>(), usize::try_from(position))
        else {
            return false;
        };
        let mut values = self.values.borrow_mut();
        for key in [before, now] {
            let read = || {
                let bytes = Bytes::from(self.blob(key)?);
                read_pickle(&bytes, Limits::complete()).ok()
            };
            values.entry(key).or_insert_with(read);
        }
        let item = |key: BlobKey| values.get(&key)?.as_ref()?.root().item(position);
        item(before)
            .zip(item(now))
            .is_some_and(|(before, now)| same(before, now))
    }
}
