//! Two clients, two engines: whoever made a store, Metaflow's client and ours say the same of it.

use std::process::Command;

use crate::support::{Sandbox, repository, require, run, venv};

const FLOWS: [(&str, &str); 3] = [
    ("outcomes.py", "OutcomesFlow"),
    ("nested.py", "NestedFlow"),
    ("loop.py", "LoopFlow"),
];

/// A sandbox with flows to look at.
fn sandbox() -> Option<Sandbox> {
    require(venv::venv())?;
    let sandbox = Sandbox::new();
    for (file, _) in FLOWS {
        let text =
            std::fs::read_to_string(repository().join("tests/fixtures/flows/client").join(file));
        sandbox.write(file, &text.expect("fixture"));
    }
    sandbox.flow("fan.py");
    sandbox.write("broken", "");
    Some(sandbox)
}

/// All that a client says of the store, line by line; ours where `PYTHONPATH` has our package.
fn says(sandbox: &Sandbox, ours: bool) -> Vec<String> {
    let mut command: Command = sandbox.command(&venv::python());
    command.arg(repository().join("tests/it/support/client_probe.py"));
    command.args(FLOWS.map(|(_, name)| name)).arg("FanFlow");
    if ours {
        command.env("PYTHONPATH", repository().join("assets/python"));
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let answer = run(command).expect_code(0);
    answer.stdout.lines().map(str::to_owned).collect()
}

/// Both clients agree, but for what ours answers where Metaflow's fails.
#[track_caller]
fn agree(sandbox: &Sandbox) {
    let (theirs, ours) = (says(sandbox, false), says(sandbox, true));
    assert!(theirs.len() > 5000, "{} lines", theirs.len());
    let different: Vec<_> = theirs
        .iter()
        .zip(&ours)
        .filter(|(theirs, ours)| theirs != ours)
        // The steps that a switch left aside, or that a failed run did not come to.
        .filter(|(theirs, _)| {
            !(theirs.contains("_steps -> ") && theirs.contains("MetaflowNotFound"))
        })
        .take(20)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(theirs.len(), ours.len());
}

#[test]
fn metaflow_s_store_reads_the_same_by_both_clients() {
    let Some(sandbox) = sandbox() else { return };
    for (file, _) in FLOWS {
        let flow = sandbox.path(file);
        run(sandbox.metaflow(&flow, ["--no-pylint", "run", "--tag", "tagged"])).expect_code(0);
    }
    let fan = sandbox.path("fan.py");
    run(sandbox.metaflow(&fan, ["--no-pylint", "run"])).expect_code(1);
    std::fs::remove_file(sandbox.path("broken")).expect("mend");
    run(sandbox.metaflow(&fan, ["--no-pylint", "resume"])).expect_code(0);
    agree(&sandbox);
}

#[test]
fn flowdev_s_store_reads_the_same_by_both_clients() {
    let Some(sandbox) = sandbox() else { return };
    for (file, _) in FLOWS {
        run(sandbox.flowdev(["run", file, "--tag", "tagged"])).expect_code(0);
    }
    run(sandbox.flowdev(["run", "fan.py"])).expect_code(1);
    std::fs::remove_file(sandbox.path("broken")).expect("mend");
    run(sandbox.flowdev(["resume", "fan.py"])).expect_code(0);
    agree(&sandbox);
}
