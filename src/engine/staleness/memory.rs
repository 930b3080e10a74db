//! What was read of runs and spins that cannot change any more: an engine that judges them, and takes inputs from them, again and
//! again reads each of them once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::past::{Past, PastTask};
use super::read;
use crate::engine::error::EngineError;
use crate::engine::origin::Finished;
use crate::flow::StepName;
use crate::store::RunStore;

/// Runs that are remembered.
const RUNS: usize = 3;

/// Spins that are remembered; then all are forgotten, since each is soon read.
const SPINS: usize = 400;

/// Shared by all that look at earlier results; without anything in it, for an engine that does so once.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Memory(Option<Arc<Mutex<Known>>>);

/// The steps that matter; `None` for all.
pub(in crate::engine) type Scope<'a> = Option<&'a [StepName]>;

/// By root of the store and id.
type Key = (String, String);

#[derive(Debug, Default)]
struct Known {
    /// The newest last.
    runs: Vec<(Key, Arc<Past>)>,
    spins: HashMap<Key, Arc<Spun>>,
}

/// What is known of a spin.
#[derive(Debug, Default)]
pub(super) struct Spun {
    /// The run that it is on.
    pub of_run: Option<String>,
    pub tasks: Vec<Arc<PastTask>>,
}

fn key(run: &RunStore) -> Key {
    (run.flow().root().to_owned(), run.pathspec())
}

impl Memory {
    /// One that keeps what it is told.
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    fn known(&self) -> Option<MutexGuard<'_, Known>> {
        let known = self.0.as_ref()?;
        Some(known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the run would have to be read.
    pub fn is_new(&self, run: &RunStore) -> bool {
        let key = key(run);
        let known = self.known();
        known.is_none_or(|known| known.runs.iter().all(|(of, _)| *of != key))
    }

    /// The results of a run's own tasks, at least of the steps that matter.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn run(&self, run: &RunStore, scope: Scope<'_>) -> Result<Arc<Past>, EngineError> {
        let Some(known) = self.known() else {
            return Ok(Arc::new(read::past(run, scope)?));
        };
        let key = key(run);
        let found = known.runs.iter().find(|(of, _)| *of == key);
        if let Some((_, past)) = found {
            return Ok(Arc::clone(past));
        }
        drop(known);
        // Asked first: what comes to its end meanwhile is read again the next time.
        let is_over = run.is_over()?;
        let past = Arc::new(read::past(run, None)?);
        if let Some(mut known) = self.known().filter(|_| is_over) {
            known.runs.push((key, Arc::clone(&past)));
            let old = known.runs.len().saturating_sub(RUNS);
            known.runs.drain(..old);
        }
        Ok(past)
    }

    /// The finished tasks of these steps of a run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn finished(&self, run: &RunStore, steps: &[StepName]) -> Result<Finished, EngineError> {
        let key = key(run);
        let past = self.known().and_then(|known| {
            let found = known.runs.iter().find(|(of, _)| *of == key);
            found.map(|(_, past)| Arc::clone(past))
        });
        match past.and_then(|past| past.finished(steps)) {
            Some(finished) => Ok(finished),
            None => Finished::read(run, steps),
        }
    }

    /// What a spin has left of the steps that matter, if it is one on this run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn spin(
        &self,
        spin: &RunStore,
        run: &RunStore,
        scope: Scope<'_>,
    ) -> Result<Arc<Spun>, EngineError> {
        let Some(known) = self.known() else {
            return Ok(Arc::new(read::spun(spin, Some(run), scope)?.0));
        };
        let key = key(spin);
        if let Some(spun) = known.spins.get(&key) {
            return Ok(Arc::clone(spun));
        }
        drop(known);
        // Many spins fail, or keep nothing: these are read each time, but no more of them than it takes.
        if !read::has_any(spin, scope)? {
            return Ok(Arc::default());
        }
        let (spun, is_over) = read::spun(spin, None, None)?;
        let spun = Arc::new(spun);
        if let Some(mut known) = self.known().filter(|_| is_over) {
            if known.spins.len() >= SPINS {
                known.spins.clear();
            }
            known.spins.insert(key, Arc::clone(&spun));
        }
        Ok(spun)
    }
}
