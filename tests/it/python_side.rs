//! The tests of the Python side, which are Python themselves.

use std::path::Path;
use std::process::Command;

use crate::support::{repository, run};

#[test]
fn python_unit_tests_pass() {
    let directory = repository().join("tests/python");
    if !directory.is_dir() {
        // The source package of a release may leave them out.
        assert!(
            !repository().join(".git").exists(),
            "tests/python is missing"
        );
        return;
    }
    let mut command = Command::new(Path::new("python3"));
    command
        .args(["-m", "unittest", "discover", "tests/python"])
        .current_dir(repository());
    for (name, _) in std::env::vars()
        .filter(|(name, _)| name.starts_with("METAFLOW") || name.starts_with("FLOWDEV"))
    {
        command.env_remove(name);
    }
    command
        .env("USERNAME", "tester")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let finished = run(command).expect_code(0);
    assert!(
        !finished.stderr.contains("Ran 0 tests"),
        "no Python test was found"
    );
}
