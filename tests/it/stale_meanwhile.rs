//! What is judged while something else goes on beside it: a file is saved, a run is under way.

use std::fs;

use serde_json::Value;

use crate::staleness::parts;
use crate::support::events::{Live, of_kind, parse};
use crate::support::session::Session;
use crate::support::{Sandbox, run};

const SAVED_MEANWHILE: &str = r#"
import json
import os

from metaflow import Config, FlowSpec, step


def parse(text):
    if os.path.exists("armed"):
        os.remove("armed")
        with open("cfg.json", "w") as file:
            file.write('{"x": 2}')
    return json.loads(text)


class MeanwhileFlow(FlowSpec):
    cfg = Config("cfg", default="cfg.json", parser=parse)

    @step
    def start(self):
        self.a = 1
        self.next(self.middle)

    @step
    def middle(self):
        print(self.cfg.x)
        self.next(self.end)

    @step
    def end(self):
        print(self.a)


if __name__ == "__main__":
    MeanwhileFlow()
"#;

#[test]
fn a_config_that_is_saved_while_it_is_parsed_is_read_again() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", SAVED_MEANWHILE);
    sandbox.write("cfg.json", r#"{"x": 1}"#);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    sandbox.edit("flow.py", "self.a = 1", "self.a = 2");
    sandbox.write("armed", "");
    let spin = ["spin", "flow.py", "end", "--with-stale-inputs", "--json"];
    let told = parse(&run(sandbox.flowdev(spin)).expect_code(0).stdout);
    assert!(!sandbox.path("armed").exists(), "it was parsed");
    let changed = |event: &&Value| {
        let text = event["text"].as_str().unwrap_or_default();
        text.contains("config cfg.x changed")
    };
    let notes = of_kind(&told, "note");
    assert!(notes.iter().any(changed), "{notes:?}");
}

const HELD: &str = r#"
import os
import time

from metaflow import FlowSpec, Parameter, step


class HeldFlow(FlowSpec):
    gate = Parameter("gate", default="open")

    @step
    def start(self):
        self.a = 1
        print("waiting")
        while not os.path.exists(self.gate):
            time.sleep(0.01)
        self.next(self.middle)

    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        print("a is", self.a)


if __name__ == "__main__":
    HeldFlow()
"#;

fn is_waiting(event: &Value) -> bool {
    event["text"] == "waiting"
}

fn state_of(sandbox: &Sandbox, step: &str) -> Value {
    let told = run(sandbox.flowdev(["status", "flow.py", "--json"])).expect_code(0);
    let lines = parse(&told.stdout);
    let line = lines.into_iter().find(|line| line["step"] == step);
    line.map_or(Value::Null, |mut line| line["state"].take())
}

#[test]
fn a_step_that_runs_has_not_failed() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", HELD);
    let mut live = Live::start(sandbox.flowdev(["run", "flow.py", "--json"]));
    live.until("the step waits", is_waiting);
    assert_eq!(state_of(&sandbox, "start"), "never_run");
    sandbox.write("open", "");
    live.wait().expect_code(0);
    assert_eq!(state_of(&sandbox, "start"), "fresh");
}

#[test]
fn stale_steps_are_spun_on_one_run_whatever_begins_meanwhile() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", HELD);
    sandbox.write("open", "");
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    sandbox.edit("flow.py", "self.a = 1", "self.a = 2");
    fs::remove_file(sandbox.path("open")).expect("removed");
    let spin = ["spin", "flow.py", "end", "--with-stale-inputs", "--json"];
    let mut spin = Live::start(sandbox.flowdev(spin));
    spin.until("the spin of start waits", is_waiting);
    let other = ["run", "flow.py", "--gate", "other", "--json"];
    let mut other = Live::start(sandbox.flowdev(other));
    other.until("the run's start waits", is_waiting);
    sandbox.write("open", "");
    let is_end = |event: &Value| event["text"] == "a is 2";
    spin.until("the end is spun", is_end);
    let spun = of_kind(&spin.seen, "task_started");
    let steps: Vec<&Value> = spun.iter().map(|event| &event["step"]).collect();
    assert_eq!(steps, ["start", "end"], "what lies between them is fresh");
    spin.wait().expect_code(0);
    sandbox.write("other", "");
    other.wait().expect_code(0);
}

#[test]
fn a_session_looks_again_at_a_run_that_may_go_on_elsewhere() {
    let sandbox = parts();
    let run_id = sandbox.read(".metaflow/PartsFlow/latest_run");
    let directory = sandbox.path(&format!(".metaflow/PartsFlow/{run_id}"));
    // As it is while Metaflow works on it, which claims nothing.
    fs::remove_file(directory.join("_meta/.claim")).expect("claimed");
    let later = sandbox.path("later");
    fs::create_dir(&later).expect("directory");
    let steps = ["join", "report", "end"];
    for step in steps {
        fs::rename(directory.join(step), later.join(step)).expect("ran");
    }
    let session = Session::start(&sandbox);
    run(sandbox.flowdev(["spin", "flow.py", "fan"])).expect_code(0);
    for step in steps {
        fs::rename(later.join(step), directory.join(step)).expect("moved");
    }
    run(sandbox.flowdev(["spin", "flow.py", "report"])).expect_code(0);
    assert_eq!(session.stop(&sandbox).len(), 2, "the session had both");
}
