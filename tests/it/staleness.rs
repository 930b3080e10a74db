//! Which steps are stale and why, and what runs them again: status, resume --auto, run --only-stale.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::events::{of_kind, parse, run_of};
use crate::support::{Sandbox, require, run, store, venv};

pub(crate) const FLOW: &str = r#"
from metaflow import Config, FlowSpec, Parameter, step

import utils


class PartsFlow(FlowSpec):
    alpha = Parameter("alpha", default=2)
    beta = Parameter("beta", default=5)
    cfg = Config("cfg", default="cfg.json")

    @step
    def start(self):
        self.rows = utils.clean([1, 2, 0, 3])
        self.note = "passes through"
        self.next(self.fan, foreach="rows")

    @step
    def fan(self):
        self.y = self.input * self.alpha
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(one.y for one in inputs)
        self.merge_artifacts(inputs, exclude=["y"])
        self.next(self.report)

    @step
    def report(self):
        self.text = f"{self.cfg.report.title}: {self.total > 0}"
        self.next(self.end)

    @step
    def end(self):
        self.last = [self.text, self.note]


if __name__ == "__main__":
    PartsFlow()
"#;

pub(crate) const UTILS: &str = "
def clean(rows):
    return [row for row in rows if row]


def unused():
    return 1
";

/// A sandbox in which the flow has run.
pub(crate) fn parts() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", FLOW);
    sandbox.write("utils.py", UTILS);
    sandbox.write("cfg.json", r#"{"report": {"title": "T"}, "other": 1}"#);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    sandbox
}

/// State and sentence of each step.
#[track_caller]
fn status(sandbox: &Sandbox, more: &[&str]) -> BTreeMap<String, (String, String)> {
    let mut command = sandbox.flowdev(["status", "flow.py", "--json"]);
    command.args(more);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parse(&run(command).expect_code(0).stdout)
        .iter()
        .map(|line| {
            let judged = (text(&line["state"]), text(&line["sentence"]));
            (text(&line["step"]), judged)
        })
        .collect()
}

/// The steps that are not fresh, with their sentences.
#[track_caller]
fn stale(sandbox: &Sandbox, more: &[&str]) -> Vec<(String, String)> {
    status(sandbox, more)
        .into_iter()
        .filter(|(_, (state, _))| state != "fresh")
        .map(|(step, (_, sentence))| (step, sentence))
        .collect()
}

#[track_caller]
pub(crate) fn expect_fresh(sandbox: &Sandbox, more: &[&str]) {
    assert_eq!(stale(sandbox, more), []);
}

fn pair(step: &str, sentence: &str) -> (String, String) {
    (step.to_owned(), sentence.to_owned())
}

/// The steps of tasks that ran, and of those that were taken over.
pub(crate) fn ran(events: &[Value]) -> (Vec<&str>, Vec<&str>) {
    let steps = |kind: &str| {
        let mut steps: Vec<&str> = of_kind(events, kind)
            .iter()
            .filter_map(|event| event["step"].as_str())
            .collect();
        steps.sort_unstable();
        steps
    };
    (steps("task_finished"), steps("task_cloned"))
}

#[track_caller]
pub(crate) fn events(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    parse(&run(sandbox.flowdev(arguments)).expect_code(0).stdout)
}

#[test]
fn an_edit_is_named_by_function_and_line() {
    let sandbox = parts();
    expect_fresh(&sandbox, &[]);
    sandbox.edit("utils.py", "return 1", "return 2");
    sandbox.edit("utils.py", "def clean", "# a remark\ndef clean");
    sandbox.edit(
        "flow.py",
        "    @step\n    def end",
        "    # more\n    @step\n    def end",
    );
    expect_fresh(&sandbox, &[]);
    sandbox.edit("utils.py", "if row]", "if row > 1]");
    let judged = status(&sandbox, &[]);
    let reason = "utils.clean changed at line 4";
    assert_eq!(judged["start"], pair("stale", reason));
    let below = format!("downstream of start, which is stale because {reason}");
    assert_eq!(judged["end"], pair("upstream", &below));
    let told = run(sandbox.flowdev(["status", "flow.py", "--check"])).expect_code(1);
    assert!(
        told.stdout.contains("5 steps are stale since run"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout
            .contains("`flowdev resume --auto` runs from start")
    );
}

#[test]
fn only_what_was_read_counts() {
    let sandbox = parts();
    expect_fresh(&sandbox, &["--beta", "7"]);
    expect_fresh(&sandbox, &["--alpha", "2"]);
    let judged = status(&sandbox, &["--alpha", "3"]);
    assert_eq!(judged["start"].0, "fresh");
    assert_eq!(judged["fan"], pair("stale", "parameter alpha changed"));
    sandbox.write("cfg.json", r#"{"report": {"title": "T", "more": 1}}"#);
    expect_fresh(&sandbox, &[]);
    sandbox.write("cfg.json", r#"{"report": {"title": "U"}}"#);
    let judged = status(&sandbox, &[]);
    assert_eq!(judged["join"].0, "fresh");
    let changed = pair("stale", "config cfg.report.title changed");
    assert_eq!(judged["report"], changed);
    assert_eq!(judged["end"].0, "upstream");
}

#[test]
fn a_spin_with_equal_outputs_leaves_what_follows_fresh() {
    let sandbox = parts();
    sandbox.edit(
        "utils.py",
        "return [row for row in rows if row]",
        "return list(filter(None, rows))",
    );
    assert_eq!(status(&sandbox, &[])["start"].0, "stale");
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    expect_fresh(&sandbox, &[]);
    // The run itself is as old as it was.
    let told = run(sandbox.flowdev(["status", "flow.py"])).expect_code(0);
    assert!(
        told.stdout.contains("what was spun is fresh"),
        "{}",
        told.stdout
    );

    sandbox.edit("utils.py", "list(filter(None, rows))", "[1, 2, 7]");
    sandbox.edit("flow.py", "passes through", "passes on");
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    let judged = status(&sandbox, &[]);
    let one = pair("stale", "input rows of start changed (1 of 3 splits)");
    assert_eq!(judged["fan"], one);
    assert_eq!(judged["join"].0, "upstream");
    // It has come through three steps that do not read it.
    assert_eq!(judged["end"], pair("stale", "input note of start changed"));
}

#[test]
fn a_run_takes_over_what_is_fresh() {
    let sandbox = parts();
    let only_stale = ["run", "flow.py", "--only-stale", "--json"];
    let told = events(&sandbox, &only_stale);
    assert_eq!(ran(&told).0, Vec::<&str>::new());

    sandbox.edit(
        "utils.py",
        "return [row for row in rows if row]",
        "return list(filter(None, rows))",
    );
    let told = events(&sandbox, &only_stale);
    assert_eq!(
        ran(&told),
        (
            vec!["start"],
            vec!["end", "fan", "fan", "fan", "join", "report"]
        )
    );

    // One item differs, and the sum, but not what is said of it.
    sandbox.edit("utils.py", "list(filter(None, rows))", "[1, 2, 7]");
    let told = events(&sandbox, &only_stale);
    assert_eq!(
        ran(&told),
        (
            vec!["fan", "join", "report", "start"],
            vec!["end", "fan", "fan"]
        )
    );
    // A task that was taken over hands on what its own inputs hold now.
    let run_id = run_of(&told);
    let tasks = store::done_tasks(&sandbox.root(), "PartsFlow", &run_id, "end");
    let manifest = tasks.values().next().expect("the task");
    let total = store::blob(&sandbox.root(), "PartsFlow", manifest, "total");
    assert_eq!(total[2..], *b"\x4b\x14.", "20 as a pickle: {total:?}");
    expect_fresh(&sandbox, &[]);

    let told = events(
        &sandbox,
        &["run", "flow.py", "--only-stale", "--json", "--beta", "9"],
    );
    assert_eq!(ran(&told).0, Vec::<&str>::new());
    let told = events(
        &sandbox,
        &["run", "flow.py", "--only-stale", "--json", "--alpha", "9"],
    );
    assert_eq!(
        ran(&told),
        (
            vec!["fan", "fan", "fan", "join", "report"],
            vec!["end", "start"]
        )
    );
}

#[test]
fn resume_offers_what_is_stale_and_takes_it() {
    let sandbox = parts();
    let auto = ["resume", "flow.py", "--auto", "--json"];
    let told = events(&sandbox, &auto);
    assert_eq!(of_kind(&told, "job_started").len(), 0, "{told:#?}");
    sandbox.edit("flow.py", "> 0}", ">= 0}");
    sandbox.write("cfg.json", r#"{"report": {"title": "U"}}"#);
    let told = run(sandbox.flowdev(["resume", "flow.py"])).expect_code(0);
    assert!(
        told.text()
            .contains("`flowdev resume --auto` runs from report"),
        "{}",
        told.text()
    );
    let told = events(&sandbox, &auto);
    assert_eq!(
        ran(&told),
        (
            vec!["end", "report"],
            vec!["fan", "fan", "fan", "join", "start"]
        )
    );
    expect_fresh(&sandbox, &[]);
    // With the config as it is now.
    let tasks = store::done_tasks(&sandbox.root(), "PartsFlow", &run_of(&told), "report");
    let manifest = tasks.values().next().expect("the task");
    let text = store::blob(&sandbox.root(), "PartsFlow", manifest, "text");
    assert!(text.windows(7).any(|part| part == b"U: True"), "{text:?}");
}

#[test]
fn another_version_of_a_library_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("site/fakelib.py", "VALUE = 1\n");
    sandbox.write("site/Fake_Lib-1.0.dist-info/top_level.txt", "fakelib\n");
    let flow = FLOW.replace("import utils", "import fakelib\nimport utils");
    sandbox.write("flow.py", &flow);
    sandbox.write("utils.py", UTILS);
    sandbox.write("cfg.json", r#"{"report": {"title": "T"}}"#);
    let flowdev = |arguments: &[&str]| {
        let mut command = sandbox.flowdev(arguments);
        command.env("PYTHONPATH", sandbox.path("site"));
        run(command).expect_code(0).stdout
    };
    flowdev(&["run", "flow.py"]);
    assert!(flowdev(&["status", "flow.py"]).contains("Nothing to run again"));
    let info = |version: &str| sandbox.path(&format!("site/Fake_Lib-{version}.dist-info"));
    std::fs::rename(info("1.0"), info("1.1")).expect("rename");
    let told = flowdev(&["status", "flow.py"]);
    assert!(told.contains("Fake_Lib changed from 1.0 to 1.1"), "{told}");
}

#[test]
fn of_a_run_of_metaflow_nothing_is_known() {
    if require(venv::venv()).is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    let flow = sandbox.flow("shapes.py");
    run(sandbox.metaflow(&flow, ["--no-pylint", "run"])).expect_code(0);
    let told = run(sandbox.flowdev(["status", "shapes.py"]))
        .expect_code(0)
        .stdout;
    let line = |step: &str| {
        let found = told
            .lines()
            .find(|line| line.split_whitespace().next() == Some(step));
        found.unwrap_or_default().to_owned()
    };
    assert!(line("start").contains("unknown"), "{told}");
    assert!(line("start").contains("made by Metaflow"), "{told}");
    assert!(told.contains("cannot be judged"), "{told}");
    assert!(line("never").contains("not taken"), "{told}");
    // What is not known to be fresh is run.
    let told = events(&sandbox, &["run", "shapes.py", "--only-stale", "--json"]);
    assert_eq!(ran(&told).1, Vec::<&str>::new());
    let told = run(sandbox.flowdev(["status", "shapes.py"]))
        .expect_code(0)
        .stdout;
    assert!(told.contains("Nothing to run again"), "{told}");
}

#[test]
fn a_flow_that_never_ran_and_one_that_failed() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "flow.py",
        &FLOW.replace("self.text =", "1 / 0\n        self.text ="),
    );
    sandbox.write("utils.py", UTILS);
    sandbox.write("cfg.json", r#"{"report": {"title": "T"}}"#);
    assert_eq!(status(&sandbox, &[])["start"].0, "never_run");
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(1);
    let judged = status(&sandbox, &[]);
    let states = ["join", "report", "end"].map(|step| judged[step].0.clone());
    assert_eq!(states, ["fresh", "failed", "never_run"]);
    sandbox.edit("flow.py", "1 / 0", "");
    let told = events(&sandbox, &["resume", "flow.py", "--auto", "--json"]);
    assert_eq!(ran(&told).0, ["end", "report"]);
}

#[test]
fn a_run_that_died_at_once_is_as_good_as_none() {
    let sandbox = parts();
    let flow = sandbox.root().join("PartsFlow");
    let id = std::fs::read_to_string(flow.join("latest_run")).expect("a run");
    let parts = std::fs::read_dir(flow.join(id.trim()))
        .expect("a run")
        .flatten();
    for part in parts.filter(|part| part.file_name() != "_meta") {
        std::fs::remove_dir_all(part.path()).expect("removed");
    }
    std::fs::remove_file(flow.join("latest_run")).expect("removed");
    assert_eq!(status(&sandbox, &[])["start"].0, "never_run");
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    let (ran, taken) = (7, 0);
    let told = events(&sandbox, &["run", "flow.py", "--only-stale", "--json"]);
    let counts = (
        of_kind(&told, "task_finished").len(),
        of_kind(&told, "task_cloned").len(),
    );
    assert_eq!(counts, (ran, taken));
}

#[test]
fn what_a_decorator_reads_of_a_config_counts() {
    let sandbox = Sandbox::new();
    let decorated = FLOW
        .replace("import Config,", "import config_expr, environment, Config,")
        .replace(
            "    @step\n    def join",
            "    @environment(vars={\"A\": config_expr(\"cfg.a.b\")})\n    @step\n    def join",
        );
    sandbox.write("flow.py", &decorated);
    sandbox.write("utils.py", UTILS);
    let config = |b: &str, c: u8| {
        let text = format!(r#"{{"report": {{"title": "T"}}, "a": {{"b": "{b}", "c": {c}}}}}"#);
        sandbox.write("cfg.json", &text);
    };
    config("1", 1);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    expect_fresh(&sandbox, &[]);
    config("1", 2);
    expect_fresh(&sandbox, &[]);
    config("2", 2);
    let changed = pair("stale", "config cfg.a.b changed");
    assert_eq!(status(&sandbox, &[])["join"], changed);
    let told = events(&sandbox, &["run", "flow.py", "--only-stale", "--json"]);
    assert_eq!(ran(&told).0, ["join"]);
}
