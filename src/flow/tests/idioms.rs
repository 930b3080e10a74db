//! Ways in which a step can depend on a number somewhere in the project, as Python's users write them: registries, re-exports,
//! patches, dynamic imports, what comes in artifacts. Each is a flow whose step `mid` must count as changed with the number,
//! and, where no runtime is needed, is run to see that its result does change.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::edits::{InMemory, Texts};
use super::truth::python;
use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    idiom: Vec<Idiom>,
}

/// The parts of a flow of three steps, `start`, `mid`, `end`. `@K@` stands for the number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Idiom {
    name: String,
    /// The whole flow file, in place of the parts.
    flow: Option<String>,
    #[serde(default = "import_m")]
    imports: String,
    #[serde(default)]
    above: String,
    /// Members of the flow's class.
    #[serde(default)]
    body: String,
    #[serde(default = "artifact")]
    start: String,
    #[serde(default)]
    decorators: String,
    #[serde(default)]
    mid: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Only a real run has what it uses.
    #[serde(default)]
    needs_runtime: bool,
    /// The Python 3 that it is written for.
    #[serde(default)]
    since: u32,
}

fn import_m() -> String {
    "import m".to_owned()
}

fn artifact() -> String {
    "self.x = 1".to_owned()
}

impl Idiom {
    fn files(&self, number: &str) -> BTreeMap<String, String> {
        let indented = |text: &str, by: usize| {
            let lines = text.trim().lines();
            let lines = lines.map(|line| format!("{}{line}\n", " ".repeat(by)));
            lines.collect::<String>()
        };
        let flow = self.flow.clone().unwrap_or_else(|| {
            format!(
                "from metaflow import FlowSpec, step, Parameter, current\n{}\n{}\n\n\nclass F(FlowSpec):\n{}    @step\n    \
                 def start(self):\n{}        self.next(self.mid)\n\n{}    @step\n    def mid(self):\n{}        \
                 self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n\n\nif __name__ == \"__main__\":\n    F()\n",
                self.imports,
                self.above,
                indented(&self.body, 4),
                indented(&self.start, 8),
                indented(&self.decorators, 4),
                indented(&self.mid, 8),
            )
        });
        let mut files = self.files.clone();
        files.insert("flow.py".to_owned(), flow);
        for text in files.values_mut() {
            *text = text.replace("@K@", number);
        }
        files
    }
}

fn idioms() -> Vec<Idiom> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/idioms/idioms.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let corpus: Corpus = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    corpus.idiom
}

/// The two states of an idiom.
const NUMBERS: [&str; 2] = ["10001", "10101"];

#[test]
fn a_step_changes_with_what_it_depends_on() {
    let mut missed = Vec::new();
    let idioms = idioms();
    for idiom in &idioms {
        let project = |number| {
            let files = idiom.files(number).into_iter();
            let files: Texts = files
                .map(|(name, text)| (Path::new("/project").join(name), text))
                .collect();
            Project::load(Path::new("/project/flow.py"), &InMemory(&files))
        };
        let [before, after] = NUMBERS.map(project);
        let broken: Vec<_> = after.files().flat_map(|file| &file.diagnostics).collect();
        assert!(broken.is_empty(), "{}: {broken:?}", idiom.name);
        if !changes(&before, &after)
            .iter()
            .any(|change| change.step == "mid")
        {
            missed.push(&*idiom.name);
        }
    }
    let count = idioms.len();
    assert!(
        missed.is_empty(),
        "{} of {count} missed: {}",
        missed.len(),
        missed.join(" ")
    );
    assert!(count > 250, "{count} idioms are too few to say anything");
}

#[test]
fn the_result_does_change() {
    let python = python();
    let idioms = idioms();
    let (run, late): (Vec<_>, Vec<_>) = idioms
        .iter()
        .filter(|idiom| !idiom.needs_runtime)
        .partition(|idiom| idiom.since <= python);
    for idiom in late {
        let (name, since) = (&idiom.name, idiom.since);
        let said = format!("passed over: {name} needs Python 3.{since}, python3 is 3.{python}");
        writeln!(std::io::stderr(), "{said}").unwrap();
    }
    let states: BTreeMap<&str, [_; 2]> = run
        .iter()
        .map(|idiom| (&*idiom.name, NUMBERS.map(|number| idiom.files(number))))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("python3")
        .arg(root.join("tests/fixtures/idioms/run.py"))
        .env("PYTHONPATH", root.join("assets/python"))
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let input = serde_json::to_vec(&states).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let same: BTreeMap<String, Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(same.is_empty(), "{same:#?}");
}
