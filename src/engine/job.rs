//! A job over the whole graph: the scheduler's actions carried out, for run and resume.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::artifacts::Siblings;
use super::attempt::{self, AttemptEnd, Halt};
use super::event::{Event, Failure, Level, Outcome, TaskRef};
use super::origin::{Finished, Output};
use super::plan::{Setting, limits, place_of, plan, rest};
use super::run::blocking;
use super::scheduler::{Action, Ending, Failing, Launch, Problem, Scheduler, Ticket, Transition};
use super::staleness::Reuse;
use super::submit::Stop;
use super::take_over::{clone_task, reuse_task};
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
    /// Decides what of that is taken over; otherwise it is all of it.
    reuse: Option<Arc<Reuse>>,
    /// What the tasks that follow a finished one get.
    outputs: HashMap<Ticket, Vec<Output>>,
    siblings: Siblings,
    running: HashMap<Ticket, TaskRef>,
    next_task: u64,
    /// What failed and was not tried again.
    failures: HashMap<Ticket, (TaskRef, Failure)>,
    is_latest: bool,
    halt: watch::Sender<Halt>,
    /// When to become more urgent, and how.
    deadline: Option<(Instant, Halt)>,
    /// Failed tasks and when they are tried again.
    resting: Vec<(Instant, Ticket)>,
    ends: mpsc::UnboundedSender<(Ticket, TaskEnd)>,
    /// Held by every task whose process may still be there.
    alive: mpsc::Sender<()>,
}

/// What has become of a task that was launched.
enum TaskEnd {
    Attempt(AttemptEnd),
    /// It was to be taken over from an earlier run, and is not what it would be today.
    Stale,
}

impl Execution {
    /// Runs the graph to its end, cloning what `finished` has; with `reuse`, as far as that allows it.
    pub async fn run(
        setting: Setting,
        parameters: Output,
        finished: Finished,
        reuse: Option<Reuse>,
    ) -> Outcome {
        let limits = limits(&setting);
        let known = finished.by_place.keys().cloned().collect();
        let scheduler = Scheduler::new(setting.flow.graph.clone(), limits)
            .knowing(known)
            .only_known(setting.clone_only);
        // A run is the latest from its beginning; a resume, when it has taken over what there is.
        let is_latest = setting.origin.is_none();
        let (alive, mut gone) = mpsc::channel(1);
        let (ends, incoming) = mpsc::unbounded_channel();
        let execution = Self {
            setting: Arc::new(setting),
            scheduler,
            parameters,
            finished,
            reuse: reuse.map(Arc::new),
            outputs: HashMap::new(),
            siblings: Siblings::default(),
            running: HashMap::new(),
            // `_parameters` is 0.
            next_task: 1,
            failures: HashMap::new(),
            is_latest,
            halt: watch::channel(Halt::No).0,
            deadline: None,
            resting: Vec::new(),
            ends,
            alive,
        };
        let outcome = execution.drive(incoming).await;
        // Nothing is ever sent: this ends when the last task has let go.
        let _ = gone.recv().await;
        outcome
    }

    async fn drive(mut self, mut incoming: mpsc::UnboundedReceiver<(Ticket, TaskEnd)>) -> Outcome {
        let mut wires = self.setting.wires.clone();
        if *wires.stop.borrow() > Stop::No {
            // Asked for while the flow was loaded: a task that is only now started could miss the signal.
            return Outcome::Cancelled;
        }
        let mut asked = Stop::No;
        let actions = self.scheduler.start();
        let mut ending = self.carry_out(actions);
        while ending.is_none() {
            let deadline = self.deadline.map(|(at, _)| at);
            let rested = self.resting.iter().map(|(at, _)| *at).min();
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
                () = until(rested), if rested.is_some() => self.rested(),
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

    /// Lets the tasks go on whose rest is over.
    fn rested(&mut self) -> Vec<Action> {
        let now = Instant::now();
        let (over, resting) = self.resting.drain(..).partition(|(at, _)| *at <= now);
        self.resting = resting;
        let over: Vec<(Instant, Ticket)> = over;
        let scheduler = &mut self.scheduler;
        over.into_iter()
            .flat_map(|(_, ticket)| scheduler.rested(ticket))
            .collect()
    }

    fn launch(&mut self, launch: Launch) {
        let id = self.next_task.to_string();
        let task_ref = match self.running.get(&launch.ticket) {
            // A retry is another attempt of the same task.
            Some(before) => TaskRef {
                attempt: launch.attempt,
                ..before.clone()
            },
            None => {
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
            let reuse = self
                .reuse
                .clone()
                .map(|reuse| (reuse, self.inputs(&launch)));
            tokio::spawn(async move {
                let end = match reuse {
                    Some((reuse, inputs)) => {
                        reuse_task(&setting, done, task_ref, reuse, inputs).await
                    }
                    None => Some(clone_task(&setting, done, task_ref).await),
                };
                let end = end.map_or(TaskEnd::Stale, TaskEnd::Attempt);
                // The receiver lives as long as the job.
                let _ = ends.send((ticket, end));
            });
            return;
        }
        self.become_latest();
        let inputs = self.inputs(&launch);
        let halt = self.halt.subscribe();
        let alive = self.alive.clone();
        let plan = plan(&setting, &launch, task_ref, inputs, halt, alive);
        tokio::spawn(async move {
            let end = TaskEnd::Attempt(attempt::run(plan).await);
            let _ = ends.send((ticket, end));
        });
    }

    fn inputs(&self, launch: &Launch) -> Vec<Output> {
        if launch.inputs.is_empty() {
            return vec![self.parameters.clone()];
        }
        let outputs = |ticket| self.outputs.get(ticket).into_iter().flatten().cloned();
        launch.inputs.iter().flat_map(outputs).collect()
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

    async fn ended(&mut self, ticket: Ticket, end: TaskEnd) -> Vec<Action> {
        let TaskEnd::Attempt(end) = end else {
            return self.scheduler.disowned(ticket);
        };
        match end {
            AttemptEnd::Stored(stored) => {
                self.running.remove(&ticket);
                let outputs = stored.handed_on.into_iter();
                let outputs = outputs.map(|output| self.siblings.share(output)).collect();
                self.outputs.insert(ticket, outputs);
                self.announce(&stored.transition).await;
                self.scheduler.finished(ticket, &stored.transition)
            }
            AttemptEnd::Failed {
                failure,
                how,
                millis,
            } => {
                let again = how == Failing::Again && self.scheduler.may_retry(ticket);
                let Some(task) = self.running.get(&ticket).cloned() else {
                    return self.scheduler.failed(ticket, Failing::ForGood);
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
                match how {
                    Failing::Again if again => return self.again(ticket, &task).await,
                    Failing::Alone => {
                        let text = "This failed task will not be retried.".to_owned();
                        let wires = &self.setting.wires;
                        wires.note(Some(&task.step), Level::Warning, text).await;
                    }
                    Failing::Again | Failing::AfterRest | Failing::ForGood => {}
                }
                self.failures.insert(ticket, (task, failure));
                self.scheduler.failed(ticket, how)
            }
        }
    }

    /// Another attempt: at once, or after the rest that the flow states.
    async fn again(&mut self, ticket: Ticket, task: &TaskRef) -> Vec<Action> {
        let Some(rest) = rest(&self.setting, &task.step) else {
            return self.scheduler.failed(ticket, Failing::Again);
        };
        let text = format!(
            "{} is tried again in {} (minutes_between_retries)",
            task.pathspec(),
            duration(rest)
        );
        let wires = &self.setting.wires;
        wires.note(Some(&task.step), Level::Info, text).await;
        self.resting.push((Instant::now() + rest, ticket));
        self.scheduler.failed(ticket, Failing::AfterRest)
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

    fn outcome(mut self, ending: Option<Ending>) -> Outcome {
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
            Some(Ending::Failed(Problem::Task(ticket))) => match self.failures.remove(&ticket) {
                Some((task, failure)) => Outcome::Failed {
                    place: place_of(&self.setting.flow.graph, &task.step),
                    step: Some(task.step),
                    task: Some(task.task),
                    failure,
                },
                None => no_end(),
            },
            Some(Ending::Failed(Problem::Transition {
                step,
                message: text,
                known: false,
                ..
            })) => message(
                &step,
                format!("step {step} {text}"),
                "call self.next once, as the last statement of the step",
            ),
            Some(Ending::Failed(Problem::Transition {
                step,
                message: text,
                known: true,
                ..
            })) => message(
                &step,
                format!("step {step}, taken over from an earlier run, {text}"),
                &format!("the flow was changed since: `resume {step}` runs the step again"),
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
                "allow more with --max-num-splits, or with METAFLOW_RUN_MAX_NUM_SPLITS",
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

/// As a sentence has it: `2 minutes`, `90 seconds`.
fn duration(rest: Duration) -> String {
    let seconds = rest.as_secs_f64();
    let (count, unit) = if seconds >= 60.0 && seconds % 60.0 == 0.0 {
        (seconds / 60.0, "minute")
    } else {
        (seconds, "second")
    };
    let plural = if count == 1.0 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
