//! The events that `--json` prints, one object a line.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;

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
    pub child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    notes: std::io::Lines<BufReader<ChildStderr>>,
    pub seen: Vec<Value>,
}

impl Live {
    /// Starts the command, which prints events to its standard output.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("start");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        // Few lines come here beside events, so nobody waits for this pipe to be read.
        let notes = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self {
            child,
            lines,
            notes,
            seen: Vec::new(),
        }
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
}
