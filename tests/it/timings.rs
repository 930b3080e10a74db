//! Where the time of a request went, in its events and as a table.

use serde_json::Value;

use crate::support::events::{Live, of_kind, parse};
use crate::support::process::Finished;
use crate::support::{Sandbox, run};

fn linear() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    run(sandbox.flowdev(["run", "linear.py"])).expect_code(0);
    sandbox
}

/// The phases in an event, in milliseconds.
#[track_caller]
fn phases(event: &Value) -> Vec<&str> {
    let timing = event["timing"].as_object().expect("a timing");
    for millis in timing.values() {
        assert!(
            millis.as_f64().is_some_and(|millis| millis >= 0.0),
            "{event}"
        );
    }
    timing.keys().map(String::as_str).collect()
}

#[test]
fn the_events_of_a_spin_account_for_its_time() {
    let sandbox = linear();
    let done = run(sandbox.flowdev(["spin", "linear.py", "middle", "--json"]));
    let events = parse(&done.expect_code(0).stdout);
    let task = of_kind(&events, "task_finished")[0];
    for phase in ["fork", "load", "step", "persist", "prepare"] {
        assert!(phases(task).contains(&phase), "no {phase} in {task}");
    }
    let sum: f64 = task["timing"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, ms)| ms.as_f64())
        .sum();
    let whole = task["millis"].as_f64().unwrap_or_default();
    // No phase is counted twice.
    assert!(sum <= whole + 1.0, "{sum} of {whole}: {task}");
    let job = of_kind(&events, "job_finished")[0];
    for phase in ["parse", "start", "exec", "prepare"] {
        assert!(phases(job).contains(&phase), "no {phase} in {job}");
    }
}

#[test]
fn a_spin_after_a_save_tells_how_long_the_save_took_to_be_understood() {
    let sandbox = linear();
    let mut live = Live::watch(sandbox.flowdev(["watch", "linear.py", "--json"]));
    let text = sandbox.read("linear.py");
    sandbox.replace("linear.py", &text.replace("sum(self", "-sum(self"));
    let end = live.until_over();
    assert!(phases(&end).contains(&"event"), "{end}");
    live.interrupt();
}

fn table(arguments: &[&str]) -> Finished {
    let sandbox = linear();
    run(sandbox.flowdev(arguments))
}

#[test]
fn a_spin_prints_its_phases() {
    table(&["spin", "linear.py", "middle", "--timings"])
        .expect_code(0)
        .expect_text(&["phase", "executing the flow file", "until the result"]);
}

#[test]
fn a_run_prints_a_line_for_each_step() {
    table(&["run", "linear.py", "--timings"])
        .expect_code(0)
        .expect_text(&["ms per task", "start", "middle", "end", "beside the tasks"]);
}
