//! What a spin says of its inputs: whether the steps before it are stale, as their status has it.

use std::collections::HashMap;

use super::judge::own_reason;
use super::read::{self, StoreLibrary};
use super::settled::Settled;
use super::state::{FlowStatus, StepState, StepVerdict};
use super::status::{found, today, values_of};
use crate::engine::error::EngineError;
use crate::engine::parameters;
use crate::engine::plan::Setting;
use crate::engine::resume::parameters_of;
use crate::engine::run::blocking;
use crate::flow::StepName;
use crate::store::RunStore;

/// Tasks before a step that are judged one by one while somebody waits for a spin. Of more, two stand for their siblings, and what
/// is found is changed code, parameters and libraries; that a single split has other inputs, `flowdev status` finds.
const MOST: usize = 1_000;

/// What a step is to be spun on.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Ground {
    pub run: String,
    /// The run was named: then spins on it do not count.
    pub without_spins: bool,
}

/// Which steps before this one are stale in what it is spun on: a sentence; `None` if none is.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine) async fn doubt(
    setting: &Setting,
    step: &str,
    ground: &Ground,
) -> Result<Option<String>, EngineError> {
    let scope = setting.flow.graph.ancestors(step);
    let located = setting.shared.store(&setting.request);
    let store = located.store.flow(&setting.flow.description.name);
    let run = store.run(&ground.run);
    let memory = setting.shared.memory.clone();
    let (counted, steps) = (run.clone(), scope.clone());
    let is_long = blocking(move || {
        let mut count = 0;
        for step in &steps {
            count += counted.tasks(step.as_str())?.len();
        }
        Ok(count > MOST && memory.is_new(&counted))
    });
    let causes = if is_long.await? {
        sampled(setting, run, scope, ground).await?
    } else {
        judged(setting, run, scope, step, ground).await?
    };
    let since = format!("the inputs of {step} are stale since run {}", ground.run);
    Ok((!causes.is_empty()).then(|| format!("{since}: {}", causes.join(", "))))
}

async fn judged(
    setting: &Setting,
    run: RunStore,
    scope: Vec<StepName>,
    step: &str,
    ground: &Ground,
) -> Result<Vec<String>, EngineError> {
    let memory = &setting.shared.memory;
    let asked = Some(run.id().to_owned());
    let Some(mut found) = found(memory, run.flow(), asked, Some(scope.clone())).await? else {
        return Ok(Vec::new());
    };
    if ground.without_spins {
        found.forget_spins();
    }
    found.towards = Some(step.to_owned());
    let status: FlowStatus = found.judged(setting, &[]).await?;
    let node = setting.flow.graph.node(step);
    let parents = node.map(|node| node.inputs.as_slice()).unwrap_or_default();
    let is_due = |step: &StepName| {
        let verdict = status.of(step.as_str());
        verdict.is_some_and(|verdict| verdict.state.is_due())
    };
    if !parents.iter().any(is_due) {
        return Ok(Vec::new());
    }
    let is_cause = |verdict: &&StepVerdict| {
        let is_own = verdict.state.is_due() && verdict.state != StepState::Upstream;
        is_own && scope.contains(&verdict.step) && verdict.step.as_str() != step
    };
    let cause = |verdict: &StepVerdict| {
        let why = verdict.sentence();
        let why = why.unwrap_or_else(|| verdict.state.as_str().to_owned());
        format!("{} ({why})", verdict.step)
    };
    Ok(status.steps.iter().filter(is_cause).map(cause).collect())
}

/// By two tasks of each step.
async fn sampled(
    setting: &Setting,
    run: RunStore,
    scope: Vec<StepName>,
    ground: &Ground,
) -> Result<Vec<String>, EngineError> {
    let (memory, without_spins) = (setting.shared.memory.clone(), ground.without_spins);
    let (of_run, steps) = (run.clone(), scope.clone());
    let (past, parameters) = blocking(move || {
        let past = read::samples(&of_run, &steps)?;
        let spun = match without_spins {
            true => None,
            false => read::with_spins(&memory, &past, &of_run, Some(&steps))?,
        };
        Ok((spun.unwrap_or(past), parameters_of(&of_run)?))
    })
    .await?;
    let keys = past.config_keys(Some(&scope));
    let configs: HashMap<String, String> = parameters::digests(setting, &[], &keys).await?.configs;
    let values = values_of(&setting.flow, &parameters);
    let flow = std::sync::Arc::clone(&setting.flow);
    let identity = setting.identity.clone();
    blocking(move || {
        let settled = Settled {
            flow: &flow,
            identity: &identity,
        };
        let today = today(settled, values, configs);
        let library = StoreLibrary::new(run.flow());
        let cause = |step: &StepName| {
            let mut tasks = past.of_step(step);
            let reason = tasks.find_map(|task| own_reason(&today, &library, task).ok()?)?;
            Some(format!("{step} ({reason})"))
        };
        Ok(scope.iter().filter_map(cause).collect())
    })
    .await
}
