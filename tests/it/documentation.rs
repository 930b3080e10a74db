//! Every command in a `console` or `sh` block of the documentation runs, and every `python` block, in the order of the page, in
//! one directory per page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// What a page has to be tried.
enum Example {
    Command(String),
    Python(String),
}

/// The examples of a page's blocks: all lines of `sh`, the lines after a `$` of `console`, each block of `python` as a whole.
fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut block = None;
    for line in page.lines() {
        match (block, line.strip_prefix("```")) {
            (None, Some(kind)) => {
                block = Some(kind.trim());
                if block == Some("python") {
                    found.push(Example::Python(String::new()));
                }
            }
            (Some(_), Some(_)) => block = None,
            (Some("sh"), None)
                if !line.trim().is_empty() && !line.trim_start().starts_with('#') =>
            {
                found.push(Example::Command(line.to_owned()));
            }
            (Some("console"), None) => found.extend(
                line.strip_prefix("$ ")
                    .map(|command| Example::Command(command.to_owned())),
            ),
            (Some("python"), None) => {
                if let Some(Example::Python(text)) = found.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    found
}

/// The commands among them.
fn commands(page: &str) -> Vec<String> {
    let examples = examples(page).into_iter();
    examples
        .filter_map(|example| match example {
            Example::Command(line) => Some(line),
            Example::Python(_) => None,
        })
        .collect()
}

/// A block as a program of its own, with our package; functions that are tests are called, as pytest would.
fn python(sandbox: &Sandbox, text: &str) -> Command {
    sandbox.write(
        "snippet.py",
        &format!("{text}\nfor name in [name for name in dir() if name.startswith('test_')]:\n    globals()[name]()\n"),
    );
    sandbox.python("snippet.py", [""; 0])
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
        for example in examples(&text) {
            let (original, finished) = match example {
                Example::Command(original) => {
                    let Some(line) = runnable(&original) else {
                        continue;
                    };
                    let mut shell = sandbox.command(Path::new("sh"));
                    shell.args(["-euc", &line]);
                    (original, run(shell))
                }
                Example::Python(text) => {
                    let finished = run(python(&sandbox, &text));
                    (text, finished)
                }
            };
            count += 1;
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
