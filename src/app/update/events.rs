//! What the engine says about jobs, taken into the run list, the graph and the panes.

use std::{path::PathBuf, sync::Arc};

use crate::{
    app::{
        Effect, inputs,
        jobs::{Job, LastResult, SpinTiming},
        records::{Progress, RunKey, RunKind, RunRow, StepTasks},
        state::{RunDetail, State, Tone},
    },
    engine::{Event, Failure, JobKind, Level, Outcome, Part},
};

use super::{failure, judgement, navigate, select, task_events};

/// Runs whose tasks are kept; the store has the others.
const DETAILS: usize = 64;

pub(super) fn event(state: &mut State, token: u64, event: Event) -> Vec<Effect> {
    let Some(job) = state.jobs.iter().find(|job| job.token == token).cloned() else {
        return Vec::new();
    };
    match event {
        Event::JobStarted {
            run, root, part, ..
        } => started(state, &job, run, root, part),
        Event::Queued { step, count, .. } => {
            if let Some(tasks) = task_events::step_tasks(state, &job, &step) {
                tasks.queued += count;
            }
            Vec::new()
        }
        Event::TaskStarted {
            task, split_index, ..
        } => task_events::task_started(state, &job, &task, split_index),
        Event::Output {
            task,
            text,
            partial,
            ..
        } => {
            task_events::output(state, &job, &task, &text, partial);
            Vec::new()
        }
        Event::Printed { text, step } => {
            let text = step.map_or_else(|| text.clone(), |step| format!("{step}: {text}"));
            state.say(Tone::Plain, text);
            Vec::new()
        }
        Event::Note { level, text, step } => {
            let tone = match level {
                Level::Info => Tone::Plain,
                Level::Warning => Tone::Warning,
                Level::Error => Tone::Error,
            };
            let text = step.map_or_else(|| text.clone(), |step| format!("{step}: {text}"));
            state.say(tone, text);
            Vec::new()
        }
        Event::Card {
            task,
            card_type,
            id,
            path,
            ..
        } => task_events::card(
            state,
            &job,
            &task,
            id.unwrap_or(card_type),
            PathBuf::from(path),
        ),
        Event::TaskFinished {
            task,
            millis,
            timing,
            ..
        } => {
            if job.kind == JobKind::Spin {
                state.timing = Some(SpinTiming {
                    token,
                    label: format!("spin {}", task.step),
                    timing,
                });
            }
            task_events::task_finished(state, &job, &task, millis)
        }
        Event::TaskFailed {
            task,
            failure,
            retry,
            millis,
        } => task_events::task_failed(state, &job, &task, &failure, retry, millis),
        Event::TaskCloned { task, .. } => {
            let now = state.now_ms;
            if let Some(row) = task_events::task_row(state, &job, &task) {
                row.progress = Progress::Cloned;
                row.ended_ms = now;
            }
            Vec::new()
        }
        Event::JobFinished {
            outcome,
            millis,
            timing,
            ..
        } => {
            if let Some(spin) = state.timing.as_mut().filter(|spin| spin.token == token) {
                spin.timing.merge(&timing);
            }
            finished(state, &job, outcome, millis)
        }
    }
}

/// The stream ended. If the job never said how, it died.
pub(super) fn ended(state: &mut State, token: u64) -> Vec<Effect> {
    let Some(job) = state.jobs.iter().find(|job| job.token == token).cloned() else {
        return Vec::new();
    };
    let failure = Failure::Message {
        message: "the engine gave up without a result".to_owned(),
        hint: None,
    };
    let millis = (state.now_ms - job.started_ms).max(0) as f64;
    let outcome = Outcome::Failed {
        place: None,
        step: None,
        task: None,
        failure,
    };
    finished(state, &job, outcome, millis)
}

fn started(
    state: &mut State,
    job: &Job,
    run: String,
    root: String,
    part: Option<Part>,
) -> Vec<Effect> {
    if let Some(before) = &job.run {
        // Of several spins, the next begins when the one before has ended well.
        let tasks = state.details.get(before).into_iter();
        let millis = tasks.flat_map(|detail| detail.steps.values());
        let millis = millis.filter_map(StepTasks::millis).next_back();
        close(state, before, Progress::Done, millis);
    }
    let key = RunKey {
        root: Arc::new(PathBuf::from(root)),
        run,
    };
    if let Some(job) = state.jobs.iter_mut().find(|other| other.token == job.token) {
        job.run = Some(key.clone());
        job.part = part.clone();
    }
    let spun = part.map(|part| part.step).or_else(|| job.step.clone());
    let kind = match job.kind {
        JobKind::Run | JobKind::Resume => RunKind::Run,
        JobKind::Spin => RunKind::Spin,
    };
    state.runs.retain(|row| row.key != key);
    state.runs.insert(
        0,
        RunRow {
            key: key.clone(),
            kind,
            step: spun.filter(|_| kind == RunKind::Spin),
            progress: Progress::Running,
            started_ms: state.now_ms,
            millis: None,
        },
    );
    if state.runs_cursor.cursor > 0 {
        // The row under the cursor stays under the cursor.
        navigate::shift_runs_cursor(state);
    }
    if state.details.len() >= DETAILS {
        let keep = state.base.clone();
        state
            .details
            .retain(|key, detail| detail.live || Some(key) == keep.as_ref());
    }
    let detail = RunDetail {
        live: true,
        ..RunDetail::default()
    };
    state.details.insert(key.clone(), detail);
    if kind == RunKind::Run {
        state.base = Some(key);
        state.pinned = None;
    }
    Vec::new()
}

fn finished(state: &mut State, job: &Job, outcome: Outcome, millis: f64) -> Vec<Effect> {
    state.jobs.retain(|other| other.token != job.token);
    state.armed = false;
    let (progress, failed) = match &outcome {
        Outcome::Success => (Progress::Done, None),
        Outcome::Cancelled => (Progress::Cancelled, None),
        Outcome::Failed {
            step,
            task,
            failure,
            ..
        } => (Progress::Failed, Some((step, task, failure))),
    };
    if let Some(key) = &job.run {
        close(state, key, progress, Some(millis));
    }
    let superseded = job.kind == JobKind::Spin && job.generation < state.generation;
    let judgement = judgement::ask(state);
    if superseded && progress == Progress::Cancelled {
        return judgement;
    }
    let caution = if superseded {
        Some("of an older version of the source".to_owned())
    } else {
        let stale = inputs::inputs_warning(state).filter(|_| job.kind == JobKind::Spin);
        stale.map(|_| "on stale inputs".to_owned())
    };
    state.last = Some(LastResult {
        label: match progress {
            Progress::Done => job.done_label(),
            _ => job.label(),
        },
        ok: progress == Progress::Done,
        cancelled: progress == Progress::Cancelled,
        millis,
        caution,
        generation: job.generation,
    });
    let mut effects = judgement;
    // Where a task failed, its own event has told the story.
    if let Some((step, None, failure)) = failed {
        let step = step.clone().or_else(|| job.step.clone());
        effects.extend(failure::show(state, step.as_deref(), failure));
    } else if failed.is_none() && job.kind != JobKind::Spin {
        // The step that is looked at has new inputs.
        effects.extend(select::warm_selected(state));
    }
    effects
}

/// A run or a spin is over.
fn close(state: &mut State, key: &RunKey, progress: Progress, millis: Option<f64>) {
    if let Some(row) = state.runs.iter_mut().find(|row| &row.key == key) {
        row.progress = progress;
        row.millis = millis;
    }
    if let Some(detail) = state.details.get_mut(key) {
        detail.live = false;
        detail.succeeded = progress == Progress::Done;
        close_open_tasks(detail);
    }
}

/// A job that is over has no task that runs.
fn close_open_tasks(detail: &mut RunDetail) {
    for tasks in detail.steps.values_mut() {
        tasks.queued = 0;
        for row in &mut tasks.tasks {
            if !row.progress.is_over() {
                row.progress = Progress::Cancelled;
            }
        }
    }
    detail.steps.retain(|_, tasks| !tasks.tasks.is_empty());
}
