//! What a session keeps in memory for the next spin: read once, for every edit of the step that follows, never changed by one,
//! and dropped with exactly what it depends on. Objects that log where they are unpickled show it.

use std::process::Command;

use serde_json::Value;

use crate::support::events::{Live, output};
use crate::support::{Sandbox, run};

/// A module that is installed, as far as flowdev can tell: it lies beside the project, on PYTHONPATH.
const INSTALLED: &str = r#"import os

LOG = os.environ["UNPICKLED"]


class Logged:
    def __init__(self, name):
        self.name = name

    def __setstate__(self, state):
        self.__dict__.update(state)
        with open(LOG, "a") as file:
            file.write("%s %d\n" % (self.name, os.getpid()))
"#;

const FLOW: &str = r#"from installed import Logged
from metaflow import FlowSpec, step

import utils


class HotFlow(FlowSpec):
    @step
    def start(self):
        self.big = Logged("big")
        self.other = Logged("other")
        self.unread = Logged("unread")
        self.own = utils.Own("own")
        self.next(self.work)

    @step
    def work(self):
        print("user:", self.big.name, self.other.name, self.own.name, utils.WORD, 0)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    HotFlow()
"#;

const UTILS: &str = r#"from installed import Logged

WORD = "first"


class Own(Logged):
    pass
"#;

/// A watched flow whose step `work` is edited.
struct Session {
    sandbox: Sandbox,
    live: Live,
    edits: usize,
}

impl Session {
    fn new(variables: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("../lib/installed.py", INSTALLED);
        sandbox.write("flow.py", FLOW);
        sandbox.write("utils.py", UTILS);
        run(command(&sandbox, &["run", "flow.py"], variables)).expect_code(0);
        std::fs::remove_file(sandbox.path("unpickled.txt")).expect("the run has unpickled");
        let live = Live::watch(command(
            &sandbox,
            &["watch", "flow.py", "--json"],
            variables,
        ));
        Self {
            sandbox,
            live,
            edits: 0,
        }
    }

    /// Edits the step, and gives what its spin printed and which objects the task itself has unpickled.
    fn edit(&mut self) -> (String, Vec<String>) {
        self.edits += 1;
        let now = format!("utils.WORD, {})", self.edits);
        let text = self.sandbox.read("flow.py");
        let old = format!("utils.WORD, {})", self.edits - 1);
        assert!(text.contains(&old), "{text}");
        self.sandbox.replace("flow.py", &text.replace(&old, &now));
        self.spun()
    }

    /// The spin that answers a save.
    fn spun(&mut self) -> (String, Vec<String>) {
        let is = |kind: &'static str| move |event: &Value| event["event"] == kind;
        let started = self.live.until("a task", is("task_started"));
        let from = self.live.seen.len();
        let end = self.live.until("the end", is("job_finished"));
        assert_eq!(end["outcome"]["outcome"], "success", "{end}");
        let pid = started["pid"].to_string();
        let own = self.unpickled();
        let own = own.iter().filter(|(_, by)| *by == pid);
        let own = own.map(|(name, _)| name.clone()).collect();
        (printed(&self.live, from), own)
    }

    /// Edits until a spin finds all that it reads in memory.
    fn until_hot(&mut self) {
        for _ in 0..200 {
            if self.edit().1.is_empty() {
                return;
            }
        }
        panic!("nothing is held: {:?}", self.unpickled());
    }

    /// What was unpickled so far, and by which process.
    fn unpickled(&self) -> Vec<(String, String)> {
        let lines = self.sandbox.lines("unpickled.txt");
        let parts = lines.iter().filter_map(|line| line.split_once(' '));
        parts
            .map(|(name, pid)| (name.to_owned(), pid.to_owned()))
            .collect()
    }

    fn count(&self, name: &str) -> usize {
        self.unpickled().iter().filter(|(it, _)| it == name).count()
    }

    fn close(self) {
        self.live.interrupt();
    }
}

/// What the step `work` has printed since then: one line.
fn printed(live: &Live, from: usize) -> String {
    output(&live.seen[from..], "work").trim_end().to_owned()
}

fn command(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = sandbox.flowdev(arguments);
    command
        .env(
            "PYTHONPATH",
            sandbox.path("../lib").canonicalize().expect("written"),
        )
        .env("UNPICKLED", sandbox.path("unpickled.txt"))
        .envs(variables.iter().copied());
    command
}

#[test]
fn what_a_step_reads_is_held_over_edits_and_nothing_else() {
    let mut session = Session::new(&[]);
    session.until_hot();
    let before = session.unpickled().len();
    for _ in 0..3 {
        let (printed, own) = session.edit();
        assert_eq!(
            printed,
            format!("user: big other own first {}", session.edits)
        );
        assert!(own.is_empty(), "{own:?}");
    }
    assert_eq!(
        session.unpickled().len(),
        before,
        "{:?}",
        session.unpickled()
    );
    assert_eq!(session.count("unread"), 0);
    session.close();
}

#[test]
fn a_new_input_loads_only_what_is_new() {
    let mut session = Session::new(&[]);
    session.until_hot();
    let big = session.count("big");
    let other = session.count("other");
    let text = session.sandbox.read("flow.py");
    let text = text.replace("Logged(\"other\")", "Logged(\"newer\")");
    // The spin of start prints nothing; that of work takes its outputs.
    session.sandbox.replace("flow.py", &text);
    session.live.until_over();
    session.until_hot();
    assert_eq!(
        session.edit().0,
        format!("user: big newer own first {}", session.edits)
    );
    assert_eq!((session.count("big"), session.count("other")), (big, other));
    session.close();
}

#[test]
fn a_change_of_a_project_module_drops_what_needs_it_and_nothing_else() {
    let mut session = Session::new(&[]);
    session.until_hot();
    let big = session.count("big");
    let own = session.count("own");
    session
        .sandbox
        .replace("utils.py", &UTILS.replace("first", "second"));
    let (printed, _) = session.spun();
    assert_eq!(
        printed,
        format!("user: big other own second {}", session.edits)
    );
    session.until_hot();
    assert_eq!(session.count("big"), big);
    assert!(session.count("own") > own, "the class is another one");
    session.close();
}

#[test]
fn without_room_nothing_is_held() {
    let mut session = Session::new(&[("FLOWDEV_HOT_MEMORY", "0")]);
    for _ in 0..3 {
        let (_, own) = session.edit();
        assert_eq!(own.len(), 3, "{own:?}");
    }
    assert!(session.unpickled().len() == 9, "{:?}", session.unpickled());
    session.close();
}

const MUTATING: &str = r#"import numpy
import pandas
from metaflow import FlowSpec, step

from kept import Thing


class MutatingFlow(FlowSpec):
    @step
    def start(self):
        self.frame = pandas.DataFrame({"a": numpy.arange(1_000_000.0), "b": ["x"] * 1_000_000})
        self.array = numpy.zeros((1000, 1000))
        self.pairs = {"a": [1], "b": {"c": 2}}
        self.things = [Thing(), Thing()]
        self.next(self.work)

    @step
    def work(self):
        view = self.array.T[3:5]
        seen = (
            float(self.frame.a.sum()), list(self.frame.columns), float(self.array.sum()), float(view.sum()),
            self.pairs, [thing.x for thing in self.things],
        )
        print("user:", seen)
        self.frame.loc[:, "a"] = -1.0
        self.frame["c"] = 1
        self.frame.drop(columns="b", inplace=True)
        view[:] = 7
        self.pairs["a"].append(2)
        self.pairs["b"]["c"] = 3
        del self.things[0]
        self.things[0].x = "changed"
        self.edit = 0
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    MutatingFlow()
"#;

#[test]
fn what_a_step_changes_in_place_is_as_before_in_the_next_spin() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", MUTATING);
    sandbox.write("kept.py", "class Thing:\n    x = 'original'\n");
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    let mut live = Live::watch(sandbox.flowdev(["watch", "flow.py", "--json"]));
    let mut seen = Vec::new();
    for edit in 1..6 {
        let text = MUTATING.replace("self.edit = 0", &format!("self.edit = {edit}"));
        sandbox.replace("flow.py", &text);
        let from = live.seen.len();
        live.until_success();
        seen.push(printed(&live, from));
    }
    let first = "user: (499999500000.0, ['a', 'b'], 0.0, 0.0, {'a': [1], 'b': {'c': 2}}, ['original', 'original'])";
    assert_eq!(seen, [first; 5]);
    live.interrupt();
}

/// A class of the flow file itself: a saved file has another one of the same name.
const CLASSES: &str = r#"from dataclasses import dataclass

from metaflow import FlowSpec, step


@dataclass
class Row:
    n: int

    def value(self):
        return self.n + 0


class ClassesFlow(FlowSpec):
    @step
    def start(self):
        self.rows = [Row(n) for n in range(1000)]
        self.next(self.work)

    @step
    def work(self):
        print("user:", sum(row.value() for row in self.rows), all(type(row) is Row for row in self.rows))
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ClassesFlow()
"#;

#[test]
fn objects_of_classes_of_the_flow_file_are_of_the_class_as_it_was_saved() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", CLASSES);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    let mut live = Live::watch(sandbox.flowdev(["watch", "flow.py", "--json"]));
    for more in 1..5 {
        let text = CLASSES.replace("self.n + 0", &format!("self.n + {more}"));
        sandbox.replace("flow.py", &text);
        // The step that makes them has changed with the class, too.
        live.until("the work", |event| {
            event["event"] == "job_started" && event["job"] == "spin"
        });
        let end = live.until("its output", |event| {
            event["event"] == "output" && event["step"] == "work"
        });
        assert_eq!(end["text"], format!("user: {} True", 499_500 + 1000 * more));
    }
    live.interrupt();
}
