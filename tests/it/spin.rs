//! `flowdev spin` where Metaflow's own is wrong or refuses: steps that never ran, chains, joins, parameters, old inputs.

use serde_json::{Value, json};

use crate::support::events::{of_kind, output, parse};
use crate::support::{Sandbox, run, store};

/// A sandbox in which shapes.py has run.
fn shapes() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("shapes.py");
    run(sandbox.flowdev(["run", "shapes.py"]))
        .expect_code(0)
        .expect_text(&["user: often 23 [9, 1, 16, 1, 25, 81, 4, 36] 0.5"]);
    sandbox
}

/// Spins a step that must succeed, and returns the events.
#[track_caller]
fn spin(sandbox: &Sandbox, step: &str, more: &[&str]) -> Vec<Value> {
    let mut command = sandbox.flowdev(["spin", "shapes.py", step, "--json"]);
    command.args(more);
    let events = parse(&run(command).expect_code(0).stdout);
    assert_eq!(of_kind(&events, "task_finished").len(), 1, "{events:#?}");
    events
}

/// The inputs that a spin used.
fn inputs(events: &[Value]) -> Vec<&str> {
    let started = of_kind(events, "task_started");
    let inputs = started.first().and_then(|event| event["inputs"].as_array());
    inputs
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn a_spin_takes_the_parents_artifacts_and_leaves_no_trace() {
    let sandbox = shapes();
    let before = store::files(&sandbox.root());
    let latest = sandbox.read(".metaflow/ShapesFlow/latest_run");
    sandbox.edit(
        "shapes.py",
        "self.left_value = self.base + 1",
        "self.left_value = self.base + 5\n        print('user: left is', self.left_value)",
    );
    let events = spin(&sandbox, "left", &[]);
    assert_eq!(output(&events, "left"), "user: left is 15\n");
    assert_eq!(store::files(&sandbox.root()), before);
    assert_eq!(sandbox.read(".metaflow/ShapesFlow/latest_run"), latest);
    // So the next resume finds its run.
    run(sandbox.flowdev(["resume", "shapes.py", "end"])).expect_code(0);
}

#[test]
fn the_way_that_a_switch_did_not_take_can_be_spun() {
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.said = \"never %s\" % self.sum",
        "self.said = \"never %s\" % self.sum\n        print('user:', self.said)",
    );
    assert_eq!(
        output(&spin(&sandbox, "never", &[]), "never"),
        "user: never 23\n"
    );
}

#[test]
fn a_step_that_did_not_exist_at_the_last_run_can_be_spun() {
    let sandbox = shapes();
    sandbox.edit("shapes.py", "        self.next(self.end)\n",
        "        self.next(self.report)\n\n    @step\n    def report(self):\n        print('user: report', sum(self.squares), self.said)\n        self.next(self.end)\n",
    );
    assert_eq!(
        output(&spin(&sandbox, "report", &[]), "report"),
        "user: report 173 often 23\n"
    );
}

#[test]
fn a_spin_takes_the_parents_newer_spin() {
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.left_value = self.base + 1",
        "self.left_value = self.base + 100",
    );
    spin(&sandbox, "left", &[]);
    sandbox.edit(
        "shapes.py",
        "self.sum = self.left_value + self.right_value",
        "self.sum = self.left_value + self.right_value\n        print('user: sum', self.sum)",
    );
    assert_eq!(
        output(&spin(&sandbox, "both", &[]), "both"),
        "user: sum 122\n"
    );
}

#[test]
fn a_static_join_that_merges_can_be_spun() {
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.next(self.choose)",
        "print('user: sum', self.sum, self.base)\n        self.next(self.choose)",
    );
    let events = spin(&sandbox, "both", &[]);
    assert_eq!(output(&events, "both"), "user: sum 23 10\n");
    assert_eq!(inputs(&events).len(), 2, "{events:#?}");
}

#[test]
fn the_join_of_a_foreach_gets_all_splits_in_their_order() {
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.squares = [one.squared for one in inputs]",
        "self.squares = [one.squared for one in inputs]\n        print('user:', self.squares)",
    );
    let events = spin(&sandbox, "collect", &[]);
    assert_eq!(
        output(&events, "collect"),
        "user: [9, 1, 16, 1, 25, 81, 4, 36]\n"
    );
    assert_eq!(inputs(&events).len(), 8);
}

#[test]
fn a_split_of_a_foreach_can_be_chosen() {
    let sandbox = shapes();
    sandbox.edit("shapes.py", "self.squared = self.input**2",
        "self.squared = self.input**2\n        print('user:', self.index, self.input, self.foreach_stack())",
    );
    assert_eq!(
        output(&spin(&sandbox, "work", &["--split", "5"]), "work"),
        "user: 5 9 [(5, 8, 9)]\n"
    );
    let run = sandbox.read(".metaflow/ShapesFlow/latest_run");
    let tasks = store::done_tasks(&sandbox.root(), "ShapesFlow", &run, "work");
    let task = tasks.keys().next().expect("a task");
    spin(
        &sandbox,
        "work",
        &["--pathspec", &format!("{run}/work/{task}")],
    );
}

#[test]
fn inputs_and_parameters_can_be_replaced() {
    let sandbox = shapes();
    let said = |more: &[&str]| output(&spin(&sandbox, "end", more), "end");
    assert_eq!(
        said(&[]),
        "user: often 23 [9, 1, 16, 1, 25, 81, 4, 36] 0.5\n"
    );
    assert_eq!(
        said(&[
            "--set",
            "squares=[1]",
            "--set",
            "said=plain text",
            "--set",
            "rate=2.5"
        ]),
        "user: plain text [1] 2.5\n"
    );
    sandbox.write(
        "artifacts.py",
        "ARTIFACTS = {'squares': {'from': 'module'}}\n",
    );
    assert_eq!(
        said(&["--artifacts-module", "artifacts.py"]),
        "user: often 23 {'from': 'module'} 0.5\n"
    );
}

#[test]
fn old_inputs_are_named() {
    let sandbox = shapes();
    sandbox.edit("shapes.py", "self.base = 10", "self.base = 11");
    let events = spin(&sandbox, "left", &[]);
    let notes: Vec<&str> = of_kind(&events, "note")
        .iter()
        .filter_map(|note| note["text"].as_str())
        .collect();
    assert!(
        notes
            .iter()
            .any(|text| text.contains("start")
                && (text.contains("changed") || text.contains("stale"))),
        "nothing says that start changed: {events:#?}"
    );
    // A comment changes nothing.
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.base = 10",
        "# the base\n        self.base = 10",
    );
    let events = spin(&sandbox, "left", &[]);
    assert!(of_kind(&events, "note").is_empty(), "{events:#?}");
}

#[test]
fn the_start_step_can_be_spun_without_any_run() {
    let sandbox = Sandbox::new();
    sandbox.flow("shapes.py");
    let events = spin(&sandbox, "start", &[]);
    let finished = of_kind(&events, "task_finished");
    assert!(
        finished[0]["artifacts"]
            .as_array()
            .is_some_and(|names| names.contains(&json!("base"))),
        "{finished:?}"
    );
}

#[test]
fn a_spin_that_fails_ends_with_one_and_names_the_line() {
    let sandbox = shapes();
    sandbox.edit(
        "shapes.py",
        "self.squared = self.input**2",
        "self.squared = self.input / 0",
    );
    run(sandbox.flowdev(["spin", "shapes.py", "work"]))
        .expect_code(1)
        .expect_text(&["ZeroDivisionError", "shapes.py:"]);
}
