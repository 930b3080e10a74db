//! Reads what [`super::past`] and [`super::judge`] look at from the store.

use std::cell::RefCell;
use std::collections::HashMap;

use bytes::Bytes;

use super::judge::Library;
use super::past::{Past, PastTask};
use super::record::Record;
use super::same::same;
use super::versions::Versions;
use crate::engine::error::EngineError;
use crate::engine::inputs::prefer_spins;
use crate::engine::origin::{Done, Finished};
use crate::flow::{Graph, StepCode, StepName};
use crate::inspect::{Limits, Value, read_pickle};
use crate::store::{BlobKey, FINGERPRINT, FlowStore, READS, RunStore};

/// The results of a run's tasks.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine) fn past(
    run: &RunStore,
    graph: &Graph,
    finished: &Finished,
) -> Result<Past, EngineError> {
    let mut failed = Vec::new();
    for step in graph.nodes.keys() {
        let is_there = finished.by_place.keys().any(|place| place.step == *step);
        if !is_there && !run.tasks(step.as_str())?.is_empty() {
            failed.push(step.clone());
        }
    }
    let tasks = finished.by_place.values().map(past_task);
    Ok(Past::new(tasks.collect::<Result<Vec<_>, _>>()?, failed))
}

/// The same with the newest spins on the run in the place of its own tasks; `None` if there are none.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine) fn with_spins(
    past: &Past,
    run: &RunStore,
    graph: &Graph,
) -> Result<Option<Past>, EngineError> {
    let steps: Vec<StepName> = graph.nodes.keys().cloned().collect();
    let mut spun = Finished::default();
    prefer_spins(run, &steps, &mut spun)?;
    if spun.by_place.is_empty() {
        return Ok(None);
    }
    let spun = spun.by_place.values().map(past_task);
    let spun = spun.collect::<Result<Vec<_>, _>>()?;
    let failed = past.failed.iter();
    let failed = failed.filter(|step| !spun.iter().any(|task| task.place.step == **step));
    let failed = failed.cloned().collect();
    Ok(Some(Past::new(past.tasks().cloned().chain(spun), failed)))
}

/// A finished task with what it recorded.
///
/// # Errors
/// When the store cannot be read.
fn past_task(done: &Done) -> Result<PastTask, EngineError> {
    let task = &done.output.task;
    let mut fingerprint = task.sysmeta(FINGERPRINT)?;
    let mut record = task.sysmeta(READS)?;
    if fingerprint.is_none()
        && let Some(origin) = task.origin()?
    {
        // Metaflow takes over a task without what it does not know.
        fingerprint = origin.sysmeta(FINGERPRINT)?;
        record = origin.sysmeta(READS)?;
    }
    Ok(PastTask {
        outputs: done.handed_on(),
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
