//! A job over the whole graph: the scheduler's actions carried out, for run and resume.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::attempt::{self, AttemptEnd, Halt};
use super::error::EngineError;
use super::event::{Event, Failure, Level, Outcome, TaskRef};
use super::origin::{Done, Finished, Output};
use super::persist;
use super::plan::{Setting, limits, place_of, plan};
use super::run::blocking;
use super::scheduler::{Action, Ending, Launch, Problem, Scheduler, Ticket, Transition};
use super::submit::Stop;
use crate::flow::{NodeKind, StepName};

/// How long other tasks may go on after one has failed for good, as with Metaflow.
const DRAIN: Duration = Duration::from_secs(5);
/// How long an interrupted task may clean up.
const POLITE: Duration = Duration::from_secs(5);
/// From SIGTERM to SIGKILL.
const TERMINATE: Duration = Duration::from_secs(1);

/// The job while it runs.
pub(super) struct Execution {
    setting: Arc<Setting>,
    scheduler: Scheduler,
    /// The `_parameters` task, input of the start step.
    parameters: Output,
    finished: Finished,
    outputs: HashMap<Ticket, Output>,
    running: HashMap<Ticket, TaskRef>,
    next_task: u64,
    /// The failure that ended the job, by ticket.
    failure: Option<(Ticket, TaskRef, Failure)>,
    is_latest: bool,
    halt: watch::Sender<Halt>,
    /// When to become more urgent, and how.
    deadline: Option<(Instant, Halt)>,
    ends: mpsc::UnboundedSender<(Ticket, AttemptEnd)>,
    /// Held by every task whose process may still be there.
    alive: mpsc::Sender<()>,
}

impl Execution {
    /// Runs the graph to its end, cloning what `finished` has.
    pub async fn run(setting: Setting, parameters: Output, finished: Finished) -> Outcome {
        let limits = limits(&setting);
        let known = finished.by_place.keys().cloned().collect();
        let scheduler = Scheduler::new(setting.flow.graph.clone(), limits).knowing(known);
        // A run is the latest from its beginning; a resume, when it has taken over what there is.
        let is_latest = setting.origin.is_none();
        let (alive, mut gone) = mpsc::channel(1);
        let (ends, incoming) = mpsc::unbounded_channel();
        let execution = Self {
            setting: Arc::new(setting),
            scheduler,
            parameters,
            finished,
            outputs: HashMap::new(),
            running: HashMap::new(),
            // `_parameters` is 0.
            next_task: 1,
            failure: None,
            is_latest,
            halt: watch::channel(Halt::No).0,
            deadline: None,
            ends,
            alive,
        };
        let outcome = execution.drive(incoming).await;
        // Nothing is ever sent: this ends when the last task has let go.
        let _ = gone.recv().await;
        outcome
    }

    async fn drive(
        mut self,
        mut incoming: mpsc::UnboundedReceiver<(Ticket, AttemptEnd)>,
    ) -> Outcome {
        let mut wires = self.setting.wires.clone();
        let mut asked = Stop::No;
        let actions = self.scheduler.start();
        let mut ending = self.carry_out(actions);
        while ending.is_none() {
            let deadline = self.deadline;
            let harder = if asked == Stop::No {
                Stop::Politely
            } else {
                Stop::Now
            };
            let actions = tokio::select! {
                end = incoming.recv() => match end {
                    Some((ticket, end)) => self.ended(ticket, end).await,
                    None => break,
                },
                () = wires.stopped(harder), if asked < Stop::Now => {
                    asked = harder;
                    self.cancel(harder)
                }
                () = until(deadline), if deadline.is_some() => {
                    self.escalate();
                    Vec::new()
                }
            };
            ending = self.carry_out(actions);
        }
        self.outcome(ending)
    }

    fn carry_out(&mut self, actions: Vec<Action>) -> Option<Ending> {
        let mut ending = None;
        for action in actions {
            match action {
                Action::Launch(launch) => self.launch(launch),
                Action::Forget(ticket) => {
                    self.outputs.remove(&ticket);
                }
                Action::Drain => self.deadline = Some((Instant::now() + DRAIN, Halt::Terminate)),
                Action::Finished(how) => ending = Some(how),
            }
        }
        ending
    }

    fn cancel(&mut self, stop: Stop) -> Vec<Action> {
        if stop == Stop::Now {
            self.halt.send_replace(Halt::Kill);
            self.deadline = None;
        } else {
            self.halt.send_replace(Halt::Interrupt);
            self.deadline = Some((Instant::now() + POLITE, Halt::Kill));
        }
        self.scheduler.cancel()
    }

    fn escalate(&mut self) {
        if let Some((_, halt)) = self.deadline.take() {
            self.halt.send_replace(halt);
            if halt == Halt::Terminate {
                self.deadline = Some((Instant::now() + TERMINATE, Halt::Kill));
            }
        }
    }

    fn launch(&mut self, launch: Launch) {
        let id = self.next_task.to_string();
        let fresh = launch.attempt == 0;
        let task_ref = match self.running.get(&launch.ticket) {
            // A retry is another attempt of the same task.
            Some(before) if !fresh => TaskRef {
                attempt: launch.attempt,
                ..before.clone()
            },
            _ => {
                self.next_task += 1;
                TaskRef::new(self.setting.run.id(), launch.step.as_str(), &id, 0)
            }
        };
        self.running.insert(launch.ticket, task_ref.clone());
        let ends = self.ends.clone();
        let ticket = launch.ticket;
        let setting = Arc::clone(&self.setting);
        if launch.known
            && let Some(done) = self.finished.by_place.remove(&launch.place)
        {
            tokio::spawn(async move {
                let end = clone_task(&setting, done, task_ref).await;
                // The receiver lives as long as the job.
                let _ = ends.send((ticket, end));
            });
            return;
        }
        self.become_latest();
        let inputs = if launch.inputs.is_empty() {
            vec![self.parameters.clone()]
        } else {
            let output = |ticket| self.outputs.get(ticket).cloned();
            launch.inputs.iter().filter_map(output).collect()
        };
        let halt = self.halt.subscribe();
        let alive = self.alive.clone();
        let plan = plan(&setting, &launch, task_ref, inputs, halt, alive);
        tokio::spawn(async move {
            let end = attempt::run(plan).await;
            let _ = ends.send((ticket, end));
        });
    }

    /// From now on this run is the one to resume: all that could be taken over has been.
    fn become_latest(&mut self) {
        if !std::mem::replace(&mut self.is_latest, true) {
            let run = self.setting.run.clone();
            let wires = self.setting.wires.clone();
            tokio::spawn(async move {
                let recorded = blocking(move || Ok(run.flow().set_latest_run(run.id())?)).await;
                if let Err(error) = recorded {
                    let text = format!("the run could not be recorded as the latest: {error}");
                    wires.note(None, Level::Warning, text).await;
                }
            });
        }
    }

    async fn ended(&mut self, ticket: Ticket, end: AttemptEnd) -> Vec<Action> {
        match end {
            AttemptEnd::Stored { output, transition } => {
                self.running.remove(&ticket);
                self.outputs.insert(ticket, output);
                self.announce(&transition).await;
                self.scheduler.finished(ticket, &transition)
            }
            AttemptEnd::Failed {
                failure,
                retry,
                millis,
            } => {
                let again = retry && self.scheduler.may_retry(ticket);
                let Some(task) = self.running.get(&ticket).cloned() else {
                    return self.scheduler.failed(ticket, false);
                };
                self.setting
                    .wires
                    .say(Event::TaskFailed {
                        task: task.clone(),
                        failure: failure.clone(),
                        retry: again,
                        millis,
                    })
                    .await;
                if !again && self.failure.is_none() {
                    self.failure = Some((ticket, task, failure));
                }
                self.scheduler.failed(ticket, retry)
            }
        }
    }

    /// Says which tasks now wait.
    async fn announce(&self, transition: &Transition) {
        for step in &transition.next {
            // A join waits for its other branches; it is announced when it starts.
            let node = self.setting.flow.graph.node(step.as_str());
            if node.is_none_or(|node| node.kind == NodeKind::Join) {
                continue;
            }
            self.setting
                .wires
                .say(Event::Queued {
                    run: self.setting.run.id().to_owned(),
                    step: step.to_string(),
                    count: transition.num_splits.unwrap_or(1),
                })
                .await;
        }
    }

    fn outcome(self, ending: Option<Ending>) -> Outcome {
        let message = |step: &StepName, message: String, hint: &str| Outcome::Failed {
            step: Some(step.to_string()),
            task: None,
            place: place_of(&self.setting.flow.graph, step.as_str()),
            failure: Failure::Message {
                message,
                hint: Some(hint.to_owned()),
            },
        };
        match ending {
            Some(Ending::Success) => Outcome::Success,
            Some(Ending::Cancelled) => Outcome::Cancelled,
            Some(Ending::Failed(Problem::Task(ticket))) => match self.failure {
                Some((failed, task, failure)) if failed == ticket => Outcome::Failed {
                    place: place_of(&self.setting.flow.graph, &task.step),
                    step: Some(task.step),
                    task: Some(task.task),
                    failure,
                },
                _ => no_end(),
            },
            Some(Ending::Failed(Problem::Transition {
                step,
                message: text,
                ..
            })) => message(
                &step,
                format!("step {step} {text}"),
                "call self.next once, as the last statement of the step",
            ),
            Some(Ending::Failed(Problem::TooManySplits {
                step,
                splits,
                limit,
                ..
            })) => message(
                &step,
                format!(
                    "step {step} fans out into {splits} tasks, but at most {limit} are allowed"
                ),
                "allow more with --max-num-splits",
            ),
            Some(Ending::Failed(Problem::NoEnd)) | None => no_end(),
        }
    }
}

fn no_end() -> Outcome {
    Outcome::Failed {
        step: None,
        task: None,
        place: None,
        failure: Failure::Message {
            message: "the run ended before its last step".to_owned(),
            hint: None,
        },
    }
}

async fn until(deadline: Option<(Instant, Halt)>) {
    match deadline {
        Some((at, _)) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn clone_task(setting: &Setting, done: Done, task_ref: TaskRef) -> AttemptEnd {
    let run = setting.run.clone();
    let identity = setting.identity.clone();
    let place = task_ref.clone();
    let origin = done.output.clone();
    let cloned =
        tokio::task::spawn_blocking(move || persist::clone_task(&run, &identity, &origin, &place))
            .await
            .map_err(|_| EngineError::WorkerGone)
            .flatten();
    match cloned {
        Ok(output) => {
            setting
                .wires
                .say(Event::TaskCloned {
                    task: task_ref,
                    origin: done.output.pathspec(),
                })
                .await;
            AttemptEnd::Stored {
                output,
                transition: done.transition,
            }
        }
        Err(error) => AttemptEnd::Failed {
            failure: error.into_failure(),
            retry: false,
            millis: 0.0,
        },
    }
}
