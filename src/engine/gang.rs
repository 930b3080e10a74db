//! The workers beside a control task: attempts of their own that it starts, and that end with it at the latest. They are
//! not the scheduler's: a gang runs at the same time or not at all, however many tasks a run may have at once.

use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::attempt::{self, AttemptEnd, Halt, Plan};
use super::error::EngineError;
use super::event::{Event, Level, Stream, TaskRef};
use super::listen::Echo;
use super::origin::Output;
use super::persist::Attempt;
use super::submit::Wires;
use super::worker::message::{Spec, ToTask, WorkerOrder};

/// What a task's `ubf` says: it controls an unbounded foreach, or is one of the tasks of it.
pub const CONTROL: &str = "ubf_control";
pub const WORKER: &str = "ubf_task";

/// From SIGTERM to SIGKILL, for workers whose control task has ended.
const TERMINATE: Duration = Duration::from_secs(1);

/// The workers of one attempt of a control task.
pub(super) struct Gang {
    running: JoinSet<(TaskRef, AttemptEnd)>,
    ended: HashMap<String, Output>,
    halt: watch::Sender<Halt>,
    echo: Echo,
    echoed: mpsc::UnboundedReceiver<(Stream, Vec<u8>)>,
}

impl Gang {
    pub fn new() -> Self {
        let (echo, echoed) = mpsc::unbounded_channel();
        Self {
            echo,
            echoed,
            running: JoinSet::new(),
            ended: HashMap::new(),
            halt: watch::channel(Halt::No).0,
        }
    }

    /// Starts a worker of the control task that `plan` is for.
    pub async fn start(&mut self, plan: &Plan, order: WorkerOrder) {
        if order.id.is_empty() || order.id.starts_with('.') || order.id.contains('/') {
            let step = &plan.attempt.task_ref.step;
            let text = format!(
                "a worker cannot be called {:?}: that is no task id",
                order.id
            );
            plan.wires.note(Some(step), Level::Error, text).await;
            return;
        }
        let mut worker = worker(plan, order, self.halt.subscribe());
        worker.echo = Some(self.echo.clone());
        let task = worker.attempt.task_ref.clone();
        let end = spawned(worker);
        self.running.spawn(async move { (task, end.await) });
    }

    /// The next line that a worker has written.
    pub fn heard(&mut self) -> Option<(Stream, Vec<u8>)> {
        self.echoed.try_recv().ok()
    }

    /// Whether a worker still runs.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The end of the next worker, as the control task is told of it.
    pub async fn next(&mut self, wires: &Wires) -> Option<ToTask> {
        let (task, end) = self.running.join_next().await?.ok()?;
        let ok = match end {
            AttemptEnd::Stored(stored) => {
                self.ended.insert(task.task.clone(), stored.output);
                true
            }
            AttemptEnd::Failed {
                failure, millis, ..
            } => {
                let task = task.clone();
                wires
                    .say(Event::TaskFailed {
                        task,
                        failure,
                        retry: false,
                        millis,
                    })
                    .await;
                false
            }
        };
        Some(ToTask::Ended { id: task.task, ok })
    }

    /// Passes on what the job asks of the control task.
    pub fn halt(&self, halt: Halt) {
        self.halt.send_if_modified(|asked| {
            let harder = halt > *asked;
            *asked = halt.max(*asked);
            harder
        });
    }

    /// Ends the workers that are left when the control task has ended: nobody waits for them any more.
    pub async fn dismiss(&mut self, wires: &Wires) {
        if !self.is_running() {
            return;
        }
        self.halt(Halt::Terminate);
        let all = async { while self.next(wires).await.is_some() {} };
        if tokio::time::timeout(TERMINATE, all).await.is_err() {
            self.halt(Halt::Kill);
            while self.next(wires).await.is_some() {}
        }
    }

    /// The outputs that the join gets: those of the tasks that the control task names, `own` where it names itself.
    ///
    /// # Errors
    /// When it names a task that is not finished.
    pub fn outputs(&self, names: &[String], own: &Output) -> Result<Vec<Output>, EngineError> {
        if names.is_empty() {
            return Ok(vec![own.clone()]);
        }
        let find = |name: &String| {
            let id = name.rsplit('/').next().unwrap_or(name);
            if id == own.task.id() {
                return Ok(own.clone());
            }
            match self.ended.get(id) {
                Some(output) => Ok(output.clone()),
                None => stored(own, id),
            }
        };
        names.iter().map(find).collect()
    }
}

/// A task that the control task had run by other means.
fn stored(own: &Output, id: &str) -> Result<Output, EngineError> {
    let task = own.task.run().task(own.task.step().name(), id);
    let manifest = task.latest_manifest()?;
    let Some(manifest) = manifest else {
        return Err(EngineError::Request {
            message: format!(
                "the control task {} names the task {id}, which is not finished",
                own.pathspec()
            ),
            hint: None,
        });
    };
    Ok(Output {
        task,
        artifacts: manifest.into(),
        blobs: None,
    })
}

/// The plan of a worker: as that of its control task, but for its place.
fn worker(plan: &Plan, order: WorkerOrder, halt: watch::Receiver<Halt>) -> Plan {
    let control = &plan.attempt.task_ref;
    let task_ref = TaskRef {
        task: order.id,
        ..control.clone()
    };
    let file = format!("{}-{}.{}", task_ref.run, task_ref.task, task_ref.attempt);
    Plan {
        spec: Spec {
            task_id: task_ref.task.clone(),
            split_index: Some(order.index),
            ubf: Some(WORKER.to_owned()),
            env: plan.spec.env.clone().into_iter().chain(order.env).collect(),
            spool: Path::new(&plan.spec.spool)
                .with_file_name(file)
                .display()
                .to_string(),
            ..plan.spec.clone()
        },
        attempt: Attempt {
            task_ref,
            is_control: false,
            ..plan.attempt.clone()
        },
        flow: Arc::clone(&plan.flow),
        inputs: plan.inputs.clone(),
        is_end: false,
        wires: plan.wires.clone(),
        halt,
        echo: None,
        learned: None,
        alive: plan.alive.clone(),
    }
}

/// The attempt, with a type of its own: an attempt starts attempts.
fn spawned(plan: Plan) -> Pin<Box<dyn Future<Output = AttemptEnd> + Send>> {
    Box::pin(attempt::run(plan))
}
