use super::*;

const FLOW: &str = "from metaflow import FlowSpec, step
import utils
from helpers import tidy

class F(FlowSpec):
    LIMIT = 3

    @step
    def start(self):
        self.rows = utils.clean(self.LIMIT)
        self.next(self.end)

    @step
    def end(self):
        print(tidy(self.rows))

if __name__ == '__main__':
    F()
";

const UTILS: &str = "def clean(rows):
    kept = list(range(rows))
    # a comment

    return kept

def old():
    pass

print(old)
";

const HELPERS: &str = "def tidy(x):\n    return x\n";

fn of(flow: &str, utils: &str) -> Project {
    project(&[("f.py", flow), ("utils.py", utils), ("helpers.py", HELPERS)])
}

/// What a task of today would record, as it is read again later.
fn recorded(project: &Project, step: &str) -> StepCode {
    let text = serde_json::to_string(&project.code()[step]).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn reason(flow: (&str, &str), utils: (&str, &str), step: &str) -> String {
    let before = of(FLOW, UTILS);
    let now = of(
        &FLOW.replacen(flow.0, flow.1, 1),
        &UTILS.replacen(utils.0, utils.1, 1),
    );
    let then = recorded(&before, step);
    let change = now.code()[step].change_since(&then);
    let live = changes(&before, &now);
    let live = live.iter().find(|change| change.step == *step);
    let reason = change.map(|change| change.to_string());
    assert_eq!(reason.as_ref(), live.map(|change| &change.reason));
    reason.unwrap_or_default()
}

#[test]
fn units_say_what_a_step_reaches() {
    let code = of(FLOW, UTILS).code();
    let of_step = |step: &str| {
        let units = code[step].units.iter();
        let shown: Vec<String> = units
            .map(|unit| format!("{}:{}", unit.called(), unit.line))
            .collect();
        shown.join(", ")
    };
    assert_eq!(
        of_step("start"),
        "start:8, the import of step:1, the import of utils:2, utils.clean:1, LIMIT:6, F:5, the import of FlowSpec:1, module-level code of utils:10, utils.old:7"
    );
    assert_eq!(
        of_step("end"),
        "end:13, the import of step:1, the import of tidy:3, helpers.tidy:1, F:5, the import of FlowSpec:1, module-level code of utils:10, utils.old:7"
    );
}

#[test]
fn recorded_units_are_enough_to_explain_a_change() {
    assert_eq!(reason(("", ""), ("", ""), "start"), "");
    assert_eq!(
        reason(("", ""), ("return kept", "return kept[1:]"), "start"),
        "utils.clean changed at line 5"
    );
    assert_eq!(
        reason(
            ("", ""),
            ("def clean", "# moved\n\n# down\ndef clean"),
            "start"
        ),
        ""
    );
    assert_eq!(
        reason(
            ("", ""),
            ("def clean(rows):", "# moved\n\ndef clean(rows, more=1):"),
            "start"
        ),
        "utils.clean changed at line 3"
    );
    assert_eq!(
        reason(("LIMIT = 3", "LIMIT = 4"), ("", ""), "start"),
        "LIMIT changed at line 6"
    );
    assert_eq!(
        reason(("", ""), ("print(old)\n", ""), "end"),
        "module-level code of utils was removed"
    );
    assert_eq!(
        reason(
            (
                "from helpers import tidy",
                "from utils import clean as tidy"
            ),
            ("", ""),
            "end"
        ),
        "the import of tidy changed at line 3"
    );
}

#[test]
fn a_record_keeps_the_fingerprint() {
    let project = of(FLOW, UTILS);
    for (step, fingerprint) in project.fingerprints() {
        assert_eq!(recorded(&project, &step).fingerprint(), fingerprint);
    }
}

#[test]
fn how_often_something_is_done_counts() {
    let twice = UTILS.replace("print(old)\n", "print(old)\nprint(old)\n");
    let (old, new) = (of(FLOW, UTILS), of(FLOW, &twice));
    assert_ne!(old.fingerprints(), new.fingerprints());
    assert_eq!(changes(&old, &new).len(), 2);
    assert_eq!(changes(&new, &old).len(), 2);
}

#[test]
fn records_of_another_version_explain_nothing() {
    let code = of(FLOW, UTILS).code();
    let text = serde_json::to_string(&code["end"]).unwrap();
    let old = text.replacen("\"version\":", "\"version\":1", 1);
    let old: StepCode = serde_json::from_str(&old).unwrap();
    assert_eq!(
        code["end"].change_since(&old),
        Some(CodeChange::Incomparable)
    );
}
