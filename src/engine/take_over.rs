//! A finished task of an earlier run becomes one of this run, without being run.

use std::sync::Arc;

use super::attempt::{AttemptEnd, Stored};
use super::error::EngineError;
use super::event::{Event, TaskRef};
use super::origin::{Done, Output};
use super::persist;
use super::plan::Setting;
use super::run::blocking;
use super::scheduler::Failing;
use super::staleness::Reuse;

/// Takes a task over if with these inputs it would be the same today; otherwise `None`.
pub(super) async fn reuse_task(
    setting: &Setting,
    mut done: Done,
    task_ref: TaskRef,
    reuse: Arc<Reuse>,
    inputs: Vec<Output>,
) -> Option<AttemptEnd> {
    let place = done.place.clone();
    let taken = blocking(move || Ok(reuse.take(&place, &inputs))).await;
    done.output.artifacts = taken.ok().flatten()?.into();
    Some(clone_task(setting, done, task_ref).await)
}

/// Takes a task over, with the tasks that it controlled.
pub(super) async fn clone_task(setting: &Setting, done: Done, task_ref: TaskRef) -> AttemptEnd {
    match clone_all(setting, &done, &task_ref).await {
        Ok((output, handed_on)) => {
            let changed = |output: Output| output.overridden(&setting.overrides);
            AttemptEnd::Stored(Stored {
                output: changed(output),
                transition: done.transition,
                handed_on: handed_on.into_iter().map(changed).collect(),
            })
        }
        Err(error) => AttemptEnd::Failed {
            failure: error.into_failure(),
            how: Failing::ForGood,
            millis: 0.0,
        },
    }
}

async fn clone_all(
    setting: &Setting,
    done: &Done,
    task_ref: &TaskRef,
) -> Result<(Output, Vec<Output>), EngineError> {
    let own = &done.output;
    let output = clone_one(setting, own, task_ref.clone(), done.mappers.is_some()).await?;
    let Some(mappers) = &done.mappers else {
        return Ok((output.clone(), vec![output]));
    };
    let mut handed_on = Vec::new();
    for mapper in mappers {
        if mapper.task.id() == own.task.id() {
            handed_on.push(output.clone());
            continue;
        }
        // The ids of the others are made from that of the control task, here as there.
        let suffix = mapper.task.id().strip_prefix(own.task.id());
        let task_ref = TaskRef {
            task: match suffix {
                Some(suffix) => format!("{}{suffix}", task_ref.task),
                None => format!("{}-{}", task_ref.task, mapper.task.id()),
            },
            ..task_ref.clone()
        };
        handed_on.push(clone_one(setting, mapper, task_ref, false).await?);
    }
    Ok((output, handed_on))
}

async fn clone_one(
    setting: &Setting,
    origin: &Output,
    task: TaskRef,
    is_control: bool,
) -> Result<Output, EngineError> {
    let run = setting.run.clone();
    let identity = setting.identity.clone();
    let (from, to) = (origin.clone(), task.clone());
    let output = blocking(move || persist::clone_task(&run, &identity, &from, &to, is_control));
    let output = output.await?;
    let origin = origin.pathspec();
    let wires = &setting.wires;
    wires.say(Event::TaskCloned { task, origin }).await;
    Ok(output)
}
