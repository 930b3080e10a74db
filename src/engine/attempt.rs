//! One attempt of one task: the process, what it writes and reports, and what is stored of it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::Signal;
use tokio::sync::watch;

use super::cards;
use super::error::EngineError;
use super::event::{Event, Failure, Level, Stream, TaskRef, Timing};
use super::load::LoadedFlow;
use super::origin::Output;
use super::output::{Cutter, Lines, Piece};
use super::persist::Attempt;
use super::scheduler::Transition;
use super::signal_name;
use super::submit::Wires;
use super::worker::message::{CardReport, Done, Report, Spec};
use super::worker::{Said, TaskProcess};
use crate::flow::StepName;
use crate::store::{ExitInfo, LogBuffer};

/// Bytes of one stream that are stored, as with Metaflow's `--max-log-size 10`.
const MAX_LOG_SIZE: usize = 10 * 1000 * 1000;

/// How long a line may be in the making before its beginning is shown.
const SETTLE: Duration = Duration::from_millis(3);
/// The same for a line that never stops growing: a progress bar that is drawn all the time.
const HELD_AT_MOST: Duration = Duration::from_millis(50);

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
}

/// How it went.
pub(super) enum AttemptEnd {
    Stored {
        output: Output,
        transition: Transition,
    },
    Failed {
        failure: Failure,
        /// Whether another attempt could go better.
        retry: bool,
        /// For the event that the caller emits, who knows whether there will be one.
        millis: f64,
    },
}

/// Runs the attempt to its end. The caller announces a failure, since it knows whether a retry follows.
pub(super) async fn run(plan: Plan) -> AttemptEnd {
    let started = Instant::now();
    match attempt(plan, started).await {
        Ok(end) => end,
        Err(error) => AttemptEnd::Failed {
            failure: error.into_failure(),
            retry: false,
            millis: millis(started),
        },
    }
}

async fn attempt(mut plan: Plan, started: Instant) -> Result<AttemptEnd, EngineError> {
    let spool = Spool(PathBuf::from(&plan.spec.spool));
    let writing = plan.attempt.clone();
    let opened = tokio::task::spawn_blocking(move || writing.open());
    let mut process = plan.flow.task(&plan.spec).await?;
    let forked = millis(started);
    plan.wires
        .say(Event::TaskStarted {
            task: plan.attempt.task_ref.clone(),
            pid: process.pid,
            split_index: plan.spec.split_index,
            inputs: plan.inputs.iter().map(Output::pathspec).collect(),
        })
        .await;
    let mut heard = Heard {
        done: None,
        cards: Vec::new(),
        stdout: Ear::new(),
        stderr: Ear::new(),
    };
    let (status, killed) = follow(&mut plan, &mut process, &mut heard).await;
    let user = millis(started);
    flush(&plan, &mut heard).await;
    opened.await.map_err(|_| EngineError::WorkerGone)??;

    let exit = ExitInfo {
        return_code: status.unwrap_or(-9),
        killed,
        success: status == Some(0),
    };
    let outcome = judge(heard.done.as_deref(), status, plan.is_end, killed);
    heard.stdout.close();
    heard.stderr.close();
    if matches!(outcome, Judged::Bad { .. }) {
        heard
            .stderr
            .log
            .push_notice(Timestamp::now(), "Task failed.");
    }
    let Heard {
        done,
        cards,
        stdout,
        stderr,
    } = heard;
    let attempt = plan.attempt.clone();
    let inputs = std::mem::take(&mut plan.inputs);
    let stored = tokio::task::spawn_blocking(move || {
        let stored = match done {
            Some(done) => attempt.finish(&done, &inputs, &spool.0)?,
            None => None,
        };
        attempt
            .writer()
            .runtime(exit, stdout.log.as_bytes(), stderr.log.as_bytes())?;
        Ok::<_, EngineError>(stored)
    })
    .await
    .map_err(|_| EngineError::WorkerGone)??;
    if !cards.is_empty() {
        store_cards(&plan, stored.as_ref(), cards).await;
    }
    let timing: Timing = [
        ("fork".to_owned(), forked),
        ("user".to_owned(), user - forked),
        ("store".to_owned(), millis(started) - user),
    ]
    .into();
    match (outcome, stored) {
        (
            Judged::Good {
                success,
                transition,
            },
            Some(output),
        ) => {
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
            Ok(AttemptEnd::Stored { output, transition })
        }
        (Judged::Good { .. }, None) => Ok(AttemptEnd::Failed {
            failure: Failure::Message {
                message: "the task ended well but reported no artifacts".to_owned(),
                hint: None,
            },
            retry: false,
            millis: millis(started),
        }),
        (Judged::Bad { failure, retry }, _) => Ok(AttemptEnd::Failed {
            failure,
            retry,
            millis: millis(started),
        }),
    }
}

/// What was collected while the process ran.
struct Heard {
    done: Option<Box<Done>>,
    cards: Vec<CardReport>,
    stdout: Ear,
    stderr: Ear,
}

impl Heard {
    fn is_holding(&self) -> bool {
        self.stdout.cutter.is_holding() || self.stderr.cutter.is_holding()
    }
}

/// One stream: for the screen, and for the store.
struct Ear {
    cutter: Cutter,
    lines: Lines,
    log: LogBuffer,
}

impl Ear {
    fn new() -> Self {
        Self {
            cutter: Cutter::default(),
            lines: Lines::default(),
            log: LogBuffer::new(MAX_LOG_SIZE),
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let now = Timestamp::now();
        let log = &mut self.log;
        self.lines.push(bytes, |line| log.push(now, line));
        self.cutter.push(bytes)
    }

    /// The stream is over.
    fn close(&mut self) {
        let now = Timestamp::now();
        let log = &mut self.log;
        self.lines.finish(|line| log.push(now, line));
    }
}

/// Reads the process until it has ended; gives its exit status and whether we ended it.
async fn follow(
    plan: &mut Plan,
    process: &mut TaskProcess,
    heard: &mut Heard,
) -> (Option<i32>, bool) {
    let mut sent = Halt::No;
    let mut held_since = None;
    loop {
        held_since = match held_since {
            _ if !heard.is_holding() => None,
            None => Some(tokio::time::Instant::now()),
            since => since,
        };
        let said = tokio::select! {
            biased;
            halt = next_halt(&mut plan.halt, sent) => {
                sent = halt;
                match halt {
                    Halt::No => {}
                    Halt::Interrupt => process.signal(Signal::INT),
                    Halt::Terminate => process.signal(Signal::TERM),
                    Halt::Kill => process.signal(Signal::KILL),
                }
                continue;
            }
            said = process.next() => said,
            () = settled(held_since) => {
                flush(plan, heard).await;
                continue;
            }
        };
        if held_since.is_some_and(|since| since.elapsed() > HELD_AT_MOST) {
            flush(plan, heard).await;
        }
        match said {
            None => return (None, sent > Halt::No),
            Some(Said::Exited(status)) => return (status, sent > Halt::No),
            Some(Said::Wrote(stream, bytes)) => wrote(plan, heard, stream, &bytes).await,
            Some(Said::Report(report)) => reported(plan, heard, report).await,
        }
    }
}

/// Waits until a line that is being written has had time to be finished; forever if there is none.
async fn settled(held_since: Option<tokio::time::Instant>) {
    match held_since {
        Some(_) => tokio::time::sleep(SETTLE).await,
        None => std::future::pending().await,
    }
}

async fn flush(plan: &Plan, heard: &mut Heard) {
    for (stream, ear) in [
        (Stream::Stdout, &mut heard.stdout),
        (Stream::Stderr, &mut heard.stderr),
    ] {
        if let Some(piece) = ear.cutter.flush() {
            say_output(plan, stream, piece).await;
        }
    }
}

async fn say_output(plan: &Plan, stream: Stream, piece: Piece) {
    plan.wires
        .say(Event::Output {
            task: plan.attempt.task_ref.clone(),
            stream,
            text: piece.text,
            partial: !piece.whole,
        })
        .await;
}

async fn next_halt(halt: &mut watch::Receiver<Halt>, sent: Halt) -> Halt {
    let asked = halt.wait_for(|halt| *halt > sent).await.map(|halt| *halt);
    match asked {
        Ok(halt) => halt,
        // The job is gone, and with it who could ask.
        Err(_) => std::future::pending().await,
    }
}

async fn wrote(plan: &Plan, heard: &mut Heard, stream: Stream, bytes: &[u8]) {
    let ear = match stream {
        Stream::Stdout => &mut heard.stdout,
        Stream::Stderr => &mut heard.stderr,
    };
    for piece in ear.hear(bytes) {
        say_output(plan, stream, piece).await;
    }
}

async fn reported(plan: &Plan, heard: &mut Heard, report: Report) {
    match report {
        Report::Begin {} => {}
        Report::Done(done) => heard.done = Some(done),
        Report::Log { level, text } => {
            let level = match level.as_str() {
                "error" => Level::Error,
                "info" => Level::Info,
                _ => Level::Warning,
            };
            let step = &plan.attempt.task_ref.step;
            plan.wires.note(Some(step), level, text).await;
        }
        // The last state of a card waits for the artifacts, which it may show.
        Report::Card(card) if card.last => heard.cards.push(*card),
        Report::Card(card) => store_cards(plan, None, vec![*card]).await,
    }
}

async fn store_cards(plan: &Plan, output: Option<&Output>, cards: Vec<CardReport>) {
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
            Some(Said::Report(_)) => {}
            Some(Said::Wrote(_, bytes)) => {
                for piece in cutter.push(&bytes) {
                    wires.note(Some(&task.step), Level::Info, piece.text).await;
                }
            }
        }
    }
    if let Some(piece) = cutter.flush() {
        wires.note(Some(&task.step), Level::Info, piece.text).await;
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
        retry: bool,
    },
}

fn judge(done: Option<&Done>, status: Option<i32>, is_end: bool, killed: bool) -> Judged {
    let bad = |failure, retry| Judged::Bad { failure, retry };
    if killed && done.is_none_or(|done| done.ok != Some(true)) {
        let message = "the task was stopped".to_owned();
        return bad(
            Failure::Message {
                message,
                hint: None,
            },
            false,
        );
    }
    let Some(done) = done else {
        return match status {
            Some(code) if code >= 0 => bad(Failure::Exit { code, clean: false }, code != 0),
            Some(signal) => bad(
                Failure::Signal {
                    signal: -signal,
                    name: signal_name::describe(-signal),
                },
                true,
            ),
            None => bad(
                Failure::Message {
                    message: "the Python process that had forked the task ended before it"
                        .to_owned(),
                    hint: None,
                },
                true,
            ),
        };
    };
    if let Some(artifact) = &done.unpicklable {
        let failure = Failure::Unpicklable {
            name: artifact.name.clone(),
            type_name: artifact.type_name.clone(),
            reason: artifact.reason.clone(),
        };
        return bad(failure, true);
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
            true,
        ),
        _ => bad(
            Failure::Exit {
                code: done.exit,
                clean: true,
            },
            done.exit != 0,
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
    }
}

/// Names that the user gave, sorted.
fn user_artifacts(output: &Output) -> Vec<String> {
    let own: HashSet<&str> = ["name"].into();
    let mut names: Vec<String> = output
        .manifest
        .objects
        .keys()
        .filter(|name| !name.starts_with('_') && !own.contains(name.as_str()))
        .cloned()
        .collect();
    names.sort();
    names
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// The spool file, gone when the attempt is over.
struct Spool(PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        // A task that never wrote an artifact left none.
        let _ = std::fs::remove_file(&self.0);
    }
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
