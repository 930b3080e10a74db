//! The verbs that look: each prints for people and, with `--json`, for programs; none runs the user's code.

use serde_json::Value;

use crate::support::events::parse;
use crate::support::{Sandbox, oracle, require, run, store, venv};

/// A sandbox in which a flow of the fixtures has run.
fn after_run(flow: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow(flow);
    run(sandbox.flowdev(["run", flow, "--tag", "hello"])).expect_code(0);
    sandbox
}

/// Runs a verb without a usable Python: text and then JSON, which must parse.
#[track_caller]
fn looks(sandbox: &Sandbox, arguments: &[&str], pieces: &[&str]) -> Vec<Value> {
    let mut command = sandbox.flowdev(arguments);
    command.env("FLOWDEV_PYTHON", "/not/there/python");
    run(command).expect_code(0).expect_text(pieces);
    let mut command = sandbox.flowdev(arguments);
    command
        .arg("--json")
        .env("FLOWDEV_PYTHON", "/not/there/python");
    parse(&run(command).expect_code(0).stdout)
}

#[test]
fn help_is_there_for_every_verb_with_an_example() {
    let sandbox = Sandbox::new();
    for verb in [
        "demo",
        "run",
        "resume",
        "spin",
        "check",
        "show",
        "runs",
        "tasks",
        "logs",
        "artifacts",
        "peek",
        "watch",
        "env",
    ] {
        let finished = run(sandbox.flowdev([verb, "--help"])).expect_code(0);
        assert!(
            finished.stdout.contains(&format!("flowdev {verb}")),
            "{}",
            finished.stdout
        );
    }
    run(sandbox.flowdev(["--help"]))
        .expect_code(0)
        .expect_text(&["flowdev demo", "spin", "resume"]);
    run(sandbox.flowdev(["--version"]))
        .expect_code(0)
        .expect_text(&[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn help_of_run_lists_the_flows_parameters() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py", "--help"]))
        .expect_code(0)
        .expect_text(&["--alpha", "a number", "--with-dash"]);
}

#[test]
fn check_and_show_need_no_python() {
    let sandbox = Sandbox::new();
    for flow in [
        "linear.py",
        "fan.py",
        "shapes.py",
        "waiting.py",
        "failing.py",
        "tables.py",
    ] {
        sandbox.flow(flow);
        let findings = looks(&sandbox, &["check", flow], &["looks good"]);
        assert!(findings.is_empty(), "{flow}: {findings:?}");
        let graph = looks(&sandbox, &["show", flow], &["start", "end"]);
        assert!(!graph.is_empty());
    }
}

#[test]
fn a_run_is_seen_by_every_verb() {
    let sandbox = after_run("linear.py");
    let id = sandbox.read(".metaflow/LinearFlow/latest_run");
    looks(&sandbox, &["runs", "linear.py"], &[&id, "hello"]);
    looks(
        &sandbox,
        &["tasks", "linear.py"],
        &["start", "middle", "end"],
    );
    looks(
        &sandbox,
        &["tasks", "linear.py", &format!("{id}/middle")],
        &["middle"],
    );
    looks(
        &sandbox,
        &["logs", "linear.py", &format!("{id}/middle")],
        &["user: the total is 3"],
    );
    looks(
        &sandbox,
        &["artifacts", "linear.py", &format!("{id}/middle")],
        &["numbers", "list", "total", "int"],
    );
    looks(
        &sandbox,
        &["peek", "linear.py", &format!("{id}/middle/numbers")],
        &["0", "1", "2"],
    );
}

#[test]
fn parameters_tags_and_the_run_id_file_arrive() {
    if require(venv::venv()).is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let mut command = sandbox.flowdev([
        "run",
        "linear.py",
        "--alpha",
        "5",
        "--with-dash",
        "-",
        "--tag",
        "a",
        "--tag",
        "b",
        "--max-workers",
        "1",
        "--run-id-file",
        "id",
    ]);
    command.env("METAFLOW_RUN_ALPHA", "9");
    run(command)
        .expect_code(0)
        .expect_text(&["user: the total is 10", "user: end of -"]);
    let id = oracle::run_id(&sandbox.path("id"));
    let seen = oracle::client(
        &sandbox,
        &format!(
            "r = Run('LinearFlow/{id}'); result = [r.data.alpha, r.data.name_with_dash, sorted(r.user_tags), r.successful]"
        ),
    );
    assert_eq!(seen, serde_json::json!([5, "-", ["a", "b"], true]));

    // Without the option, the variable counts.
    let mut command = sandbox.flowdev(["run", "linear.py"]);
    command.env("METAFLOW_RUN_ALPHA", "9");
    run(command)
        .expect_code(0)
        .expect_text(&["user: the total is 36"]);
}

#[test]
fn a_decorator_can_be_added_on_the_command_line() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "flow.py",
        "from metaflow import FlowSpec, current, step\n\n\nclass OnceFlow(FlowSpec):\n    @step\n    def start(self):\n        if current.retry_count < 2:\n            raise RuntimeError('user: not yet')\n        print('user: at last')\n        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n\n\nif __name__ == '__main__':\n    OnceFlow()\n",
    );
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(1);
    run(sandbox.flowdev([
        "run",
        "flow.py",
        "--with",
        "retry:times=2,minutes_between_retries=0",
    ]))
    .expect_code(0)
    .expect_text(&["user: at last"]);
}

#[test]
fn what_a_flow_prints_when_it_is_imported_comes_whole() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let text = sandbox.read("linear.py");
    // Characters of two bytes, after one: wherever the reading is interrupted, it is within a character.
    sandbox.write(
        "linear.py",
        &format!("print('x' + 'é' * 6000 + ' all of it')\n{text}"),
    );
    let line = format!("x{} all of it", "é".repeat(6000));
    run(sandbox.flowdev(["run", "linear.py"]))
        .expect_code(0)
        .expect_text(&[&line]);
}

#[test]
fn the_only_flow_of_the_directory_needs_no_name() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run"]))
        .expect_code(0)
        .expect_text(&["user: the total is 3"]);
    sandbox.flow("fan.py");
    run(sandbox.flowdev(["run"]))
        .expect_code(2)
        .expect_text(&["linear.py", "fan.py"]);
}

#[test]
fn without_a_store_one_is_made_beside_the_flow_and_below_it_is_found() {
    let sandbox = Sandbox::new();
    std::fs::remove_dir(sandbox.root()).expect("empty");
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py"])).expect_code(0);
    assert!(sandbox.root().join("LinearFlow/latest_run").exists());
    std::fs::create_dir(sandbox.path("below")).expect("directory");
    let mut command = sandbox.flowdev(["runs", "../linear.py"]);
    command.current_dir(sandbox.path("below"));
    run(command)
        .expect_code(0)
        .expect_text(&[&sandbox.read(".metaflow/LinearFlow/latest_run")]);

    let mut command = sandbox.flowdev(["run", "linear.py"]);
    command.env(
        "METAFLOW_DATASTORE_SYSROOT_LOCAL",
        sandbox.path("elsewhere"),
    );
    run(command).expect_code(0);
    assert!(
        sandbox
            .path("elsewhere/.metaflow/LinearFlow/latest_run")
            .exists()
    );
}

#[test]
fn peeking_never_runs_the_code_of_a_pickle() {
    if require(venv::venv()).is_none() {
        return;
    }
    let sandbox = after_run("tables.py");
    let id = sandbox.read(".metaflow/TablesFlow/latest_run");
    let _ = std::fs::remove_file(sandbox.path("unpickled.txt"));
    looks(
        &sandbox,
        &["artifacts", "tables.py", &format!("{id}/start")],
        &["frame", "DataFrame", "nested", "marker"],
    );
    looks(
        &sandbox,
        &["peek", "tables.py", &format!("{id}/start/frame")],
        &["city", "people", "Bergen", "709037", "Tromsø"],
    );
    looks(
        &sandbox,
        &["peek", "tables.py", &format!("{id}/start/nested")],
        &["héllo", "2.5"],
    );
    looks(
        &sandbox,
        &["peek", "tables.py", &format!("{id}/start/marker")],
        &["_tell"],
    );
    assert!(
        !sandbox.path("unpickled.txt").exists(),
        "peek ran code from an artifact"
    );
}

#[test]
fn files_can_be_peeked_at() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    sandbox.write("cities.csv", "city,people\nOslo,709037\nBergen,291940\n");
    looks(
        &sandbox,
        &["peek", "cities.csv"],
        &["city", "people", "Oslo", "291940"],
    );
}

#[test]
fn demo_writes_a_project_that_runs_and_never_overwrites() {
    let sandbox = Sandbox::new();
    run(sandbox.flowdev(["demo", "--no-open"])).expect_code(0);
    let flows: Vec<_> = store::files(&sandbox.path("flowdev-demo"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "py"))
        .collect();
    assert!(!flows.is_empty());
    let before: Vec<String> = flows
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("text"))
        .collect();
    run(sandbox.flowdev(["demo", "--no-open"]))
        .expect_code(2)
        .expect_text(&["flowdev-demo"]);
    let after: Vec<String> = flows
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("text"))
        .collect();
    assert_eq!(before, after);
    let mut command = sandbox.flowdev(["run"]);
    // Any Python will do: the demo needs nothing but the standard library.
    command
        .current_dir(sandbox.path("flowdev-demo"))
        .env("FLOWDEV_PYTHON", "python3");
    run(command).expect_code(0);
    run(sandbox.flowdev(["demo", "--no-open", "--dir", "other"])).expect_code(0);
    assert!(sandbox.path("other").is_dir());
}
