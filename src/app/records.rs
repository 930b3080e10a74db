//! Runs, spins, tasks and artifacts as lists on the screen: small copies of what the store holds.

use std::{path::PathBuf, sync::Arc};

/// A run or a spin in its store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// Root directory of the store; spins have their own.
    pub root: Arc<PathBuf>,
    pub run: String,
}

/// A task of a run; its newest attempt is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskKey {
    pub run: RunKey,
    pub step: String,
    pub task: String,
}

impl TaskKey {
    /// `run/step/task`.
    pub fn pathspec(&self) -> String {
        format!("{}/{}/{}", self.run.run, self.step, self.task)
    }
}

/// What made a row of the runs pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    Run,
    Spin,
}

/// How far a run, a spin or a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    #[default]
    Unknown,
    Queued,
    Running,
    Done,
    /// Taken over by a resume.
    Cloned,
    Failed,
    Cancelled,
}

impl Progress {
    /// Whether nothing more is to come.
    pub fn is_over(self) -> bool {
        match self {
            Self::Unknown | Self::Done | Self::Cloned | Self::Failed | Self::Cancelled => true,
            Self::Queued | Self::Running => false,
        }
    }
}

/// A row of the runs pane.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub key: RunKey,
    pub kind: RunKind,
    /// The step of a spin.
    pub step: Option<String>,
    pub progress: Progress,
    /// Milliseconds since 1970; 0 if unknown.
    pub started_ms: i64,
    pub millis: Option<f64>,
}

/// A task of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    pub task: String,
    pub attempt: u32,
    pub progress: Progress,
    pub millis: Option<f64>,
    /// Index among the items of the foreach.
    pub split: Option<u64>,
    /// Milliseconds since 1970 of the end; 0 if unknown.
    pub ended_ms: i64,
    /// Fingerprint of the step that the task ran.
    pub fingerprint: Option<String>,
}

/// The tasks of one step of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepTasks {
    pub tasks: Vec<TaskRow>,
    /// Tasks announced and not started yet.
    pub queued: u64,
}

impl StepTasks {
    /// Tasks that are over, whether well or not.
    pub fn over(&self) -> usize {
        let over = self.tasks.iter().filter(|task| task.progress.is_over());
        over.count()
    }

    /// All tasks that are known of.
    pub fn total(&self) -> usize {
        self.tasks.len() + usize::try_from(self.queued).unwrap_or(usize::MAX)
    }

    /// The worst that can be said of any of the tasks.
    pub fn progress(&self) -> Progress {
        let any = |progress: Progress| self.tasks.iter().any(|task| task.progress == progress);
        if any(Progress::Running) {
            Progress::Running
        } else if any(Progress::Failed) {
            Progress::Failed
        } else if self.queued > 0 {
            if self.tasks.is_empty() {
                Progress::Queued
            } else {
                Progress::Running
            }
        } else if any(Progress::Cancelled) {
            Progress::Cancelled
        } else if self.tasks.is_empty() {
            Progress::Unknown
        } else if self
            .tasks
            .iter()
            .all(|task| task.progress == Progress::Cloned)
        {
            Progress::Cloned
        } else {
            Progress::Done
        }
    }

    /// Sum of the tasks' times.
    pub fn millis(&self) -> Option<f64> {
        self.tasks
            .iter()
            .filter_map(|task| task.millis)
            .reduce(|a, b| a + b)
    }

    /// The task to show when none is chosen: the first that failed, else the first.
    pub fn representative(&self) -> Option<&TaskRow> {
        let failed = self
            .tasks
            .iter()
            .find(|task| task.progress == Progress::Failed);
        failed.or(self.tasks.first())
    }
}

/// One artifact of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactRow {
    pub name: String,
    pub type_name: String,
    /// `5000000×5`; empty for what has none.
    pub shape: String,
    /// Bytes; 0 if unknown.
    pub size: u64,
    pub preview: String,
    /// Identity of the value: equal hashes, equal values.
    pub hash: String,
    /// Whether the data pane can show it: a table, or a path to one.
    pub table: bool,
    /// Whether it has parts that the tree can show.
    pub opens: bool,
}

/// A card of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// `default`, or the id that the user gave.
    pub title: String,
    pub path: PathBuf,
}

/// A value that opens: the artifact tree below the artifacts themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValueNode {
    /// Key, index or attribute.
    pub label: String,
    pub type_name: String,
    pub preview: String,
    pub children: Vec<ValueNode>,
    /// Children that are not listed.
    pub more: u64,
}

/// Everything the panes show of one task, but its output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskFacts {
    pub artifacts: Vec<ArtifactRow>,
    pub cards: Vec<CardRow>,
    /// Reading it failed, with the reason.
    pub problem: Option<String>,
}

/// A stretch of a table, formatted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TablePage {
    pub title: String,
    pub columns: Vec<TableColumn>,
    /// Rows of the whole table.
    pub total: u64,
    /// Index of the first row that is here.
    pub from: u64,
    pub rows: Arc<Vec<Vec<String>>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableColumn {
    pub name: String,
    pub dtype: String,
    /// Its cells stand at the right: numbers.
    pub right: bool,
}

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    Artifact {
        task: TaskKey,
        name: String,
    },
    /// A Parquet, CSV or similar file that an artifact names.
    File(PathBuf),
}
