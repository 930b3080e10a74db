//! Holds docs/ARCHITECTURE.md against the source: which room imports which, which external crate belongs where, and the
//! shape of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{repository, store::files};

/// External crates that belong to some rooms only, with what they would drag along elsewhere.
const EXTERNAL: &[(&str, &[&str])] = &[
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("ratatui_textarea", &["tui"]),
    ("tree_sitter", &["flow"]),
    ("tree_sitter_python", &["flow"]),
    ("notify", &["watcher"]),
    ("clap", &["cli"]),
];

/// Rust files below a directory of the repository.
fn sources(directory: &str) -> Vec<PathBuf> {
    let all = files(&repository().join(directory));
    all.into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Whether a file holds the tests of the file or directory beside it, whose head says what they are about.
fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs")
        || path
            .parent()
            .is_some_and(|directory| directory.ends_with("tests"))
}

/// The code of a line, without a comment at its end. A `//` within a string cuts too much, which hides nothing that counts here.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The room of a source file: the directory below src.
fn room(path: &Path) -> Option<String> {
    let below = path.strip_prefix(repository().join("src")).ok()?;
    (below.components().count() > 1).then(|| {
        below
            .components()
            .next()
            .map(|first| first.as_os_str().to_string_lossy().into_owned())
    })?
}

/// Room to the rooms that it may import, as the table of docs/ARCHITECTURE.md says.
fn directions() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(repository().join("docs/ARCHITECTURE.md"))
        .expect("docs/ARCHITECTURE.md");
    let mut above: Vec<String> = Vec::new();
    let mut table = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(name) = cells
            .get(1)
            .and_then(|cell| cell.strip_prefix("`src/"))
            .and_then(|cell| cell.strip_suffix('`'))
        else {
            continue;
        };
        let may = *cells
            .get(3)
            .unwrap_or_else(|| panic!("a row without the column of imports: {line}"));
        let allowed = if may.contains("above") {
            above.clone()
        } else {
            may.split([',', ' '])
                .filter(|word| above.iter().any(|room| room == word))
                .map(str::to_owned)
                .collect()
        };
        table.insert(name.to_owned(), allowed);
        above.push(name.to_owned());
    }
    assert!(
        table.len() >= 9,
        "the table of rooms was not found: {table:?}"
    );
    table
}

/// Identifiers that follow a word, such as `crate::`, in a line.
fn after<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(word).map(move |(at, _)| {
        let rest = &line[at + word.len()..];
        let end = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn rooms_import_downward_only() {
    let table = directions();
    let mut wrong = Vec::new();
    for path in sources("src") {
        let Some(own) = room(&path) else { continue };
        let Some(allowed) = table.get(&own) else {
            wrong.push(format!(
                "{}: src/{own} is not in the table of docs/ARCHITECTURE.md",
                shown(&path)
            ));
            continue;
        };
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            for used in after(code(line), "crate::") {
                if used != own
                    && table.contains_key(used)
                    && !allowed.iter().any(|room| room == used)
                {
                    wrong.push(format!(
                        "{}:{}: {own} may not import {used}",
                        shown(&path),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn external_crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let own = room(&path).unwrap_or_default();
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            let line = code(line);
            for (name, rooms) in EXTERNAL {
                let named = after(line, "use ").any(|used| used == *name)
                    || line.match_indices(&format!("{name}::")).any(|(at, _)| {
                        !line[..at].ends_with(|letter: char| {
                            letter.is_alphanumeric() || letter == '_' || letter == ':'
                        })
                    });
                if named && !rooms.contains(&own.as_str()) {
                    wrong.push(format!(
                        "{}:{}: {name} belongs to {rooms:?}",
                        shown(&path),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        if path.ends_with("src/main.rs") || room(&path).is_some_and(|room| room == "cli") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            if ["println!", "eprintln!", "print!", "eprint!", "dbg!"]
                .iter()
                .any(|call| code(line).contains(call))
            {
                wrong.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_say_what_they_own_and_are_short() {
    let mut wrong = Vec::new();
    for path in sources("src").into_iter().chain(sources("tests/it")) {
        let text = fs::read_to_string(&path).expect("source");
        if !text.starts_with("//!") && !is_test(&path) {
            wrong.push(format!("{}: does not open with //!", shown(&path)));
        }
        let lines = text.lines().count();
        if lines > 800 {
            wrong.push(format!("{}: {lines} lines", shown(&path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lints_are_not_silenced_without_a_reason() {
    let mut wrong = Vec::new();
    for path in sources("src").into_iter().chain(sources("tests/it")) {
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            if code(line).contains(concat!("#[", "allow("))
                || code(line).contains(concat!("#![", "allow("))
            {
                wrong.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
