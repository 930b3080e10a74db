//! What a job's tasks are told: the setting that they share, and the plan of one attempt.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::attempt::{Halt, Plan};
use super::environment::Environment;
use super::event::TaskRef;
use super::gang::CONTROL;
use super::loaded::LoadedFlow;
use super::origin::{self, Output};
use super::parameters::Overrides;
use super::persist::Attempt;
use super::request::FlowRequest;
use super::scheduler::{Launch, Limits};
use super::submit::{Shared, Wires};
use super::worker::message::{NodeSpec, Spec};
use crate::flow::{Graph, NodeKind, StepName};
use crate::store::{Claim, Identity, RunStore};

/// Metaflow's limit of the children of one foreach.
const MAX_NUM_SPLITS: u64 = 100;

/// Attempts of one task at most, as Metaflow's readers look for no more.
const MAX_ATTEMPTS: u32 = 6;

/// What the tasks of a job have in common.
pub(super) struct Setting {
    pub shared: Arc<Shared>,
    pub flow: Arc<LoadedFlow>,
    pub request: FlowRequest,
    pub run: RunStore,
    pub identity: Identity,
    pub namespace: String,
    /// The run whose finished tasks are taken over.
    pub origin: Option<String>,
    /// Nothing is to run beyond that.
    pub clone_only: bool,
    pub wires: Wires,
    /// Says to others that this process works on the run.
    pub claim: Option<Claim>,
    /// Parameters with other values than the origin has.
    pub overrides: Arc<Overrides>,
}

/// How many tasks the job may run, and how often it tries each step.
pub(super) fn limits(setting: &Setting) -> Limits {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let steps = &setting.flow.description.steps;
    let env = &setting.shared.config.env;
    Limits {
        max_workers: stated(env, setting.request.max_workers, "METAFLOW_RUN_MAX_WORKERS")
            .unwrap_or(cores)
            .max(1),
        max_num_splits: stated(
            env,
            setting.request.max_num_splits,
            "METAFLOW_RUN_MAX_NUM_SPLITS",
        )
        .unwrap_or(MAX_NUM_SPLITS),
        attempts: steps
            .iter()
            .map(|step| {
                let (user, error) = step.retry;
                let attempts = (1 + user + error).min(MAX_ATTEMPTS);
                (StepName::from(step.name.as_str()), attempts)
            })
            .collect(),
    }
}

/// A limit as the request has it, else as the variable of that option: all that a session can be given.
fn stated<T: std::str::FromStr>(
    env: &Environment,
    request: Option<T>,
    variable: &str,
) -> Option<T> {
    request.or_else(|| env.get(variable)?.parse().ok())
}

/// How long a step rests before another attempt, where its source or the request states it.
pub(super) fn rest(setting: &Setting, step: &str) -> Option<Duration> {
    let steps = &setting.flow.description.steps;
    let described = steps.iter().find(|described| described.name == step)?;
    let seconds = described.retry_minutes * 60.0;
    let rest = Duration::try_from_secs_f64(seconds).ok()?;
    (!rest.is_zero()).then_some(rest)
}

/// The plan of an attempt that the scheduler has launched.
pub(super) fn plan(
    setting: &Setting,
    launch: &Launch,
    task_ref: TaskRef,
    inputs: Vec<Output>,
    halt: watch::Receiver<Halt>,
    alive: mpsc::Sender<()>,
) -> Plan {
    let step = launch.step.as_str();
    let described = setting
        .flow
        .description
        .steps
        .iter()
        .find(|described| described.name == step);
    let mut spec = setting.spec(&task_ref);
    spec.kind = "task";
    spec.mode = "run";
    spec.max_user_retries = described.map_or(0, |step| step.retry.0);
    spec.node = node_spec(&setting.flow.graph, step);
    (spec.inputs, spec.common) = origin::specs(&inputs);
    spec.split_index = launch.split_index;
    spec.splits.clone_from(&launch.splits);
    spec.ubf = launch.is_control.then(|| CONTROL.to_owned());
    Plan {
        attempt: Attempt {
            run: setting.run.clone(),
            identity: setting.identity.clone(),
            flow: Arc::clone(&setting.flow),
            origin_run: setting.origin.clone(),
            task_ref,
            is_control: launch.is_control,
        },
        is_end: setting.flow.graph.end.as_deref() == Some(step),
        flow: Arc::clone(&setting.flow),
        spec,
        inputs,
        wires: setting.wires.clone(),
        halt,
        echo: None,
        learned: None,
        alive,
    }
}

impl Setting {
    /// What every task of the job is told.
    pub fn spec(&self, task: &TaskRef) -> Spec {
        // Parameters may be evaluated beside a spin, whose task has the same number.
        let spool = format!("{}-{}-{}.{}", task.run, task.step, task.task, task.attempt);
        let flow = self.flow.description.name.clone();
        let config = &self.shared.config;
        let files = format!("{}/data/{flow}", self.run.flow().root());
        Spec {
            flow,
            run_id: task.run.clone(),
            step: task.step.clone(),
            task_id: task.task.clone(),
            attempt: task.attempt,
            user: self.identity.user.clone(),
            namespace: self.namespace.clone(),
            tags: self.identity.tags.clone(),
            sys_tags: self.identity.sys_tags.clone(),
            origin_run_id: self.origin.clone(),
            files,
            spool: self.shared.scratch.file(&spool).display().to_string(),
            overflow: self.shared.scratch.overflow(),
            tempdir: config
                .env
                .get("METAFLOW_TEMPDIR")
                .unwrap_or_else(|| ".".to_owned()),
            env: self.request.variables.set.clone(),
            unset: self.request.variables.unset.clone(),
            ..Spec::default()
        }
    }
}

/// The step's place in the graph, as a task process is told.
pub(super) fn node_spec(graph: &Graph, step: &str) -> Option<NodeSpec> {
    let node = graph.node(step)?;
    let foreach_join = graph
        .split_of(step)
        .is_some_and(|split| split.kind.is_foreach());
    Some(NodeSpec {
        kind: node.kind.to_string(),
        join: node.kind == NodeKind::Join,
        next: node.next.iter().map(StepName::to_string).collect(),
        foreach: node.foreach_var().map(str::to_owned),
        foreach_join,
        split_parents: node.split_parents.iter().map(StepName::to_string).collect(),
    })
}

/// Where a step begins, as `file:line`.
pub(super) fn place_of(graph: &Graph, step: &str) -> Option<String> {
    let node = graph.node(step)?;
    Some(format!("{}:{}", node.file.display(), node.line))
}
