//! What was read of runs and spins that cannot change any more: an engine that judges again and again reads each of them once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::past::{Past, PastTask};
use super::read;
use crate::engine::error::EngineError;
use crate::store::{RunStatus, RunStore};

/// Runs that are remembered.
const RUNS: usize = 3;

/// Spins that are remembered; then all are forgotten, since each is soon read.
const SPINS: usize = 400;

/// Shared by all that judge.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Memory(Arc<Mutex<Known>>);

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
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The results of a run's own tasks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn run(&self, run: &RunStore) -> Result<Arc<Past>, EngineError> {
        let key = key(run);
        let found = self.known().runs.iter().find(|(of, _)| *of == key).cloned();
        if let Some((_, past)) = found {
            return Ok(past);
        }
        // Asked first: what comes to its end meanwhile is read again the next time.
        let is_over = run.status()? != RunStatus::Running;
        let past = Arc::new(read::past(run)?);
        if is_over {
            let runs = &mut self.known().runs;
            runs.push((key, Arc::clone(&past)));
            let old = runs.len().saturating_sub(RUNS);
            runs.drain(..old);
        }
        Ok(past)
    }

    /// What a spin has left.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn spin(&self, spin: &RunStore) -> Result<Arc<Spun>, EngineError> {
        let key = key(spin);
        if let Some(spun) = self.known().spins.get(&key) {
            return Ok(Arc::clone(spun));
        }
        let (spun, is_over) = read::spun(spin)?;
        let spun = Arc::new(spun);
        if is_over {
            let spins = &mut self.known().spins;
            if spins.len() >= SPINS {
                spins.clear();
            }
            spins.insert(key, Arc::clone(&spun));
        }
        Ok(spun)
    }
}
