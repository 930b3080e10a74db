//! Processes that wait for work are killed, by a person or by a system without memory: whoever comes next does not notice.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use serde_json::Value;

use crate::support::events::{Live, of_kind, parse};
use crate::support::session::Session;
use crate::support::{Sandbox, run};

/// A flow that leaves a line for each process that executes its file, and whose second step waits while a file says so.
const FLOW: &str = r#"import os, time
from metaflow import FlowSpec, step

with open("loaded.txt", "a") as file:
    file.write("%d\n" % os.getpid())


class IdleFlow(FlowSpec):
    @step
    def start(self):
        self.x = 20
        self.next(self.work)

    @step
    def work(self):
        with open("ran.txt", "a") as file:
            file.write("work\n")
        print("user: waiting")
        while os.path.exists("wait"):
            time.sleep(0.01)
        print("user:", self.x + 0)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    IdleFlow()
"#;

/// A session of a flow that has run.
fn session() -> (Sandbox, Session) {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", FLOW);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    fs::remove_file(sandbox.path("loaded.txt")).expect("the run has loaded it");
    let session = Session::start(&sandbox);
    (sandbox, session)
}

/// Spins the step, which must succeed and run once; the pid of its task.
#[track_caller]
fn spin(sandbox: &Sandbox) -> i32 {
    sandbox.write("ran.txt", "");
    let spun = run(sandbox.flowdev(["spin", "flow.py", "work", "--json"])).expect_code(0);
    spun_once(sandbox, &parse(&spun.stdout))
}

#[track_caller]
fn spun_once(sandbox: &Sandbox, events: &[Value]) -> i32 {
    assert_eq!(sandbox.lines("ran.txt"), ["work"]);
    let started = of_kind(events, "task_started");
    assert_eq!(started.len(), 1, "{events:#?}");
    assert_eq!(of_kind(events, "note"), Vec::<&Value>::new());
    let pid = started[0]["pid"].as_i64();
    i32::try_from(pid.expect("a number")).expect("a pid")
}

/// Its parent, if both live and that is one of the session's own.
fn origin(session: &Session, pid: i32) -> Option<i32> {
    let parent = parent(pid)?;
    let above = u32::try_from(self::parent(parent)?).ok();
    (above == Some(session.live.id())).then_some(parent)
}

/// Its parent, if it lives.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let is_alive = fields.next() != Some("Z");
    let parent = fields.next()?.parse().ok()?;
    is_alive.then_some(parent)
}

fn send(pid: i32, signal: Signal) {
    let pid = Pid::from_raw(pid).expect("a pid");
    // It may have ended by itself.
    let _ = kill_process(pid, signal);
}

fn kill(pid: i32) {
    send(pid, Signal::KILL);
}

/// Waits for a process that has executed the flow and no task yet; with the one that it was forked from.
#[track_caller]
fn waiting(sandbox: &Sandbox, session: &Session) -> (i32, i32) {
    for _ in 0..1000 {
        let loaded = sandbox.lines("loaded.txt");
        let mut pids = loaded.iter().filter_map(|line| line.parse().ok());
        let found = pids.find_map(|pid| Some((pid, origin(session, pid)?)));
        // Asks the session, so that it gets on.
        run(sandbox.flowdev(["session", "status"])).expect_code(0);
        if let Some(found) = found {
            return found;
        }
    }
    panic!("nobody waits: {:?}", sandbox.lines("loaded.txt"));
}

#[test]
fn a_process_that_is_killed_while_it_waits_is_replaced() {
    let (sandbox, session) = session();
    spin(&sandbox);
    for _ in 0..3 {
        let (idle, _) = waiting(&sandbox, &session);
        kill(idle);
        assert_ne!(spin(&sandbox), idle);
    }
    session.stop(&sandbox);
}

#[test]
fn a_process_that_dies_with_a_task_before_it_has_begun_leaves_it_to_another() {
    let (sandbox, session) = session();
    spin(&sandbox);
    for _ in 0..3 {
        let (idle, _) = waiting(&sandbox, &session);
        sandbox.write("ran.txt", "");
        send(idle, Signal::STOP);
        let mut live = Live::start(sandbox.flowdev(["spin", "flow.py", "work", "--json"]));
        live.until("the spin", |event| event["event"] == "job_started");
        kill(idle);
        live.until_success();
        assert_ne!(spun_once(&sandbox, &live.seen), idle);
        live.wait().expect_code(0);
    }
    session.stop(&sandbox);
}

#[test]
fn the_process_that_others_come_from_may_be_killed_alone_or_with_them() {
    let (sandbox, session) = session();
    spin(&sandbox);
    for is_alone in [true, false, true, false] {
        let (idle, origin) = waiting(&sandbox, &session);
        kill(origin);
        if !is_alone {
            kill(idle);
        }
        spin(&sandbox);
    }
    session.stop(&sandbox);
}

#[test]
fn a_task_outlives_the_process_that_it_was_forked_from() {
    let (sandbox, session) = session();
    spin(&sandbox);
    sandbox.write("wait", "");
    let mut live = Live::start(sandbox.flowdev(["spin", "flow.py", "work", "--json"]));
    live.until("the step waits", |event| event["text"] == "user: waiting");
    let started = of_kind(&live.seen, "task_started")[0]["pid"].as_i64();
    let task = i32::try_from(started.expect("a number")).expect("a pid");
    kill(origin(&session, task).expect("it runs"));
    fs::remove_file(sandbox.path("wait")).expect("written before");
    live.until_success();
    live.wait().expect_code(0);
    session.stop(&sandbox);
}
