//! The events that `--json` prints, one object a line.

use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStderr, ChildStdout, Command};
use std::thread;

use rustix::process::Signal;
use serde_json::Value;

use super::process::{Finished, Running};

/// The events in a whole output.
#[track_caller]
pub fn parse(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{error} in the line {line:?}"))
        })
        .collect()
}

/// Those of one kind.
pub fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["event"] == kind)
        .collect()
}

/// The run that the first event names.
#[track_caller]
pub fn run_of(events: &[Value]) -> String {
    let started = of_kind(events, "job_started");
    let run = started.first().and_then(|event| event["run"].as_str());
    run.unwrap_or_else(|| panic!("no job_started in {events:?}"))
        .to_owned()
}

/// What a step wrote, its unfinished pieces put together.
pub fn output(events: &[Value], step: &str) -> String {
    let mut text = String::new();
    for event in of_kind(events, "output") {
        if event["step"] == step {
            text.push_str(event["text"].as_str().unwrap_or_default());
            if event["partial"] != true {
                text.push('\n');
            }
        }
    }
    text
}

/// A command that is printing events.
pub struct Live {
    running: Running,
    lines: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
    pub seen: Vec<Value>,
}

impl Live {
    /// Starts the command, which prints events to its standard output.
    #[track_caller]
    pub fn start(command: Command) -> Self {
        let mut running = Running::start(command);
        drop(running.input());
        let (out, err) = running.streams();
        Self {
            running,
            lines: BufReader::new(out).lines(),
            // Few lines come here beside events, so nobody waits for this pipe to be read.
            notes: BufReader::new(err).lines(),
            seen: Vec::new(),
        }
    }

    /// A command that watches a flow, and does so when this returns.
    #[track_caller]
    pub fn watch(command: Command) -> Self {
        let mut live = Self::start(command);
        live.until_note("watching");
        live
    }

    pub fn id(&self) -> u32 {
        self.running.id()
    }

    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(self) -> Finished {
        let Self { lines, notes, .. } = self;
        thread::spawn(|| lines.for_each(drop));
        thread::spawn(|| notes.for_each(drop));
        self.running.wait()
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    pub fn interrupt(self) -> Finished {
        self.signal(Signal::INT);
        self.wait()
    }

    /// The next event; `None` at the end of the output.
    pub fn next(&mut self) -> Option<&Value> {
        let line = self.lines.next()?.ok()?;
        self.seen.push(
            serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("{error} in the line {line:?}")),
        );
        self.seen.last()
    }

    /// Reads the sentences beside the events until one contains the text.
    #[track_caller]
    pub fn until_note(&mut self, text: &str) {
        let found = self
            .notes
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains(text));
        assert!(found, "{text:?} was not said");
    }

    /// Reads until an event satisfies the condition.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            match self.next() {
                Some(event) if wanted(event) => return event.clone(),
                Some(_) => {}
                None => panic!("the output ended before {what}; seen: {:#?}", self.seen),
            }
        }
    }

    /// Reads to the end of the job; its last event.
    #[track_caller]
    pub fn until_over(&mut self) -> Value {
        self.until("the end of the job", |event| {
            event["event"] == "job_finished"
        })
    }

    /// The same of a job that goes well.
    #[track_caller]
    pub fn until_success(&mut self) -> Value {
        let end = self.until_over();
        let outcome = &end["outcome"]["outcome"];
        assert_eq!(*outcome, "success", "{end}; seen: {:#?}", self.seen);
        end
    }
}
