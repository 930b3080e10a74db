//! The engines of a session: one for each directory, environment, Python and settings that commands come with, so that each
//! request has what its command has. Those that were used least recently go when there are too many, or they hold too much.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::place::{Place, difference};
use super::protocol::EngineStatus;
use crate::engine::{Engine, EngineConfig, EngineError, Environment, Variables, interpreter};

/// Engines that are kept; each has its own libraries, flows and artifacts in memory.
const KEPT: usize = 4;

/// Completes the configuration of an engine for commands on a flow.
pub type Settle = fn(&mut EngineConfig, &Path);

/// What one engine can not have in two ways.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    cwd: PathBuf,
    env: BTreeMap<String, String>,
    python: PathBuf,
    hot_memory: u64,
    forks: bool,
}

struct Entry {
    number: u64,
    key: Key,
    engine: Engine,
    /// The variables of its own in which a task may differ.
    told: BTreeMap<String, String>,
    /// Requests that it works on.
    busy: usize,
    /// The window's own: never dropped.
    is_own: bool,
}

impl Entry {
    fn may_go(&self) -> bool {
        self.busy == 0 && !self.is_own
    }
}

/// All of them, that used last in front.
pub struct Engines {
    entries: Vec<Entry>,
    settle: Settle,
    made: u64,
}

/// An engine for one request.
pub struct Lent {
    pub engine: Engine,
    /// In what the tasks of the request differ from the engine.
    pub variables: Variables,
    /// To be given back with.
    pub number: u64,
}

/// What is known of one engine.
pub struct Numbered {
    pub number: u64,
    pub status: EngineStatus,
}

impl Engines {
    /// None yet.
    pub fn new(settle: Settle) -> Self {
        Self {
            entries: Vec::new(),
            settle,
            made: 0,
        }
    }

    /// Takes in the engine that the session has for itself.
    pub fn own(&mut self, engine: Engine, place: &Place, flow: &Path) {
        let (_, key) = self.wanted(place, flow);
        self.add(key, engine, place, true);
    }

    /// The engine for a place and a flow; to be given back with [`Engines::give_back`].
    ///
    /// # Errors
    /// When a new one cannot be made.
    pub fn lend(&mut self, place: &Place, flow: &Path) -> Result<Lent, EngineError> {
        let (config, key) = self.wanted(place, flow);
        match self.entries.iter().position(|entry| entry.key == key) {
            Some(at) => self.entries[..=at].rotate_right(1),
            None => self.add(key, Engine::new(config)?, place, false),
        }
        let entry = &mut self.entries[0];
        entry.busy += 1;
        Ok(Lent {
            engine: entry.engine.clone(),
            variables: difference(&entry.told, &place.told()),
            number: entry.number,
        })
    }

    fn add(&mut self, key: Key, engine: Engine, place: &Place, is_own: bool) {
        self.made += 1;
        let entry = Entry {
            number: self.made,
            key,
            engine,
            told: place.told(),
            busy: 0,
            is_own,
        };
        self.entries.insert(0, entry);
    }

    /// The engine that a place and a flow need.
    fn wanted(&self, place: &Place, flow: &Path) -> (EngineConfig, Key) {
        let env: Environment = place.env.clone().into_iter().collect();
        let python = interpreter(place.python.as_deref(), &env, flow, &place.cwd);
        let mut config = EngineConfig::within(place.cwd.clone(), env);
        config.python.clone_from(&place.python);
        (self.settle)(&mut config, flow);
        let key = Key {
            cwd: place.cwd.clone(),
            env: place.fixed(),
            python,
            hot_memory: config.hot_memory,
            forks: config.never_fork.is_none(),
        };
        (config, key)
    }

    /// A request is over.
    pub fn give_back(&mut self, number: u64) {
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.number == number) {
            entry.busy = entry.busy.saturating_sub(1);
        }
    }

    /// Those to be shut down, by what is known of each: beyond the number that is kept, and those that hold, with all that were
    /// used more recently, more than one may.
    pub fn surplus(&mut self, known: &[Numbered]) -> Vec<Engine> {
        let (mut count, mut bytes) = (0, 0);
        let goes = |entry: &mut Entry| {
            let status = known.iter().find(|known| known.number == entry.number);
            let holds = status.and_then(|known| known.status.holds.as_ref());
            let (own, budget) = holds.map_or((0, u64::MAX), |holds| (holds.bytes, holds.budget));
            let is_too_much = count >= KEPT || (own > 0 && bytes + own > budget);
            if is_too_much && entry.may_go() {
                return true;
            }
            count += 1;
            bytes += own;
            false
        };
        let gone = self.entries.extract_if(.., goes);
        gone.map(|entry| entry.engine).collect()
    }

    /// Those that the session has made, to be shut down.
    pub fn take_all(&mut self) -> Vec<Engine> {
        let all = std::mem::take(&mut self.entries).into_iter();
        all.filter(|entry| !entry.is_own)
            .map(|entry| entry.engine)
            .collect()
    }

    /// Each engine, and where it works.
    pub fn listed(&self) -> Vec<(Engine, Numbered)> {
        let entries = self.entries.iter();
        entries
            .map(|entry| {
                let status = EngineStatus {
                    cwd: entry.key.cwd.display().to_string(),
                    python: entry.key.python.display().to_string(),
                    holds: None,
                };
                let number = entry.number;
                (entry.engine.clone(), Numbered { number, status })
            })
            .collect()
    }
}
