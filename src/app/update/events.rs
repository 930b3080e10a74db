//! What the engine says about jobs, taken into the run list, the graph and the panes.

use std::{path::PathBuf, sync::Arc};

use crate::{
    app::{
        Effect, inputs,
        jobs::{Job, LastResult},
        records::{CardRow, Progress, RunKey, RunKind, RunRow, StepTasks, TaskKey, TaskRow},
        state::{RunDetail, SpinResult, State, Tone},
    },
    engine::{Event, Failure, JobKind, Level, Outcome, TaskRef},
};

use super::{failure, navigate, select};

/// Runs whose tasks are kept; the store has the others.
const DETAILS: usize = 64;

pub(super) fn event(state: &mut State, token: u64, event: Event) -> Vec<Effect> {
    let Some(job) = state.jobs.iter().find(|job| job.token == token).cloned() else {
        return Vec::new();
    };
    match event {
        Event::JobStarted { run, root, .. } => started(state, &job, run, root),
        Event::Queued { step, count, .. } => {
            if let Some(tasks) = step_tasks(state, &job, &step) {
                tasks.queued += count;
            }
            Vec::new()
        }
        Event::TaskStarted {
            task, split_index, ..
        } => task_started(state, &job, &task, split_index),
        Event::Output {
            task,
            text,
            partial,
            ..
        } => {
            output(state, &job, &task, &text, partial);
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
        } => card(
            state,
            &job,
            &task,
            id.unwrap_or(card_type),
            PathBuf::from(path),
        ),
        Event::TaskFinished { task, millis, .. } => task_finished(state, &job, &task, millis),
        Event::TaskFailed {
            task,
            failure,
            retry,
            millis,
        } => task_failed(state, &job, &task, &failure, retry, millis),
        Event::TaskCloned { task, .. } => {
            let now = state.now_ms;
            if let Some(row) = task_row(state, &job, &task) {
                row.progress = Progress::Cloned;
                row.ended_ms = now;
            }
            Vec::new()
        }
        Event::JobFinished {
            outcome, millis, ..
        } => finished(state, &job, outcome, millis),
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
        step: None,
        task: None,
        failure,
    };
    finished(state, &job, outcome, millis)
}

fn started(state: &mut State, job: &Job, run: String, root: String) -> Vec<Effect> {
    let key = RunKey {
        root: Arc::new(PathBuf::from(root)),
        run,
    };
    if let Some(job) = state.jobs.iter_mut().find(|other| other.token == job.token) {
        job.run = Some(key.clone());
    }
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
            step: job.step.clone().filter(|_| kind == RunKind::Spin),
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

fn step_tasks<'a>(state: &'a mut State, job: &Job, step: &str) -> Option<&'a mut StepTasks> {
    let detail = state.details.get_mut(job.run.as_ref()?)?;
    Some(detail.steps.entry(step.to_owned()).or_default())
}

/// The row of a task, made if it is new.
fn task_row<'a>(state: &'a mut State, job: &Job, task: &TaskRef) -> Option<&'a mut TaskRow> {
    let tasks = step_tasks(state, job, &task.step)?;
    let at = match tasks.tasks.iter().rposition(|row| row.task == task.task) {
        Some(at) => at,
        None => {
            tasks.queued = tasks.queued.saturating_sub(1);
            tasks.tasks.push(TaskRow {
                task: task.task.clone(),
                attempt: task.attempt,
                progress: Progress::Running,
                millis: None,
                split: None,
                ended_ms: 0,
                fingerprint: None,
            });
            tasks.tasks.len() - 1
        }
    };
    tasks.tasks.get_mut(at)
}

fn task_key(job: &Job, task: &TaskRef) -> Option<TaskKey> {
    Some(TaskKey {
        run: job.run.clone()?,
        step: task.step.clone(),
        task: task.task.clone(),
    })
}

fn task_started(state: &mut State, job: &Job, task: &TaskRef, split: Option<u64>) -> Vec<Effect> {
    if let Some(row) = task_row(state, job, task) {
        row.progress = Progress::Running;
        row.attempt = task.attempt;
        row.split = split;
    }
    let Some(key) = task_key(job, task) else {
        return Vec::new();
    };
    if task.attempt > 0 {
        let line = format!("\x1b[2m— attempt {} —\x1b[0m\n", task.attempt);
        select::output_of(state, &key).write(line.as_bytes());
    } else {
        // The buffer exists from now on, so that nothing looks for a log file that is not there yet.
        select::output_of(state, &key);
    }
    let on_screen = state.selected.as_deref() == Some(&task.step);
    let fresh = match job.kind {
        JobKind::Spin => job.generation == state.generation,
        JobKind::Run | JobKind::Resume => {
            let shown = state.subject.as_ref().map(|subject| &subject.run);
            shown != Some(&key.run)
        }
    };
    if on_screen && fresh {
        return select::set_subject(state, Some(key));
    }
    Vec::new()
}

fn output(state: &mut State, job: &Job, task: &TaskRef, text: &str, partial: bool) {
    let Some(key) = task_key(job, task) else {
        return;
    };
    let buffer = select::output_of(state, &key);
    let dropped = buffer.dropped();
    buffer.write(text.as_bytes());
    if !partial && !text.ends_with('\n') {
        buffer.write(b"\n");
    }
    let dropped = buffer.dropped() - dropped;
    if state.subject.as_ref() == Some(&key) {
        // Lines that left the ring move what is on screen.
        let list = &mut state.output_cursor;
        list.cursor = list.cursor.saturating_sub(dropped);
        list.offset = list.offset.saturating_sub(dropped);
        navigate::follow_output(state);
    }
}

fn card(state: &mut State, job: &Job, task: &TaskRef, title: String, path: PathBuf) -> Vec<Effect> {
    let key = task_key(job, task);
    if key.is_none() || key != state.subject {
        return Vec::new();
    }
    if !state.facts_are_current() {
        // The first sign of the new task's facts: its cards are shown while it runs.
        state.facts.cards.clear();
    }
    match state.facts.cards.iter().position(|card| card.path == path) {
        Some(at) if at == state.card_index => select::load_card(state),
        Some(_) => Vec::new(),
        None => {
            state.facts.cards.push(CardRow { title, path });
            if state.facts.cards.len() == state.card_index + 1 {
                select::load_card(state)
            } else {
                Vec::new()
            }
        }
    }
}

/// Whether what a job did is still what the source says of the step.
fn is_current(state: &State, job: &Job, step: &str) -> bool {
    let changed = state.changed_at.get(step).copied().unwrap_or(0);
    job.generation >= changed
}

fn task_finished(state: &mut State, job: &Job, task: &TaskRef, millis: f64) -> Vec<Effect> {
    settle(state, job, task, Progress::Done, millis);
    if is_current(state, job, &task.step) {
        state.stale.remove(&task.step);
        if job.kind == JobKind::Spin {
            // What follows was made from the older result.
            for later in state.flow.descendants(&task.step) {
                state
                    .stale
                    .entry(later)
                    .or_insert_with(|| format!("{} was spun since", task.step));
            }
        }
        if state.error.as_ref().and_then(|error| error.step.as_deref()) == Some(&task.step) {
            state.error = None;
        }
    }
    facts_if_shown(state, job, task)
}

fn facts_if_shown(state: &mut State, job: &Job, task: &TaskRef) -> Vec<Effect> {
    match task_key(job, task) {
        Some(key) if state.subject.as_ref() == Some(&key) => select::ask_facts(state, key),
        _ => Vec::new(),
    }
}

/// Notes the end of a task.
fn settle(state: &mut State, job: &Job, task: &TaskRef, progress: Progress, millis: f64) {
    let now = state.now_ms;
    if let Some(row) = task_row(state, job, task) {
        row.progress = progress;
        row.millis = Some(millis);
        row.ended_ms = now;
    }
    if job.kind != JobKind::Spin {
        return;
    }
    if let Some(key) = task_key(job, task) {
        let newer = state
            .spins
            .get(&task.step)
            .is_none_or(|spin| spin.generation <= job.generation);
        if newer {
            let result = SpinResult {
                task: key,
                progress,
                millis: Some(millis),
                at_ms: now,
                generation: job.generation,
            };
            state.spins.insert(task.step.clone(), result);
        }
    }
}

fn task_failed(
    state: &mut State,
    job: &Job,
    task: &TaskRef,
    failure: &Failure,
    retry: bool,
    millis: f64,
) -> Vec<Effect> {
    if retry {
        let text = format!(
            "{}: attempt {} failed, trying again",
            task.step, task.attempt
        );
        state.say(Tone::Warning, text);
        return Vec::new();
    }
    settle(state, job, task, Progress::Failed, millis);
    let Some(key) = task_key(job, task) else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    // A failure is worth looking at, also when another task of the step is on screen; but an older spin's is not.
    let on_screen = state.selected.as_deref() == Some(&task.step);
    let current = is_current(state, job, &task.step) && job.generation == state.generation;
    if on_screen && (current || job.kind != JobKind::Spin) {
        effects.extend(select::set_subject(state, Some(key.clone())));
    }
    failure::append(state, &key, failure);
    if is_current(state, job, &task.step) {
        failure::mark(state, Some(&task.step), failure);
    }
    effects.extend(facts_if_shown(state, job, task));
    effects
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
        } => (Progress::Failed, Some((step, task, failure))),
    };
    if let Some(key) = &job.run {
        if let Some(row) = state.runs.iter_mut().find(|row| &row.key == key) {
            row.progress = progress;
            row.millis = Some(millis);
        }
        if let Some(detail) = state.details.get_mut(key) {
            detail.live = false;
            detail.succeeded = progress == Progress::Done;
            close_open_tasks(detail);
        }
    }
    let superseded = job.kind == JobKind::Spin && job.generation < state.generation;
    if superseded && progress == Progress::Cancelled {
        return Vec::new();
    }
    let caution = if superseded {
        Some("of an older version of the source".to_owned())
    } else {
        let stale = inputs::inputs_warning(state).filter(|_| job.kind == JobKind::Spin);
        stale.map(|_| "on stale inputs".to_owned())
    };
    state.last = Some(LastResult {
        label: job.label(),
        ok: progress == Progress::Done,
        cancelled: progress == Progress::Cancelled,
        millis,
        caution,
        generation: job.generation,
    });
    match failed {
        // The task's own event has told the story.
        Some((_, Some(_), _)) | None => Vec::new(),
        Some((step, None, failure)) => {
            let step = step.clone().or_else(|| job.step.clone());
            failure::show(state, step.as_deref(), failure)
        }
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
