//! What the engine says about tasks of a job.

use std::path::PathBuf;

use crate::{
    app::{
        Effect,
        jobs::Job,
        records::{CardRow, Progress, StepTasks, TaskKey, TaskRow},
        state::{SpinResult, State, Tone},
    },
    engine::{Failure, JobKind, TaskRef},
};

use super::{failure, judgement, navigate, select};

pub(super) fn step_tasks<'a>(
    state: &'a mut State,
    job: &Job,
    step: &str,
) -> Option<&'a mut StepTasks> {
    let detail = state.details.get_mut(job.run.as_ref()?)?;
    Some(detail.steps.entry(step.to_owned()).or_default())
}

/// The row of a task, made if it is new.
pub(super) fn task_row<'a>(
    state: &'a mut State,
    job: &Job,
    task: &TaskRef,
) -> Option<&'a mut TaskRow> {
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

pub(super) fn task_started(
    state: &mut State,
    job: &Job,
    task: &TaskRef,
    split: Option<u64>,
) -> Vec<Effect> {
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

pub(super) fn output(state: &mut State, job: &Job, task: &TaskRef, text: &str, partial: bool) {
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

pub(super) fn card(
    state: &mut State,
    job: &Job,
    task: &TaskRef,
    title: String,
    path: PathBuf,
) -> Vec<Effect> {
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

pub(super) fn task_finished(
    state: &mut State,
    job: &Job,
    task: &TaskRef,
    millis: f64,
) -> Vec<Effect> {
    settle(state, job, task, Progress::Done, millis);
    if is_current(state, job, &task.step) {
        judgement::mark_done(state, &task.step);
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

pub(super) fn task_failed(
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
    // Of several spins, the one that failed is where the user has to look, who has not gone elsewhere meanwhile.
    let is_part = job.part.as_ref().is_some_and(|part| part.step == task.step);
    if is_part && state.selected == job.step && state.edit.is_none() {
        effects.extend(select::select_step(state, &task.step, true));
    }
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
