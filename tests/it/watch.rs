//! `flowdev watch`: the session without a screen, for programs.

use std::fs;

use rustix::process::Signal;

use crate::support::events::{Live, output};
use crate::support::{Sandbox, run};

/// A watched flow that has run once.
fn watched() -> (Sandbox, Live) {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py"])).expect_code(0);
    let live = Live::watch(sandbox.flowdev(["watch", "linear.py", "--json"]));
    (sandbox, live)
}

/// The steps whose tasks started.
fn started(live: &Live) -> Vec<&str> {
    let events = live
        .seen
        .iter()
        .filter(|event| event["event"] == "task_started");
    events.filter_map(|event| event["step"].as_str()).collect()
}

#[test]
fn each_save_spins_what_it_changed() {
    let (sandbox, mut live) = watched();
    let text = sandbox.read("linear.py");
    sandbox.replace("linear.py", &text.replace("sum(self", "-sum(self"));
    let spun = live.until("output", |event| event["event"] == "output");
    assert_eq!(spun["text"], "user: the total is -3");
    live.until_success();
    // A comment is answered by nothing, the next change by its step.
    sandbox.replace(
        "linear.py",
        &text.replace("sum(self", "-sum(self").replace(
            "    @step\n    def end",
            "    # words\n    @step\n    def end",
        ),
    );
    live.until_note("no step changed");
    sandbox.write(
        "linear.py",
        &text
            .replace("sum(self", "-sum(self")
            .replace("user: end of", "user: the end of"),
    );
    live.until_over();
    assert_eq!(started(&live), ["middle", "end"]);
    live.interrupt().expect_code(0);
}

#[test]
fn a_broken_file_is_told_at_its_line_and_mended_by_the_next_save() {
    let (sandbox, mut live) = watched();
    let text = sandbox.read("linear.py");
    sandbox.replace(
        "linear.py",
        &text.replace("sum(self.numbers)", "sum((self.numbers"),
    );
    live.until_note("linear.py:");
    sandbox.replace(
        "linear.py",
        &text.replace("sum(self.numbers)", "max(self.numbers)"),
    );
    let spun = live.until("output", |event| event["event"] == "output");
    assert_eq!(spun["text"], "user: the total is 2");
    live.until_over();
    assert_eq!(started(&live), ["middle"]);
    live.signal(Signal::TERM);
    live.wait();
}

#[test]
fn the_parameters_that_it_is_given_go_into_every_spin() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py"])).expect_code(0);
    let words = ["watch", "linear.py", "--json", "--with-dash", "given"];
    let mut live = Live::watch(sandbox.flowdev(words));
    let text = sandbox.read("linear.py");
    sandbox.replace(
        "linear.py",
        &text.replace("user: end of", "user: the end of"),
    );
    let spun = live.until("output", |event| event["event"] == "output");
    assert_eq!(spun["text"], "user: the end of given");
    live.interrupt();
}

/// A flow whose source has its steps in another order than its graph, the one in the middle waiting for a file.
const BACKWARDS: &str = r#"
import os
import time
from metaflow import FlowSpec, step

class Backwards(FlowSpec):
    @step
    def end(self):
        print("user: end 1 of", self.second)

    @step
    def middle(self):
        self.second = "middle 1 of " + self.first
        print("user: middle", flush=True)
        while not os.path.exists("go"):
            time.sleep(0.01)
        self.next(self.end)

    @step
    def start(self):
        self.first = "start 1"
        self.next(self.middle)

if __name__ == "__main__":
    Backwards()
"#;

fn backwards() -> (Sandbox, Live) {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", BACKWARDS);
    sandbox.write("go", "");
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    let live = Live::watch(sandbox.flowdev(["watch", "flow.py", "--json"]));
    (sandbox, live)
}

#[test]
fn a_step_is_spun_on_what_the_same_save_makes_of_those_before_it() {
    let (sandbox, mut live) = backwards();
    sandbox.edit("flow.py", " 1", " 2");
    for _ in 0..3 {
        live.until_success();
    }
    assert_eq!(started(&live), ["start", "middle", "end"]);
    let said = output(&live.seen, "end");
    assert_eq!(said, "user: end 2 of middle 2 of start 2\n");
    live.interrupt().expect_code(0);
}

#[test]
fn what_an_older_save_has_still_to_spin_is_not_spun() {
    let (sandbox, mut live) = backwards();
    fs::remove_file(sandbox.path("go")).expect("written before");
    sandbox.edit("flow.py", " 1", " 2");
    live.until("the step waits", |event| event["text"] == "user: middle");
    // The step before is what it was again: it alone is another one than in the last save.
    sandbox.edit("flow.py", "start 2", "start 1");
    live.until_success();
    assert_eq!(started(&live), ["start", "middle", "start"]);
    live.interrupt().expect_code(0);
}
