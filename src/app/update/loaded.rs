//! What was read from disk, taken into the state. Answers to questions that are not the newest are dropped.

use std::{collections::HashMap, sync::Arc};

use crate::app::{
    Effect,
    flow_view::FlowView,
    msg::RunLoaded,
    records::{
        ArtifactRow, Progress, RunKey, RunKind, RunRow, StepTasks, TablePage, TableSource,
        TaskFacts, TaskKey, ValueNode,
    },
    remember::Remembered,
    state::{RightTab, RunDetail, SpinResult, State, Tone},
};

use super::{change, judgement, navigate, runs as run_list, select};

/// Spins whose results are read at the start.
const FIRST_SPINS: usize = 12;

/// The flow's first snapshot, or one that was asked for.
pub(super) fn flow(state: &mut State, flow: FlowView, remembered: Remembered) -> Vec<Effect> {
    let first = state.flow.version == 0;
    let broken = flow.steps.is_empty() && flow.first_error().is_some();
    let mut effects = Vec::new();
    if first {
        if state.settings.auto_spin.origin == crate::config::Origin::Default {
            state.auto_spin = remembered.auto_spin.unwrap_or(state.auto_spin);
        }
        state.tab = remembered.tab.unwrap_or(state.tab);
        if state.request.class.is_none() && !flow.class.is_empty() {
            state.request.class = Some(flow.class.clone());
        }
        state.source.file = flow.file.clone();
        effects.push(Effect::Warm(Box::new(state.request.clone())));
    }
    let chosen = remembered
        .selected
        .filter(|step| first && flow.step(step).is_some());
    effects.extend(change::adopt(state, flow, broken));
    if let Some(step) = chosen {
        effects.extend(select::select_step(state, &step, true));
    }
    change::mark_problem(state);
    effects
}

pub(super) fn ask_runs(state: &mut State) -> Vec<Effect> {
    let ticket = state.number();
    state.tickets.runs = ticket;
    vec![Effect::LoadRuns { ticket }]
}

pub(super) fn runs(
    state: &mut State,
    ticket: u64,
    runs: Result<Vec<RunRow>, String>,
) -> Vec<Effect> {
    if ticket != state.tickets.runs {
        return Vec::new();
    }
    let mut runs = match runs {
        Ok(runs) => runs,
        Err(problem) => {
            state.runs_problem = Some(problem);
            return Vec::new();
        }
    };
    state.runs_problem = None;
    let under_cursor = state
        .runs
        .get(state.runs_cursor.cursor)
        .map(|row| row.key.clone());
    // What the session itself runs or has run, it knows better than the store.
    let is_live = |key: &RunKey| state.jobs.iter().any(|job| job.run.as_ref() == Some(key));
    for row in &mut runs {
        if let Some(own) = state.runs.iter().find(|own| own.key == row.key)
            && (is_live(&own.key)
                || row.progress == Progress::Unknown
                // It was read while it still ran.
                || row.progress == Progress::Running && own.millis.is_some())
        {
            *row = own.clone();
        }
    }
    let unknown = state
        .runs
        .iter()
        .filter(|own| is_live(&own.key) && !runs.iter().any(|row| row.key == own.key));
    let mut merged: Vec<RunRow> = unknown.cloned().collect();
    merged.extend(runs);
    let base = state.base.clone();
    let progress = |rows: &[RunRow]| {
        let row = rows.iter().find(|row| Some(&row.key) == base.as_ref());
        row.map(|row| row.progress)
    };
    let before = progress(&state.runs);
    let known = |rows: &[RunRow]| -> Vec<_> {
        let rows = rows.iter();
        rows.map(|row| (row.key.clone(), row.progress)).collect()
    };
    let is_news = known(&merged) != known(&state.runs);
    state.runs = merged;
    let now = progress(&state.runs);
    if let Some(at) = under_cursor.and_then(|key| state.runs.iter().position(|row| row.key == key))
    {
        state.runs_cursor.cursor = at;
    }
    navigate::clamp_all(state);

    let latest = state
        .runs
        .iter()
        .find(|row| row.kind == RunKind::Run)
        .map(|row| row.key.clone());
    let mut effects = Vec::new();
    let since = state
        .runs
        .iter()
        .find(|row| row.kind == RunKind::Run)
        .map_or(0, |row| row.started_ms);
    if state.pinned.is_none()
        && let Some(latest) = latest
        && state.base.as_ref() != Some(&latest)
    {
        state.base = Some(latest.clone());
        effects.push(Effect::LoadRun(latest));
    } else if let Some(base) = &base
        && (now == Some(Progress::Running) || now != before)
    {
        // Another process works on the run in view, or has ended it.
        effects.push(Effect::LoadRun(base.clone()));
    }
    let is_new = base.is_some() && (state.base != base || now != before);
    let newest = state
        .runs
        .iter()
        .find(|row| Some(&row.key) == state.base.as_ref());
    if is_new && newest.is_some_and(|row| row.progress == Progress::Done) {
        // A run of another process: the step that is looked at has new inputs.
        effects.extend(select::warm_selected(state));
    }
    // The newest spin of each step says more of it than the run, if it is newer.
    let mut seen = Vec::new();
    for row in state
        .runs
        .iter()
        .filter(|row| row.kind == RunKind::Spin && row.started_ms >= since)
    {
        if let Some(step) = &row.step
            && seen.len() < FIRST_SPINS
            && !seen.contains(step)
        {
            seen.push(step.clone());
            if !state.spins.contains_key(step) {
                effects.push(Effect::LoadRun(row.key.clone()));
            }
        }
    }
    if is_news {
        effects.extend(judgement::ask(state));
    }
    effects
}

/// The tasks of a run or of a spin.
pub(super) fn run(state: &mut State, loaded: RunLoaded) -> Vec<Effect> {
    let RunLoaded {
        key,
        steps,
        problem,
    } = loaded;
    if state.details.get(&key).is_some_and(|detail| detail.live) {
        return Vec::new();
    }
    if let Some(problem) = problem {
        state.say(Tone::Warning, problem);
    }
    let row = state.runs.iter().find(|row| row.key == key).cloned();
    let is_spin = row.as_ref().is_some_and(|row| row.kind == RunKind::Spin);
    if is_spin {
        for (step, tasks) in &steps {
            remember_spin(state, &key, step, tasks);
        }
    } else if state.base.as_ref() == Some(&key) {
        for (step, tasks) in &steps {
            compare_fingerprints(state, step, tasks);
        }
    }
    let opened = state.opening.as_ref() == Some(&key);
    let first_step = steps
        .first()
        .map(|(step, tasks)| (step.clone(), tasks.representative().cloned()));
    let detail = RunDetail {
        succeeded: row.is_some_and(|row| row.progress == Progress::Done),
        steps: steps.into_iter().collect(),
        live: false,
    };
    state.details.insert(key.clone(), detail);
    if opened && is_spin {
        state.opening = None;
        if let Some((step, Some(task))) = first_step {
            return run_list::show_spin(state, key, &step, task.task);
        }
    }
    // A job that runs has the screen.
    if state.jobs.is_empty() || state.subject.is_none() {
        return select::choose_subject(state);
    }
    Vec::new()
}

fn remember_spin(
    state: &mut State,
    key: &crate::app::records::RunKey,
    step: &str,
    tasks: &StepTasks,
) {
    let Some(task) = tasks.representative() else {
        return;
    };
    let newer = state
        .spins
        .get(step)
        .is_none_or(|spin| spin.at_ms < task.ended_ms);
    if newer {
        let result = SpinResult {
            task: TaskKey {
                run: key.clone(),
                step: step.to_owned(),
                task: task.task.clone(),
            },
            progress: task.progress,
            millis: task.millis,
            at_ms: task.ended_ms,
            generation: 0,
        };
        state.spins.insert(step.to_owned(), result);
        compare_fingerprints(state, step, tasks);
    }
}

/// A result whose recorded fingerprint is not today's is stale, and so is what follows the step.
fn compare_fingerprints(state: &mut State, step: &str, tasks: &StepTasks) {
    let recorded = tasks
        .representative()
        .and_then(|task| task.fingerprint.clone());
    let today = state
        .flow
        .step(step)
        .and_then(|step| step.fingerprint.clone());
    if let (Some(recorded), Some(today)) = (recorded, today)
        && recorded != today
    {
        judgement::mark_old(state, step);
    }
}

/// Artifacts and cards of a task. What was open stays open, with the new values.
pub(super) fn task(state: &mut State, ticket: u64, task: TaskKey, facts: TaskFacts) -> Vec<Effect> {
    if ticket != state.tickets.task || state.subject.as_ref() != Some(&task) {
        return Vec::new();
    }
    note_changes(state, &task, &facts);
    let same_cards = state.facts.cards == facts.cards;
    state.facts = facts;
    state.facts_of = Some(task.clone());
    state.values.clear();
    let mut effects = Vec::new();
    for artifact in &state.facts.artifacts {
        if state.open.contains(&artifact.name) {
            effects.push(Effect::LoadValue {
                task: task.clone(),
                name: artifact.name.clone(),
            });
        }
    }
    select::refresh_tree(state);
    if let Some(TableSource::Artifact { name, .. }) = state.table_source.clone() {
        if state
            .facts
            .artifacts
            .iter()
            .any(|artifact| artifact.name == name && artifact.table)
        {
            let from = state.table.as_ref().map_or(0, |grid| grid.page.from);
            effects.extend(select::ask_table(
                state,
                TableSource::Artifact { task, name },
                from,
            ));
        } else {
            state.table = None;
            state.table_source = None;
        }
    } else if state.table_source.is_none()
        && state.tab == RightTab::Data
        && let Some(first) = state.facts.artifacts.iter().find(|artifact| artifact.table)
    {
        let name = first.name.clone();
        effects.extend(select::open_table(state, &name));
    }
    if !same_cards || state.card.is_none() {
        effects.extend(select::load_card(state));
    }
    effects
}

/// Better rows for some of the artifacts that are shown.
pub(super) fn summaries(
    state: &mut State,
    ticket: u64,
    task: &TaskKey,
    artifacts: Vec<ArtifactRow>,
) -> Vec<Effect> {
    if ticket == state.tickets.task && state.facts_of.as_ref() == Some(task) {
        for better in artifacts {
            if let Some(row) = state
                .facts
                .artifacts
                .iter_mut()
                .find(|row| row.name == better.name)
            {
                *row = better;
            }
        }
        select::refresh_tree(state);
    }
    Vec::new()
}

/// Compares with the task shown before for the same step.
fn note_changes(state: &mut State, task: &TaskKey, facts: &TaskFacts) {
    let hashes: HashMap<String, String> = facts
        .artifacts
        .iter()
        .map(|artifact| (artifact.name.clone(), artifact.hash.clone()))
        .collect();
    match state.hashes.get(&task.step) {
        // The same task again: what it changed is known already.
        Some((before, _)) if before == task => return,
        Some((_, before)) => {
            state.changed = hashes
                .iter()
                .filter(|(name, hash)| before.get(*name) != Some(hash))
                .map(|(name, _)| name.clone())
                .collect();
        }
        None => state.changed.clear(),
    }
    state
        .hashes
        .insert(task.step.clone(), (task.clone(), hashes));
}

/// What a task wrote, unless it is known already from its events.
pub(super) fn log(state: &mut State, task: TaskKey, bytes: &[u8]) -> Vec<Effect> {
    if state
        .outputs
        .get(&task)
        .is_none_or(|buffer| buffer.is_empty())
    {
        select::output_of(state, &task).write(bytes);
        if state.subject.as_ref() == Some(&task) {
            navigate::follow_output(state);
        }
    }
    Vec::new()
}

pub(super) fn value(
    state: &mut State,
    task: &TaskKey,
    name: String,
    value: Result<Arc<ValueNode>, String>,
) -> Vec<Effect> {
    if state.facts_of.as_ref() == Some(task) {
        state.values.insert(name, value);
        select::refresh_tree(state);
    }
    Vec::new()
}

pub(super) fn table(
    state: &mut State,
    ticket: u64,
    page: Result<TablePage, String>,
) -> Vec<Effect> {
    let Some(grid) = state
        .table
        .as_mut()
        .filter(|_| ticket == state.tickets.table)
    else {
        return Vec::new();
    };
    match page {
        Ok(page) => grid.set_page(page),
        Err(problem) => {
            grid.loading = false;
            grid.problem = Some(problem);
        }
    }
    Vec::new()
}
