//! Which finished tasks a new run takes over in the place of running them again. That is decided when a task is ready, by what its
//! inputs then hold: a step that ran again with the same outputs leaves what follows it as it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Record;
use super::judge::{Inputs, Today, own_reason};
use super::past::{Held, PastTask};
use super::read::StoreLibrary;
use super::renew::renewed;
use super::settled::Settled;
use super::status::{Found, today};
use crate::engine::loaded::LoadedFlow;
use crate::engine::origin::{Finished, Output};
use crate::engine::scheduler::Place;
use crate::flow::StepName;
use crate::store::{Identity, Manifest};

/// What may be taken over of one earlier run.
pub(in crate::engine) struct Reuse {
    flow: Arc<LoadedFlow>,
    tasks: HashMap<Place, Arc<PastTask>>,
    /// Decides one task at a time: what it has read serves the next.
    library: Mutex<StoreLibrary>,
}

impl Reuse {
    /// Leaves out what would not be the same today whatever its inputs are. Gives the rest, too, as the scheduler knows it.
    pub fn new(
        found: Found,
        flow: &Arc<LoadedFlow>,
        identity: &Identity,
        parameters: &Output,
        configs: HashMap<String, String>,
    ) -> (Self, Finished) {
        let values = parameters
            .artifacts
            .iter()
            .map(|(name, held)| (name.clone(), held.key.to_string()));
        let settled = Settled { flow, identity };
        let today = Today {
            is_run: true,
            ..today(settled, values.collect(), configs)
        };
        let library = StoreLibrary::new(found.run.flow());
        let options = flow.options();
        let has_these = |record: &Record| record.options == options;
        let is_kept = |task: &&Arc<PastTask>| {
            // Tasks that run together were not recorded one by one.
            !task.is_control
                && task.record.as_ref().is_some_and(has_these)
                && matches!(own_reason(&today, &library, task), Ok(None))
        };
        let kept = found.past.tasks().filter(is_kept);
        let tasks: HashMap<Place, Arc<PastTask>> = kept
            .map(|task| (task.place.clone(), Arc::clone(task)))
            .collect();
        let done = |task: &Arc<PastTask>| Some((task.place.clone(), task.done()?));
        let finished = Finished {
            by_place: tasks.values().filter_map(done).collect(),
        };
        let reuse = Self {
            flow: Arc::clone(flow),
            tasks,
            library: Mutex::new(library),
        };
        (reuse, finished)
    }

    /// What the task at a place would leave today if it is still fresh with these inputs: what it has stored itself, and of all
    /// else what the inputs hand on.
    pub fn take(&self, place: &Place, inputs: &[Output]) -> Option<Manifest> {
        let task = self.tasks.get(place)?;
        let held = |index: usize, name: &str| {
            let input = inputs.get(index)?;
            Some(Held {
                key: input.artifacts.get(name).map(|found| found.key),
                by: StepName::from(input.task.step().name()),
            })
        };
        let names = |index: usize| {
            let input: Option<&Output> = inputs.get(index);
            let names = input.into_iter().flat_map(|input| input.artifacts.names());
            names.cloned().collect()
        };
        let today = Inputs {
            count: inputs.len(),
            held: &held,
            names: &names,
        };
        let library = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        match today.reason(&self.flow.graph, &*library, task) {
            Some(_) => None,
            None => renewed(&self.flow.graph, task, inputs),
        }
    }
}
