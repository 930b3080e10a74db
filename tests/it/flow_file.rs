//! `python flow.py ...` with the package of flowdev, as `flowdev env` sets it up: the whole way from Python to the engine and back.

use std::path::Path;

use crate::support::process::Finished;
use crate::support::{Sandbox, run};

const FLOW: &str = r#"
import os
import sys

from metaflow import FlowSpec, JSONType, Parameter, current, step


class WholeFlow(FlowSpec):
    """All the way."""

    size = Parameter("size", default=2)
    note = Parameter("my-note", type=JSONType, default="null")

    @step
    def start(self):
        self.items = list(range(self.size))
        print("début", self.note)
        self.next(self.body, foreach="items")

    @step
    def body(self):
        if os.environ.get("BREAK") == str(self.input):
            raise ValueError("as asked")
        self.value = self.input * 10
        print("value", self.value, file=sys.stderr)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(task.value for task in inputs)
        self.kinds = [self._graph[name].type for name in ("start", "body", "join", "end")]
        self.next(self.end)

    @step
    def end(self):
        print("total", self.total, current.origin_run_id)


if __name__ == "__main__":
    WholeFlow()
"#;

/// A flow file in a sandbox whose shell has read what `flowdev env` prints.
struct Flow {
    sandbox: Sandbox,
}

impl Flow {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("flow.py", FLOW);
        Self { sandbox }
    }

    /// `python flow.py`, with words for the shell after it and variables before it.
    fn python(&self, variables: &str, words: &str) -> Finished {
        let line =
            format!("eval \"$(flowdev env)\"; {variables} \"$FLOWDEV_PYTHON\" flow.py {words}");
        let mut shell = self.sandbox.command(Path::new("sh"));
        shell.args(["-euc", &line]);
        run(shell)
    }

    fn latest(&self) -> String {
        self.sandbox.read(".metaflow/WholeFlow/latest_run")
    }
}

#[test]
fn a_run_and_what_the_commands_say_of_it() {
    let flow = Flow::new();
    let ran = flow
        .python(
            "",
            "--no-pylint run --size 3 --my-note '{\"a\": 1}' --tag mine --run-id-file id",
        )
        .expect_code(0)
        .expect_text(&[
            "executing WholeFlow for user:tester",
            "Validating your flow...",
            "    The graph looks good!",
            "Workflow starting (run-id ",
            "Foreach yields 3 child steps.",
            "total 30 None",
            "Done!",
        ]);
    assert!(ran.stderr.starts_with("Metaflow "), "{}", ran.stderr);
    let id = flow.latest();
    assert_eq!(flow.sandbox.read("id"), id);

    let dump = flow
        .python("", &format!("--quiet dump {id}/end --include total,kinds"))
        .expect_code(0);
    assert_eq!(
        dump.stdout.lines().collect::<Vec<_>>(),
        [
            "kinds [size: 48 type: <class 'list'>] = ['foreach', 'linear', 'join', 'end']",
            "total [size: 5 type: <class 'int'>] = 30",
        ]
    );
    let logs = flow
        .python("", &format!("--quiet logs --stdout {id}/start"))
        .expect_code(0);
    assert_eq!(logs.stdout, "début {'a': 1}\n");
    let logs = flow
        .python("", &format!("--quiet logs show {id}/body --stderr"))
        .expect_code(0);
    assert_eq!(logs.stdout, "value 0\nvalue 10\nvalue 20\n");

    flow.python("", &format!("tag add --run-id {id} more"))
        .expect_code(0);
    flow.python("", &format!("tag remove --run-id {id} mine"))
        .expect_code(0);
    let tags = flow
        .python(
            "",
            &format!("tag list --flat --hide-system-tags --run-id {id}"),
        )
        .expect_code(0);
    assert_eq!(tags.stderr.lines().skip(1).collect::<Vec<_>>(), ["more"]);

    flow.python("", &format!("--quiet logs scrub {id}/start --stdout"))
        .expect_code(0);
    let logs = flow
        .python("", &format!("--quiet logs --stdout {id}/start"))
        .expect_code(0);
    assert_eq!(logs.stdout, "[REDACTED runtime stdout]\n");
}

#[test]
fn variables_stand_for_options() {
    let flow = Flow::new();
    flow.python(
        "METAFLOW_RUN_SIZE=4 METAFLOW_RUN_TAGS='x y' METAFLOW_QUIET=1",
        "run",
    )
    .expect_code(0)
    .expect_text(&["Foreach yields 4 child steps."]);
    let id = flow.latest();
    let tags = flow
        .python("", &format!("tag list --flat --hide-system-tags {id}"))
        .expect_code(0);
    assert_eq!(tags.stderr.lines().skip(1).collect::<Vec<_>>(), ["x", "y"]);
    let refused = flow
        .python("METAFLOW_RUN_SIZE=many", "--quiet run")
        .expect_code(2);
    assert!(
        refused
            .stderr
            .ends_with("Error: Invalid value for '--size': many is not a valid integer\n"),
        "{}",
        refused.stderr
    );
    assert_eq!(flow.latest(), id, "nothing is left of what was refused");
}

#[test]
fn a_failed_run_is_resumed() {
    let flow = Flow::new();
    flow.python("BREAK=1", "--quiet run").expect_code(1);
    let origin = flow.latest();
    flow.python("", "--quiet resume --tag again")
        .expect_code(0)
        .expect_text(&[&format!("total 10 {origin}")]);
    flow.python("", "--quiet resume nowhere").expect_code(1);
    flow.python("", "--quiet spin body").expect_code(0);
}

#[test]
fn a_flow_that_is_wrong_does_not_run() {
    let flow = Flow::new();
    flow.sandbox.write(
        "flow.py",
        &FLOW.replace("self.next(self.join)", "self.next(self.nowhere)"),
    );
    for words in ["check", "run", "--quiet run"] {
        let refused = flow.python("", words).expect_code(1);
        assert!(refused.text().contains("nowhere"), "{}", refused.text());
        assert!(!refused.text().contains("Traceback"), "{}", refused.text());
    }
    flow.sandbox.write(
        "flow.py",
        &FLOW.replace("import os\n", "import os\n1 / 0\n"),
    );
    flow.python("", "run")
        .expect_code(1)
        .expect_text(&["ZeroDivisionError"]);
}
