//! The table of artifacts that are held unpickled: which, for which steps, and which make room. Pure: it decides, others act.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

/// An artifact that a step reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub name: String,
    /// Key of its blob.
    pub sha: String,
    /// Bytes of its pickle.
    pub bytes: u64,
    /// The directory of its blob.
    pub blobs: String,
}

/// A step of a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StepKey {
    pub flow: String,
    pub step: String,
}

/// Which process holds an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// The one that outlives every edit.
    Forkserver,
    /// The one that has imported the project's modules, for what needs their classes.
    Project,
}

/// What has become of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nobody has tried to hold it.
    Missing,
    /// There was no room for it.
    NoRoom,
    Held(Home),
    /// The forkserver cannot hold it, for this reason.
    Foreign(String),
    /// Nobody holds it, for this reason.
    Refused(String),
}

#[derive(Debug)]
struct Item {
    name: String,
    bytes: u64,
    steps: BTreeSet<StepKey>,
    /// When it was wanted last, as counted by the table.
    used: u64,
    state: State,
}

/// What has to be done so that a step finds its artifacts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub hold: Vec<Wanted>,
    /// Keys, by the process that is to forget them.
    pub drop: Vec<(Home, String)>,
}

/// An artifact of the table, for who shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotArtifact {
    pub name: String,
    pub sha: String,
    /// Bytes of its pickle.
    pub bytes: u64,
    pub home: Option<Home>,
    /// Why it is not held.
    pub reason: Option<String>,
    /// `Flow/step` of those that read it.
    pub steps: Vec<String>,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Heat {
    /// Bytes that may be held.
    budget: u64,
    clock: u64,
    items: HashMap<String, Item>,
}

impl Heat {
    /// An empty table.
    pub fn new(budget: u64) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    /// What a step wants is used now; gives what is missing at this home, and what has to make room for it.
    pub fn plan(&mut self, step: &StepKey, wanted: &[Wanted], home: Home) -> Plan {
        self.clock += 1;
        for item in self.items.values_mut() {
            item.steps.remove(step);
        }
        let mut plan = Plan::default();
        for artifact in wanted {
            let item = self
                .items
                .entry(artifact.sha.clone())
                .or_insert_with(|| Item {
                    name: artifact.name.clone(),
                    bytes: artifact.bytes,
                    steps: BTreeSet::new(),
                    used: 0,
                    state: State::Missing,
                });
            let is_twice = item.used == self.clock;
            item.used = self.clock;
            item.steps.insert(step.clone());
            let is_missing = match item.state {
                // What did not fit may fit now.
                State::Missing | State::NoRoom => home == Home::Forkserver,
                State::Foreign(_) => home == Home::Project,
                State::Held(_) | State::Refused(_) => false,
            };
            if is_missing && !is_twice {
                plan.hold.push(artifact.clone());
            }
        }
        // Each run has artifacts of its own: what is neither read nor held any more is none of the table's.
        self.items.retain(|_, item| {
            !item.steps.is_empty() || matches!(item.state, State::Held(_) | State::Refused(_))
        });
        self.make_room(&mut plan);
        plan
    }

    /// Drops what was used least recently, and leaves out what does not fit even so.
    fn make_room(&mut self, plan: &mut Plan) {
        let mut total = self.total();
        let now = self.clock;
        let mut fitting = Vec::new();
        for artifact in plan.hold.drain(..) {
            // Nothing is dropped for what would not fit even so.
            let fits = total - self.droppable(now) + artifact.bytes <= self.budget;
            while fits && total + artifact.bytes > self.budget {
                let Some((sha, home)) = self.least_recent(now) else {
                    break;
                };
                let gone = self.items.remove(&sha);
                total -= gone.map_or(0, |item| item.bytes);
                plan.drop.push((home, sha));
            }
            if total + artifact.bytes > self.budget {
                if let Some(item) = self.items.get_mut(&artifact.sha) {
                    item.state = State::NoRoom;
                }
            } else {
                total += artifact.bytes;
                fitting.push(artifact);
            }
        }
        plan.hold = fitting;
    }

    /// Bytes of what nobody wants now.
    fn droppable(&self, now: u64) -> u64 {
        let held = self.items.values();
        held.filter(|item| item.used < now && matches!(item.state, State::Held(_)))
            .map(|item| item.bytes)
            .sum()
    }

    fn least_recent(&self, now: u64) -> Option<(String, Home)> {
        let held = self
            .items
            .iter()
            .filter_map(|(sha, item)| match item.state {
                State::Held(home) if item.used < now => Some((item.used, sha, home)),
                _ => None,
            });
        let oldest = held.min_by_key(|(used, sha, _)| (*used, *sha));
        oldest.map(|(_, sha, home)| (sha.clone(), home))
    }

    /// A process holds these.
    pub fn held(&mut self, home: Home, held: &BTreeMap<String, u64>) {
        for (sha, bytes) in held {
            if let Some(item) = self.items.get_mut(sha) {
                item.bytes = *bytes;
                item.state = State::Held(home);
            }
        }
    }

    /// A process cannot hold these; where that was the forkserver, another may.
    pub fn refused(&mut self, home: Home, refused: BTreeMap<String, String>) {
        for (sha, reason) in refused {
            if let Some(item) = self.items.get_mut(&sha) {
                item.state = match home {
                    Home::Forkserver => State::Foreign(reason),
                    Home::Project => State::Refused(reason),
                };
            }
        }
    }

    /// Reading it does what makes a fork unsafe: it is not tried again.
    pub fn is_unsafe(&mut self, sha: &str, why: &str) {
        if let Some(item) = self.items.get_mut(sha) {
            item.state = State::Refused(format!("{why} when it was read"));
        }
    }

    /// The process that held these is gone, with those that were forked from it.
    pub fn lost(&mut self, home: Home) {
        self.items.retain(|_, item| match item.state {
            State::Held(at) => home == Home::Project && at == Home::Forkserver,
            State::Missing | State::NoRoom | State::Foreign(_) | State::Refused(_) => true,
        });
    }

    /// Bytes that are held.
    pub fn total(&self) -> u64 {
        let held = self.items.values();
        held.filter(|item| matches!(item.state, State::Held(_)))
            .map(|item| item.bytes)
            .sum()
    }

    /// Bytes that may be held.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// All of it, the largest first.
    pub fn artifacts(&self) -> Vec<HotArtifact> {
        let mut rows: Vec<HotArtifact> = self
            .items
            .iter()
            .map(|(sha, item)| HotArtifact {
                name: item.name.clone(),
                sha: sha.clone(),
                bytes: item.bytes,
                home: match item.state {
                    State::Held(home) => Some(home),
                    _ => None,
                },
                reason: match &item.state {
                    State::Held(_) | State::Missing => None,
                    State::NoRoom => Some("there is no room for it (hot_memory)".to_owned()),
                    State::Foreign(reason) | State::Refused(reason) => Some(reason.clone()),
                },
                steps: item
                    .steps
                    .iter()
                    .map(|key| format!("{}/{}", key.flow, key.step))
                    .collect(),
            })
            .collect();
        rows.sort_by(|a, b| (b.bytes, &a.name, &a.sha).cmp(&(a.bytes, &b.name, &b.sha)));
        rows
    }
}

#[cfg(test)]
mod tests;
