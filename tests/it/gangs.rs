//! Tasks that work together (`num_parallel`, unbounded foreachs), and what becomes of tasks that fail: tried again, after a
//! rest, or not.

use serde_json::{Value, json};

use crate::support::events::{of_kind, output, parse, run_of};
use crate::support::{Sandbox, compare, oracle, require, run, venv};

/// A sandbox with one of the fixtures, and the real Metaflow beside it.
fn sandbox(flow: &str) -> Option<Sandbox> {
    require(venv::venv())?;
    let sandbox = Sandbox::new();
    sandbox.flow(flow);
    Some(sandbox)
}

/// Runs the flow with both and fails where the Client sees a difference.
#[track_caller]
fn same_for_both(file: &str, class: &str) {
    let Some(sandbox) = sandbox(file) else { return };
    let ids = [sandbox.path("metaflow.id"), sandbox.path("flowdev.id")];
    let mut command =
        sandbox.metaflow(&sandbox.path(file), ["--no-pylint", "run", "--run-id-file"]);
    command.arg(&ids[0]);
    run(command).expect_code(0);
    // One task at a time: what works together runs together all the same.
    let mut command = sandbox.flowdev(["run", file, "--max-workers", "1", "--run-id-file"]);
    command.arg(&ids[1]);
    run(command).expect_code(0);
    let runs = ids.map(|file| (class.to_owned(), oracle::run_id(&file)));
    let seen = oracle::snapshots(&sandbox, &runs);
    compare::expect_same(file, &seen[0], &seen[1]);
}

/// Runs a flow that is written here.
#[track_caller]
fn run_text(text: &str, code: i32) -> Vec<Value> {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", &format!("from metaflow import *\n\n{text}"));
    parse(
        &run(sandbox.flowdev(["run", "flow.py", "--json"]))
            .expect_code(code)
            .stdout,
    )
}

#[test]
fn a_gang_is_to_the_client_as_with_metaflow() {
    same_for_both("gang.py", "GangFlow");
}

#[test]
fn an_unbounded_foreach_is_to_the_client_as_with_metaflow() {
    same_for_both("unbounded.py", "UnboundedFlow");
}

#[test]
fn a_node_that_is_spun_takes_its_place_among_the_others() {
    let sandbox = Sandbox::new();
    let flow = "
class GangFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.work, num_parallel=2)

    @parallel
    @step
    def work(self):
        self.y = 10 * (self.index + 1)
        self.next(self.join)

    @step
    def join(self, inputs):
        print('all', [one.y for one in inputs])
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == '__main__':
    GangFlow()
";
    sandbox.write("flow.py", &format!("from metaflow import *\n{flow}"));
    run(sandbox.flowdev(["run", "flow.py"]))
        .expect_code(0)
        .expect_text(&["all [10, 20]"]);
    sandbox.edit("flow.py", "10 *", "100 *");
    let spin = |arguments: &[&str]| {
        let spin = ["spin", "flow.py"].iter().chain(arguments);
        run(sandbox.flowdev(spin)).expect_code(0)
    };
    spin(&["work"]);
    spin(&["join"]).expect_text(&["all [100, 20]"]);
    // The other one has run as it was before.
    run(sandbox.flowdev(["status", "flow.py"])).expect_text(&["work   stale"]);
    spin(&["work", "--split", "1"]);
    spin(&["join"]).expect_text(&["all [100, 200]"]);
}

#[test]
fn each_node_has_a_log_and_the_control_task_has_them_all() {
    let Some(sandbox) = sandbox("gang.py") else {
        return;
    };
    run(sandbox.flowdev(["run", "gang.py", "--loud", "true"])).expect_code(0);
    let script = "run = Flow('GangFlow').latest_run\n\
                  logs = {task.id: sorted(task.stdout.split('\\n')) for task in run['work']}\n\
                  controls = [task.id for task in run['work'].control_tasks()]\n\
                  result = [[logs[control], logs[control + '_node_2']] for control in controls]";
    let all = ["", "user: node 0", "user: node 1", "user: node 2"];
    let one = ["", "user: node 2"];
    assert_eq!(
        oracle::client(&sandbox, script),
        json!([[all, one], [all, one]])
    );
}

#[test]
fn a_gang_is_resumed_as_a_whole() {
    let Some(sandbox) = sandbox("gang.py") else {
        return;
    };
    sandbox.write("broken", "");
    run(sandbox.flowdev(["run", "gang.py"]))
        .expect_code(1)
        .expect_text(&["user: node 2 is broken"]);
    std::fs::remove_file(sandbox.path("broken")).expect("mend");
    std::fs::remove_file(sandbox.path("ran.txt")).expect("forget");
    let events = parse(
        &run(sandbox.flowdev(["resume", "gang.py", "--json"]))
            .expect_code(0)
            .stdout,
    );
    let mut ran = sandbox.lines("ran.txt");
    ran.sort();
    assert!(
        ran.ends_with(&["b0".into(), "b1".into(), "b2".into()]),
        "{ran:?}"
    );
    let cloned = of_kind(&events, "task_cloned");
    let nodes = cloned
        .iter()
        .filter(|event| event["step"] == "work")
        .count();
    // The other gang may have been stopped before it was done: then all of it runs again, too.
    assert_eq!(nodes + ran.len(), 6, "{events:#?}");
    // And once more, from a run whose control tasks were taken over.
    run(sandbox.flowdev(["resume", "gang.py", "end_groups"])).expect_code(0);
    let again = sandbox.lines("ran.txt").len();
    assert_eq!(again, ran.len());
    let seen = oracle::snapshot(&sandbox, "GangFlow", &run_of(&events));
    assert_eq!(seen["successful"], true);
}

#[test]
fn a_join_gets_its_branches_in_the_order_of_the_source() {
    let events = run_text(
        "class F(FlowSpec):\n\
         \x20   @step\n    def start(self):\n        self.next(self.c, self.a, self.b)\n\
         \x20   @step\n    def a(self):\n        self.next(self.join)\n\
         \x20   @step\n    def b(self):\n        self.next(self.join)\n\
         \x20   @step\n    def c(self):\n        self.next(self.join)\n\
         \x20   @step\n    def join(self, inputs):\n\
         \x20       print('user:', *[each._current_step for each in inputs])\n        self.next(self.end)\n\
         \x20   @step\n    def end(self):\n        pass\n",
        0,
    );
    assert_eq!(output(&events, "join").trim(), "user: c a b");
}

#[test]
fn a_step_that_forbids_it_is_not_tried_again_and_the_others_go_on() {
    let events = run_text(
        "import sys\n\nclass F(FlowSpec):\n\
         \x20   @step\n    def start(self):\n        self.next(self.a, self.b)\n\
         \x20   @catch(var='error')\n    @retry(times=2)\n\
         \x20   @step\n    def a(self):\n        sys.exit(202)\n        self.next(self.join)\n\
         \x20   @step\n    def b(self):\n        self.next(self.after)\n\
         \x20   @step\n    def after(self):\n        self.next(self.join)\n\
         \x20   @step\n    def join(self, inputs):\n        self.next(self.end)\n\
         \x20   @step\n    def end(self):\n        pass\n",
        1,
    );
    let failed = of_kind(&events, "task_failed");
    assert_eq!(failed.len(), 1, "{events:#?}");
    assert_eq!(failed[0]["retry"], false);
    let finished = of_kind(&events, "task_finished");
    assert!(
        finished.iter().any(|event| event["step"] == "after"),
        "{events:#?}"
    );
}

#[test]
fn a_retry_rests_as_long_as_the_flow_states() {
    let flow = |stated: &str| {
        format!(
            "class F(FlowSpec):\n\
             \x20   @retry(times=1{stated})\n\
             \x20   @step\n    def start(self):\n\
             \x20       if current.retry_count == 0:\n            raise ValueError('user: once')\n\
             \x20       self.next(self.end)\n\
             \x20   @step\n    def end(self):\n        pass\n"
        )
    };
    let rests = |events: &[Value]| {
        let notes = of_kind(events, "note");
        let says = |event: &&&Value| event["text"].to_string().contains("is tried again in");
        notes.iter().filter(says).count()
    };
    assert_eq!(
        rests(&run_text(&flow(", minutes_between_retries=0.001"), 0)),
        1
    );
    // What nobody asked for is not waited for.
    assert_eq!(rests(&run_text(&flow(""), 0)), 0);
}
