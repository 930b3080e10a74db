//! The real Metaflow Client, asked what it sees in a store.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::process::run_with_input;
use super::{Sandbox, repository, run, venv};

/// Runs a script after `from metaflow import *` and `namespace(None)`; what it leaves in `result` comes back.
#[track_caller]
pub fn client(sandbox: &Sandbox, script: &str) -> Value {
    let text = format!(
        "import json, sys\nfrom metaflow import *\nnamespace(None)\nmetadata('local@{}')\n{script}\nprint('\\n' + json.dumps(result))\n",
        sandbox.dir().display()
    );
    let mut command = sandbox.command(&venv::python());
    command.args(["-c", &text]);
    let output = run(command).expect_code(0);
    let last = output.stdout.trim_end().lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

/// Everything that the Client sees of runs, in one process; `oracle.py` says in which form.
#[track_caller]
pub fn snapshots(sandbox: &Sandbox, runs: &[(String, String)]) -> Vec<Value> {
    let mut command = sandbox.command(&venv::python());
    command.arg(repository().join("tests/it/support/oracle.py"));
    let request = json!({"root": sandbox.root(), "runs": runs});
    let output = run_with_input(command, &request.to_string()).expect_code(0);
    let answers: Vec<Value> = serde_json::from_str(&output.stdout).expect("the oracle prints JSON");
    for (run, answer) in runs.iter().zip(&answers) {
        assert!(
            answer.get("error").is_none(),
            "the Client fails on {run:?}: {}",
            answer["error"].as_str().unwrap_or_default()
        );
    }
    answers
}

/// One of them.
#[track_caller]
pub fn snapshot(sandbox: &Sandbox, flow: &str, run: &str) -> Value {
    snapshots(sandbox, &[(flow.to_owned(), run.to_owned())]).remove(0)
}

/// The id in a file that `--run-id-file` wrote.
#[track_caller]
pub fn run_id(file: &Path) -> String {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.trim().to_owned()
}
