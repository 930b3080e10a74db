//! What the session has asked of the engine and not seen the end of.

use crate::engine::{JobKind, Timing};

use super::records::RunKey;

/// One job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Given by the session; effects and messages about the job carry it.
    pub token: u64,
    pub kind: JobKind,
    /// The step of a spin or of a resume.
    pub step: Option<String>,
    /// Which save or key press this answers: a spin of an older generation is never shown as new.
    pub generation: u64,
    /// Why it was started, for the header.
    pub cause: String,
    /// Known once the engine has started it.
    pub run: Option<RunKey>,
    pub started_ms: i64,
    pub stopping: Stopping,
}

/// Whether the job was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stopping {
    #[default]
    No,
    /// Politely.
    Asked,
    Killed,
}

impl Job {
    /// `spin train`, `run`, for the header and for questions.
    pub fn label(&self) -> String {
        let kind = match self.kind {
            JobKind::Run => "run",
            JobKind::Resume => "resume",
            JobKind::Spin => "spin",
        };
        match &self.step {
            Some(step) => format!("{kind} {step}"),
            None => kind.to_owned(),
        }
    }
}

/// Where the time of a spin went.
#[derive(Debug, Clone, PartialEq)]
pub struct SpinTiming {
    pub token: u64,
    /// `spin train`
    pub label: String,
    pub timing: Timing,
}

/// How the last job ended, for the header.
#[derive(Debug, Clone, PartialEq)]
pub struct LastResult {
    pub label: String,
    pub ok: bool,
    pub cancelled: bool,
    pub millis: f64,
    /// The inputs were not of today's code, or the source changed while it ran.
    pub caution: Option<String>,
    pub generation: u64,
}
