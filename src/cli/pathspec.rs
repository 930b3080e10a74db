//! Which run, step, task or artifact a command is about.

use super::error::CliError;
use crate::store::{FlowStore, RunStore, TaskStore};

/// Splits a pathspec into its parts; the flow's name in front may be left out.
pub fn parts<'a>(flow: &str, pathspec: &'a str) -> Vec<&'a str> {
    let mut parts: Vec<&str> = pathspec
        .trim_matches('/')
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    if parts.first() == Some(&flow) {
        parts.remove(0);
    }
    parts
}

/// The run with this id, or the newest.
///
/// # Errors
/// When there is none.
pub fn run(flow: &FlowStore, id: Option<&str>) -> Result<RunStore, CliError> {
    let nothing = || {
        CliError::usage(
            format!("{} has never been run in {}", flow.name(), flow.root()),
            "run it once with `flowdev run FLOW`",
        )
    };
    let Some(id) = id else {
        if let Some(run) = flow.latest_run()?
            && run.exists()?
        {
            return Ok(run);
        }
        let newest = flow.runs()?.into_iter().next();
        return newest.map(|id| flow.run(&id)).ok_or_else(nothing);
    };
    for store in [flow.clone(), flow.store().spin_sibling().flow(flow.name())] {
        let run = store.run(id);
        if run.exists()? {
            return Ok(run);
        }
    }
    Err(CliError::usage(
        format!("there is no run {id} of {} in {}", flow.name(), flow.root()),
        "`flowdev runs FLOW` lists them",
    ))
}

/// The tasks that `STEP`, `RUN/STEP` or `RUN/STEP/TASK` names.
///
/// # Errors
/// When there are none.
pub fn tasks(flow: &FlowStore, pathspec: &str) -> Result<Vec<TaskStore>, CliError> {
    let parts = parts(flow.name(), pathspec);
    let (run, step, task) = match parts.as_slice() {
        [step] => (run(flow, None)?, *step, None),
        [id, step] => (run(flow, Some(id))?, *step, None),
        [id, step, task] => (run(flow, Some(id))?, *step, Some(*task)),
        _ => {
            return Err(CliError::usage(
                format!("{pathspec} is not the pathspec of a task"),
                "write STEP, RUN/STEP or RUN/STEP/TASK",
            ));
        }
    };
    let found: Vec<TaskStore> = match task {
        Some(task) => Some(run.task(step, task))
            .filter(|task| task.exists().unwrap_or(false))
            .into_iter()
            .collect(),
        None => run.tasks(step)?,
    };
    if found.is_empty() {
        return Err(CliError::usage(
            format!("run {} has no task of {pathspec}", run.id()),
            format!("its steps are {}", run.steps()?.join(", ")),
        ));
    }
    Ok(found)
}
