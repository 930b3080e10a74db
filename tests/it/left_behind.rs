//! Nothing outlives an engine that is killed: neither the processes that wait for work nor a task in the middle of its step.
//! And nothing outlives a test that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::events::Live;
use crate::support::process::Running;
use crate::support::{Sandbox, run};

/// A pipe that every process holds which a command has started, and theirs; it ends with the last of them.
struct Held(Running);

impl Held {
    /// Starts the command with the pipe.
    fn by(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> (Self, Live) {
        let mut pipe = Command::new("mkfifo");
        pipe.arg(sandbox.path("held"));
        run(pipe).expect_code(0);
        let mut reader = Command::new("cat");
        reader.arg(sandbox.path("held"));
        let reader = Self(Running::start(reader));
        let mut command = sandbox.command(Path::new("sh"));
        command
            .args(["-c", "exec flowdev \"$@\" 9>held", "sh"])
            .args(arguments)
            .envs(variables.iter().copied());
        (reader, Live::start(command))
    }

    /// Waits until nobody holds it any more.
    fn until_free(self) {
        self.0.wait().expect_code(0);
    }
}

fn waiting() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    sandbox
}

/// Ways to have tasks: forked, and in processes of their own.
const WAYS: [(&str, &str); 2] = [("FLOWDEV_FORK", "1"), ("FLOWDEV_FORK", "0")];

/// Kills a command in the middle of its step.
#[track_caller]
fn expect_nothing_left(sandbox: &Sandbox, arguments: &[&str], way: (&str, &str)) {
    let (held, mut live) = Held::by(sandbox, arguments, &[way]);
    live.until("the step waits", |event| event["text"] == "user: waiting");
    live.signal(Signal::KILL);
    live.wait().expect_code(-9);
    held.until_free();
}

#[test]
fn a_killed_run_leaves_no_process() {
    for way in WAYS {
        let sandbox = waiting();
        expect_nothing_left(&sandbox, &["run", "waiting.py", "--json"], way);
    }
}

#[test]
fn a_task_that_does_not_want_to_end_does() {
    for way in WAYS {
        let sandbox = waiting();
        sandbox.write("stubborn", "");
        expect_nothing_left(&sandbox, &["run", "waiting.py", "--json"], way);
    }
}

#[test]
fn a_killed_spin_leaves_no_process() {
    for way in WAYS {
        let sandbox = waiting();
        sandbox.write("go", "");
        run(sandbox.flowdev(["run", "waiting.py"])).expect_code(0);
        std::fs::remove_file(sandbox.path("go")).expect("written before");
        expect_nothing_left(&sandbox, &["spin", "waiting.py", "wait", "--json"], way);
    }
}

#[test]
fn a_killed_session_leaves_no_process() {
    for way in WAYS {
        let sandbox = waiting();
        sandbox.write("go", "");
        run(sandbox.flowdev(["run", "waiting.py"])).expect_code(0);
        std::fs::remove_file(sandbox.path("go")).expect("written before");
        let (held, mut live) = Held::by(&sandbox, &["watch", "waiting.py", "--json"], &[way]);
        live.until_note("watching");
        let text = sandbox.read("waiting.py");
        sandbox.replace("waiting.py", &text.replace("0.05", "0.01"));
        live.until("the step waits", |event| event["text"] == "user: waiting");
        live.signal(Signal::KILL);
        live.wait().expect_code(-9);
        held.until_free();
    }
}

#[test]
fn a_failed_test_leaves_no_process() {
    let sandbox = waiting();
    let (held, mut live) = Held::by(&sandbox, &["run", "waiting.py", "--json"], &[]);
    live.until("the step waits", |event| event["text"] == "user: waiting");
    let failed = catch_unwind(AssertUnwindSafe(|| fail(live)));
    assert!(failed.is_err());
    held.until_free();
}

/// A test that has started a command, and whose assertion does not hold.
fn fail(live: Live) {
    assert_eq!(live.seen.len(), 0, "as intended");
}
