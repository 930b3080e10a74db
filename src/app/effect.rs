//! Everything the session can ask of the world. Effects run elsewhere and come back as messages.

use std::{path::PathBuf, sync::Arc};

use crate::engine::{FlowRequest, Request, StatusRequest};

use super::{
    records::{RunKey, TableSource, TaskKey},
    remember::Remembered,
};

/// An effect. A `ticket` comes back with the answer; only the answer to the newest one counts.
#[derive(Debug, Clone)]
pub enum Effect {
    LoadFlow,
    LoadRuns {
        ticket: u64,
    },
    LoadRun(RunKey),
    LoadTask {
        ticket: u64,
        task: TaskKey,
    },
    LoadLog(TaskKey),
    LoadValue {
        task: TaskKey,
        name: String,
    },
    LoadTable {
        ticket: u64,
        source: TableSource,
        from: u64,
        rows: usize,
    },
    LoadCard {
        ticket: u64,
        path: PathBuf,
        width: u16,
    },
    Highlight {
        file: PathBuf,
        text: Arc<str>,
    },

    /// Say when one of these files changes; those of before do not matter any more.
    Follow(Vec<PathBuf>),

    /// Start a job; its events come back under the token.
    Submit {
        token: u64,
        request: Box<Request>,
    },
    /// Ask the job to stop.
    Cancel(u64),
    /// Stop the job now.
    Kill(u64),
    /// Have workers ready for the next spin.
    Warm(Box<FlowRequest>),
    /// Have what this step reads in memory, if it stays the one that is looked at.
    WarmStep {
        request: Box<FlowRequest>,
        step: String,
    },
    /// Ask which steps are stale.
    Judge {
        ticket: u64,
        request: Box<StatusRequest>,
    },
    /// Ask what the engine has in memory.
    LoadStatus,

    /// Write a source file.
    Save {
        file: PathBuf,
        text: String,
    },
    /// Give the terminal to an editor at a line, 1-based.
    OpenEditor {
        file: PathBuf,
        line: u32,
    },
    /// Put a text on the clipboard.
    Copy(String),
    /// Go back to the shell until it brings us back.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Write down what the next session should start with.
    Remember(Remembered),
    Quit,
}
