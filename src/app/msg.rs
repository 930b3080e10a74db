//! Everything that can wake the session.

use std::{path::PathBuf, sync::Arc, time::Instant};

use crate::{
    cards::TextLine,
    config::{Command, Key},
    engine::{Event, Failure, FlowStatus, Status},
};

use super::{
    flow_view::FlowView,
    highlight::Highlights,
    records::{ArtifactRow, RunKey, RunRow, StepTasks, TablePage, TaskFacts, TaskKey, ValueNode},
    remember::Remembered,
    state::{Pane, Viewports},
};

/// A message. Big payloads travel as handles.
#[derive(Debug)]
pub enum Msg {
    /// A key press that the editor in the source pane did not take.
    Key(Key),
    /// Text pasted into the terminal outside the editor.
    Paste(String),
    /// A command by name: from the palette or a test.
    Command(Command),
    /// A click on a pane: the line within it, counted from the first visible one, and the column.
    Click {
        pane: Pane,
        line: usize,
        column: usize,
    },
    /// A click on the tab bar of the right pane.
    ClickTab(super::state::RightTab),
    /// A click on a pane's tab.
    Focus(Pane),
    /// The wheel over a pane; positive is down.
    Wheel { pane: Pane, lines: isize },
    /// The panes have a new size.
    Viewports(Viewports),
    /// The terminal window is looked at again.
    FocusGained,
    /// Time goes on while something runs.
    Tick,
    /// The terminal is gone, or the process was asked to end.
    Terminate,

    /// The flow was read for the first time, or again on request.
    Flow(Box<FlowView>, Remembered),
    /// A source file was saved.
    Changed(Box<Changed>),
    /// Runs and spins, newest first; or why they cannot be read.
    Runs {
        ticket: u64,
        runs: Result<Vec<RunRow>, String>,
    },
    /// Which steps are stale, or why that is not known.
    Judged {
        ticket: u64,
        status: Result<Box<FlowStatus>, String>,
    },
    /// Somebody has written to the store.
    RunsChanged,
    /// A file that was followed is another now.
    ConfigChanged(PathBuf),
    /// The tasks of a run.
    Run(Box<RunLoaded>),
    Task {
        ticket: u64,
        task: TaskKey,
        facts: Box<TaskFacts>,
    },
    /// Summaries of artifacts that were too big for the first look.
    Summaries {
        ticket: u64,
        task: TaskKey,
        artifacts: Vec<ArtifactRow>,
    },
    /// What the task wrote, from its log files.
    Log { task: TaskKey, bytes: Arc<[u8]> },
    Value {
        task: TaskKey,
        name: String,
        value: Result<Arc<ValueNode>, String>,
    },
    Table {
        ticket: u64,
        page: Result<TablePage, String>,
    },
    Card {
        ticket: u64,
        lines: Result<Arc<Vec<TextLine>>, String>,
    },
    Highlighted {
        file: PathBuf,
        highlights: Arc<Highlights>,
    },

    /// The engine says something about a job.
    Job { token: u64, event: Event },
    /// The job's stream ended; an end without [`Event::JobFinished`] is a failure.
    JobEnded { token: u64 },
    /// Workers are up, or cannot come up.
    Warmed(Result<(), Box<Failure>>),

    /// What the engine has in memory.
    Status(Box<Status>),

    /// The editor in the source pane wants to write its text.
    EditorSave(String),
    /// The user leaves the editor.
    EditorLeave { modified: bool },
    /// The editor's text differs from the file's, or no longer does.
    EditorModified(bool),
    /// The file was written, or not.
    Saved(Result<PathBuf, String>),
    /// The external editor is over.
    EditorDone(Result<(), String>),
    /// The result of the last spin is on the screen, so many milliseconds after the loop had heard of it.
    Drawn(f64),
    /// A sentence for the status line.
    Notice(String),
}

/// What a save did to the flow.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The flow as it is now. With `broken`, only its texts and problems count.
    pub flow: FlowView,
    /// A file does not parse: the last good state stays.
    pub broken: bool,
    /// Steps that the save really changed, with the reason.
    pub steps: Vec<(String, String)>,
    /// `saved train.py`.
    pub cause: String,
    /// When the first sign of it was seen.
    pub seen: Option<Instant>,
}

/// The tasks of a run, read from the store.
#[derive(Debug, Clone)]
pub struct RunLoaded {
    pub key: RunKey,
    /// Steps in the order in which they ran.
    pub steps: Vec<(String, StepTasks)>,
    pub problem: Option<String>,
}
