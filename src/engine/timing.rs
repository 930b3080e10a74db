//! Where the time of a request goes, by phase: measured while it is carried out, reported with the events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// A part of the way from a save to its result, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// From the first sign of a save until the request.
    Event,
    /// Reading the sources: what they say, and whether they have changed.
    Parse,
    /// Starting Python, importing libraries.
    Start,
    /// Making a process and talking with it.
    Fork,
    /// Executing the flow file.
    Exec,
    /// Finding the inputs, making the run and its tasks known.
    Prepare,
    /// Reading artifacts.
    Load,
    /// The step's code, with what its decorators do.
    Step,
    /// Making and storing cards.
    Cards,
    /// Pickling, hashing, compressing and storing artifacts.
    Persist,
    /// Until the result is on the screen.
    Draw,
    /// Until the process has left, after the result.
    Exit,
}

impl Phase {
    /// All, in order.
    pub const ALL: [Self; 12] = [
        Self::Event,
        Self::Parse,
        Self::Start,
        Self::Fork,
        Self::Exec,
        Self::Prepare,
        Self::Load,
        Self::Step,
        Self::Cards,
        Self::Persist,
        Self::Draw,
        Self::Exit,
    ];

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Parse => "parse",
            Self::Start => "start",
            Self::Fork => "fork",
            Self::Exec => "exec",
            Self::Prepare => "prepare",
            Self::Load => "load",
            Self::Step => "step",
            Self::Cards => "cards",
            Self::Persist => "persist",
            Self::Draw => "draw",
            Self::Exit => "exit",
        }
    }

    /// For people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Event => "from the save until the request",
            Self::Parse => "reading the sources",
            Self::Start => "starting Python, importing libraries",
            Self::Fork => "making the process, talking with it",
            Self::Exec => "executing the flow file",
            Self::Prepare => "finding inputs, making the task known",
            Self::Load => "reading artifacts",
            Self::Step => "the step itself",
            Self::Cards => "making and storing cards",
            Self::Persist => "pickling and storing artifacts",
            Self::Draw => "until it is on the screen",
            Self::Exit => "after the result: until the process has left",
        }
    }
}

/// Milliseconds by phase; what took none is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timing(pub BTreeMap<Phase, f64>);

impl Timing {
    /// Adds to a phase.
    pub fn add(&mut self, phase: Phase, millis: f64) {
        *self.0.entry(phase).or_default() += millis;
    }

    /// Adds all phases of another.
    pub fn merge(&mut self, other: &Self) {
        for (phase, millis) in &other.0 {
            self.add(*phase, *millis);
        }
    }

    /// The phase's milliseconds, 0 if it did not happen.
    pub fn of(&self, phase: Phase) -> f64 {
        self.0.get(&phase).copied().unwrap_or_default()
    }

    /// Until the result; what comes after it does not count.
    pub fn until_result(&self) -> f64 {
        let before = self.0.iter().filter(|(phase, _)| **phase != Phase::Exit);
        before.map(|(_, millis)| millis).sum()
    }

    fn all(&self) -> f64 {
        self.0.values().sum()
    }
}

/// Collects the phases of a job that are not those of its tasks.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Timing>>);

impl Clock {
    /// Starts a lap.
    pub fn lap(&self) -> Lap {
        Lap {
            clock: self.clone(),
            since: Instant::now(),
            told: self.timing().all(),
        }
    }

    /// Adds to a phase.
    pub fn add(&self, phase: Phase, millis: f64) {
        self.lock().add(phase, millis);
    }

    /// What has been collected.
    pub fn timing(&self) -> Timing {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Timing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stopwatch whose marks leave no time out.
pub(super) struct Lap {
    clock: Clock,
    since: Instant,
    /// What the clock had been told when the lap began.
    told: f64,
}

impl Lap {
    /// The time since the last mark was this phase's.
    pub fn mark(&mut self, phase: Phase) {
        self.clock.add(phase, millis(self.since));
        self.since = Instant::now();
    }

    /// The time since the lap began was this phase's, but for what the clock has been told of meanwhile.
    pub fn end(self, phase: Phase) {
        let told = self.clock.timing().all() - self.told;
        self.clock.add(phase, (millis(self.since) - told).max(0.0));
    }
}

/// Milliseconds since then.
pub(super) fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
