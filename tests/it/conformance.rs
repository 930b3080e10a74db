//! The conformance suite of `tests/conformance`: generated flows, run through `python test_flow.py run` with our package, then
//! looked at through the command line and the client. `FLOWDEV_CONFORMANCE=all` runs every behaviour on every shape, with the
//! real Metaflow first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{repository, require, venv};

/// A script of the suite, told of the binary and where it may leave things.
fn suite(script: &str) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target directory");
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(repository().join("tests/conformance").join(script))
        .env("CARGO_TARGET_DIR", target)
        .env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"));
    command
}

/// What it prints. It has limits of its own for everything that it starts, and none for the whole.
#[track_caller]
fn expect_success(mut command: Command) -> String {
    let output = command.output().expect("python3");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

#[track_caller]
fn expect_area(area: &str) {
    let everything = std::env::var("FLOWDEV_CONFORMANCE").is_ok_and(|value| value == "all");
    if everything && require(venv::venv()).is_none() {
        return;
    }
    let mut command = suite("run.py");
    // Areas run beside each other.
    command.args(["--only", area, "--workers", "1"]);
    if everything {
        command.args(["--all", "--engine", "both"]);
    }
    let printed = expect_success(command);
    assert!(
        printed.contains("ours checked by ours"),
        "nothing was run: {printed}"
    );
}

#[test]
fn both_engines_leave_the_same() {
    if require(venv::venv()).is_none() {
        return;
    }
    let mut command = suite("compare.py");
    command.args(["--workers", "2"]);
    let printed = expect_success(command);
    assert!(
        !printed.contains("\n0 of 0 differential"),
        "nothing was compared"
    );
}

#[test]
fn every_name_of_metaflow_has_its_case() {
    if require(venv::venv()).is_none() {
        return;
    }
    let printed = expect_success(suite("covered.py"));
    assert!(!printed.starts_with("0 names"), "{printed}");
}

#[test]
fn every_area_has_its_test() {
    let topics: BTreeSet<String> = fs::read_dir(repository().join("tests/conformance/behaviours"))
        .expect("the behaviours")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".py").map(str::to_owned))
        .filter(|name| name != "__init__")
        .collect();
    let tested: BTreeSet<String> = AREAS.iter().map(|area| (*area).to_owned()).collect();
    assert_eq!(topics, tested);
}

macro_rules! areas {
    ($($name:ident)*) => {
        const AREAS: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            expect_area(stringify!($name));
        })*
    };
}

areas! { artifacts cards configs failures flow_class foreach identity lineage logs mutators parameters plugins resume switches tags }
