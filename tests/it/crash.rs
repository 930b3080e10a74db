//! kill -9 at any moment: what is in the store is whole, and a resume runs what was not finished and nothing else.

use std::collections::BTreeMap;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::events::{Live, of_kind, parse, run_of};
use crate::support::random::{Random, number_from_environment};
use crate::support::{Sandbox, oracle, require, run, store, venv};

const FLOW: &str = "FanFlow";
const SPLITS: usize = 8;
/// Events of a whole run of the fixture: the job, and some for each of its tasks.
const EVENTS: usize = 3 * (SPLITS + 3) + 2;

/// What tasks say of themselves in ran.txt, as many times as they ran.
fn ran(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in sandbox.lines("ran.txt") {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

/// The lines that the finished tasks of a run must have left.
fn finished(sandbox: &Sandbox, run: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for step in ["start", "join", "end"] {
        lines.extend(
            store::done_tasks(&sandbox.root(), FLOW, run, step)
                .keys()
                .map(|_| step.to_owned()),
        );
    }
    for manifest in store::done_tasks(&sandbox.root(), FLOW, run, "work").values() {
        // The artifact `done` of split 5 is "ITEM 5".
        let done = String::from_utf8_lossy(&store::blob(&sandbox.root(), FLOW, manifest, "done"))
            .into_owned();
        let digit = done
            .chars()
            .rfind(char::is_ascii_digit)
            .expect("the item's number");
        lines.push(format!("work {digit}"));
    }
    lines
}

/// Kills a run after some events; `None` if it was over before.
fn killed_run(sandbox: &Sandbox, after: usize) -> Option<String> {
    let splits = SPLITS.to_string();
    let mut live = Live::start(sandbox.flowdev(["run", "fan.py", "--splits", &splits, "--json"]));
    for _ in 0..after {
        live.next()?;
    }
    live.signal(Signal::KILL);
    let run = run_of(&live.seen);
    let ended = live.wait();
    (ended.code == -9).then_some(run)
}

#[test]
fn a_killed_run_is_whole_and_resumes_without_running_anything_twice() {
    let oracle = require(venv::venv()).is_some();
    let mut random = Random::new(number_from_environment("FLOWDEV_TEST_SEED", 9));
    let mut killed = 0;
    while killed < 20 {
        let sandbox = Sandbox::new();
        sandbox.flow("fan.py");
        let after = random.between(1, EVENTS);
        let Some(origin) = killed_run(&sandbox, after) else {
            continue;
        };
        killed += 1;

        store::expect_whole(&sandbox.root());
        let done = finished(&sandbox, &origin);
        if oracle {
            let listed = oracle::client(
                &sandbox,
                &format!(
                    "result = ['{origin}' in [r.id for r in Flow('{FLOW}')], Run('{FLOW}/{origin}').finished, [t.finished for s in Run('{FLOW}/{origin}') for t in s]]"
                ),
            );
            assert_eq!(
                listed[0],
                Value::Bool(true),
                "killed after {after} events: the Client does not list the run"
            );
            let seen = listed[2]
                .as_array()
                .expect("tasks")
                .iter()
                .filter(|finished| **finished == Value::Bool(true))
                .count();
            // The last file of a task that makes it done is not the last one that the Client wants of it.
            assert!(
                seen <= done.len(),
                "killed after {after} events: the Client sees tasks that are not done"
            );
        }

        let resumed = run(sandbox.flowdev(["resume", "fan.py", "--json"])).expect_code(0);
        let events = parse(&resumed.stdout);
        let counts = ran(&sandbox);
        for line in &done {
            assert_eq!(
                counts.get(line),
                Some(&1),
                "killed after {after} events: {line:?} was finished and ran again: {counts:?}"
            );
        }
        assert_eq!(
            counts.len(),
            SPLITS + 3,
            "killed after {after} events: {counts:?}"
        );
        let cloned = of_kind(&events, "task_cloned")
            .iter()
            .filter(|event| event["step"] != "_parameters")
            .count();
        assert_eq!(
            cloned,
            done.len(),
            "killed after {after} events: {events:#?}"
        );

        store::expect_whole(&sandbox.root());
        let all = store::done_tasks(&sandbox.root(), FLOW, &run_of(&events), "join");
        assert_eq!(all.len(), 1);
        if oracle && killed % 5 == 0 {
            let result = oracle::client(
                &sandbox,
                &format!(
                    "r = Run('{FLOW}/{}'); result = [r.successful, r.data.all_done]",
                    run_of(&events)
                ),
            );
            let items: Vec<String> = (0..SPLITS).map(|index| format!("ITEM {index}")).collect();
            assert_eq!(result, serde_json::json!([true, items]));
        }
    }
}
