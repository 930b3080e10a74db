//! What a session's engines are given and hold, as `flowdev session status` tells it: settings, environments, how steps run.

use serde_json::Value;

use crate::support::session::{Session, status};
use crate::support::{Sandbox, run};

const FLOW: &str = r#"
import os
from metaflow import FlowSpec, step
{PRELUDE}
class Kept(FlowSpec):
    @step
    def start(self):
        self.big = bytes(1_200_000)
        self.next(self.end)

    @step
    def end(self):
        print("user:", len(self.big), os.environ.get("COLOUR"))

if __name__ == "__main__":
    Kept()
"#;

fn project(prelude: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("kept.py", &FLOW.replace("{PRELUDE}", prelude));
    run(sandbox.flowdev(["run", "kept.py", "--no-session"])).expect_code(0);
    sandbox
}

/// Spins the last step by the session; what it printed.
#[track_caller]
fn spin(sandbox: &Sandbox, variables: &[(&str, &str)]) -> String {
    let mut command = sandbox.flowdev(["spin", "kept.py", "end"]);
    command.envs(variables.iter().copied());
    let done = run(command).expect_code(0);
    done.expect_text(&["user: 1200000"]).stdout
}

/// What the engine that was used last holds.
#[track_caller]
fn holds(sandbox: &Sandbox) -> Value {
    status(sandbox)["engines"][0]["holds"].clone()
}

/// Asks until the engine that was used last is as it should be: it prepares for the next spin when the result is out.
#[track_caller]
fn until(sandbox: &Sandbox, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = holds(sandbox);
        if is_so(&last) {
            return last;
        }
    }
    panic!("{what} has not come: {last}");
}

fn step<'a>(holds: &'a Value, name: &str) -> &'a Value {
    let mut steps = holds["steps"].as_array().into_iter().flatten();
    steps
        .find(|step| step["step"] == name)
        .unwrap_or(&Value::Null)
}

#[test]
fn the_status_tells_what_forked_steps_find_in_memory() {
    let sandbox = project("");
    let session = Session::start(&sandbox);
    // Nothing is made before it is asked for.
    assert_eq!(status(&sandbox)["engines"], serde_json::json!([]));
    spin(&sandbox, &[]);
    let warm = until(&sandbox, "the artifact", |holds| {
        step(holds, "end")["bytes"].as_u64() > Some(1_000_000)
    });
    assert_eq!(step(&warm, "end")["mode"], "forked");
    assert_eq!(step(&warm, "end")["reason"], Value::Null);
    assert_eq!(step(&warm, "start")["bytes"], 0);
    assert!(warm["forkserver"].as_u64().is_some(), "{warm}");
    run(sandbox.flowdev(["session", "status"]))
        .expect_code(0)
        .expect_text(&[
            "start: forked\n",
            "end: forked, finds",
            "1.2 MB of artifacts",
        ]);
    session.stop(&sandbox);
}

#[test]
fn the_status_says_why_steps_are_not_forked() {
    let sandbox = project(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True, name='beat').start()\n",
    );
    let session = Session::start(&sandbox);
    spin(&sandbox, &[]);
    let seen = holds(&sandbox);
    let reason = "the thread beat was started while the flow was imported";
    assert_eq!(step(&seen, "end")["mode"], "own_process");
    assert_eq!(step(&seen, "end")["reason"], reason);
    run(sandbox.flowdev(["session", "status"]))
        .expect_code(0)
        .expect_text(&[&format!("end: a process of its own: {reason}")]);
    session.stop(&sandbox);
}

#[test]
fn settings_hold_for_what_a_session_does_for_commands() {
    let sandbox = project("");
    let session = Session::start(&sandbox);
    sandbox.write(".flowdev.toml", "hot_memory = 7\n");
    spin(&sandbox, &[]);
    let seen = until(&sandbox, "the artifact", |holds| holds["bytes"] != 0);
    assert_eq!(seen["budget"], 7_000_000);
    assert_eq!(step(&seen, "end")["mode"], "forked");
    // Of the command's environment, and of a file that has changed.
    spin(&sandbox, &[("FLOWDEV_HOT_MEMORY", "3")]);
    assert_eq!(holds(&sandbox)["budget"], 3_000_000);
    sandbox.write(".flowdev.toml", "fork = false\nhot_memory = 0\n");
    spin(&sandbox, &[]);
    let seen = holds(&sandbox);
    assert_eq!((&seen["budget"], &seen["bytes"]), (&0.into(), &0.into()));
    let end = step(&seen, "end");
    assert_eq!(end["mode"], "own_process");
    let reason = end["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("fork is false") && reason.contains(".flowdev.toml"),
        "{reason}"
    );
    session.stop(&sandbox);
}

#[test]
fn what_is_not_held_is_listed_with_the_reason() {
    let sandbox = project("");
    sandbox.write(".flowdev.toml", "hot_memory = 0\n");
    let session = Session::start(&sandbox);
    spin(&sandbox, &[]);
    until(&sandbox, "the reason", |holds| {
        holds["artifacts"][0]["reason"].is_string()
    });
    run(sandbox.flowdev(["session", "status"]))
        .expect_code(0)
        .expect_text(&["big (", "is not held: there is no room for it (hot_memory)"]);
    session.stop(&sandbox);
}

#[test]
fn a_variable_that_changes_between_commands_is_that_of_the_command() {
    let sandbox = project("");
    let session = Session::start(&sandbox);
    for colour in ["blue", "red", "blue", "green", "red", "white", "black"] {
        let said = spin(&sandbox, &[("COLOUR", colour)]);
        assert!(said.contains(&format!("user: 1200000 {colour}")), "{said}");
    }
    assert!(spin(&sandbox, &[]).contains("user: 1200000 None"));
    // An engine for each, but not without end.
    let engines = status(&sandbox)["engines"].as_array().map(Vec::len);
    assert!(
        (1..=5).contains(&engines.unwrap_or_default()),
        "{engines:?}"
    );
    session.stop(&sandbox);
}

#[test]
fn engines_hold_no_more_together_than_one_may() {
    let sandbox = project("");
    // Room for the artifact once, not twice.
    sandbox.write(".flowdev.toml", "hot_memory = 2\n");
    let session = Session::start(&sandbox);
    for colour in ["blue", "red"] {
        spin(&sandbox, &[("COLOUR", colour)]);
        until(&sandbox, "the artifact", |holds| holds["bytes"] != 0);
    }
    spin(&sandbox, &[("COLOUR", "red")]);
    let count = || status(&sandbox)["engines"].as_array().map_or(0, Vec::len);
    assert!((0..300).any(|_| count() == 1), "{}", status(&sandbox));
    let said = spin(&sandbox, &[("COLOUR", "blue")]);
    assert!(said.contains("user: 1200000 blue"), "{said}");
    session.stop(&sandbox);
}

#[test]
fn spins_and_runs_at_once_take_no_process_from_each_other() {
    let sandbox = Sandbox::new();
    let flow = FLOW.replace("{PRELUDE}", "").replace(
        "    @step\n    def start",
        "    cfg = Config(\"cfg\", default_value='{\"a\": 1}')\n\n    @step\n    def start",
    );
    let flow = flow
        .replace("import FlowSpec", "import Config, FlowSpec")
        .replace("print(\"user:\"", "print(\"user:\", self.cfg.a");
    sandbox.write("kept.py", &flow);
    run(sandbox.flowdev(["run", "kept.py", "--no-session"])).expect_code(0);
    let _session = Session::start(&sandbox);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..15 {
                    let done = run(sandbox.flowdev(["spin", "kept.py", "end"])).expect_code(0);
                    let said = format!("{}{}", done.stdout, done.stderr);
                    assert!(!said.contains("not known"), "{said}");
                }
            });
        }
        for _ in 0..8 {
            run(sandbox.flowdev(["run", "kept.py"])).expect_code(0);
        }
    });
}
