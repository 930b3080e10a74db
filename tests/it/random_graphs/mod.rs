//! Flows over random graphs, run by the real Metaflow and by flowdev: the Client must see the same in both runs, the
//! runtime's own artifacts included.
//!
//! `FLOWDEV_TEST_CASES` and `FLOWDEV_TEST_SEED` choose how many and which; a case that differs is left in the target
//! directory, with its differences.

mod body;
mod generate;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::random::number_from_environment;
use crate::support::{Sandbox, compare, oracle, require, run, venv};
use generate::Case;

/// One engine's run of a case.
struct Ran {
    code: i32,
    run: String,
    text: String,
}

fn run_case(sandbox: &Sandbox, case: &Case, engine: &str) -> Ran {
    let flow = sandbox.path(&format!("{}.py", case.name));
    let id_file = sandbox.path(&format!("{}.{engine}.id", case.name));
    let mut command = match engine {
        "flowdev" => sandbox.flowdev([Path::new("run"), &flow]),
        _ => sandbox.metaflow(&flow, ["--no-pylint", "run"]),
    };
    command
        .args(&case.arguments)
        .args(["--tag", "random"])
        .arg("--run-id-file")
        .arg(&id_file);
    let finished = run(command);
    let run = fs::read_to_string(&id_file).unwrap_or_default();
    Ran {
        code: finished.code,
        run,
        text: finished.text(),
    }
}

/// Where cases that differ are left.
fn kept() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("random_graphs");
    fs::create_dir_all(&directory).expect("directory");
    directory
}

fn differences(case: &Case, ran: &[Ran; 2], seen: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    if ran[0].code != ran[1].code {
        found.push(format!("  exit code: {} | {}", ran[0].code, ran[1].code));
    }
    // Only the cases that are made to fail may fail: a generator of flows that do not run would test nothing.
    if (ran[0].code != 0) != case.fails {
        found.push(format!(
            "  Metaflow ends with {}:\n{}",
            ran[0].code, ran[0].text
        ));
    }
    if let [metaflow, flowdev] = seen {
        found.extend(compare::differences(metaflow, flowdev));
    }
    if !found.is_empty() && ran[1].code != ran[0].code {
        found.push(format!("  flowdev said:\n{}", ran[1].text));
    }
    found
}

#[test]
fn random_flows_look_the_same_from_both_engines() {
    if require(venv::venv()).is_none() {
        return;
    }
    let count = number_from_environment("FLOWDEV_TEST_CASES", 56);
    let first = number_from_environment("FLOWDEV_TEST_SEED", 1);
    let sandbox = Sandbox::new();
    let cases: Vec<Case> = (first..first + count).map(generate::case).collect();
    for case in &cases {
        sandbox.write(&format!("{}.py", case.name), &case.source);
    }

    // Two at a time: each of Metaflow's tasks is a whole Python process.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((index, case)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| Some((index, cases.get(index)?)))
        {
            done.push((
                index,
                [
                    run_case(&sandbox, case, "metaflow"),
                    run_case(&sandbox, case, "flowdev"),
                ],
            ));
        }
        done
    };
    let mut ran: Vec<(usize, [Ran; 2])> = thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("worker"))
            .collect()
    });
    ran.sort_by_key(|(index, _)| *index);

    let readable: Vec<usize> = ran
        .iter()
        .filter(|(_, pair)| pair.iter().all(|one| !one.run.is_empty()))
        .map(|(index, _)| *index)
        .collect();
    let asked: Vec<(String, String)> = readable
        .iter()
        .flat_map(|index| {
            ran[*index]
                .1
                .iter()
                .map(|one| (cases[*index].name.clone(), one.run.trim().to_owned()))
        })
        .collect();
    let seen = oracle::snapshots(&sandbox, &asked);

    let mut report = Vec::new();
    for (index, pair) in &ran {
        let case = &cases[*index];
        let place = readable.iter().position(|readable| readable == index);
        let mut found = differences(
            case,
            pair,
            place.map_or(&[], |place| &seen[2 * place..2 * place + 2]),
        );
        if place.is_none() {
            found.push("  one of the engines gave no run id".to_owned());
        }
        if !found.is_empty() {
            let text = format!(
                "{} {:?} (metaflow | flowdev)\n{}",
                case.name,
                case.arguments,
                found.join("\n")
            );
            fs::write(kept().join(format!("{}.py", case.name)), &case.source).expect("keep");
            fs::write(kept().join(format!("{}.txt", case.name)), &text).expect("keep");
            report.push(text);
        }
    }
    assert!(
        report.is_empty(),
        "{} of {count} cases differ; they are in {}\n{}",
        report.len(),
        kept().display(),
        report.join("\n")
    );
}
