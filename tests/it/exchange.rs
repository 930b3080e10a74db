//! One store, two engines: each goes on with what the other left.

use serde_json::{Value, json};

use crate::support::events::{of_kind, parse, run_of};
use crate::support::{Sandbox, compare, oracle, require, run, store, venv};

/// A sandbox with fan.py.
fn fan() -> Option<Sandbox> {
    require(venv::venv())?;
    let sandbox = Sandbox::new();
    sandbox.flow("fan.py");
    Some(sandbox)
}

/// The same, and one of the items fails.
fn broken() -> Option<Sandbox> {
    let sandbox = fan()?;
    sandbox.write("broken", "");
    Some(sandbox)
}

/// Removes what made the item fail, and the list of what ran.
fn mend(sandbox: &Sandbox) {
    std::fs::remove_file(sandbox.path("broken")).expect("mend");
    std::fs::remove_file(sandbox.path("ran.txt")).expect("mend");
}

fn latest(sandbox: &Sandbox) -> String {
    sandbox.read(".metaflow/FanFlow/latest_run")
}

/// The items that were done when the run failed: which of the others were is a matter of moments.
fn done_items(sandbox: &Sandbox, run: &str) -> usize {
    let tasks = store::done_tasks(&sandbox.root(), "FanFlow", run, "work");
    tasks
        .values()
        .filter(|manifest| manifest["objects"]["done"].is_string())
        .count()
}

#[test]
fn metaflow_resumes_a_run_that_failed_in_flowdev() {
    let Some(sandbox) = broken() else { return };
    run(sandbox.flowdev(["run", "fan.py"]))
        .expect_code(1)
        .expect_text(&["user: item 2 is broken"]);
    let origin = latest(&sandbox);
    let done = done_items(&sandbox, &origin);
    mend(&sandbox);
    let id_file = sandbox.path("id");
    let mut command = sandbox.metaflow(
        &sandbox.path("fan.py"),
        ["--no-pylint", "resume", "--run-id-file"],
    );
    command.arg(&id_file);
    run(command).expect_code(0);
    let ran = sandbox.lines("ran.txt");
    assert_eq!(
        ran.iter().filter(|line| line.starts_with("work")).count(),
        6 - done,
        "{ran:?}"
    );
    assert!(!ran.contains(&"start".to_owned()), "{ran:?}");
    let seen = oracle::snapshot(&sandbox, "FanFlow", &oracle::run_id(&id_file));
    assert_eq!(seen["successful"], true);
    assert_eq!(
        seen["tasks"]["work[2]"]["metadata"]["origin-run-id"],
        json!([origin])
    );
}

#[test]
fn flowdev_resumes_a_run_that_failed_in_metaflow() {
    let Some(sandbox) = broken() else { return };
    let flow = sandbox.path("fan.py");
    run(sandbox.metaflow(&flow, ["--no-pylint", "run"])).expect_code(1);
    let origin = latest(&sandbox);
    let done = done_items(&sandbox, &origin);
    mend(&sandbox);
    let events = parse(
        &run(sandbox.flowdev(["resume", "fan.py", "--json"]))
            .expect_code(0)
            .stdout,
    );
    let cloned = of_kind(&events, "task_cloned")
        .iter()
        .filter(|event| event["step"] == "work")
        .count();
    assert_eq!(cloned, done, "{events:#?}");
    let ran = sandbox.lines("ran.txt");
    assert_eq!(
        ran.iter().filter(|line| line.starts_with("work")).count(),
        6 - done,
        "{ran:?}"
    );
    let seen = oracle::snapshot(&sandbox, "FanFlow", &run_of(&events));
    assert_eq!(seen["successful"], true);
    assert_eq!(seen["tasks"]["end"]["logs"][0][0], "user: origin is True\n");
    // Unlike with Metaflow, where resuming twice begins from the first run twice.
    assert_eq!(latest(&sandbox), run_of(&events));
}

#[test]
fn both_engines_resume_the_same_run_to_the_same() {
    let Some(sandbox) = broken() else { return };
    // One task at a time, so that it is certain which items were done.
    run(sandbox.flowdev(["run", "fan.py", "--max-workers", "1"])).expect_code(1);
    let origin = latest(&sandbox);
    mend(&sandbox);
    let ids = [sandbox.path("metaflow.id"), sandbox.path("flowdev.id")];
    let flow = sandbox.path("fan.py");
    for arguments in [
        &["--origin-run-id", origin.as_str()][..],
        &["join", "--origin-run-id", origin.as_str()],
    ] {
        let mut command = sandbox.metaflow(&flow, ["--no-pylint", "resume"]);
        command.args(arguments).arg("--run-id-file").arg(&ids[0]);
        run(command).expect_code(0);
        let mut command = sandbox.flowdev(["resume", "fan.py"]);
        command.args(arguments).arg("--run-id-file").arg(&ids[1]);
        run(command).expect_code(0);
        let runs = ids
            .clone()
            .map(|file| ("FanFlow".to_owned(), oracle::run_id(&file)));
        let seen = oracle::snapshots(&sandbox, &runs);
        compare::expect_same(&format!("resume {arguments:?}"), &seen[0], &seen[1]);
    }
}

#[test]
fn metaflow_spins_from_a_run_of_flowdev() {
    let Some(sandbox) = fan() else { return };
    run(sandbox.flowdev(["run", "fan.py"])).expect_code(0);
    for step in ["start", "work", "end"] {
        run(sandbox.metaflow(&sandbox.path("fan.py"), ["--no-pylint", "spin", step]))
            .expect_code(0)
            .expect_text(&["Task finished successfully"]);
        // Its own spin takes the place of the latest run, which flowdev's users must not be left with.
        run(sandbox.flowdev(["spin", "fan.py", step])).expect_code(0);
    }
}

#[test]
fn flowdev_spins_from_a_run_of_metaflow() {
    let Some(sandbox) = fan() else { return };
    run(sandbox.metaflow(&sandbox.path("fan.py"), ["--no-pylint", "run"])).expect_code(0);
    let before = store::files(&sandbox.root());
    for (step, artifact) in [
        ("start", "items"),
        ("work", "done"),
        ("join", "all_done"),
        ("end", "all_done"),
    ] {
        let events = parse(
            &run(sandbox.flowdev(["spin", "fan.py", step, "--json"]))
                .expect_code(0)
                .stdout,
        );
        let finished = of_kind(&events, "task_finished");
        assert_eq!(finished.len(), 1, "{events:#?}");
        let artifacts = finished[0]["artifacts"].as_array().expect("artifacts");
        assert!(
            artifacts.contains(&Value::from(artifact)),
            "{step}: {artifacts:?}"
        );
    }
    assert_eq!(
        store::files(&sandbox.root()),
        before,
        "a spin leaves no trace in the tracked runs"
    );
}

#[test]
fn the_client_reads_tags_and_changes_them_and_flowdev_shows_the_change() {
    let Some(sandbox) = fan() else { return };
    run(sandbox.flowdev(["run", "fan.py", "--tag", "first", "--tag", "with space"])).expect_code(0);
    let id = latest(&sandbox);
    let script = format!(
        "run = Run('FanFlow/{id}')\nbefore = sorted(run.user_tags)\nrun.replace_tags(['first'], ['third'])\n\
         result = [before, sorted(Run('FanFlow/{id}').user_tags), [r.id for r in Flow('FanFlow').runs('third')]]"
    );
    let seen = oracle::client(&sandbox, &script);
    assert_eq!(
        seen,
        json!([["first", "with space"], ["third", "with space"], [id]])
    );
    run(sandbox.flowdev(["runs", "fan.py", "--json"]))
        .expect_code(0)
        .expect_text(&["third"]);
}

#[test]
fn metaflows_own_commands_read_a_run_of_flowdev() {
    let Some(sandbox) = fan() else { return };
    run(sandbox.flowdev(["run", "fan.py"])).expect_code(0);
    let id = latest(&sandbox);
    let flow = sandbox.path("fan.py");
    let end = store::done_tasks(&sandbox.root(), "FanFlow", &id, "end");
    let task = end.keys().next().expect("the end task");
    run(sandbox.metaflow(&flow, ["--no-pylint", "dump", &format!("{id}/end/{task}")]))
        .expect_code(0)
        .expect_text(&["ITEM 5"]);
    run(sandbox.metaflow(&flow, ["--no-pylint", "logs", "show", &format!("{id}/end")]))
        .expect_code(0)
        .expect_text(&["user: origin is False"]);
}

#[test]
fn flowdev_reads_a_run_of_metaflow() {
    let Some(sandbox) = fan() else { return };
    run(sandbox.metaflow(
        &sandbox.path("fan.py"),
        ["--no-pylint", "run", "--tag", "theirs"],
    ))
    .expect_code(0);
    let id = latest(&sandbox);
    run(sandbox.flowdev(["runs", "fan.py"]))
        .expect_code(0)
        .expect_text(&[&id, "theirs"]);
    run(sandbox.flowdev(["tasks", "fan.py", &id]))
        .expect_code(0)
        .expect_text(&["start", "work", "join", "end"]);
    run(sandbox.flowdev(["logs", "fan.py", &format!("{id}/end")]))
        .expect_code(0)
        .expect_text(&["user: origin is False"]);
    run(sandbox.flowdev(["artifacts", "fan.py", &format!("{id}/end")]))
        .expect_code(0)
        .expect_text(&["all_done", "list"]);
    run(sandbox.flowdev(["peek", "fan.py", &format!("{id}/end/all_done")]))
        .expect_code(0)
        .expect_text(&["ITEM 0"]);
}
