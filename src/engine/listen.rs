//! Listening to a task process: what it writes goes to the face at once and to the log, what it reports is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::attempt::{Halt, Plan, store_cards};
use super::event::{Event, Level, Stream};
use super::gang::Gang;
use super::output::{Cutter, Lines, Piece};
use super::run::blocking;
use super::worker::message::{CardReport, Done, RecordReport, Report};
use super::worker::{Said, TaskProcess};
use crate::store::LogBuffer;

/// The last line of a stream whose task did not end by itself, as Metaflow has it.
const KILLED: &str = "[KILLED BY ORCHESTRATOR]";

/// What people and programs search the log of a crashed task for.
const CRASHED: &str = "Task failed with a segmentation fault.";

/// The status of a process that SIGSEGV has ended.
const SEGMENTATION_FAULT: i32 = -11;

/// How long a line may be in the making before its beginning is shown.
const SETTLE: Duration = Duration::from_millis(3);
/// The same for a line that never stops growing: a progress bar that is drawn all the time.
const HELD_AT_MOST: Duration = Duration::from_millis(50);

/// Where lines of a worker go beside its own log.
pub(super) type Echo = mpsc::UnboundedSender<(Stream, Vec<u8>)>;

/// How far to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The task has reported its end, or has ended without.
    Done,
    /// The cards that render themselves are rendered, or the task has ended.
    Rendered,
    /// The process has ended.
    Exit,
}

/// What was collected while the process ran.
pub(super) struct Heard {
    pub done: Option<Box<Done>>,
    /// The last states of its cards.
    pub cards: Vec<CardReport>,
    /// It has no more cards to render.
    pub rendered: bool,
    /// Exit code, or minus the signal; `None` while it runs, or if nobody knows.
    pub status: Option<i32>,
    /// The hardest signal that it was sent.
    pub sent: Halt,
    /// The tasks that it controls.
    pub gang: Gang,
    /// Its place among its siblings is recorded.
    pub placed: bool,
    ended: bool,
    stdout: Ear,
    stderr: Ear,
}

impl Heard {
    /// Nothing yet; lines are to be repeated to `echo`.
    ///
    /// Of each stream `limit` bytes are stored.
    pub fn new(limit: usize, echo: Option<&Echo>) -> Self {
        Self {
            done: None,
            cards: Vec::new(),
            rendered: false,
            status: None,
            sent: Halt::No,
            gang: Gang::new(),
            placed: false,
            ended: false,
            stdout: Ear::new(Stream::Stdout, limit, echo),
            stderr: Ear::new(Stream::Stderr, limit, echo),
        }
    }

    /// Both streams as they are stored, with a last word of the runtime.
    pub fn logs(mut self, last_word: Option<&str>) -> (LogBuffer, LogBuffer) {
        while let Some((stream, line)) = self.gang.heard() {
            self.overhear(stream, &line);
        }
        self.stdout.close();
        self.stderr.close();
        let now = Timestamp::now();
        if self.sent > Halt::No {
            self.stdout.log.push_notice(now, KILLED);
            self.stderr.log.push_notice(now, KILLED);
        } else if let Some(text) = last_word {
            let crashed = self.status == Some(SEGMENTATION_FAULT);
            let text = if crashed { CRASHED } else { text };
            self.stderr.log.push_notice(now, text);
        }
        (self.stdout.log, self.stderr.log)
    }

    fn has_come(&self, until: Until) -> bool {
        self.ended
            || match until {
                Until::Done => self.done.is_some(),
                Until::Rendered => self.rendered,
                Until::Exit => false,
            }
    }

    /// A line of a worker, which the log of its control task has too, as with Metaflow.
    fn overhear(&mut self, stream: Stream, line: &[u8]) {
        let ear = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        ear.log.push(Timestamp::now(), line);
    }

    fn is_holding(&self) -> bool {
        self.stdout.cutter.is_holding() || self.stderr.cutter.is_holding()
    }
}

/// One stream: for the screen, and for the store.
struct Ear {
    cutter: Cutter,
    lines: Lines,
    log: LogBuffer,
    stream: Stream,
    echo: Option<Echo>,
}

impl Ear {
    fn new(stream: Stream, limit: usize, echo: Option<&Echo>) -> Self {
        Self {
            stream,
            echo: echo.cloned(),
            cutter: Cutter::default(),
            lines: Lines::default(),
            log: LogBuffer::new(limit),
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let now = Timestamp::now();
        let Self {
            lines,
            log,
            stream,
            echo,
            ..
        } = self;
        lines.push(bytes, |line| {
            log.push(now, line);
            if let Some(echo) = echo {
                // A control task that has ended listens no more.
                let _ = echo.send((*stream, line.to_vec()));
            }
        });
        self.cutter.push(bytes)
    }

    /// The stream is over.
    fn close(&mut self) {
        let now = Timestamp::now();
        let log = &mut self.log;
        self.lines.finish(|line| log.push(now, line));
    }
}

/// Reads the process until it has ended, or has said that it is done.
pub(super) async fn follow(
    plan: &mut Plan,
    process: &mut TaskProcess,
    heard: &mut Heard,
    until: Until,
) {
    let mut held_since = None;
    while !heard.has_come(until) {
        held_since = match held_since {
            _ if !heard.is_holding() => None,
            None => Some(tokio::time::Instant::now()),
            since => since,
        };
        let said = tokio::select! {
            biased;
            halt = next_halt(&mut plan.halt, heard.sent) => {
                heard.sent = halt;
                heard.gang.halt(halt);
                match halt {
                    Halt::No => {}
                    Halt::Interrupt => process.signal(Signal::INT),
                    Halt::Terminate => process.signal(Signal::TERM),
                    Halt::Kill => process.signal(Signal::KILL),
                }
                continue;
            }
            ended = heard.gang.next(&plan.wires), if heard.gang.is_running() => {
                if let Some(ended) = ended {
                    process.tell(&ended).await;
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
            None => heard.ended = true,
            Some(Said::Exited(status)) => {
                heard.status = status;
                heard.ended = true;
            }
            Some(Said::Wrote(stream, bytes)) => wrote(plan, heard, stream, &bytes).await,
            Some(Said::Report(report)) => reported(plan, heard, report).await,
        }
    }
    // What was written before is shown before what follows from it.
    for (stream, bytes) in process.written() {
        wrote(plan, heard, stream, &bytes).await;
    }
    flush(plan, heard).await;
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
        Report::Taken {} => {}
        Report::Begin { meta, records } => {
            heard.placed = !meta.is_empty();
            if heard.placed || !records.is_empty() {
                place(plan, meta, records).await;
            }
        }
        Report::Done(done) => heard.done = Some(done),
        Report::Rendered {} => heard.rendered = true,
        Report::Workers { workers } => {
            for order in workers {
                heard.gang.start(plan, order).await;
            }
        }
        Report::Log { level, text } => {
            let step = &plan.attempt.task_ref.step;
            plan.wires.note(Some(step), level_of(&level), text).await;
        }
        // The last state of a card waits for the artifacts, which it may show.
        Report::Card(card) if card.last => heard.cards.push(*card),
        Report::Card(card) => store_cards(plan, None, vec![*card]).await,
    }
}

/// How loud a process means its sentence to be.
pub(super) fn level_of(name: &str) -> Level {
    match name {
        "error" => Level::Error,
        "info" => Level::Info,
        _ => Level::Warning,
    }
}

/// Records what the task said of itself before the user's code.
async fn place(plan: &Plan, meta: BTreeMap<String, Value>, records: Vec<RecordReport>) {
    let attempt = plan.attempt.clone();
    let recorded = blocking(move || attempt.place(&meta, &records));
    if let Err(error) = recorded.await {
        let step = &plan.attempt.task_ref.step;
        let text = format!("metadata of a task could not be stored: {error}");
        plan.wires.note(Some(step), Level::Warning, text).await;
    }
}
