//! What a user is told when something goes wrong, and the exit codes: which step, which line, what happened.

use std::fs::{self, File};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::events::{Live, of_kind, parse};
use crate::support::{Sandbox, process, run, store};

/// The number of the line that carries a mark.
#[track_caller]
fn line_of(sandbox: &Sandbox, file: &str, mark: &str) -> usize {
    let text = sandbox.read(file);
    let ending = format!("# mark: {mark}");
    1 + text
        .lines()
        .position(|line| line.ends_with(&ending))
        .unwrap_or_else(|| panic!("no {ending} in {file}"))
}

/// Fails unless a message names one of the lines, as an editor (`file:line`) or as Python does (`"file", line n`).
#[track_caller]
fn expect_line(finished: &process::Finished, file: &str, lines: &[usize]) {
    let text = finished.text();
    let named = lines.iter().any(|line| {
        [format!("{file}:{line}"), format!("{file}\", line {line}")]
            .iter()
            .any(|place| {
                text.match_indices(place.as_str()).any(|(at, _)| {
                    !text[at + place.len()..].starts_with(|next: char| next.is_ascii_digit())
                })
            })
    });
    assert!(
        named,
        "no line of {lines:?} in {file} is named by {}\n{text}",
        finished.command
    );
}

/// Runs failing.py in one of its ways: the text names the step, a line (that with the mark, or where the step begins) and the
/// other pieces.
#[track_caller]
fn fails(how: &str, mark: Option<&str>, pieces: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("failing.py");
    let step = line_of(&sandbox, "failing.py", "step");
    let lines = match mark {
        Some(mark) => vec![line_of(&sandbox, "failing.py", mark)],
        None => vec![step, step + 1],
    };
    let finished = run(sandbox.flowdev(["run", "failing.py", "--how", how]))
        .expect_code(1)
        .expect_text(&["trouble"])
        .expect_text(pieces);
    expect_line(&finished, "failing.py", &lines);
    assert!(
        !finished.text().contains("/_worker/"),
        "frames of the runtime are shown:\n{}",
        finished.text()
    );
    sandbox
}

#[test]
fn an_exception_names_step_and_line_and_shows_only_the_users_frames() {
    let sandbox = fails("exception", Some("exception"), &["ValueError", "no luck"]);
    // What was set before is stored, as with Metaflow.
    let latest = sandbox.read(".metaflow/FailingFlow/latest_run");
    let tasks = store::done_tasks(&sandbox.root(), "FailingFlow", &latest, "trouble");
    assert_eq!(tasks.len(), 1);
    assert!(
        tasks
            .values()
            .all(|manifest| manifest["objects"]["kept"].is_string()),
        "{tasks:?}"
    );
}

#[test]
fn a_missing_artifact_names_the_line() {
    fails(
        "attribute",
        Some("attribute"),
        &["AttributeError", "not_there"],
    );
}

#[test]
fn a_parameter_can_not_be_assigned() {
    fails(
        "assign-parameter",
        Some("assign-parameter"),
        &["AttributeError", "how"],
    );
}

#[test]
fn a_killed_task_names_the_signal() {
    fails("signal", None, &["SIGKILL"]);
}

#[test]
fn a_crash_in_native_code_names_the_signal() {
    fails(
        "segfault",
        None,
        &["SIGSEGV", "user: about to fail with segfault"],
    );
}

#[test]
fn sys_exit_is_explained() {
    fails("exit", None, &["sys.exit", "3"]);
    fails("exit-quietly", None, &["sys.exit", "0"]);
}

#[test]
fn os_exit_is_explained() {
    fails("os-exit", None, &["os._exit", "4"]);
}

#[test]
fn an_unpicklable_artifact_is_named_with_its_type() {
    let sandbox = fails("unpicklable", None, &["bad", "lock"]);
    let finished = run(sandbox.flowdev(["run", "failing.py", "--how", "unpicklable"]));
    let told = finished.stdout.matches("cannot be pickled").count();
    assert_eq!(told, 1, "{}", finished.text());
}

#[test]
fn a_flow_that_does_not_import_names_the_line() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.flow("linear.py"))
        .expect("fixture")
        .replace(
            "from metaflow",
            "import not_there  # mark: import\nfrom metaflow",
        );
    sandbox.write("linear.py", &text);
    let finished = run(sandbox.flowdev(["run", "linear.py"]))
        .expect_code(1)
        .expect_text(&["not_there"]);
    expect_line(
        &finished,
        "linear.py",
        &[line_of(&sandbox, "linear.py", "import")],
    );
    assert!(
        !sandbox.path(".metaflow/LinearFlow/latest_run").exists(),
        "a flow that does not import leaves no run"
    );
}

#[test]
fn a_helper_that_does_not_import_names_its_own_line() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.flow("linear.py"))
        .expect("fixture")
        .replace("from metaflow", "import helpers\nfrom metaflow");
    sandbox.write("linear.py", &text);
    sandbox.write(
        "helpers.py",
        "VALUE = 1\nOTHER = VALUE / 0  # mark: helper\n",
    );
    let finished = run(sandbox.flowdev(["run", "linear.py"]))
        .expect_code(1)
        .expect_text(&["ZeroDivisionError"]);
    expect_line(&finished, "helpers.py", &[2]);
}

#[test]
fn a_syntax_error_names_the_line_in_run_check_and_spin() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.flow("linear.py"))
        .expect("fixture")
        .replace(
            "self.total = sum(self.numbers)",
            "self.total = sum((self.numbers  # mark: syntax",
        );
    sandbox.write("linear.py", &text);
    let line = line_of(&sandbox, "linear.py", "syntax");
    for arguments in [
        &["run", "linear.py"][..],
        &["check", "linear.py"],
        &["spin", "linear.py", "end"],
    ] {
        let finished = run(sandbox.flowdev(arguments)).expect_code(1);
        expect_line(&finished, "linear.py", &[line]);
    }
}

#[test]
fn a_graph_that_can_not_work_is_refused_before_anything_runs() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.flow("linear.py"))
        .expect("fixture")
        .replace(
            "self.next(self.middle)",
            "self.next(self.nowhere)  # mark: next",
        );
    sandbox.write("linear.py", &text);
    let place = format!("linear.py:{}", line_of(&sandbox, "linear.py", "next"));
    run(sandbox.flowdev(["check", "linear.py"]))
        .expect_code(1)
        .expect_text(&["nowhere", &place]);
    run(sandbox.flowdev(["run", "linear.py"]))
        .expect_code(1)
        .expect_text(&["nowhere", &place]);
    assert!(!sandbox.path(".metaflow/LinearFlow/latest_run").exists());
}

#[test]
fn more_splits_than_allowed_fail_with_advice() {
    let sandbox = Sandbox::new();
    sandbox.flow("fan.py");
    run(sandbox.flowdev(["run", "fan.py", "--splits", "12", "--max-num-splits", "10"]))
        .expect_code(1)
        .expect_text(&["start", "12", "--max-num-splits"]);
    run(sandbox.flowdev(["run", "fan.py", "--splits", "12", "--max-num-splits", "12"]))
        .expect_code(0);
    let mut allowed = sandbox.flowdev(["run", "fan.py", "--splits", "102"]);
    allowed.env("METAFLOW_RUN_MAX_NUM_SPLITS", "102");
    run(allowed).expect_code(0);
}

#[test]
fn an_empty_foreach_is_an_error_at_its_line() {
    let sandbox = Sandbox::new();
    sandbox.flow("fan.py");
    run(sandbox.flowdev(["run", "fan.py", "--splits", "0"]))
        .expect_code(1)
        .expect_text(&["start", "items", "fan.py:"]);
}

#[test]
fn a_wrong_command_line_ends_with_two_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    for arguments in [
        &["run", "linear.py", "--no-such-option"][..],
        &["run", "linear.py", "--alpha", "three"],
        &["run", "not_there.py"],
        &["spin", "linear.py"],
        &["no-such-verb", "linear.py"],
    ] {
        let finished = run(sandbox.flowdev(arguments)).expect_code(2);
        assert!(
            !finished.stderr.trim().is_empty(),
            "{} says nothing",
            finished.command
        );
    }
    assert_eq!(
        store::files(&sandbox.root()).len(),
        0,
        "{:?}",
        store::files(&sandbox.root())
    );
}

#[test]
fn an_unknown_step_is_answered_with_the_known_ones() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let finished = run(sandbox.flowdev(["spin", "linear.py", "midle"]));
    assert!([1, 2].contains(&finished.code), "{finished:?}");
    finished.expect_text(&["midle", "middle"]);
}

#[test]
fn a_python_that_is_not_there_is_said_plainly() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let finished = run(sandbox.flowdev(["run", "linear.py", "--python", "/not/there/python"]));
    assert!([1, 2].contains(&finished.code), "{finished:?}");
    finished.expect_text(&["/not/there/python"]);
}

#[test]
fn events_tell_the_same_as_the_text() {
    let sandbox = Sandbox::new();
    sandbox.flow("failing.py");
    let finished =
        run(sandbox.flowdev(["run", "failing.py", "--how", "exception", "--json"])).expect_code(1);
    let events = parse(&finished.stdout);
    let failed = of_kind(&events, "task_failed");
    assert_eq!(failed.len(), 1, "{events:#?}");
    assert_eq!(failed[0]["step"], "trouble");
    assert_eq!(failed[0]["failure"]["kind"], "exception");
    let error = &failed[0]["failure"]["error"];
    assert!(
        error["type"]
            .as_str()
            .is_some_and(|name| name.ends_with("ValueError")),
        "{error}"
    );
    let frame = error["frames"]
        .as_array()
        .and_then(|frames| frames.last())
        .expect("frames");
    assert_eq!(frame["line"], line_of(&sandbox, "failing.py", "exception"));
    let last = events.last().expect("events");
    assert_eq!(
        (last["event"].as_str(), last["outcome"]["outcome"].as_str()),
        (Some("job_finished"), Some("failed"))
    );
}

/// Waits until the process that holds the fixture's lock is gone.
#[track_caller]
fn expect_released(sandbox: &Sandbox) {
    let held = File::open(sandbox.path("held.lock")).expect("the step had begun");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(held.lock().is_ok()));
    assert!(
        receiver
            .recv_timeout(Duration::from_secs(60))
            .is_ok_and(|locked| locked),
        "the task's process lives on"
    );
}

fn is_waiting(event: &Value) -> bool {
    event["event"] == "output"
        && event["text"]
            .as_str()
            .is_some_and(|text| text.contains("user: waiting"))
}

#[test]
fn ctrl_c_ends_the_tasks_and_the_run_can_be_resumed() {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    let mut live = Live::start(sandbox.flowdev(["run", "waiting.py", "--json"]));
    live.until("the step waits", is_waiting);
    live.signal(Signal::INT);
    let last = live.until_over();
    assert_eq!(last["outcome"]["outcome"], "cancelled", "{last}");
    live.wait().expect_code(130);
    expect_released(&sandbox);
    store::expect_whole(&sandbox.root());

    sandbox.write("go", "");
    let finished = run(sandbox.flowdev(["resume", "waiting.py", "--json"])).expect_code(0);
    let events = parse(&finished.stdout);
    let cloned: Vec<&str> = of_kind(&events, "task_cloned")
        .iter()
        .filter_map(|event| event["step"].as_str())
        .collect();
    assert_eq!(
        cloned.iter().filter(|step| **step == "start").count(),
        1,
        "{events:#?}"
    );
}

#[test]
fn ctrl_c_before_the_first_task_starts_none() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "loading.py",
        "import os\n\
         from metaflow import FlowSpec, step\n\
         class LoadingFlow(FlowSpec):\n\
         \x20   @step\n\
         \x20   def start(self):\n\
         \x20       self.next(self.end)\n\
         \x20   @step\n\
         \x20   def end(self):\n\
         \x20       pass\n\
         open('loads', 'w').close()\n\
         open('go').close()\n",
    );
    // Loading waits at the pipe until its other end is opened.
    let mut pipes = std::process::Command::new("mkfifo");
    pipes.args([sandbox.path("loads"), sandbox.path("go")]);
    run(pipes).expect_code(0);
    let mut live = Live::start(sandbox.flowdev(["run", "loading.py", "--json"]));
    sandbox.read("loads");
    live.signal(Signal::INT);
    live.until_note("Interrupted");
    sandbox.write("go", "");
    let mut started = 0;
    let last = live.until("the job is over", |event| {
        started += usize::from(event["event"] == "task_started");
        event["event"] == "job_finished"
    });
    assert_eq!(last["outcome"]["outcome"], "cancelled", "{last}");
    assert_eq!(started, 0);
    live.wait().expect_code(130);
}

#[test]
fn a_second_ctrl_c_kills_a_task_that_does_not_want_to_end() {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    sandbox.write("stubborn", "");
    let mut live = Live::start(sandbox.flowdev(["run", "waiting.py", "--json"]));
    live.until("the step waits", is_waiting);
    live.signal(Signal::INT);
    live.until_note("ctrl-c again");
    live.signal(Signal::INT);
    live.until_over();
    live.wait().expect_code(130);
    expect_released(&sandbox);
}

#[test]
fn a_terminated_flowdev_takes_its_tasks_along() {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    let mut live = Live::start(sandbox.flowdev(["run", "waiting.py", "--json"]));
    live.until("the step waits", is_waiting);
    live.signal(Signal::TERM);
    assert_ne!(live.wait().code, 0);
    expect_released(&sandbox);
}
