//! What becomes of a job when its command goes, and of a command when its session goes.

use std::fs;

use rustix::process::Signal;

use crate::support::events::{Live, of_kind, run_of};
use crate::support::session::Session;
use crate::support::{Sandbox, run};

/// A flow of two steps, of which the second waits while a file says so.
const WAITING: &str = r#"
import os, time
from metaflow import FlowSpec, step

def note(text):
    with open("ran.txt", "a") as f:
        f.write(text + "\n")

class Waiting(FlowSpec):
    @step
    def start(self):
        note("start")
        self.next(self.middle)

    @step
    def middle(self):
        note("middle %d" % os.getpid())
        print("user: waiting")
        while os.path.exists("wait"):
            time.sleep(0.01)
        note("middle went on")
        self.next(self.end)

    @step
    def end(self):
        note("end")

if __name__ == "__main__":
    Waiting()
"#;

fn waiting() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("waiting.py", WAITING);
    sandbox.write("wait", "");
    sandbox
}

/// Starts a command that gets to the waiting step.
fn at_the_wait(sandbox: &Sandbox, words: &[&str]) -> Live {
    let mut live = Live::start(sandbox.flowdev(words));
    live.until("the waiting step", |event| {
        event["event"] == "output" && event["text"] == "user: waiting"
    });
    live
}

#[test]
fn an_interrupted_command_ends_its_job() {
    let sandbox = waiting();
    let mut session = Session::start(&sandbox);
    let mut live = at_the_wait(&sandbox, &["run", "waiting.py", "--json"]);
    live.signal(Signal::INT);
    let last = live.until_over();
    assert_eq!(last["outcome"]["outcome"], "cancelled");
    live.wait().expect_code(130);
    session.until_ended(1);
    session.stop(&sandbox);
}

#[test]
fn a_killed_command_ends_its_job() {
    let sandbox = waiting();
    let mut session = Session::start(&sandbox);
    let live = at_the_wait(&sandbox, &["run", "waiting.py", "--json"]);
    let shown = run(sandbox.flowdev(["session", "status"])).expect_code(0);
    shown.expect_text(&["run waiting.py", &format!("for pid {}", live.id())]);
    live.signal(Signal::KILL);
    session.until_ended(1);
    assert!(!sandbox.read("ran.txt").contains("went on"));
    session.stop(&sandbox);
}

#[test]
fn a_run_goes_on_without_a_session_that_is_killed() {
    let sandbox = waiting();
    let session = Session::start(&sandbox);
    let mut live = at_the_wait(&sandbox, &["run", "waiting.py", "--json", "--tag", "mine"]);
    let first = run_of(&live.seen);
    fs::remove_file(sandbox.path("ran.txt")).expect("steps ran");
    session.live.signal(Signal::KILL);
    session.live.wait();
    live.until_note("the session has ended in the middle of this: resuming run");
    fs::remove_file(sandbox.path("wait")).expect("written before");
    let last = live.until_success();
    let events = std::mem::take(&mut live.seen);
    live.wait().expect_code(0);
    // A run of its own, that has taken over what was finished.
    assert_ne!(last["run"], first.as_str());
    let resumed = of_kind(&events, "job_started");
    assert_eq!(resumed[1]["origin"], first.as_str());
    let ran = sandbox.read("ran.txt");
    assert!(!ran.contains("start"), "{ran}");
    assert_eq!(ran.matches("went on").count(), 1, "{ran}");
}

#[test]
fn a_spin_is_done_again_without_a_session_that_ends() {
    for how in [Signal::KILL, Signal::TERM] {
        let sandbox = waiting();
        fs::remove_file(sandbox.path("wait")).expect("written before");
        run(sandbox.flowdev(["run", "waiting.py"])).expect_code(0);
        sandbox.write("wait", "");
        let session = Session::start(&sandbox);
        let mut live = at_the_wait(&sandbox, &["spin", "waiting.py", "middle", "--json"]);
        session.live.signal(how);
        live.until_note("the session has ended in the middle of this: starting again");
        fs::remove_file(sandbox.path("wait")).expect("written before");
        live.until_success();
        live.wait().expect_code(0);
        session.live.wait();
    }
}
