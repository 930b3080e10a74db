//! What the session has asked of the engine and not seen the end of.

use crate::engine::{JobKind, Part, Timing};

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
    /// The spin that is under way, of a job that has several.
    pub part: Option<Part>,
    /// Known once the engine has started it; of several spins, the last.
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
        let label = match &self.step {
            Some(step) => format!("{kind} {step}"),
            None => kind.to_owned(),
        };
        match &self.part {
            Some(part) => format!("{label} ({} of {}: {})", part.number, part.of, part.step),
            None => label,
        }
    }

    /// The same once it has ended well.
    pub fn done_label(&self) -> String {
        let whole = Self {
            part: None,
            ..self.clone()
        };
        match self.part.as_ref().map(|part| part.number) {
            None | Some(..=1) => whole.label(),
            Some(number) => format!("{} and {} more", whole.label(), number - 1),
        }
    }

    /// The step that is spun now.
    pub fn spun_step(&self) -> Option<&str> {
        let part = self.part.as_ref().map(|part| part.step.as_str());
        part.or(self.step.as_deref())
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
