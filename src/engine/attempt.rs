//! One attempt of one task: the process, what it writes and reports, and what is stored of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::cards;
use super::error::EngineError;
use super::event::{Event, Failure, Level, TaskRef};
use super::gang::CONTROL;
use super::listen::{Echo, Heard, Until, follow, level_of};
use super::loaded::LoadedFlow;
use super::origin::Output;
use super::output::Cutter;
use super::persist::Attempt;
use super::processes::Turn;
use super::run::blocking;
use super::scheduler::{Failing, Transition};
use super::signal_name;
use super::spool::Spool;
use super::submit::Wires;
use super::timing::{Phase, Timing, millis};
use super::worker::message::{CardReport, Done, Reads, Report, Spec, ToTask};
use super::worker::{Said, TaskProcess};
use crate::flow::StepName;
use crate::store::ExitInfo;

/// The exit code by which a task says that no other attempt makes sense, as with Metaflow.
const DISALLOW_RETRY: i32 = 202;

const STOPPED: &str = "the task was stopped";

/// How urgently running tasks are asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Halt {
    No,
    /// SIGINT: Python raises KeyboardInterrupt.
    Interrupt,
    /// SIGTERM
    Terminate,
    /// SIGKILL
    Kill,
}

/// Everything that one attempt needs.
pub(super) struct Plan {
    pub flow: Arc<LoadedFlow>,
    pub spec: Spec,
    pub inputs: Vec<Output>,
    pub attempt: Attempt,
    /// Which of the graph's steps ends the run: there `sys.exit(0)` is an end as good as any.
    pub is_end: bool,
    pub wires: Wires,
    pub halt: watch::Receiver<Halt>,
    /// Whose log has the lines of this task, too.
    pub echo: Option<Echo>,
    /// Who wants to know what the task has read and imported.
    pub learned: Option<oneshot::Sender<Learned>>,
    /// Held until the process is gone and its output is stored, which may be after its artifacts are.
    pub alive: mpsc::Sender<()>,
}

/// What the next attempt of the same step will need again.
#[derive(Default)]
pub(super) struct Learned {
    pub reads: Reads,
    pub imports: Vec<String>,
}

/// How it went.
pub(super) enum AttemptEnd {
    Stored(Stored),
    Failed {
        failure: Failure,
        /// Whether another attempt could go better, and whether the run can go on without.
        how: Failing,
        /// For the event that the caller emits, who knows whether there will be one.
        millis: f64,
    },
}

/// What a good attempt leaves to the tasks that follow.
pub(super) struct Stored {
    pub output: Output,
    pub transition: Transition,
    /// What the next step gets: the output, or those of the tasks that it controls.
    pub handed_on: Vec<Output>,
}

/// Runs the attempt to its end. The caller announces a failure, since it knows whether a retry follows.
pub(super) async fn run(plan: Plan) -> AttemptEnd {
    let started = Instant::now();
    match attempt(plan, started).await {
        Ok(end) => end,
        Err(error) => AttemptEnd::Failed {
            failure: error.into_failure(),
            how: Failing::ForGood,
            millis: millis(started),
        },
    }
}

async fn attempt(mut plan: Plan, started: Instant) -> Result<AttemptEnd, EngineError> {
    let spool = Spool::of(&plan.spec);
    let registering = plan.attempt.clone();
    blocking(move || registering.register()).await?;
    let prepared = millis(started);
    let writing = plan.attempt.clone();
    let opened = tokio::task::spawn_blocking(move || writing.open());
    let mut halt = plan.halt.clone();
    let mut process = tokio::select! {
        process = plan.flow.task(&plan.spec, Turn::of(&plan.spec)) => process?,
        // It cannot be waited for: it does not get on.
        () = killed(&mut halt) => return Err(EngineError::Request { message: STOPPED.to_owned(), hint: None }),
    };
    plan.wires
        .say(Event::TaskStarted {
            task: plan.attempt.task_ref.clone(),
            pid: process.pid,
            split_index: plan.spec.split_index,
            fallback: plan.spec.attempt > plan.spec.max_user_retries,
            inputs: plan.inputs.iter().map(Output::pathspec).collect(),
        })
        .await;
    let mut heard = Heard::new(plan.wires.max_log_size, plan.echo.as_ref());
    follow(&mut plan, &mut process, &mut heard, Until::Done).await;
    let is_good = heard
        .done
        .as_ref()
        .is_some_and(|done| done.ok == Some(true));
    if !is_good {
        // Why it failed may be in how the process ends.
        follow(&mut plan, &mut process, &mut heard, Until::Exit).await;
    }
    if let (Some(learned), Some(done)) = (plan.learned.take(), &mut heard.done) {
        // Who has asked may have gone.
        let _ = learned.send(Learned {
            reads: done.reads.clone(),
            imports: std::mem::take(&mut done.imports),
        });
    }
    heard.gang.dismiss(&plan.wires).await;
    let mut timing = task_timing(heard.done.as_deref(), prepared, millis(started));
    opened.await.map_err(|_| EngineError::WorkerGone)??;
    let killed = heard.sent > Halt::No;
    let judged = judge(heard.done.as_deref(), heard.status, plan.is_end, killed);
    let renders = heard.done.as_ref().is_some_and(|done| done.renders);
    let mappers = heard
        .done
        .as_mut()
        .map(|done| std::mem::take(&mut done.mappers));
    let output = store(&mut plan, &mut heard, spool, &mut timing).await?;
    if renders {
        let rendering = Instant::now();
        render_cards(&mut plan, &mut process, &mut heard, output.as_ref()).await;
        timing.add(Phase::Cards, millis(rendering));
    }
    match (judged, output) {
        (
            Judged::Good {
                success,
                transition,
            },
            Some(output),
        ) => {
            let handed_on = if plan.spec.ubf.as_deref() == Some(CONTROL) {
                heard.gang.outputs(&mappers.unwrap_or_default(), &output)?
            } else {
                vec![output.clone()]
            };
            plan.wires
                .say(Event::TaskFinished {
                    task: plan.attempt.task_ref.clone(),
                    artifacts: user_artifacts(&output),
                    splits: transition.num_splits,
                    success,
                    millis: millis(started),
                    timing,
                })
                .await;
            tokio::spawn(see_out(plan, process, heard));
            Ok(AttemptEnd::Stored(Stored {
                output,
                transition,
                handed_on,
            }))
        }
        (Judged::Good { .. }, None) => {
            store_log(&plan, heard, false, None).await?;
            Ok(AttemptEnd::Failed {
                failure: Failure::Message {
                    message: "the task ended well but reported no artifacts".to_owned(),
                    hint: None,
                },
                how: Failing::ForGood,
                millis: millis(started),
            })
        }
        (Judged::Bad { failure, how }, _) => {
            store_log(&plan, heard, false, Some("Task failed.")).await?;
            Ok(AttemptEnd::Failed {
                failure,
                how,
                millis: millis(started),
            })
        }
    }
}

/// Waits until the task is to end without being asked.
async fn killed(halt: &mut watch::Receiver<Halt>) {
    if halt.wait_for(|halt| *halt == Halt::Kill).await.is_err() {
        // The job is gone, and with it who could want that.
        std::future::pending().await
    }
}

/// The phases until the task has said that it is done: what it does not account for, it took to get there and to tell.
fn task_timing(done: Option<&Done>, prepared: f64, elapsed: f64) -> Timing {
    let mut timing = done.map(|done| done.timing.clone()).unwrap_or_default();
    timing.add(Phase::Prepare, prepared);
    let rest = elapsed - timing.until_result();
    timing.add(Phase::Fork, rest.max(0.0));
    timing
}

/// Stores artifacts and cards.
async fn store(
    plan: &mut Plan,
    heard: &mut Heard,
    spool: Spool,
    timing: &mut Timing,
) -> Result<Option<Output>, EngineError> {
    let attempt = plan.attempt.clone();
    let inputs = std::mem::take(&mut plan.inputs);
    let placed = heard.placed;
    let Some(done) = heard.done.take() else {
        return Ok(None);
    };
    let began = Instant::now();
    let output = blocking(move || attempt.finish(&done, &inputs, &spool, placed)).await?;
    timing.add(Phase::Persist, millis(began));
    if !heard.cards.is_empty() {
        let cards = std::mem::take(&mut heard.cards);
        let began = Instant::now();
        store_cards(plan, output.as_ref(), cards).await;
        timing.add(Phase::Cards, millis(began));
    }
    Ok(output)
}

/// Has the task render the cards that render themselves: they read what it has left in the store.
async fn render_cards(
    plan: &mut Plan,
    process: &mut TaskProcess,
    heard: &mut Heard,
    output: Option<&Output>,
) {
    process.tell(&ToTask::Stored {}).await;
    follow(plan, process, heard, Until::Rendered).await;
    let cards = std::mem::take(&mut heard.cards);
    store_cards(plan, output, cards).await;
}

/// Waits until the process of a finished task has left: threads, exit handlers and the release of much memory take time
/// that nobody else should have to wait.
async fn see_out(mut plan: Plan, mut process: TaskProcess, mut heard: Heard) {
    follow(&mut plan, &mut process, &mut heard, Until::Exit).await;
    if let Err(error) = store_log(&plan, heard, true, None).await {
        let step = &plan.attempt.task_ref.step;
        let text = format!("the output of a task could not be stored: {error}");
        plan.wires.note(Some(step), Level::Warning, text).await;
    }
}

/// Stores what the process wrote and how it ended.
async fn store_log(
    plan: &Plan,
    heard: Heard,
    success: bool,
    last_word: Option<&str>,
) -> Result<(), EngineError> {
    let exit = ExitInfo {
        return_code: heard.status.unwrap_or(-9),
        killed: heard.sent > Halt::No,
        success,
    };
    let (stdout, stderr) = heard.logs(last_word);
    let writer = plan.attempt.writer();
    blocking(move || Ok(writer.runtime(exit, stdout.as_bytes(), stderr.as_bytes())?)).await
}

/// Stores states of cards and says so.
pub(super) async fn store_cards(plan: &Plan, output: Option<&Output>, cards: Vec<CardReport>) {
    let attempt = plan.attempt.clone();
    let flow = Arc::clone(&plan.flow);
    let output = output.cloned();
    let stored = tokio::task::spawn_blocking(move || {
        let store = |card| cards::store(&attempt, &flow, output.as_ref(), card);
        cards.iter().map(store).collect::<Vec<_>>()
    });
    for event in stored.await.unwrap_or_default() {
        // As with Metaflow, a card that fails does not fail its task.
        let event = event.unwrap_or_else(|error| Event::Note {
            step: Some(plan.attempt.task_ref.step.clone()),
            level: Level::Warning,
            text: format!("the card could not be stored: {error}"),
        });
        plan.wires.say(event).await;
    }
}

/// Runs a process that is no task of the run (it evaluates parameters): passes on what it writes, gives what it reports.
pub(super) async fn collect(
    mut process: TaskProcess,
    task: &TaskRef,
    wires: &Wires,
) -> Result<Done, EngineError> {
    let mut found = None;
    let mut cutter = Cutter::default();
    loop {
        match process.next().await {
            None | Some(Said::Exited(_)) => break,
            Some(Said::Report(Report::Done(done))) => found = Some(*done),
            Some(Said::Report(Report::Log { level, text })) => {
                wires.note(Some(&task.step), level_of(&level), text).await;
            }
            Some(Said::Report(_)) => {}
            Some(Said::Wrote(_, bytes)) => {
                for piece in cutter.push(&bytes) {
                    wires.printed(Some(&task.step), piece.text).await;
                }
            }
        }
    }
    if let Some(piece) = cutter.flush() {
        wires.printed(Some(&task.step), piece.text).await;
    }
    found.ok_or(EngineError::WorkerGone)
}

/// The attempt's outcome by metaflow's table, as far as the process tells it.
enum Judged {
    Good {
        success: bool,
        transition: Transition,
    },
    Bad {
        failure: Failure,
        how: Failing,
    },
}

fn judge(done: Option<&Done>, status: Option<i32>, is_end: bool, killed: bool) -> Judged {
    let bad = |failure, how| Judged::Bad { failure, how };
    if killed && done.is_none_or(|done| done.ok != Some(true)) {
        return bad(
            Failure::Message {
                message: STOPPED.to_owned(),
                hint: None,
            },
            Failing::ForGood,
        );
    }
    let Some(done) = done else {
        return match status {
            Some(code) if code >= 0 => bad(Failure::Exit { code, clean: false }, after_exit(code)),
            Some(signal) => bad(
                Failure::Signal {
                    signal: -signal,
                    name: signal_name::describe(-signal),
                },
                Failing::Again,
            ),
            None => bad(
                Failure::Message {
                    message: "the Python process that had forked the task ended before it"
                        .to_owned(),
                    hint: None,
                },
                Failing::Again,
            ),
        };
    };
    if let Some(artifact) = &done.unpicklable {
        let failure = Failure::Unpicklable {
            name: artifact.name.clone(),
            type_name: artifact.type_name.clone(),
            reason: artifact.reason.clone(),
        };
        return bad(failure, Failing::Again);
    }
    if let Some(message) = &done.no_room {
        let failure = Failure::Message {
            message: message.clone(),
            hint: Some("make room there, or set TMPDIR to a directory that has it".to_owned()),
        };
        return bad(failure, Failing::Again);
    }
    match (done.ok, &done.error) {
        (Some(true), _) => Judged::Good {
            success: done.success,
            transition: transition(done),
        },
        // Metaflow ends such a run with code 0, though its client does not call it successful.
        (None, _) if is_end && done.exit == 0 => Judged::Good {
            success: false,
            transition: Transition::default(),
        },
        (_, Some(error)) if done.ok.is_some() => bad(
            Failure::Exception {
                error: error.clone(),
            },
            Failing::Again,
        ),
        _ => bad(
            Failure::Exit {
                code: done.exit,
                clean: true,
            },
            after_exit(done.exit),
        ),
    }
}

fn transition(done: &Done) -> Transition {
    let next = done.transition.as_ref().map(|(next, _)| next.as_slice());
    Transition {
        next: next
            .unwrap_or_default()
            .iter()
            .map(|name| StepName::from(name.as_str()))
            .collect(),
        num_splits: done.num_splits,
        unbounded: done.unbounded,
    }
}

/// What an exit code asks for, where no exception says what happened.
fn after_exit(code: i32) -> Failing {
    match code {
        0 => Failing::ForGood,
        DISALLOW_RETRY => Failing::Alone,
        _ => Failing::Again,
    }
}

/// Names that the user gave, sorted.
fn user_artifacts(output: &Output) -> Vec<String> {
    let own: HashSet<&str> = ["name"].into();
    let mut names: Vec<String> = output
        .artifacts
        .names()
        .filter(|name| !name.starts_with('_') && !own.contains(name.as_str()))
        .cloned()
        .collect();
    names.sort();
    names
}

impl TaskRef {
    /// A task of a run, before anything is known of its attempts.
    pub(super) fn new(run: &str, step: &str, task: &str, attempt: u32) -> Self {
        Self {
            run: run.to_owned(),
            step: step.to_owned(),
            task: task.to_owned(),
            attempt,
        }
    }
}
