//! The engines of a session: one for each directory, environment and Python that commands come from, so that each request has
//! what its command has. Those of fewest use go when there are too many.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::place::{Place, difference};
use super::protocol::EngineStatus;
use crate::engine::{Engine, EngineConfig, EngineError, Environment, Variables, interpreter};

/// Engines that are kept; each holds its own libraries, flows and artifacts in memory.
const KEPT: usize = 4;

/// What one engine can not have in two ways.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    cwd: PathBuf,
    env: BTreeMap<String, String>,
    python: PathBuf,
}

struct Entry {
    key: Key,
    engine: Engine,
    /// The variables of its own in which a task may differ.
    told: BTreeMap<String, String>,
    /// Requests that it works on.
    busy: usize,
    /// The window's own: never dropped.
    is_own: bool,
}

/// All of them, that used last in front.
#[derive(Default)]
pub struct Engines(Vec<Entry>);

/// An engine for one request.
pub struct Lent {
    pub engine: Engine,
    /// In what the tasks of the request differ from the engine.
    pub variables: Variables,
}

impl Engines {
    /// Takes in the engine that the session has for itself.
    pub fn own(&mut self, engine: Engine, place: &Place, flow: &Path) {
        let entry = Entry {
            key: key(place, flow),
            engine,
            told: place.told(),
            busy: 0,
            is_own: true,
        };
        self.0.insert(0, entry);
    }

    /// The engine for a place and a flow; to be given back with [`Engines::give_back`].
    ///
    /// # Errors
    /// When a new one cannot be made.
    pub fn lend(&mut self, place: &Place, flow: &Path) -> Result<Lent, EngineError> {
        let key = key(place, flow);
        let entry = match self.0.iter().position(|entry| entry.key == key) {
            Some(at) => self.0.remove(at),
            None => {
                let env: Environment = place.env.clone().into_iter().collect();
                let mut config = EngineConfig::within(place.cwd.clone(), env);
                config.python.clone_from(&place.python);
                config.keep_warm = true;
                Entry {
                    key,
                    engine: Engine::new(config)?,
                    told: place.told(),
                    busy: 0,
                    is_own: false,
                }
            }
        };
        let lent = Lent {
            engine: entry.engine.clone(),
            variables: difference(&entry.told, &place.told()),
        };
        self.0.insert(0, entry);
        self.0[0].busy += 1;
        Ok(lent)
    }

    /// A request is over; gives an engine that is to be shut down, if there are too many.
    pub fn give_back(&mut self, place: &Place, flow: &Path) -> Option<Engine> {
        let key = key(place, flow);
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.key == key) {
            entry.busy = entry.busy.saturating_sub(1);
        }
        let is_idle = |entry: &Entry| entry.busy == 0 && !entry.is_own;
        if self.0.len() <= KEPT {
            return None;
        }
        let at = self.0.iter().rposition(is_idle)?;
        Some(self.0.remove(at).engine)
    }

    /// Those that the session has made, to be shut down.
    pub fn take_all(&mut self) -> Vec<Engine> {
        let all = std::mem::take(&mut self.0).into_iter();
        all.filter(|entry| !entry.is_own)
            .map(|entry| entry.engine)
            .collect()
    }

    /// For the status: each engine, and where it works.
    pub fn listed(&self) -> Vec<(Engine, EngineStatus)> {
        let entries = self.0.iter();
        entries
            .map(|entry| {
                let status = EngineStatus {
                    cwd: entry.key.cwd.display().to_string(),
                    python: entry.key.python.display().to_string(),
                    holds: None,
                };
                (entry.engine.clone(), status)
            })
            .collect()
    }
}

fn key(place: &Place, flow: &Path) -> Key {
    let env: Environment = place.env.clone().into_iter().collect();
    Key {
        cwd: place.cwd.clone(),
        python: interpreter(place.python.as_deref(), &env, flow, &place.cwd),
        env: place.fixed(),
    }
}
