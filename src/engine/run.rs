//! `run`: parameters, then the whole graph.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::after::After;
use super::error::EngineError;
use super::event::{Event, JobKind, Level, Outcome, Part};
use super::git;
use super::identity;
use super::job::Execution;
use super::loaded::{Before, LoadedFlow};
use super::origin::{Finished, Output};
use super::parameters;
use super::plan::Setting;
use super::request::RunRequest;
use super::staleness::{self, Reuse};
use super::submit::{Shared, Wires};
use super::timing::{Phase, millis};
use crate::store::{RunStore, TaskWriter};

/// Carries out the request; its last event is `JobFinished`.
pub(super) async fn run(shared: Arc<Shared>, request: RunRequest, wires: Wires) {
    let started = Instant::now();
    let lap = wires.clock.lap();
    let begun = begin(shared, request, &wires).await;
    lap.end(Phase::Prepare);
    let (run, outcome) = match begun {
        Ok((setting, parameters, taken)) => {
            let run = setting.run.id().to_owned();
            let after = After::of(&setting);
            let (reuse, finished) = taken.unzip();
            let finished = finished.unwrap_or_default();
            let outcome = Execution::run(setting, parameters, finished, reuse).await;
            if let Some(after) = after {
                after.run(&outcome).await;
            }
            (run, outcome)
        }
        Err(error) => (String::new(), failed(error)),
    };
    finish(&wires, JobKind::Run, run, outcome, started).await;
}

async fn begin(
    shared: Arc<Shared>,
    request: RunRequest,
    wires: &Wires,
) -> Result<(Setting, Output, Option<(Reuse, Finished)>), EngineError> {
    let asked = git::Asked::about(&request.flow.file, &shared.config.env);
    let flow = loaded(&shared, &request.flow, None, wires).await?;
    let mut identity = identity::identity(&shared.config.env, &flow, &request.flow);
    identity.git_info = asked.answer().await;
    let namespace = identity::namespace(&request.flow, &identity);
    let located = shared.store(&request.flow);
    wires.greet(&located).await;
    let store = located.store.flow(&flow.description.name);
    let before = if request.only_stale {
        staleness::found(&shared.memory, &store, None, None).await?
    } else {
        None
    };
    let keys = before.as_ref().map(staleness::Found::config_keys);
    let run = new_run(&store).await?;
    let mut setting = Setting {
        shared,
        flow,
        request: request.flow,
        run,
        identity,
        namespace,
        origin: None,
        clone_only: false,
        wires: wires.clone(),
        claim: None,
        overrides: Arc::default(),
    };
    // Parameters first: a wrong value leaves no run behind.
    let keys = keys.unwrap_or_default();
    let evaluated = parameters::evaluate(&setting, &request.parameters, &keys).await?;
    let configs = evaluated.configs();
    register(&mut setting, None).await?;
    let output = evaluated.keep(&setting).await?;
    let latest = setting.run.clone();
    blocking(move || Ok(latest.flow().set_latest_run(latest.id())?)).await?;
    announce(&setting, JobKind::Run, None).await;
    let taken = match before {
        Some(before) => {
            let text = format!("what is fresh in run {} is taken over", before.run.id());
            wires.note(None, Level::Info, text).await;
            let (flow, parameters) = (Arc::clone(&setting.flow), output.clone());
            let identity = setting.identity.clone();
            let taken = move || Ok(Reuse::new(before, &flow, &identity, &parameters, configs));
            Some(blocking(taken).await?)
        }
        None => None,
    };
    Ok((setting, output, taken))
}

/// The flow, ready to run: loaded, checked, and what it printed passed on.
pub(super) async fn loaded(
    shared: &Shared,
    request: &super::request::FlowRequest,
    before: Option<&Before>,
    wires: &Wires,
) -> Result<Arc<LoadedFlow>, EngineError> {
    let flow = shared.load(request, before, &wires.clock).await?;
    for line in flow.printed.lines() {
        wires.printed(None, line.to_owned()).await;
    }
    if let Some(text) = shared.notice(&flow).await {
        wires.note(None, Level::Info, text).await;
    }
    if let Some(error) = flow.check_error() {
        return Err(error);
    }
    Ok(flow)
}

/// A run with a new id; nothing is written.
pub(super) async fn new_run(flow: &crate::store::FlowStore) -> Result<RunStore, EngineError> {
    let flow = flow.clone();
    blocking(move || {
        let id = flow.new_run_id()?;
        Ok(flow.run(&id))
    })
    .await
}

/// Makes the run visible, and its id known to who asked for it. `spun` is the step of a spin.
pub(super) async fn register(setting: &mut Setting, spun: Option<&str>) -> Result<(), EngineError> {
    let spun = spun.map(str::to_owned);
    let run = setting.run.clone();
    let identity = setting.identity.clone();
    let cwd = setting.shared.config.cwd.clone();
    let id_file = setting.request.run_id_file.clone();
    let attribute_file = setting.request.attribute_file.clone();
    let claim = blocking(move || {
        run.register(&identity)?;
        let claim = run.claim()?;
        if let Some(path) = id_file {
            std::fs::write(cwd.join(&path), run.id())
                .map_err(|source| EngineError::Write { path, source })?;
        }
        if let Some(path) = attribute_file {
            if let Some(step) = &spun {
                // Its reader looks for the task at once.
                let task = run.task(step, SPUN_TASK);
                TaskWriter::new(task, 0, Arc::new(identity)).introduce()?;
            }
            // A named pipe keeps us here until its reader opens it.
            std::fs::write(
                cwd.join(&path),
                attributes(&run, spun.as_deref()).to_string(),
            )
            .map_err(|source| EngineError::Write { path, source })?;
        }
        Ok(claim)
    })
    .await?;
    setting.claim = Some(claim);
    Ok(())
}

/// Where programs that started us find the run: the keys are those that Metaflow's runner reads.
fn attributes(run: &RunStore, spun: Option<&str>) -> Value {
    let root = Path::new(run.flow().root());
    let above = root.parent().unwrap_or(root).display();
    let mut found = json!({
        "run_id": run.id(),
        "flow_name": run.flow().name(),
        "metadata": format!("{}@{above}", run.flow().ds_type()),
    });
    if let (Some(step), Some(map)) = (spun, found.as_object_mut()) {
        map.insert("step_name".to_owned(), step.into());
        map.insert("task_id".to_owned(), SPUN_TASK.into());
    }
    found
}

/// The id of a spin's one task.
pub(super) const SPUN_TASK: &str = "0";

pub(super) async fn announce(setting: &Setting, job: JobKind, part: Option<Part>) {
    setting
        .wires
        .say(Event::JobStarted {
            job,
            flow: setting.flow.description.name.clone(),
            run: setting.run.id().to_owned(),
            origin: setting.origin.clone(),
            root: setting.run.flow().root().to_owned(),
            part,
        })
        .await;
    if job != JobKind::Spin {
        for text in &setting.flow.description.notices {
            setting.wires.note(None, Level::Info, text.clone()).await;
        }
    }
}

pub(super) fn failed(error: EngineError) -> Outcome {
    Outcome::Failed {
        step: None,
        task: None,
        place: None,
        failure: error.into_failure(),
    }
}

/// Says the last word of a job.
pub(super) async fn finish(
    wires: &Wires,
    job: JobKind,
    run: String,
    outcome: Outcome,
    started: Instant,
) {
    wires
        .say(Event::JobFinished {
            job,
            run,
            outcome,
            millis: millis(started),
            timing: wires.clock.timing(),
        })
        .await;
}

/// Disk work, off the threads that wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| EngineError::WorkerGone)
        .flatten()
}
