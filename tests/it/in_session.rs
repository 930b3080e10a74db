//! Commands that a session works for: what they print, leave and end with is what they print, leave and end with alone.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::events::{Live, of_kind, output, parse};
use crate::support::session::Session;
use crate::support::{Sandbox, run};

/// A flow that tells all that it finds around it, and fails, waits or crashes on demand.
const FLOW: &str = r#"
import os
import resource
import sys
from metaflow import FlowSpec, IncludeFile, Parameter, step

print("imported as", __name__)

class Told(FlowSpec):
    alpha = Parameter("alpha", default=3, type=int)
    notes = IncludeFile("notes", default=None)

    @step
    def start(self):
        print("in", os.getcwd(), sys.argv, sys.path)
        for name, value in sorted(os.environ.items()):
            print("variable", name, value)
        print("limits", os.umask(0o22), resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0))
        print("interpreter", sys.executable, sys.flags)
        self.items = list("ab")
        self.next(self.work, foreach="items")

    @step
    def work(self):
        print("alpha", self.alpha, "notes", self.notes)
        if os.path.exists("fail"):
            raise ValueError("as asked")
        if os.path.exists("crash"):
            os.kill(os.getpid(), 11)
        self.done = self.input * self.alpha
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all = [one.done for one in inputs]
        sys.stderr.write("joined %s\n" % self.all)
        self.next(self.end)

    @step
    def end(self):
        print("end", self.all)

if __name__ == "__main__":
    Told()
"#;

/// Ids, times and places that differ from one run to the next, out of a text.
fn normal(sandbox: &Sandbox, text: &str) -> String {
    let top = sandbox.dir();
    let top = top.parent().expect("directory").display().to_string();
    let text = text.replace(&top, "TOP");
    let mut begun = HashMap::new();
    let lines = text.lines().filter_map(|line| {
        let Ok(event @ Value::Object(_)) = serde_json::from_str(line) else {
            return Some(line.to_owned());
        };
        Some(without_times(whole_line(&mut begun, event)?).to_string())
    });
    let mut lines: Vec<String> = lines.map(|line| numbers(&line)).collect();
    // Tasks are taken over at the same time.
    let is_taken = |line: &String| {
        ["task_cloned", "Cloned from", "Cloning previously"]
            .iter()
            .any(|word| line.contains(word))
    };
    for taken in lines.chunk_by_mut(|one, next| is_taken(one) && is_taken(next)) {
        taken.sort();
    }
    lines.join("\n")
}

/// An event, but none for a piece of a line: `print` writes a line in pieces, and which of them come together is a matter of
/// time. The last one has what was `begun` before.
fn whole_line(begun: &mut HashMap<String, String>, mut event: Value) -> Option<Value> {
    if event["event"] != "output" {
        return Some(event);
    }
    let key = format!("{} {} {}", event["step"], event["task"], event["stream"]);
    let text = begun.remove(&key).unwrap_or_default() + event["text"].as_str()?;
    if event["partial"] == true {
        begun.insert(key, text);
        return None;
    }
    event["text"] = text.into();
    Some(event)
}

fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for name in ["millis", "timing", "pid"] {
                fields.remove(name);
            }
            for field in fields.values_mut() {
                *field = without_times(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_times(item.take());
            }
        }
        _ => {}
    }
    value
}

/// Ids of runs, and all that is a time or a process in a line for people.
fn numbers(line: &str) -> String {
    let is_stamp = line.get(..24).is_some_and(|stamp| {
        stamp.ends_with(' ') && stamp.bytes().filter(u8::is_ascii_digit).count() == 17
    });
    let line = if is_stamp { &line[24..] } else { line };
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(number.len());
        let (digits, after) = number.split_at(end);
        text.push_str(before);
        let is_measured = before.ends_with("(pid ")
            || (before.ends_with("in ") && after.starts_with(" ms"))
            || (before.ends_with('(') && after.starts_with(" s)"));
        text.push_str(if is_measured || end > 14 { "#" } else { digits });
        rest = after;
    }
    text + rest
}

/// What one command does: its output, its exit code and the files that it leaves.
#[derive(Debug, PartialEq, Eq)]
struct Done {
    command: String,
    code: i32,
    stdout: String,
    stderr: String,
    files: Vec<String>,
}

fn done(sandbox: &Sandbox, shown: &str, command: Command, files: &[&str]) -> Done {
    let finished = run(command);
    let text = |name: &&str| normal(sandbox, &sandbox.read(name));
    Done {
        command: shown.to_owned(),
        code: finished.code,
        stdout: normal(sandbox, &finished.stdout),
        stderr: normal(sandbox, &finished.stderr),
        files: files.iter().map(text).collect(),
    }
}

/// One command after the other in a sandbox; every one of them would find a session.
fn all_commands(sandbox: &Sandbox, more: &[(&str, &str)]) -> Vec<Done> {
    sandbox.write("told.py", FLOW);
    sandbox.write("notes.txt", "from the work directory");
    sandbox.write("sub/notes.txt", "from below");
    let mut all = Vec::new();
    let mut flowdev = |words: &str, variables: &[(&str, &str)], below: bool, files: &[&str]| {
        let mut command = sandbox.flowdev(words.split(' '));
        command
            .envs(more.iter().copied())
            .envs(variables.iter().copied());
        if below {
            command.current_dir(sandbox.path("sub"));
        }
        all.push(done(sandbox, words, command, files));
    };
    flowdev("run told.py --max-workers 1", &[], false, &[]);
    flowdev("spin told.py work", &[], false, &[]);
    flowdev(
        "spin told.py work --split 1 --alpha 2 --json",
        &[],
        false,
        &[],
    );
    flowdev("spin told.py join --quiet", &[], false, &[]);
    // The environment and the directory are the command's.
    let own = [
        ("COLOUR", "blue"),
        ("TERM", "dumb"),
        ("METAFLOW_USER", "other"),
    ];
    flowdev("spin told.py start", &own, false, &[]);
    flowdev(
        "spin told.py start --set x=5",
        &[("TERM", "xterm")],
        false,
        &[],
    );
    let below = "run ../told.py --max-workers 1 --notes notes.txt --run-id-file id --runner-attribute-file where";
    flowdev(below, &own[..1], true, &["sub/id", "sub/where"]);
    flowdev(
        "resume told.py join --json --max-workers 1",
        &[],
        false,
        &[],
    );
    flowdev(
        "resume told.py join --alpha 4 --tag x --max-workers 1",
        &[],
        false,
        &[],
    );
    flowdev(
        "run told.py --max-workers 1 --datastore-root other/.metaflow",
        &[],
        false,
        &[],
    );
    flowdev(
        "run told.py --console metaflow --quiet --max-workers 1",
        &[],
        false,
        &[],
    );
    // What is wrong is said in the same words.
    flowdev("run told.py --alpha many", &[], false, &[]);
    flowdev("run told.py --beta 1 --json", &[], false, &[]);
    flowdev(
        "run told.py --max-workers 1",
        &[("METAFLOW_RUN_MAX_NUM_SPLITS", "1")],
        false,
        &[],
    );
    flowdev("spin told.py nowhere", &[], false, &[]);
    flowdev("resume told.py --origin-run-id 17", &[], false, &[]);
    flowdev("run absent.py", &[], false, &[]);
    flowdev("run told.py --run-id-file not/there", &[], false, &[]);
    sandbox.write("fail", "");
    flowdev("run told.py --max-workers 1", &[], false, &[]);
    flowdev("run told.py --max-workers 1 --json", &[], false, &[]);
    fs::remove_file(sandbox.path("fail")).expect("written before");
    flowdev("resume told.py --max-workers 1 --json", &[], false, &[]);
    sandbox.write("crash", "");
    flowdev("spin told.py work --json", &[], false, &[]);
    flowdev(
        "run told.py --max-workers 1 --with retry:times=1,minutes_between_retries=0",
        &[],
        false,
        &[],
    );
    fs::remove_file(sandbox.path("crash")).expect("written before");
    for words in [
        ["--quiet", "run", "--max-workers=1"].as_slice(),
        &["spin", "work"],
        &["resume", "join"],
    ] {
        let mut command = sandbox.python("told.py", words);
        command.envs(more.iter().copied());
        all.push(done(sandbox, &format!("told.py {words:?}"), command, &[]));
    }
    sandbox.write(
        "told.py",
        &FLOW.replace("print(\"imported", "print(nobody, \"imported"),
    );
    let mut command = sandbox.flowdev(["run", "told.py"]);
    command.envs(more.iter().copied());
    all.push(done(sandbox, "a flow that does not import", command, &[]));
    all
}

#[test]
fn a_command_does_the_same_in_a_session_as_alone() {
    let alone = Sandbox::new();
    let expected = all_commands(&alone, &[]);
    let sandbox = Sandbox::new();
    let session = Session::start(&sandbox);
    let found = all_commands(&sandbox, &[]);
    let served = session.stop(&sandbox);
    for (found, expected) in found.iter().zip(&expected) {
        let lines = |done: &Done| -> Vec<String> {
            let text = format!("{}\n--- stderr\n{}", done.stdout, done.stderr);
            text.lines().map(str::to_owned).collect()
        };
        for (found_line, line) in lines(found).iter().zip(&lines(expected)) {
            assert_eq!(
                found_line, line,
                "in a session, and alone: {}",
                found.command
            );
        }
        assert_eq!(found, expected, "in a session, and alone");
    }
    assert_eq!(found.len(), expected.len());
    // A flow file that is not there is the command's own to refuse.
    assert_eq!(served.len(), expected.len() - 1, "{served:?}");
}

#[test]
fn it_is_asked_only_by_those_that_may_use_it() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let session = Session::start(&sandbox);
    run(sandbox.flowdev(["run", "linear.py", "--no-session"])).expect_code(0);
    let mut command = sandbox.flowdev(["spin", "linear.py", "end"]);
    command.env("FLOWDEV_SESSION", "0");
    run(command).expect_code(0);
    // Other limits than the session's can not be had there.
    let mut command = sandbox.command(Path::new("sh"));
    command.args([
        "-c",
        "umask 077; ulimit -n 200; exec flowdev spin linear.py end",
    ]);
    run(command).expect_code(0);
    assert_eq!(session.stop(&sandbox), [""; 0]);
}

#[test]
fn there_is_one_for_a_project_and_it_leaves_nothing() {
    let sandbox = Sandbox::new();
    let status = |code| run(sandbox.flowdev(["session", "status", "--json"])).expect_code(code);
    status(1).expect_text(&["no session serves", "flowdev session"]);
    let session = Session::start(&sandbox);
    let pid = session.live.id();
    run(sandbox.flowdev(["session"]))
        .expect_code(1)
        .expect_text(&["serves", "already", &format!("(pid {pid})")]);
    let shown: Value = serde_json::from_str(&status(0).stdout).expect("JSON");
    assert_eq!(shown["pid"], pid);
    assert_eq!(shown["kind"], "headless");
    assert_eq!(shown["project"], sandbox.dir().display().to_string());
    let seen = run(sandbox.flowdev(["session", "status"])).expect_code(0);
    seen.expect_text(&[&format!("pid {pid}"), "jobs      none"]);
    // What a command has left in its processes.
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py"])).expect_code(0);
    let shown: Value = serde_json::from_str(&status(0).stdout).expect("JSON");
    let holds = &shown["engines"][0]["holds"];
    assert!(holds["budget"].as_u64().is_some_and(|bytes| bytes > 0));
    assert_eq!(holds["steps"][0]["mode"], "forked");
    // One that was killed is in nobody's way.
    session.live.signal(Signal::KILL);
    session.live.wait();
    status(1);
    let mut session = Session::start(&sandbox);
    session.live.signal(Signal::TERM);
    while session.live.next().is_some() {}
    session.live.wait().expect_code(0);
    status(1);
}

#[test]
fn programs_that_start_runs_use_it_too() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let session = Session::start(&sandbox);
    sandbox.write(
        "program.py",
        r#"
from metaflow import Runner

with Runner("linear.py", show_output=False) as runner:
    first = runner.run()
    assert first.status == "successful", first.stderr
    again = runner.resume()
    assert again.run.origin_pathspec == first.run.pathspec
    with runner.spin("middle", persist=True) as spun:
        assert spun.status == "successful", spun.stderr
        assert spun.task["total"].data == 3
"#,
    );
    run(sandbox.python("program.py", [""; 0])).expect_code(0);
    let served = session.stop(&sandbox);
    assert_eq!(
        served,
        ["run linear.py", "resume linear.py", "spin linear.py middle"]
    );
}

#[test]
fn commands_at_the_same_time_do_not_mix() {
    let sandbox = Sandbox::new();
    sandbox.write("told.py", FLOW);
    let session = Session::start(&sandbox);
    let mut commands = Vec::new();
    for alpha in 1..=4 {
        let alpha = alpha.to_string();
        commands.push(Live::start(
            sandbox.flowdev(["run", "told.py", "--json", "--alpha", &alpha]),
        ));
    }
    for (alpha, mut live) in (1..=4).zip(commands) {
        while live.next().is_some() {}
        let said = output(&live.seen, "end");
        let all = format!("['{}', '{}']", "a".repeat(alpha), "b".repeat(alpha));
        assert_eq!(said.trim(), format!("end {all}"));
        live.wait().expect_code(0);
    }
    assert_eq!(session.stop(&sandbox).len(), 4);
}

/// A config that is read from a file of the working directory, by a step after the one that is spun.
const CONFIGURED: &str = r#"
from metaflow import Config, FlowSpec, step

class Configured(FlowSpec):
    settings = Config("settings", default="settings.json")

    @step
    def start(self):
        self.next(self.middle)

    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        print("user:", self.settings.depth)

if __name__ == "__main__":
    Configured()
"#;

#[test]
fn what_steps_before_the_spun_one_have_not_read_is_not_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("configured.py", CONFIGURED);
    sandbox.write("settings.json", r#"{"depth": 3}"#);
    let session = Session::start(&sandbox);
    run(sandbox.flowdev(["run", "configured.py"])).expect_code(0);
    fs::create_dir(sandbox.path("elsewhere")).expect("directory");
    let spin = |more: &[&str]| {
        let mut command = sandbox.flowdev(["spin", "../configured.py", "middle", "--json"]);
        command.args(more).current_dir(sandbox.path("elsewhere"));
        let done = run(command).expect_code(0);
        let events = parse(&done.stdout);
        let notes = of_kind(&events, "note").into_iter();
        notes.map(|note| note["text"].to_string()).collect()
    };
    let alone: Vec<String> = spin(&["--no-session"]);
    let served: Vec<String> = spin(&[]);
    assert_eq!(served, alone);
    assert_eq!(session.stop(&sandbox).len(), 2);
}
