//! What the graph says of a step: its state, the reason, the counts.

use crate::engine::{JobKind, StepState as Judged};

use super::{
    jobs::Stopping,
    records::{Progress, StepTasks},
    state::State,
};

/// State of a step on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    NeverRun,
    Fresh,
    /// With the reason.
    Stale(String),
    Queued,
    Running,
    /// Finished in the run that is under way.
    Done,
    Failed,
    Cancelled,
    Cloned,
    /// The run is over and a switch went elsewhere.
    NotTaken,
    /// It has ended well, and nobody recorded what it depends on. With a sentence on it.
    Unknown(String),
}

impl StepState {
    /// A glyph for each state: colour is never the only sign.
    pub fn glyph(&self) -> &'static str {
        match self {
            Self::NeverRun => "○",
            Self::Fresh | Self::Done => "✓",
            Self::Stale(_) => "~",
            Self::Queued => "…",
            Self::Running => "▸",
            Self::Failed => "✗",
            Self::Cancelled => "⊘",
            Self::Cloned => "⧉",
            Self::NotTaken => "·",
            Self::Unknown(_) => "?",
        }
    }

    /// The state in words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NeverRun => "never run",
            Self::Fresh => "fresh",
            Self::Stale(_) => "stale",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Cloned => "cloned",
            Self::NotTaken => "not taken",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A step's line in the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct StepStatus {
    pub state: StepState,
    /// Tasks over and tasks in all, if there is more than one.
    pub counts: Option<(usize, usize)>,
    pub millis: Option<f64>,
    /// The newest result is a spin's, not the run's.
    pub spun: bool,
}

/// The status of one step in the session.
pub fn step_status(state: &State, step: &str) -> StepStatus {
    let spinning = state.jobs.iter().any(|job| {
        job.kind == JobKind::Spin
            && job.run.is_some()
            && job.stopping == Stopping::No
            && job.spun_step() == Some(step)
    });
    if spinning {
        return StepStatus {
            state: StepState::Running,
            counts: None,
            millis: None,
            spun: false,
        };
    }
    let spin = state.spins.get(step);
    let base = state.base.as_ref().and_then(|key| state.details.get(key));
    let in_run = base.and_then(|detail| detail.steps.get(step));
    let run_live = base.is_some_and(|detail| detail.live);
    // A run that is under way speaks for its steps as soon as it reaches them; spins made since then win.
    let spun = spin.is_some_and(|spin| {
        let hidden = state.pinned.is_some_and(|pinned| spin.generation <= pinned);
        !hidden
            && in_run.is_none_or(|tasks| {
                let newest = tasks.tasks.iter().map(|task| task.ended_ms).max();
                newest.is_none_or(|ended| spin.at_ms >= ended) && tasks.progress().is_over()
            })
    });
    if spun && let Some(spin) = spin {
        return StepStatus {
            state: settled(state, step, spin.progress, false),
            counts: None,
            millis: spin.millis,
            spun: true,
        };
    }
    let Some(tasks) = in_run else {
        let over = base.is_some_and(|detail| !detail.live && detail.succeeded);
        let is_passed = match state.verdicts.get(step).map(|verdict| verdict.state) {
            Some(judged) if !run_live => judged == Judged::NotTaken,
            _ => over && state.behind_switch(step),
        };
        let state = if is_passed {
            StepState::NotTaken
        } else {
            StepState::NeverRun
        };
        return StepStatus {
            state,
            counts: None,
            millis: None,
            spun: false,
        };
    };
    StepStatus {
        state: settled(state, step, tasks.progress(), run_live),
        counts: counts(tasks),
        millis: tasks.millis(),
        spun: false,
    }
}

fn counts(tasks: &StepTasks) -> Option<(usize, usize)> {
    (tasks.total() > 1).then(|| (tasks.over(), tasks.total()))
}

fn settled(state: &State, step: &str, progress: Progress, live: bool) -> StepState {
    match progress {
        Progress::Running => StepState::Running,
        Progress::Queued => StepState::Queued,
        Progress::Failed => StepState::Failed,
        Progress::Cancelled => StepState::Cancelled,
        Progress::Unknown => StepState::NeverRun,
        Progress::Done | Progress::Cloned => {
            let verdict = state.verdicts.get(step);
            let reason = || verdict.and_then(|it| it.reason.clone()).unwrap_or_default();
            match verdict.map(|verdict| verdict.state) {
                Some(Judged::Stale | Judged::Upstream) => StepState::Stale(reason()),
                Some(Judged::Unknown) => StepState::Unknown(reason()),
                Some(Judged::NotTaken) => StepState::NotTaken,
                _ if progress == Progress::Cloned => StepState::Cloned,
                _ if live => StepState::Done,
                _ => StepState::Fresh,
            }
        }
    }
}
