//! `Runner` with the real engine: what came of a run, a resume and a spin is there for the program that started them.

use crate::support::{Sandbox, run};

/// Runs a Python program with our package.
#[track_caller]
fn program(sandbox: &Sandbox, text: &str) {
    sandbox.write("program.py", text);
    run(sandbox.python("program.py", [""; 0])).expect_code(0);
}

#[test]
fn a_run_that_fails_is_looked_at_mended_and_resumed() {
    let sandbox = Sandbox::new();
    sandbox.flow("fan.py");
    sandbox.write("broken", "");
    program(
        &sandbox,
        r#"
import os
from metaflow import Flow, Run, Runner

with Runner("fan.py", show_output=False, cwd=os.getcwd()) as runner:
    failed = runner.run(splits=4, tags=["first"], max_workers=1)
    assert (failed.status, failed.returncode) == ("failed", 1), failed.stderr
    assert not failed.run.successful and failed.run.user_tags == {"first"}
    [task] = [task for task in failed.run["work"] if task.index == 2]
    assert task.exception.exception == "user: item 2 is broken", task.exception
    assert task.finished is False and task.successful is False
    os.remove("broken")
    resumed = runner.resume(tags=["second"])
    assert resumed.status == "successful", resumed.stderr
    assert resumed.run.origin_pathspec == failed.run.pathspec
    assert resumed.run.data.all_done == ["ITEM 0", "ITEM 1", "ITEM 2", "ITEM 3"]
    assert {parent.index for parent in resumed.run["join"].task.parent_tasks} == {0, 1, 2, 3}
    assert Flow("FanFlow").latest_run.id == resumed.run.id
"#,
    );
}

#[test]
fn a_spin_is_looked_at_apart_from_the_runs() {
    let sandbox = Sandbox::new();
    sandbox.flow("shapes.py");
    program(
        &sandbox,
        r#"
from metaflow import Flow, Runner, default_metadata, get_metadata, inspect_spin

with Runner("shapes.py", show_output=False) as runner:
    tracked = runner.run().run
    with runner.spin("both", persist=True) as spun:
        assert spun.status == "successful", spun.stderr
        assert spun.task["sum"].data == 23
        assert spun.task.pathspec.split("/")[0::2] == ["ShapesFlow", "both"]
    before = get_metadata()
    assert [run.id for run in Flow("ShapesFlow")] == [tracked.id]
    inspect_spin(".")
    assert [run.id for run in Flow("ShapesFlow")] == [spun.task.path_components[1]]
    assert default_metadata() == before
    assert Flow("ShapesFlow").latest_run.id == tracked.id
"#,
    );
}

#[test]
fn what_the_engine_refuses_is_raised_with_its_sentence() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "astray.py",
        "from metaflow import FlowSpec, step\n\nclass Astray(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.nowhere)\n\n    @step\n    def end(self):\n        pass\n\nif __name__ == '__main__':\n    Astray()\n",
    );
    program(
        &sandbox,
        r#"
from metaflow import Runner

try:
    Runner("astray.py", show_output=False).run()
except RuntimeError as error:
    assert "nowhere" in str(error), error
else:
    raise AssertionError("it ran")
"#,
    );
}
