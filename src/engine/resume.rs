//! `resume`: a new run that takes over the finished tasks of an earlier one.

use std::sync::Arc;
use std::time::Instant;

use super::after::After;
use super::error::EngineError;
use super::event::{JobKind, Level, Outcome, TaskRef};
use super::git;
use super::identity;
use super::job::Execution;
use super::loaded::Before;
use super::origin::{Finished, Output};
use super::parameters;
use super::persist;
use super::plan::Setting;
use super::request::ResumeRequest;
use super::run::{announce, blocking, failed, finish, loaded, new_run, register};
use super::staleness;
use super::submit::{Shared, Wires};
use super::timing::Phase;
use crate::flow::{Graph, StepName};
use crate::store::{FlowStore, RunStore};

/// Carries out the request; its last event is `JobFinished`.
pub(super) async fn resume(shared: Arc<Shared>, request: ResumeRequest, wires: Wires) {
    let started = Instant::now();
    let lap = wires.clock.lap();
    let offer = request.offer;
    let begun = begin(shared, request, &wires).await;
    lap.end(Phase::Prepare);
    let (run, outcome) = match begun {
        Ok(None) => {
            let text = "Nothing is stale, so that there is nothing to run.".to_owned();
            wires.note(None, Level::Info, text).await;
            (String::new(), Outcome::Success)
        }
        Ok(Some((setting, parameters, finished))) => {
            let stale = offer.then(|| staleness::Question::about(&setting));
            let run = setting.run.id().to_owned();
            let after = After::of(&setting);
            let cloned = setting.clone_only.then(|| setting.wires.clone());
            let outcome = Execution::run(setting, parameters, finished, None).await;
            if let (Some(wires), Outcome::Success) = (cloned, &outcome) {
                let text = "Clone-only resume complete: the finished tasks were taken over, and none was run.";
                wires.note(None, Level::Info, text.to_owned()).await;
            }
            if let Some(after) = after {
                after.run(&outcome).await;
            }
            // Whatever may be wrong with the answer, the run is over.
            if let (Some(stale), Outcome::Success) = (stale, &outcome)
                && let Ok(Some(offer)) = stale.offer().await
            {
                wires.note(None, Level::Info, offer).await;
            }
            (run, outcome)
        }
        Err(error) => (String::new(), failed(error)),
    };
    finish(&wires, JobKind::Resume, run, outcome, started).await;
}

async fn begin(
    shared: Arc<Shared>,
    request: ResumeRequest,
    wires: &Wires,
) -> Result<Option<(Setting, Output, Finished)>, EngineError> {
    let located = shared.store(&request.flow);
    let before = Before {
        store: located.store.clone(),
        run: request.origin.clone(),
    };
    let asked = git::Asked::about(&request.flow.file, &shared.config.env);
    let before = (!request.auto).then_some(&before);
    let flow = loaded(&shared, &request.flow, before, wires).await?;
    let mut identity = identity::identity(&shared.config.env, &flow, &request.flow);
    identity.git_info = asked.answer().await;
    let namespace = identity::namespace(&request.flow, &identity);
    let flow_store = located.store.flow(&flow.description.name);
    let asked = request.origin.clone();
    let in_store = flow_store.clone();
    // All that can be wrong with the origin is found before the new run is registered.
    let (origin, origin_parameters) = blocking(move || {
        let origin = origin_run(&in_store, asked.as_deref())?;
        let parameters = parameters_of(&origin)?;
        Ok((origin, parameters))
    })
    .await?;
    let run = match &request.run_id {
        Some(id) => flow_store.run(id),
        None => new_run(&flow_store).await?,
    };
    let mut setting = Setting {
        shared,
        flow,
        request: request.flow,
        run,
        identity,
        namespace,
        origin: Some(origin.id().to_owned()),
        clone_only: request.clone_only,
        wires: wires.clone(),
        claim: None,
        overrides: Arc::default(),
    };
    let steps = if request.auto {
        let question = staleness::Question::about(&setting);
        let due = question.due(&origin, &request.parameters).await?;
        if due.is_empty() {
            return Ok(None);
        }
        due
    } else {
        request
            .step
            .iter()
            .map(|step| step.as_str().into())
            .collect()
    };
    let again = steps_to_run_again(&setting.flow.graph, &steps)?;
    let nodes = setting.flow.graph.nodes.keys();
    let kept: Vec<StepName> = nodes
        .filter(|step| !again.contains(step))
        .cloned()
        .collect();
    let finished = blocking(move || Finished::read(&origin, &kept)).await?;
    // A value that does not fit leaves no run behind.
    let changed =
        parameters::overrides(&setting, &request.parameters, request.auto, &flow_store).await?;
    let is_changed = !changed.is_empty();
    let mut values = parameters::of_run(&setting.flow, &origin_parameters);
    values.extend(changed);
    setting.overrides = Arc::new(values);
    register(&mut setting, None).await?;
    let parameters = keep_parameters(&setting, origin_parameters, is_changed).await?;
    announce(&setting, JobKind::Resume, None).await;
    parameters::announce(&setting, &request.parameters).await;
    Ok(Some((setting, parameters, finished)))
}

/// The origin's parameters, as those of the new run.
async fn keep_parameters(
    setting: &Setting,
    origin: Output,
    is_changed: bool,
) -> Result<Output, EngineError> {
    let run = setting.run.clone();
    let identity = setting.identity.clone();
    let flow = Arc::clone(&setting.flow);
    let overrides = Arc::clone(&setting.overrides);
    blocking(move || {
        if !is_changed {
            let task = TaskRef::new(run.id(), "_parameters", "0", 0);
            return persist::clone_task(&run, &identity, &origin, &task, false);
        }
        let manifest = origin.overridden(&overrides).artifacts.manifest();
        persist::parameters(&run, &identity, &flow, manifest)
    })
    .await
}

fn steps_to_run_again(graph: &Graph, steps: &[StepName]) -> Result<Vec<StepName>, EngineError> {
    let mut again = Vec::new();
    for step in steps {
        let Some(node) = graph.node(step) else {
            let known: Vec<&str> = graph.nodes.keys().map(StepName::as_str).collect();
            return Err(EngineError::request(
                format!("the flow has no step {step}"),
                format!("its steps are {}", known.join(", ")),
            ));
        };
        again.extend(graph.descendants(step));
        again.push(node.name.clone());
    }
    Ok(again)
}

/// The run that was asked for, else the latest.
pub(super) fn origin_run(flow: &FlowStore, asked: Option<&str>) -> Result<RunStore, EngineError> {
    if let Some(id) = asked {
        let run = flow.run(id);
        return if run.exists()? {
            Ok(run)
        } else {
            Err(EngineError::request(
                format!("there is no run {id} of {} in {}", flow.name(), flow.root()),
                "`flowdev runs FLOW` lists them",
            ))
        };
    }
    latest(flow)?.ok_or_else(|| {
        EngineError::request(
            format!("{} has never been run in {}", flow.name(), flow.root()),
            "run it once with `flowdev run FLOW`, or with r in the session",
        )
    })
}

/// The run that is recorded as the latest; where none is, the newest of those that came as far as to have parameters.
pub(super) fn latest(flow: &FlowStore) -> Result<Option<RunStore>, EngineError> {
    if let Some(run) = flow.recorded_run()? {
        return Ok(Some(run));
    }
    for id in flow.runs()? {
        let run = flow.run(&id);
        if stored_parameters(&run)?.is_some() {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

/// The origin's parameters.
pub(super) fn parameters_of(run: &RunStore) -> Result<Output, EngineError> {
    stored_parameters(run)?.ok_or_else(|| {
        EngineError::request(
            format!("run {} ended before its parameters were stored", run.id()),
            "name another run, or start a new one",
        )
    })
}

fn stored_parameters(run: &RunStore) -> Result<Option<Output>, EngineError> {
    let Some(task) = run.parameters()? else {
        return Ok(None);
    };
    Ok(task.latest_manifest()?.map(|manifest| Output {
        task,
        artifacts: manifest.into(),
        blobs: None,
    }))
}
