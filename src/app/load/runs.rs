//! Runs and spins, and the tasks of one of them.

use std::sync::Arc;

use crate::{
    app::{
        msg::RunLoaded,
        records::{Progress, RunKey, RunKind, RunRow, StepTasks, TaskRow},
    },
    store::{FINGERPRINT, RunStatus, RunStore, Store, StoreError, TaskStore},
};

use super::Library;

/// Runs that the list shows; each costs a dozen small files.
const RUNS: usize = 100;
/// Spins that the list shows.
const SPINS: usize = 60;
/// Tasks of a step that are read one by one: of a foreach with more splits, the rest is counted only.
const TASKS: usize = 200;

impl Library {
    /// Runs and spins, newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, String> {
        let Some(class) = self.class() else {
            return Ok(Vec::new());
        };
        let store = self.store();
        let mut rows =
            rows(&store, &class, RunKind::Run, RUNS).map_err(|error| error.to_string())?;
        let spins = rows_of_spins(&store, &class).map_err(|error| error.to_string())?;
        rows.extend(spins);
        // Stable: of two at the same moment, the one with the higher id stays first.
        rows.sort_by_key(|row| std::cmp::Reverse(row.started_ms));
        Ok(rows)
    }

    /// The tasks of a run, step by step.
    pub fn run(&self, key: &RunKey) -> RunLoaded {
        let mut loaded = RunLoaded {
            key: key.clone(),
            steps: Vec::new(),
            problem: None,
        };
        let Some(flow) = self.flow_store(key) else {
            return loaded;
        };
        match steps(&flow.run(&key.run)) {
            Ok(steps) => loaded.steps = steps,
            Err(error) => loaded.problem = Some(format!("cannot read run {}: {error}", key.run)),
        }
        loaded
    }
}

fn rows_of_spins(store: &Store, class: &str) -> Result<Vec<RunRow>, StoreError> {
    rows(&store.spin_sibling(), class, RunKind::Spin, SPINS)
}

fn rows(store: &Store, class: &str, kind: RunKind, most: usize) -> Result<Vec<RunRow>, StoreError> {
    let flow = store.flow(class);
    let root = Arc::new(store.root_path().unwrap_or_default());
    let mut rows = Vec::new();
    for id in flow.runs()?.into_iter().take(most) {
        let run = flow.run(&id);
        let row = match kind {
            RunKind::Run => of_run(&run),
            RunKind::Spin => of_spin(&run),
        };
        let (progress, started_ms, step, millis) = match row {
            Ok(row) => row,
            // A run that is half there (just made, just pruned) is a row without a state.
            Err(_) => (Progress::Unknown, 0, None, None),
        };
        rows.push(RunRow {
            key: RunKey {
                root: Arc::clone(&root),
                run: id,
            },
            kind,
            step,
            progress,
            started_ms,
            millis,
        });
    }
    Ok(rows)
}

/// State, start, step, milliseconds.
type Row = (Progress, i64, Option<String>, Option<f64>);

fn of_run(run: &RunStore) -> Result<Row, StoreError> {
    let summary = run.summary()?;
    let progress = match summary.status {
        RunStatus::Running => Progress::Running,
        RunStatus::Successful | RunStatus::Finished => Progress::Done,
        RunStatus::Failed => Progress::Failed,
        RunStatus::Unfinished => Progress::Cancelled,
    };
    let started = summary.created.map_or(0, |time| time.as_millisecond());
    Ok((progress, started, None, None))
}

/// A spin has one step and one task.
fn of_spin(run: &RunStore) -> Result<Row, StoreError> {
    let Some(step) = run.steps()?.into_iter().next() else {
        return Ok((Progress::Cancelled, 0, None, None));
    };
    let Some(task) = run.tasks(&step)?.into_iter().next_back() else {
        return Ok((Progress::Cancelled, 0, Some(step), None));
    };
    let started = task.info()?.and_then(|info| info.created);
    let started = started.map_or(0, |time| time.as_millisecond());
    let row = task_row(&task)?;
    Ok((row.progress, started, Some(step), row.millis))
}

/// Steps in the order in which their first tasks were made.
fn steps(run: &RunStore) -> Result<Vec<(String, StepTasks)>, StoreError> {
    let mut steps = Vec::new();
    for name in run.steps()? {
        let tasks = run.tasks(&name)?;
        let made = match tasks.first() {
            Some(first) => first.info()?.and_then(|info| info.created),
            None => None,
        };
        let mut rows = StepTasks::default();
        for (index, task) in tasks.iter().enumerate() {
            let row = if index < TASKS {
                task_row(task)?
            } else {
                bare_row(task)
            };
            rows.tasks.push(row);
        }
        steps.push((made, name, rows));
    }
    steps.sort_by_key(|(made, ..)| *made);
    Ok(steps
        .into_iter()
        .map(|(_, name, rows)| (name, rows))
        .collect())
}

/// A task that is counted and not looked into: as its run shows, tasks were made for it.
fn bare_row(task: &TaskStore) -> TaskRow {
    TaskRow {
        task: task.id().to_owned(),
        attempt: 0,
        progress: Progress::Done,
        millis: None,
        split: None,
        ended_ms: 0,
        fingerprint: None,
    }
}

fn task_row(task: &TaskStore) -> Result<TaskRow, StoreError> {
    let mut row = bare_row(task);
    let records = task.all_sysmeta()?;
    let last = |field: &str| records.iter().rev().find(|record| record.field == field);
    row.attempt = task.latest_attempt()?.unwrap_or(0);
    row.fingerprint = last(FINGERPRINT).map(|record| record.text());
    row.ended_ms = records.last().map_or(0, |record| record.time_ms);
    row.progress = match task.latest_manifest()? {
        Some(manifest) => {
            let control = task.control(&manifest)?;
            row.split = control.foreach_stack.last().and_then(|frame| frame.index);
            match control.task_ok {
                Some(true) if last("origin-run-id").is_some_and(|_| is_clone(&records)) => {
                    Progress::Cloned
                }
                Some(true) => Progress::Done,
                _ => Progress::Failed,
            }
        }
        // Started and not done: under way somewhere, or dead.
        None if task.run().status()? == RunStatus::Running => Progress::Running,
        None => Progress::Failed,
    };
    let done = last("attempt-done").map(|record| record.time_ms);
    let begun = last("attempt").map(|record| record.time_ms);
    if let (Some(done), Some(begun)) = (done, begun) {
        row.ended_ms = done;
        row.millis = Some((done - begun).max(0) as f64);
    }
    Ok(row)
}

/// A clone names the task that it was cloned from; a task that a resume ran itself names only the run.
fn is_clone(records: &[crate::store::Sysmeta]) -> bool {
    records
        .iter()
        .any(|record| record.field == "origin-task-id")
}
