//! The engine's only output: what happened, in order. Every face reads the same stream; `--json` prints it, one object a
//! line, tagged by `event`.

use serde::{Deserialize, Serialize};

use super::timing::Timing;
use crate::flow::Diagnostic;

/// One attempt of one task: enough to find it in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskRef {
    /// Run id, or the spin's own id.
    pub run: String,
    /// Step name.
    pub step: String,
    /// Task id within the run.
    pub task: String,
    /// Attempt, counted from 0.
    pub attempt: u32,
}

impl TaskRef {
    /// `run/step/task`, Metaflow's pathspec below the flow.
    pub fn pathspec(&self) -> String {
        format!("{}/{}/{}", self.run, self.step, self.task)
    }
}

/// Which of the task's two streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What kind of request a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    Run,
    Resume,
    Spin,
}

/// A frame of a user's traceback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub file: String,
    pub line: u32,
    pub function: String,
    #[serde(default)]
    pub code: Option<String>,
}

/// A Python error as the user should see it: only their frames.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PyError {
    /// Full class name, `builtins.` left out.
    #[serde(rename = "type", default)]
    pub type_name: String,
    #[serde(default)]
    pub message: String,
    /// Traceback text with the user's frames only.
    #[serde(default)]
    pub traceback: String,
    /// Innermost last.
    #[serde(default)]
    pub frames: Vec<Frame>,
    /// That of an error of the runtime, whose message is a sentence for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
}

/// Which of several spins of one job this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The step that is spun.
    pub step: String,
    /// Counted from 1.
    pub number: usize,
    /// As many as it looks now: what turns out to be fresh is left out.
    pub of: usize,
}

/// Why a task or a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// User code raised.
    Exception { error: PyError },
    /// The flow file does not import.
    Import { error: PyError },
    /// The process died of a signal.
    Signal { signal: i32, name: String },
    /// The process left early (`sys.exit`, `os._exit`).
    Exit { code: i32, clean: bool },
    /// An artifact can not be stored.
    Unpicklable {
        name: String,
        type_name: String,
        reason: String,
    },
    /// The flow's source has errors.
    Invalid { findings: Vec<Diagnostic> },
    /// The request itself is wrong: a parameter that does not exist, a value of the wrong type.
    Usage {
        message: String,
        hint: Option<String>,
    },
    /// Anything the engine itself found wrong; `hint` says what to do next.
    Message {
        message: String,
        hint: Option<String>,
    },
}

impl Failure {
    /// What to do next, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Message { hint, .. } | Self::Usage { hint, .. } => hint.as_deref(),
            Self::Invalid { findings } => findings.iter().find_map(|found| found.hint.as_deref()),
            _ => None,
        }
    }
}

/// Findings about a source, each with its place.
pub fn listed(findings: &[Diagnostic]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A job has an id in the store and its first task is about to be queued.
    JobStarted {
        job: JobKind,
        flow: String,
        run: String,
        /// The run that a resume or spin takes its artifacts from.
        origin: Option<String>,
        /// Where the run is stored: the absolute root directory.
        root: String,
        /// `None` of a job that has but one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
    },
    /// Tasks of a step are waiting (n more).
    Queued {
        run: String,
        step: String,
        count: u64,
    },
    /// A task's process runs.
    TaskStarted {
        #[serde(flatten)]
        task: TaskRef,
        pid: u32,
        split_index: Option<u64>,
        /// User code has failed for good: this attempt is there to record it.
        #[serde(default)]
        fallback: bool,
        /// Pathspecs of the inputs that were used, `run/step/task`.
        inputs: Vec<String>,
    },
    /// A line (or an unfinished piece of a line, `partial`) that the task wrote.
    Output {
        #[serde(flatten)]
        task: TaskRef,
        stream: Stream,
        text: String,
        partial: bool,
    },
    /// A line that user code wrote outside of any task: while the flow file was imported (then without a step), or while
    /// parameters were evaluated.
    Printed { step: Option<String>, text: String },
    /// A sentence of the runtime for the user.
    Note {
        step: Option<String>,
        level: Level,
        text: String,
    },
    /// A card has a new state on disk.
    Card {
        #[serde(flatten)]
        task: TaskRef,
        uuid: String,
        card_type: String,
        id: Option<String>,
        path: String,
        last: bool,
    },
    /// The attempt is stored.
    TaskFinished {
        #[serde(flatten)]
        task: TaskRef,
        /// Artifacts that are not the runtime's own, in alphabetical order.
        artifacts: Vec<String>,
        /// Number of children if the step is a foreach split.
        splits: Option<u64>,
        /// `false`: an exception was caught by @catch.
        success: bool,
        millis: f64,
        /// Of this attempt.
        timing: Timing,
    },
    /// The attempt failed; `retry` says whether another follows.
    TaskFailed {
        #[serde(flatten)]
        task: TaskRef,
        failure: Failure,
        retry: bool,
        millis: f64,
    },
    /// A resume took over a finished task.
    TaskCloned {
        #[serde(flatten)]
        task: TaskRef,
        /// `run/step/task` of the original.
        origin: String,
    },
    /// The job is over.
    JobFinished {
        job: JobKind,
        run: String,
        outcome: Outcome,
        millis: f64,
        /// Of what is not part of a task.
        timing: Timing,
    },
}

/// How loud a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Success,
    /// `step` and `task` name what failed, if a task did; `place` is where the step begins, `file:line`.
    Failed {
        step: Option<String>,
        task: Option<String>,
        #[serde(default)]
        place: Option<String>,
        failure: Failure,
    },
    Cancelled,
}
