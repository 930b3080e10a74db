//! Names and small contents of an attempt's files. It must not know where they are.

use serde::{Deserialize, Serialize};

/// Attempts that Metaflow looks for, at most.
const MAX_ATTEMPTS: u32 = 6;

/// How a task's process ended, as `N.runtime` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitInfo {
    /// Exit code, or minus the signal.
    #[serde(default)]
    pub return_code: i32,
    /// Whether the runtime killed it.
    #[serde(default)]
    pub killed: bool,
    /// Whether the attempt counts as done.
    #[serde(default)]
    pub success: bool,
}

/// What the names in a task's directory say about its attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AttemptFiles {
    /// Attempts that started, ascending.
    pub(super) started: Vec<u32>,
    /// Those of them that have a final manifest.
    pub(super) done: Vec<u32>,
    /// Those of them whose process has ended under a launcher's eyes.
    pub(super) ended: Vec<u32>,
}

impl AttemptFiles {
    pub(super) fn of(names: &[String]) -> Self {
        let mut found = Self::default();
        for name in names {
            let Some((number, rest)) = split(name) else {
                continue;
            };
            match rest {
                "attempt.json" => found.started.push(number),
                "DONE.lock" => found.done.push(number),
                "runtime" => found.ended.push(number),
                _ => {}
            }
        }
        found.started.sort_unstable();
        found
    }

    pub(super) fn latest(&self) -> Option<u32> {
        self.started.last().copied()
    }

    /// The newest attempt, if it is done. A newer one that crashed hides it.
    pub(super) fn latest_done(&self) -> Option<u32> {
        self.latest().filter(|latest| self.done.contains(latest))
    }
}

/// Splits `2.DONE.lock` into attempt and the rest.
fn split(name: &str) -> Option<(u32, &str)> {
    let (number, rest) = name.split_once('.')?;
    let number = number
        .parse()
        .ok()
        .filter(|number| *number < MAX_ATTEMPTS)?;
    Some((number, rest))
}
