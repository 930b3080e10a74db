//! Every command in a `console` or `sh` block of the documentation runs, in the order of the page, in one directory per page.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, repository, run};

/// The pages: README.md and docs/*.md.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md")];
    let docs = fs::read_dir(repository().join("docs")).expect("docs");
    pages.extend(
        docs.flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "md")),
    );
    pages.sort();
    pages
}

/// The commands of a page's blocks: all lines of `sh`, the lines after a `$` of `console`.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in page.lines() {
        match (block, line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some(kind.trim()),
            (Some(_), Some(_)) => block = None,
            (Some("sh"), None)
                if !line.trim().is_empty() && !line.trim_start().starts_with('#') =>
            {
                found.push(line.to_owned())
            }
            (Some("console"), None) => found.extend(line.strip_prefix("$ ").map(str::to_owned)),
            _ => {}
        }
    }
    found
}

/// The command as a test can run it; `None` for the tests themselves.
fn runnable(command: &str) -> Option<String> {
    if command.starts_with("cargo test")
        || command.starts_with("git clone")
        || command.starts_with("cargo install")
    {
        return None;
    }
    let command = command.replace("cargo run --release --", "flowdev");
    // The session itself is tested in a terminal.
    Some(if command.trim() == "flowdev demo" {
        "flowdev demo --no-open".to_owned()
    } else {
        command
    })
}

#[test]
fn every_command_in_the_documentation_runs() {
    let mut failed = Vec::new();
    let mut count = 0;
    for page in pages() {
        let sandbox = Sandbox::new();
        let text = fs::read_to_string(&page).expect("page");
        for original in commands(&text) {
            let Some(line) = runnable(&original) else {
                continue;
            };
            count += 1;
            let mut shell = sandbox.command(Path::new("sh"));
            shell.args(["-euc", &line]);
            let finished = run(shell);
            if finished.code != 0 {
                failed.push(format!(
                    "{}: {original}: exit code {}\n{}",
                    page.display(),
                    finished.code,
                    finished.text()
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 5, "only {count} commands were found");
}

#[test]
fn the_two_commands_of_the_readme_are_those_that_ci_runs() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("README.md");
    let ci = fs::read_to_string(repository().join(".ci/run")).expect(".ci/run");
    assert!(
        commands(&readme)
            .iter()
            .any(|command| command == "cargo run --release -- demo")
    );
    assert!(
        commands(&readme)
            .iter()
            .any(|command| command == "cargo test")
    );
    assert_eq!(
        ci.trim_end().lines().last(),
        Some("cargo test"),
        "the last line of .ci/run"
    );
}
