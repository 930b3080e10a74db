//! What steps really run, held against what they are said to reach: the projects of the corpus are run with a tracer, and every
//! function that a step runs must be among its units, and change the step when it is edited.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Command;

use super::edits::{InMemory, Texts, corpus, texts_of};
use super::*;

/// The code that each step runs: file, first line, name.
type Ran = BTreeMap<String, Vec<(PathBuf, u32, String)>>;

/// The projects that need no runtime to run, with the Python 3 that they are written for.
const RUNNABLE: [(&str, &str, u32); 6] = [
    ("approval/flow.py", "ApprovalFlow", 9),
    ("etl/flow.py", "EtlFlow", 9),
    ("legacy/flow.py", "LegacyFlow", 9),
    ("recommender/flow.py", "RecommenderFlow", 9),
    ("sweep/flow.py", "SweepFlow", 10),
    ("training/flow.py", "TrainingFlow", 9),
];

/// Which Python 3 there is.
pub(super) fn python() -> u32 {
    let output = Command::new("python3")
        .args(["-c", "import sys; print(sys.version_info[1])"])
        .output()
        .expect("python3");
    let minor = String::from_utf8_lossy(&output.stdout);
    minor.trim().parse().expect("a number")
}

fn traced(flow: &Path, class: &str) -> Ran {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/python");
    let output = Command::new("python3")
        .arg(corpus().join("trace.py"))
        .args([flow.as_os_str(), class.as_ref()])
        .env("PYTHONPATH", assets)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python3");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", flow.display());
    serde_json::from_slice(&output.stdout).expect("what ran")
}

/// The units of a file that can hold the code at a line: those that begin nearest above it.
fn owners(file: &FlowFile, line: u32) -> Vec<&str> {
    let above = file.index.units.iter().filter(|unit| unit.line <= line);
    let nearest = above.clone().map(|unit| unit.line).max();
    above
        .filter(|unit| Some(unit.line) == nearest)
        .map(|unit| &*unit.name)
        .collect()
}

/// The text with a statement more at the start of the function whose first decorator or `def` is at the line.
fn with_statement(text: &str, line: u32) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let from = usize::try_from(line).unwrap() - 1;
    let def = (from..lines.len())
        .find(|at| lines[*at].contains("def "))
        .expect("a function");
    let indent: String = lines[def].chars().take_while(|c| *c == ' ').collect();
    lines.insert(def + 1, format!("{indent}    probe = 0"));
    lines.join("\n")
}

#[test]
fn what_a_step_runs_is_what_it_reaches() {
    let mut wrong = String::new();
    let mut count = 0;
    let python = python();
    for (name, class, since) in RUNNABLE {
        if python < since {
            let said = format!("passed over: {name} needs Python 3.{since}, python3 is 3.{python}");
            writeln!(std::io::stderr(), "{said}").unwrap();
            continue;
        }
        let flow = corpus().join(name);
        let root = flow.parent().unwrap();
        let files = texts_of(root);
        let project = Project::load(&flow, &InMemory(&files));
        let code = project.code();
        let mut functions: BTreeMap<(PathBuf, u32), BTreeSet<String>> = BTreeMap::new();
        for (step, places) in traced(&flow, class) {
            let units = &code[step.as_str()].units;
            for (path, line, function) in places {
                count += 1;
                let path = root.join(path);
                let file = project.files().find(|file| file.path == path);
                let Some(file) = file else {
                    wrong += &format!("{name}: {step} ran {} of no module\n", path.display());
                    continue;
                };
                let module = project.module_of(file).map_or("", |module| &module.name);
                let owners = owners(file, line);
                let is_reached = units
                    .iter()
                    .any(|unit| *unit.module == *module && owners.contains(&&*unit.name));
                if !is_reached {
                    wrong += &format!("{name}: {step} ran {function} of {module} at line {line}\n");
                }
                if !function.starts_with('<') {
                    functions
                        .entry((path, line))
                        .or_default()
                        .insert(step.clone());
                }
            }
        }
        for ((path, line), ran_by) in functions {
            let mut edited: Texts = files.clone();
            edited.insert(path.clone(), with_statement(&files[&path], line));
            let changed = changes(&project, &project.reload(&InMemory(&edited)));
            for step in ran_by {
                if !changed.iter().any(|change| *change.step == *step) {
                    wrong += &format!(
                        "{name}: {step} does not change with {} {line}\n",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 100, "only {count} functions ran");
}
