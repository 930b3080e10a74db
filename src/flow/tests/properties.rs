use proptest::prelude::*;

use super::edits::{InMemory, Texts, flows, texts_of};
use super::*;

const FLOW: &str = r#"from metaflow import FlowSpec, step, Parameter, Config, card
import utils
from pkg import sub as s, deep

LIMIT = 3

def helper(rows):
    """Doc."""
    if rows:
        return [utils.clean(r) for r in rows]
    return {"a": LIMIT, 'b': (1, 2)}

class Mixin:
    def shared(self):
        return self.alpha

class F(FlowSpec, Mixin):
    """Flow doc."""
    alpha = Parameter("alpha", default=3, help='x')
    cfg = Config("cfg", default="c.json")
    CONST = [1, 2]

    @step
    def start(self):
        """Start doc."""
        self.items = helper([1, 2])
        self.next(self.a, self.b)

    @card(type="default")
    @step
    def a(self):
        for i, x in enumerate(self.items):
            print(f"{i}: {x!r}")
        self.next(self.join)

    @step
    def b(self):
        try:
            self.x = s.run(lambda y: y + self.CONST[0])
        except ValueError as error:
            raise error
        self.next(self.join)

    @step
    def join(self, inputs):
        with open("x") as f:
            self.y = f.read()
        self.merge_artifacts(inputs)
        self.next({"x": self.end, "y": self.more}, condition="kind")

    @step
    def more(self):
        self.z = self.shared()
        self.next(self.end)

    @step
    def end(self):
        match self.y:
            case [a, *_]:
                pass

if __name__ == "__main__":
    F()
"#;

const UTILS: &str = "import json\n\ndef clean(r):\n    return json.dumps(r)\n";

fn of(flow: &str) -> Project {
    project(&[
        ("flow.py", flow),
        ("utils.py", UTILS),
        ("pkg/__init__.py", ""),
        ("pkg/sub.py", "def run(f):\n    return f(1)\n"),
        ("pkg/deep.py", "from . import sub\n"),
    ])
}

/// One random edit of a text.
#[derive(Debug, Clone)]
enum Edit {
    Truncate(usize),
    Delete(usize, usize),
    Insert(usize, String),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = 0..FLOW.len();
    let junk = prop_oneof![
        "[ -~\\n]{0,12}",
        "\\PC{0,6}",
        Just("\n    @step\n    def ".to_owned()),
        Just("(".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("        self.next(self.a, foreach='x')\n".to_owned()),
        Just("class F(F):\n".to_owned()),
        Just("from utils import *\n".to_owned()),
    ];
    let edit = prop_oneof![
        at.clone().prop_map(Edit::Truncate),
        (at.clone(), 1..60usize).prop_map(|(at, n)| Edit::Delete(at, n)),
        (at, junk).prop_map(|(at, text)| Edit::Insert(at, text)),
    ];
    prop::collection::vec(edit, 1..4)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn edited(edits: &[Edit]) -> String {
    let mut text = FLOW.to_owned();
    for edit in edits {
        match edit {
            Edit::Truncate(at) => text.truncate(floor(&text, *at)),
            Edit::Delete(at, count) => {
                let (from, to) = (floor(&text, *at), floor(&text, at + count));
                text.replace_range(from..to, "");
            }
            Edit::Insert(at, junk) => text.insert_str(floor(&text, *at), junk),
        }
    }
    text
}

/// A comment, a blank line or a docstring put in where no statement changes.
fn decorated(choices: &[(usize, u8)]) -> String {
    let mut lines: Vec<String> = FLOW.lines().map(str::to_owned).collect();
    for (at, kind) in choices {
        let at = at % lines.len();
        let indent: String = lines[at].chars().take_while(|c| *c == ' ').collect();
        let opens = lines[at].trim_start().starts_with("def ") && !lines[at + 1].contains("\"\"\"");
        match kind {
            0 => lines.insert(at, format!("{indent}# a comment: def x(")),
            1 => lines.insert(at, String::new()),
            2 => lines[at].push_str("  # behind"),
            3 if opens => lines.insert(at + 1, format!("{indent}    '''New doc {at}.'''")),
            _ => lines.insert(at, "   ".to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// A project of the corpus and its texts, by a number.
fn example(number: usize) -> (Project, Texts) {
    let flows = flows();
    let flow = &flows[number % flows.len()];
    let texts = texts_of(flow.parent().unwrap());
    (Project::load(flow, &InMemory(&texts)), texts)
}

/// Comments and blank lines between the lines of a text, and spaces behind them.
fn with_noise(text: &str, choices: &[(usize, u8)]) -> String {
    // Between the quotes of a long text every line counts.
    let is_code = |lines: &[String], at: usize| {
        lines[..at]
            .join("\n")
            .matches("\"\"\"")
            .count()
            .is_multiple_of(2)
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, kind) in choices.iter().filter(|_| !text.is_empty()) {
        let at = at % lines.len();
        let indent: String = lines[at].chars().take_while(|c| *c == ' ').collect();
        if is_code(&lines, at) {
            match kind {
                0 => lines.insert(at, format!("{indent}# def noise(")),
                1 => lines.insert(at, String::new()),
                _ => lines.insert(at, format!("{indent}#")),
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The text with its plain module-level functions in another order.
fn with_functions_moved(text: &str, seed: usize) -> String {
    let mut blocks: Vec<&str> = text.trim_end().split("\n\n\n").collect();
    let is_function = |block: &str| block.starts_with("def ") || block.starts_with("async def ");
    let places: Vec<usize> = (0..blocks.len())
        .filter(|at| is_function(blocks[*at]))
        .collect();
    for (n, at) in places.iter().enumerate() {
        blocks.swap(*at, places[(seed + n * 7) % places.len()]);
    }
    blocks.join("\n\n\n") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_in_the_corpus_changes_nothing(
        number in 0..100usize, file in 0..100usize, choices in prop::collection::vec((0..1000usize, 0..3u8), 1..12),
    ) {
        let (project, mut texts) = example(number);
        let path = texts.keys().nth(file % texts.len()).unwrap().clone();
        texts.insert(path.clone(), with_noise(&texts[&path], &choices));
        let now = project.reload(&InMemory(&texts));
        prop_assert!(!now.files().any(FlowFile::is_broken), "{}", texts[&path]);
        prop_assert_eq!(project.fingerprints(), now.fingerprints());
    }

    #[test]
    fn the_order_of_functions_changes_nothing(number in 0..100usize, file in 0..100usize, seed in 0..1000usize) {
        let (project, mut texts) = example(number);
        let path = texts.keys().nth(file % texts.len()).unwrap().clone();
        texts.insert(path.clone(), with_functions_moved(&texts[&path], seed));
        let now = project.reload(&InMemory(&texts));
        prop_assert_eq!(project.fingerprints(), now.fingerprints(), "{}", texts[&path]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_breaks_anything_here(edits in edits()) {
        let text = edited(&edits);
        let project = of(&text);
        let lines = u32::try_from(text.lines().count()).unwrap().max(1) + 1;
        for found in &project.main.diagnostics {
            prop_assert!((1..=lines).contains(&found.line));
        }
        for flow in &project.main.flows {
            let graph = Graph::build(&flow.steps);
            check(&graph);
            graph.structure();
        }
        project.fingerprints();
        changes(&of(FLOW), &project);
    }

    #[test]
    fn a_reload_is_as_good_as_a_load(edits in edits(), again in edits()) {
        let (first, second) = (edited(&edits), edited(&again));
        let fresh = of(&second);
        let read = |path: &Path| (path == Path::new("/p/flow.py")).then(|| second.clone()).or_else(|| {
            fresh.modules.iter().find(|module| module.file.path == path).map(|module| module.file.text.to_string())
        });
        let renewed = of(&first).reload(&read);
        prop_assert_eq!(renewed.fingerprints(), fresh.fingerprints());
        prop_assert_eq!(renewed.main.diagnostics, fresh.main.diagnostics);
        prop_assert_eq!(renewed.main.flows, fresh.main.flows);
    }

    #[test]
    fn what_means_nothing_changes_no_fingerprint(choices in prop::collection::vec((0..200usize, 0..5u8), 1..20)) {
        let text = decorated(&choices);
        let (old, new) = (of(FLOW), of(&text));
        prop_assert!(!new.main.is_broken(), "{:?}\n{}", new.main.diagnostics, text);
        prop_assert_eq!(old.fingerprints(), new.fingerprints());
        prop_assert!(changes(&old, &new).is_empty());
    }
}
