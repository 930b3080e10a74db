//! The conformance suite of `tests/conformance`: generated flows, run through `python test_flow.py run` with our package, then
//! looked at through the command line and the client. `FLOWDEV_CONFORMANCE=all` runs every behaviour on every shape, with the
//! real Metaflow first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{repository, require, run, venv};

#[track_caller]
fn expect_area(area: &str) {
    let everything = std::env::var("FLOWDEV_CONFORMANCE").is_ok_and(|value| value == "all");
    if everything && require(venv::venv()).is_none() {
        return;
    }
    let script = repository().join("tests/conformance/run.py");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target directory");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).args(["--only", area]);
    // Areas run beside each other.
    command.args(["--workers", "1"]);
    if everything {
        command.args(["--all", "--engine", "both"]);
    }
    command
        .env("CARGO_TARGET_DIR", target)
        .env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"));
    let finished = run(command).expect_code(0);
    assert!(
        finished.stdout.contains("ours checked by ours"),
        "nothing was run: {}",
        finished.stdout
    );
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

areas! { artifacts cards configs failures foreach identity lineage logs mutators parameters plugins resume switches tags }
