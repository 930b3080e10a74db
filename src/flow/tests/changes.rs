use super::*;

pub(super) fn changes_of(old: &Project, new: &Project) -> Vec<String> {
    super::super::changes(old, new)
        .into_iter()
        .map(|change| format!("{}: {}", change.step, change.reason))
        .collect()
}

const FLOW: &str = r#"
from metaflow import FlowSpec, step, Parameter, retry
import utils
from utils import clean as wash
import numpy as np

LIMIT = 10
UNUSED = 1


def local_helper(rows):
    return inner(rows) + LIMIT


def inner(rows):
    return len(rows)


class MyFlow(FlowSpec):
    """About."""

    alpha = Parameter("alpha", default=3)
    beta = Parameter("beta", default=4)
    CONST = [1, 2]

    @step
    def start(self):
        """Loads."""
        self.rows = utils.load(self.alpha)
        self.next(self.train)

    @retry(times=2)
    @step
    def train(self):
        # a comment
        rows = wash(self.rows)
        self.model = local_helper(rows)
        self.extra = self._score(rows)
        self.next(self.end)

    def _score(self, rows):
        return np.mean(rows) + self.CONST[0]

    @step
    def end(self):
        print(self.beta)


if __name__ == "__main__":
    MyFlow()
"#;

const UTILS: &str = r#"
import pandas as pd

SEP = ","


def load(n):
    return list(range(n))


def clean(rows):
    """Cleans."""
    return [strip(row) for row in rows]


def strip(row):
    return str(row).split(SEP)


def unrelated():
    return 1
"#;

/// Changes when the flow file and the module are edited by replacing texts.
fn edit(flow: (&str, &str), utils: (&str, &str)) -> String {
    assert!(FLOW.contains(flow.0) && UTILS.contains(utils.0));
    let edited = [
        ("flow.py", FLOW.replacen(flow.0, flow.1, 1)),
        ("utils.py", UTILS.replacen(utils.0, utils.1, 1)),
    ];
    let edited: Vec<(&str, &str)> = edited.iter().map(|(n, t)| (*n, t.as_str())).collect();
    diff(&[("flow.py", FLOW), ("utils.py", UTILS)], &edited)
}

fn in_flow(from: &str, to: &str) -> String {
    edit((from, to), ("", ""))
}

fn in_utils(from: &str, to: &str) -> String {
    edit(("", ""), (from, to))
}

#[test]
fn nothing_that_means_nothing_changes_a_step() {
    assert_eq!(
        in_flow("# a comment", "# another\n\n\n        # and one more"),
        ""
    );
    assert_eq!(in_flow(r#""""Loads.""""#, r#""""Loads more.""""#), "");
    assert_eq!(in_flow(r#"        """Loads.""""#, ""), "");
    assert_eq!(in_flow("LIMIT = 10", "LIMIT   =  (10)"), "");
    assert_eq!(
        in_flow(
            "wash(self.rows)",
            "wash(\n            self.rows,\n        )"
        ),
        ""
    );
    assert_eq!(in_flow("Parameter(\"alpha\"", "Parameter('alpha'"), "");
    assert_eq!(in_flow("UNUSED = 1", "UNUSED = 2"), "");
    assert_eq!(in_utils("return 1", "return 2"), "");
    assert_eq!(in_utils("\"\"\"Cleans.\"\"\"", ""), "");
}

#[test]
fn an_edit_changes_the_step_that_it_is_in() {
    assert_eq!(
        in_flow("rows = wash(self.rows)", "rows = wash(self.rows)[1:]"),
        "train: train changed at line 36"
    );
    assert_eq!(
        in_flow("times=2", "times=3"),
        "train: train changed at line 32"
    );
    assert_eq!(
        in_flow(
            "self.next(self.train)",
            "self.x = 1\n        self.next(self.train)"
        ),
        "start: start changed at line 30"
    );
}

#[test]
fn an_edit_changes_the_steps_that_reach_it() {
    assert_eq!(
        in_flow("return len(rows)", "return len(rows) + 1"),
        "train: inner changed at line 16"
    );
    assert_eq!(
        in_flow("LIMIT = 10", "LIMIT = 11"),
        "train: LIMIT changed at line 7"
    );
    assert_eq!(
        in_flow("np.mean(rows)", "np.median(rows)"),
        "train: _score changed at line 42"
    );
    assert_eq!(
        in_flow("CONST = [1, 2]", "CONST = [1, 3]"),
        "train: CONST changed at line 24"
    );
    assert_eq!(
        in_utils("range(n)", "range(n + 1)"),
        "start: utils.load changed at line 8"
    );
    assert_eq!(
        in_utils("str(row)", "repr(row)"),
        "train: utils.strip changed at line 17"
    );
    assert_eq!(
        in_utils("SEP = \",\"", "SEP = \";\""),
        "train: utils.SEP changed at line 4"
    );
    assert_eq!(
        in_flow("import numpy as np", "import jax.numpy as np"),
        "train: the import of np changed at line 5"
    );
}

#[test]
fn parameters_change_the_steps_that_read_them() {
    assert_eq!(
        in_flow("default=3", "default=5"),
        "start: alpha changed at line 22"
    );
    assert_eq!(
        in_flow("default=4", "default=5"),
        "end: beta changed at line 23"
    );
}

#[test]
fn statements_of_a_module_count_for_all_steps() {
    let all = "start: module-level code changed at line 7\ntrain: module-level code changed at line 7\nend: module-level code changed at line 7";
    assert_eq!(in_flow("LIMIT = 10", "np.random.seed(1)\nLIMIT = 10"), all);
    let all = "start: module-level code of utils changed at line 4\ntrain: module-level code of utils changed at line 4\nend: module-level code of utils changed at line 4";
    assert_eq!(in_utils("SEP", "print(1)\nSEP"), all);
}

#[test]
fn a_new_step_is_one() {
    let more = "    @step\n    def more(self):\n        self.next(self.end)\n\n    @step\n    def end(self)";
    assert_eq!(
        in_flow("    @step\n    def end(self)", more),
        "more: new step"
    );
}
