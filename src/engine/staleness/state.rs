//! What is said of a step: fresh, stale and why, or why neither.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::flow::StepName;

/// Whether a step's newest result is what it would give today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It would give the same.
    Fresh,
    /// What it depends on is not as it was.
    Stale,
    /// A step before it is stale: once that has run again, this one may turn out to be fresh.
    Upstream,
    /// There is no result.
    NeverRun,
    /// Its tasks did not end well.
    Failed,
    /// The switch before it has led elsewhere.
    NotTaken,
    /// Nobody recorded what it depends on: Metaflow ran it, or an older version of this program.
    Unknown,
}

impl StepState {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale | Self::Upstream => "stale",
            Self::NeverRun => "never run",
            Self::Failed => "failed",
            Self::NotTaken => "not taken",
            Self::Unknown => "unknown",
        }
    }

    /// Whether there is something to run for the step to be fresh.
    pub fn is_due(self) -> bool {
        match self {
            Self::Stale | Self::Upstream | Self::NeverRun | Self::Failed => true,
            Self::Fresh | Self::NotTaken | Self::Unknown => false,
        }
    }
}

/// Why the result of a step is not what it would be today. As text: the end of `train is stale: …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// `utils.clean changed at line 41`
    Code {
        change: String,
    },
    /// `pandas changed from 2.2.0 to 2.2.1`
    Environment {
        change: String,
    },
    Parameter {
        name: String,
    },
    /// A key of a config, as an expression.
    Config {
        key: String,
    },
    /// What `current` has under a name.
    Current {
        name: String,
    },
    /// What an artifact of the inputs holds.
    Input {
        name: String,
        of: StepName,
    },
    /// An artifact that was asked for and missing is there now.
    Appeared {
        name: String,
        of: StepName,
    },
    /// Its result was made with a value that was given for that one time.
    Given {
        name: String,
    },
    /// What a join has merged is not the same in all inputs any more.
    Conflict {
        name: String,
    },
    /// The inputs are not there any more.
    NoInputs,
    /// Some splits have no result.
    Splits {
        missing: usize,
    },
    /// Nobody recorded what it depends on.
    Unrecorded {
        /// An older version of this program has made it, not Metaflow.
        is_ours: bool,
    },
    /// A step before it is to be run first.
    Upstream {
        step: StepName,
        state: StepState,
        because: Option<Box<Reason>>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { change } | Self::Environment { change } => f.write_str(change),
            Self::Parameter { name } => write!(f, "parameter {name} changed"),
            Self::Config { key } => write!(f, "config {key} changed"),
            Self::Current { name } => write!(f, "current.{name} changed"),
            Self::Input { name, of } => write!(f, "input {name} of {of} changed"),
            Self::Appeared { name, of } => write!(f, "input {name} of {of} is new"),
            Self::Given { name } => write!(f, "{name} was given by hand for it"),
            Self::Conflict { name } => write!(f, "{name} is not the same in all inputs any more"),
            Self::NoInputs => f.write_str("its inputs are not there any more"),
            Self::Splits { missing: 1 } => f.write_str("one split has not been run"),
            Self::Splits { missing } => write!(f, "{missing} splits have not been run"),
            Self::Unrecorded { is_ours: false } => {
                f.write_str("made by Metaflow, which records nothing to compare")
            }
            Self::Unrecorded { is_ours: true } => {
                f.write_str("made by an older flowdev, which recorded nothing to compare")
            }
            Self::Upstream {
                step,
                state,
                because,
            } => {
                write!(f, "downstream of {step}, which ")?;
                match (state, because) {
                    (StepState::NeverRun, _) => f.write_str("has never run"),
                    (StepState::Failed, _) => f.write_str("has failed"),
                    (_, Some(reason)) => write!(f, "is stale because {reason}"),
                    (_, None) => f.write_str("is stale"),
                }
            }
        }
    }
}

/// One step of the present source, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepVerdict {
    pub step: StepName,
    pub state: StepState,
    pub reason: Option<Reason>,
    /// It is due, and nothing before it is.
    #[serde(rename = "first")]
    pub is_first: bool,
    /// Tasks that were judged; more than one in a foreach.
    pub tasks: usize,
    /// How many of them are stale by themselves.
    pub stale: usize,
    /// Where these are: indices of the splits around each, outermost first.
    #[serde(skip)]
    pub due: Vec<Vec<u64>>,
}

impl StepVerdict {
    /// The reason in words, with how many splits it holds for if it does not for all.
    pub fn sentence(&self) -> Option<String> {
        let reason = self.reason.as_ref()?;
        Some(if self.stale > 0 && self.stale < self.tasks {
            format!("{reason} ({} of {} splits)", self.stale, self.tasks)
        } else {
            reason.to_string()
        })
    }
}

/// All steps of a flow, in the order of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStatus {
    /// The run that is judged, with the spins on it; `None` if the flow has never been run.
    pub run: Option<String>,
    pub steps: Vec<StepVerdict>,
    /// The earliest steps that are due in the run itself, when the spins on it do not count: a resume takes over none of them.
    pub first_in_run: Vec<StepName>,
    /// Files of configs that any task has read: with others of them, the judgement may be another.
    pub config_files: Vec<PathBuf>,
}

impl FlowStatus {
    /// Steps to run before all others that are due: nothing due comes before them.
    pub fn earliest(&self) -> impl Iterator<Item = &StepName> {
        let first = self.steps.iter().filter(|status| status.is_first);
        first.map(|status| &status.step)
    }

    /// What there is to do, as a sentence; `None` if that is nothing.
    pub fn offer(&self) -> Option<String> {
        let run = self.run.as_ref()?;
        let first: Vec<&str> = self.first_in_run.iter().map(StepName::as_str).collect();
        if first.is_empty() {
            return None;
        }
        let due = self.steps.iter().filter(|status| status.state.is_due());
        let what = match due.count() {
            0 => format!("What run {run} has is stale, what was spun is fresh"),
            1 => format!("One step is stale since run {run}"),
            count => format!("{count} steps are stale since run {run}"),
        };
        let from = first.join(" and ");
        Some(format!("{what}; `flowdev resume --auto` runs from {from}"))
    }

    /// What is said of one step.
    pub fn of(&self, step: &str) -> Option<&StepVerdict> {
        self.steps
            .iter()
            .find(|status| status.step.as_str() == step)
    }
}
