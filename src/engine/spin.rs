//! `spin`: one step, on its parents' stored artifacts, without a trace in the tracked runs.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::attempt::{self, AttemptEnd, Halt, Plan};
use super::chain::chain;
use super::error::EngineError;
use super::event::{Event, JobKind, Level, Outcome, Part, TaskRef};
use super::hot::Wanted;
use super::identity;
use super::inputs::{self, Inputs};
use super::loaded::{Before, LoadedFlow};
use super::origin;
use super::parameters;
use super::persist::Attempt;
use super::plan::{Setting, node_spec, place_of};
use super::request::SpinRequest;
use super::resume;
use super::run::{SPUN_TASK, announce, blocking, failed, finish, loaded, new_run, register};
use super::staleness::{self, Ground};
use super::submit::{Shared, Stop, Wires};
use super::timing::{Phase, millis};
use super::warm::{self, Warming};
use super::worker::message::Spec;
use crate::store::FlowStore;

/// How long an interrupted spin may clean up.
const POLITE: std::time::Duration = std::time::Duration::from_secs(2);

/// Spins that are kept; older ones go.
const HISTORY: usize = 200;

/// Every how many spins the history is looked through.
const PRUNE_EVERY: u64 = 20;

/// Carries out the request; its last event is `JobFinished`.
pub(super) async fn spin(shared: Arc<Shared>, request: SpinRequest, wires: Wires) {
    let started = Instant::now();
    if let Some(seen) = request.saved {
        wires.clock.add(Phase::Event, millis(seen));
    }
    let (run, outcome) = chain(&shared, request, &wires)
        .await
        .unwrap_or_else(|error| (String::new(), failed(error)));
    finish(&wires, JobKind::Spin, run, outcome, started).await;
}

/// Spins one step; gives the id of the spin and how it ended.
pub(super) async fn spun(
    shared: Arc<Shared>,
    request: SpinRequest,
    wires: &Wires,
    part: Option<Part>,
) -> (String, Outcome) {
    let lap = wires.clock.lap();
    let begun = begin(shared, request, wires, part).await;
    lap.end(Phase::Prepare);
    match begun {
        Ok((setting, mut plan, ground)) => {
            let run = setting.run.id().to_owned();
            let step = plan.attempt.task_ref.step.clone();
            let inputs = plan.inputs.clone();
            let (learned, heard) = oneshot::channel();
            plan.learned = Some(learned);
            // Judged beside the task, which does not wait for it.
            let (outcome, ()) = tokio::join!(one(&setting, plan), warn(&setting, &step, ground));
            let learned = heard.await.ok();
            let learned = learned.map(|it| (warm::read(&it.reads, &inputs), it.imports));
            tokio::spawn(look_after(setting, step, learned));
            (run, outcome)
        }
        Err(error) => (String::new(), failed(error)),
    }
}

async fn begin(
    shared: Arc<Shared>,
    request: SpinRequest,
    wires: &Wires,
    part: Option<Part>,
) -> Result<(Setting, Plan, Option<Ground>), EngineError> {
    let located = shared.store(&request.flow);
    let before = Before {
        store: located.store.clone(),
        run: inputs::run_of(&request),
    };
    let flow = loaded(&shared, &request.flow, Some(&before), wires).await?;
    let identity = identity::identity(&shared.config.env, &flow, &request.flow);
    let namespace = identity::namespace(&request.flow, &identity);
    let store = located.store.clone();
    let name = flow.description.name.clone();
    let wanted = inputs::Wanted::parse(&name, &request)?;
    let without_spins = !wanted.with_spins;
    let is_chained = request.is_chained();
    let from = store.flow(&name);
    let found = find(&shared.memory, &flow, from.clone(), wanted, is_chained).await?;
    wires.greet(&located).await;
    let run = new_run(&store.spin_sibling().flow(&name)).await?;
    let mut setting = Setting {
        shared,
        flow,
        request: request.flow.clone(),
        run,
        identity,
        namespace,
        origin: found.as_ref().map(|found| found.run.clone()),
        clone_only: false,
        wires: wires.clone(),
        claim: None,
        overrides: Arc::default(),
    };
    if found.is_some() {
        setting.overrides =
            Arc::new(parameters::overrides(&setting, &request.parameters, false, &from).await?);
    }
    register(&mut setting, Some(&request.step)).await?;
    announce(&setting, JobKind::Spin, part).await;
    let is_start = setting.flow.graph.start.as_deref() == Some(request.step.as_str());
    let ground = found.as_ref().filter(|_| !is_start && !request.silent);
    let ground = ground.map(|found| Ground {
        run: found.run.clone(),
        without_spins,
    });
    let found = match found {
        Some(found) => {
            parameters::announce(&setting, &request.parameters).await;
            found.overridden(&setting.overrides)
        }
        None => Inputs {
            run: setting.run.id().to_owned(),
            outputs: vec![parameters::parameters(&setting, &request.parameters).await?],
            split_index: None,
        },
    };
    let plan = plan(&setting, &request, found);
    Ok((setting, plan, ground))
}

/// The inputs; `None` for the start step of a flow that has never been run, which needs no more than parameters.
async fn find(
    memory: &staleness::Memory,
    flow: &Arc<LoadedFlow>,
    from: FlowStore,
    wanted: inputs::Wanted,
    renew: bool,
) -> Result<Option<Inputs>, EngineError> {
    let flow = Arc::clone(flow);
    let memory = memory.clone();
    blocking(move || {
        let is_start = flow.graph.start.as_ref() == Some(&wanted.step);
        if is_start && wanted.run.is_none() && resume::latest(&from)?.is_none() {
            return Ok(None);
        }
        let mut found = inputs::find(&memory, &from, &flow.graph, &wanted)?;
        if renew && !is_start {
            let run = from.run(&found.run);
            found.outputs = staleness::renewed_inputs(&memory, &run, &flow.graph, found.outputs)?;
        }
        Ok(Some(found))
    })
    .await
}

/// Never silently old: says which of the steps behind the inputs are stale, and why.
async fn warn(setting: &Setting, step: &str, ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let text = match staleness::doubt(setting, step, &ground).await {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => format!("whether the inputs of {step} are stale is not known: {error}"),
    };
    setting.wires.note(Some(step), Level::Warning, text).await;
}

fn plan(setting: &Setting, request: &SpinRequest, found: Inputs) -> Plan {
    let task_ref = TaskRef::new(setting.run.id(), &request.step, SPUN_TASK, 0);
    let (inputs, common) = origin::specs(&found.outputs);
    let spec = Spec {
        kind: "task",
        mode: "spin",
        node: node_spec(&setting.flow.graph, &request.step),
        inputs,
        common,
        split_index: found.split_index,
        set: request.set.iter().cloned().collect(),
        artifacts_module: request
            .artifacts_module
            .as_ref()
            .map(|path| path.display().to_string()),
        skip_decorators: request.skip_decorators,
        ..setting.spec(&task_ref)
    };
    Plan {
        attempt: Attempt {
            run: setting.run.clone(),
            identity: setting.identity.clone(),
            flow: Arc::clone(&setting.flow),
            origin_run: setting.origin.clone(),
            task_ref,
            is_control: false,
        },
        is_end: setting.flow.graph.end.as_deref() == Some(request.step.as_str()),
        flow: Arc::clone(&setting.flow),
        spec,
        inputs: found.outputs,
        wires: setting.wires.clone(),
        halt: watch::channel(Halt::No).1,
        echo: None,
        learned: None,
        alive: mpsc::channel(1).0,
    }
}

/// Runs the task; a newer save or the user may cancel it.
async fn one(setting: &Setting, mut plan: Plan) -> Outcome {
    let (halt, heard) = watch::channel(Halt::No);
    plan.halt = heard;
    let (alive, mut gone) = mpsc::channel(1);
    plan.alive = alive;
    let task = plan.attempt.task_ref.clone();
    let mut wires = setting.wires.clone();
    let mut work = std::pin::pin!(attempt::run(plan));
    let mut cancelled = false;
    let end = loop {
        let harder = if cancelled { Stop::Now } else { Stop::Politely };
        tokio::select! {
            end = &mut work => break end,
            () = wires.stopped(harder) => {
                halt.send_replace(if cancelled { Halt::Kill } else { Halt::Interrupt });
                cancelled = true;
            }
            () = tokio::time::sleep(POLITE), if cancelled => {
                halt.send_replace(Halt::Kill);
            }
        }
    };
    let lap = wires.clock.lap();
    // Nothing is ever sent: this ends when the process is gone.
    tokio::select! {
        _ = gone.recv() => {}
        () = wires.stopped(Stop::Politely) => {
            halt.send_replace(Halt::Kill);
        }
    }
    lap.end(Phase::Exit);
    match end {
        AttemptEnd::Stored { .. } => Outcome::Success,
        AttemptEnd::Failed { .. } if cancelled => Outcome::Cancelled,
        AttemptEnd::Failed {
            failure, millis, ..
        } => {
            setting
                .wires
                .say(Event::TaskFailed {
                    task: task.clone(),
                    failure: failure.clone(),
                    retry: false,
                    millis,
                })
                .await;
            Outcome::Failed {
                place: place_of(&setting.flow.graph, &task.step),
                step: Some(task.step),
                task: Some(task.task),
                failure,
            }
        }
    }
}

/// What can wait until the user has seen the result: prepares for the next edit, and now and then drops the oldest spins. That
/// either fails is no reason to fail the spin.
async fn look_after(setting: Setting, step: String, learned: Option<(Vec<Wanted>, Vec<String>)>) {
    if setting.shared.config.keep_warm {
        let mut imports = setting.flow.imports.clone();
        let step = learned.map(|(reads, more)| {
            imports.extend(more);
            (step, reads)
        });
        let warming = Warming {
            flow: Arc::clone(&setting.flow),
            step,
            imports,
            request: setting.wires.request,
        };
        warm::prepare(&setting.shared, warming).await;
    }
    let due = setting
        .run
        .id()
        .parse::<u64>()
        .is_ok_and(|micros| micros.is_multiple_of(PRUNE_EVERY));
    if due {
        let flow = setting.run.flow().clone();
        let _ = blocking(move || Ok(flow.prune_spins(HISTORY)?)).await;
    }
}
