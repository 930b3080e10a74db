//! Spins of what is stale: before the step, after it, and what a spin says of its inputs.

use crate::staleness::{FLOW, UTILS, events, expect_fresh, parts, ran};
use crate::support::events::{of_kind, parse};
use crate::support::{Sandbox, run, store};

#[test]
fn stale_inputs_are_spun_first() {
    let sandbox = parts();
    let spin = |step: &str| {
        events(
            &sandbox,
            &["spin", "flow.py", step, "--with-stale-inputs", "--json"],
        )
    };
    assert_eq!(ran(&spin("join")).0, ["join"]);
    // Equal outputs: what follows needs nothing.
    sandbox.edit(
        "utils.py",
        "return [row for row in rows if row]",
        "return list(filter(None, rows))",
    );
    assert_eq!(ran(&spin("join")).0, ["join", "start"]);
    sandbox.edit("utils.py", "list(filter(None, rows))", "[1, 2, 7]");
    sandbox.edit("flow.py", "passes through", "passes on");
    let told = spin("end");
    assert_eq!(ran(&told).0, ["end", "fan", "join", "report", "start"]);
    assert_eq!(of_kind(&told, "job_finished").len(), 1);
    let id = of_kind(&told, "job_started")
        .last()
        .and_then(|event| event["run"].as_str());
    let spins = sandbox.dir().join(".metaflow_spin");
    let tasks = store::done_tasks(&spins, "PartsFlow", id.expect("the spin"), "end");
    let manifest = tasks.values().next().expect("the task");
    let last = store::blob(&spins, "PartsFlow", manifest, "last");
    // It came through steps that were not told of it.
    assert!(last.windows(9).any(|part| part == b"passes on"), "{last:?}");
    expect_fresh(&sandbox, &[]);
}

#[test]
fn what_follows_is_spun_as_far_as_it_is_stale() {
    let sandbox = parts();
    sandbox.edit("utils.py", "if row]", "if row > 1]");
    let after = ["spin", "flow.py", "start", "--with-stale-descendants"];
    let told = events(&sandbox, &[&after[..], &["--json"]].concat());
    // One split less: both that are left have another item, and the text is the same in the end.
    assert_eq!(ran(&told).0, ["fan", "fan", "join", "report", "start"]);
    let parts: Vec<(&str, u64)> = of_kind(&told, "job_started")
        .iter()
        .filter_map(|event| {
            let part = &event["part"];
            Some((part["step"].as_str()?, part["number"].as_u64()?))
        })
        .collect();
    let expected = ["start", "fan", "fan", "join", "report"];
    assert_eq!(parts, expected.into_iter().zip(1..).collect::<Vec<_>>());
    assert_eq!(of_kind(&told, "job_finished").len(), 1);
    expect_fresh(&sandbox, &[]);

    // What a spin cannot change is said, and left alone.
    sandbox.write("cfg.json", r#"{"report": {"title": "U"}}"#);
    sandbox.edit("flow.py", "sum(one.y", "1 + sum(one.y");
    let told = events(
        &sandbox,
        &[
            "spin",
            "flow.py",
            "join",
            "--with-stale-descendants",
            "--json",
        ],
    );
    assert_eq!(ran(&told).0, ["join"]);
    let notes = of_kind(&told, "note");
    let mut notes = notes.iter().filter_map(|note| note["text"].as_str());
    let stays = "report stays stale, for a spin keeps the configs and the graph of its run: config cfg.report.title changed";
    assert!(notes.any(|text| text == stays), "{told:#?}");
}

#[test]
fn a_failing_step_ends_the_spins_after_it() {
    let sandbox = parts();
    sandbox.edit("utils.py", "if row]", "if row > 1]");
    sandbox.edit("flow.py", "self.total = sum", "self.total = 1 / 0 + sum");
    let after = [
        "spin",
        "flow.py",
        "start",
        "--with-stale-descendants",
        "--json",
    ];
    let told = parse(&run(sandbox.flowdev(after)).expect_code(1).stdout);
    assert_eq!(ran(&told).0, ["fan", "fan", "start"]);
    let ended = of_kind(&told, "job_finished");
    assert_eq!(ended[0]["outcome"]["step"], "join", "{ended:#?}");
    // A join is not given fewer inputs than there are splits.
    sandbox.edit("flow.py", "1 / 0 + ", "");
    sandbox.edit("utils.py", "if row > 1]", "if row] + [7, 8]");
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    run(sandbox.flowdev(["spin", "flow.py", "join"]))
        .expect_code(1)
        .expect_text(&["needs 5 inputs", "--with-stale-inputs"]);
    let with = ["spin", "flow.py", "join", "--with-stale-inputs"];
    run(sandbox.flowdev(with)).expect_code(0);
}

#[test]
fn too_much_is_left_to_a_run() {
    let sandbox = parts();
    sandbox.edit(
        "utils.py",
        "[row for row in rows if row]",
        "list(range(50))",
    );
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    run(sandbox.flowdev(["spin", "flow.py", "join", "--with-stale-inputs"]))
        .expect_code(1)
        .expect_text(&["more than are spun one by one", "--only-stale"]);
    // Nobody minds how many there are that were taken over from another number of splits.
    run(sandbox.flowdev(["run", "flow.py", "--only-stale"])).expect_code(0);
    expect_fresh(&sandbox, &[]);
}

/// What a spin says of the inputs of the step.
#[track_caller]
fn warnings(sandbox: &Sandbox, step: &str) -> Vec<String> {
    let told = events(sandbox, &["spin", "flow.py", step, "--json"]);
    let notes = of_kind(&told, "note").into_iter();
    let warnings = notes.filter(|note| note["level"] == "warning");
    warnings
        .filter_map(|note| Some(note["text"].as_str()?.to_owned()))
        .collect()
}

#[test]
fn a_spin_says_of_its_inputs_what_status_says() {
    let sandbox = parts();
    assert_eq!(warnings(&sandbox, "join"), [""; 0]);
    sandbox.edit(
        "utils.py",
        "return [row for row in rows if row]",
        "return list(filter(None, rows))",
    );
    let told = warnings(&sandbox, "join");
    let [told] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert!(
        told.ends_with(": start (utils.clean changed at line 3)"),
        "{told}"
    );
    // The run's start is as old as it was; but what was spun since gives the same.
    run(sandbox.flowdev(["spin", "flow.py", "start"])).expect_code(0);
    assert_eq!(warnings(&sandbox, "join"), [""; 0]);
    sandbox.write("cfg.json", r#"{"report": {"title": "U"}}"#);
    assert_eq!(warnings(&sandbox, "join"), [""; 0]);
    let told = warnings(&sandbox, "end");
    assert!(
        told[0].ends_with(": report (config cfg.report.title changed)"),
        "{told:?}"
    );
}

#[test]
fn of_many_tasks_a_few_are_looked_at() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "flow.py",
        &FLOW.replace("utils.clean([1, 2, 0, 3])", "list(range(1001))"),
    );
    sandbox.write("utils.py", UTILS);
    sandbox.write("cfg.json", r#"{"report": {"title": "T"}}"#);
    let many = ["run", "flow.py", "--max-num-splits", "2000"];
    run(sandbox.flowdev(many)).expect_code(0);
    assert_eq!(warnings(&sandbox, "end"), [""; 0]);
    sandbox.edit(
        "flow.py",
        "self.input * self.alpha",
        "self.alpha * self.input",
    );
    run(sandbox.flowdev(["spin", "flow.py", "fan"])).expect_code(0);
    let told = warnings(&sandbox, "end");
    assert!(told[0].contains(": fan (fan changed at line"), "{told:?}");
}
