//! Metaflow's options on `run`, `resume` and `spin`, and its lines on the console.

use serde_json::Value;

use crate::support::events::Live;
use crate::support::{Sandbox, run};

/// A flow with a parameter, a mutator that adds another, and a step that fails on demand.
const FLOW: &str = r#"
import os
from metaflow import FlowMutator, FlowSpec, Parameter, step

class adds(FlowMutator):
    def pre_mutate(self, mutable_flow):
        mutable_flow.add_parameter("made", Parameter("made", default=1))

@adds
class Told(FlowSpec):
    alpha = Parameter("alpha", default=3)
    mode = Parameter("mode", default="slow")

    @step
    def start(self):
        print("start", self.alpha, self.made, self.mode)
        self.next(self.middle)

    @step
    def middle(self):
        if os.path.exists("fail"):
            raise ValueError("as asked")
        if os.path.exists("crash"):
            os.kill(os.getpid(), 11)
        print("middle", self.alpha)
        self.next(self.end)

    @step
    def end(self):
        print("end", self.alpha)

if __name__ == "__main__":
    Told()
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("told.py", FLOW);
    sandbox
}

/// The lines without their times and process ids.
fn lines(text: &str) -> Vec<String> {
    let bare = |line: &str| {
        let line = line.get(24..).unwrap_or_default();
        match (line.find(" (pid "), line.find(")]")) {
            (Some(from), Some(to)) => format!("{}{}", &line[..from], &line[to + 1..]),
            _ => line.to_owned(),
        }
    };
    text.lines().map(bare).collect()
}

#[test]
fn metaflows_options_are_taken_and_its_lines_printed() {
    let sandbox = sandbox();
    let finished = run(sandbox.flowdev([
        "run",
        "told.py",
        "--console",
        "metaflow",
        "--quiet",
        "--class",
        "Told",
        "--tag",
        "a",
        "--namespace",
        "x",
        "--max-workers",
        "50",
        "--max-num-splits",
        "10000",
        "--max-log-size",
        "10",
        "--run-id-file",
        "id",
        "--runner-attribute-file",
        "where",
        "--datastore",
        "local",
        "--metadata",
        "local",
        "--environment",
        "local",
        "--event-logger",
        "nullSidecarLogger",
        "--no-pylint",
        "--parameter",
        "alpha=5",
    ]))
    .expect_code(0);
    assert_eq!(finished.stderr, "");
    let id = sandbox.read("id");
    let expected = [
        format!("Workflow starting (run-id {id}):"),
        format!("[{id}/start/1] Task is starting."),
        format!("[{id}/start/1] start 5 1 slow"),
        format!("[{id}/start/1] Task finished successfully."),
        format!("[{id}/middle/2] Task is starting."),
        format!("[{id}/middle/2] middle 5"),
        format!("[{id}/middle/2] Task finished successfully."),
        format!("[{id}/end/3] Task is starting."),
        format!("[{id}/end/3] end 5"),
        format!("[{id}/end/3] Task finished successfully."),
        "Done!".to_owned(),
    ];
    assert_eq!(lines(&finished.stdout), expected);
    let place: Value = serde_json::from_str(&sandbox.read("where")).expect("JSON");
    assert_eq!(place["run_id"], id);
    assert_eq!(place["flow_name"], "Told");
    assert_eq!(
        place["metadata"],
        format!("local@{}", sandbox.dir().display())
    );
}

#[test]
fn a_failure_ends_with_metaflows_words() {
    let sandbox = sandbox();
    sandbox.write("fail", "");
    let finished = run(sandbox.flowdev(["run", "told.py", "--console", "metaflow"])).expect_code(1);
    assert!(
        finished.stdout.contains("] Task failed.\n"),
        "{}",
        finished.stdout
    );
    let last = lines(&finished.stdout).split_off(lines(&finished.stdout).len() - 3);
    let expected = [
        "Workflow failed.",
        "Terminating 0 active tasks...",
        "Flushing logs...",
    ];
    assert_eq!(last, expected);
    assert_eq!(
        finished.stderr,
        "    Step failure:\n    Step middle (task-id 2) failed.\n\n"
    );
}

#[test]
fn a_crash_is_named_in_the_log() {
    let sandbox = sandbox();
    sandbox.write("crash", "");
    run(sandbox.flowdev(["run", "told.py", "--run-id-file", "id"])).expect_code(1);
    let log = format!(
        ".metaflow/Told/{}/middle/2/0.runtime_stderr.log",
        sandbox.read("id")
    );
    let log = sandbox.read(&log);
    assert!(
        log.ends_with("]Task failed with a segmentation fault.\n"),
        "{log}"
    );
}

#[test]
fn parameters_that_only_python_knows_can_be_given() {
    let sandbox = sandbox();
    run(sandbox.flowdev(["run", "told.py", "--made", "7", "--mode=fast", "--alpha=-2"]))
        .expect_code(0)
        .expect_text(&["start -2 7 fast"]);
    run(sandbox.flowdev(["run", "told.py", "--nothing", "7"]))
        .expect_code(2)
        .expect_text(&["no parameter nothing"]);
}

#[test]
fn parameters_of_a_resume_count_for_what_runs_now() {
    let sandbox = sandbox();
    sandbox.write("fail", "");
    run(sandbox.flowdev(["run", "told.py", "--run-id-file", "first"])).expect_code(1);
    std::fs::remove_file(sandbox.path("fail")).expect("fail");
    let first = sandbox.read("first");
    let finished = run(sandbox.flowdev(["resume", "told.py", "--alpha", "8"]))
        .expect_code(0)
        .expect_text(&["middle 8", "end 8", "alpha=8 instead of", &first]);
    assert!(!finished.stdout.contains("start "), "{}", finished.stdout);
    // What is wrong with a value is said before there is a run.
    let runs = || std::fs::read_dir(sandbox.path(".metaflow/Told")).map(Iterator::count);
    let before = runs().expect("store");
    run(sandbox.flowdev(["resume", "told.py", "--alpha", "x"]))
        .expect_code(2)
        .expect_text(&["alpha"]);
    assert_eq!(runs().expect("store"), before);
    // The values of the resumed run are its own.
    run(sandbox.flowdev(["resume", "told.py", "middle"]))
        .expect_code(0)
        .expect_text(&["middle 8", "end 8"]);
}

#[test]
fn parameters_of_a_spin_take_the_place_of_those_of_the_run() {
    let sandbox = sandbox();
    run(sandbox.flowdev(["run", "told.py"])).expect_code(0);
    let latest = sandbox.read(".metaflow/Told/latest_run");
    for (step, said) in [
        ("start", "start 9 1 slow"),
        ("middle", "middle 9"),
        ("end", "end 9"),
    ] {
        let arguments = ["spin", "told.py", step, "--alpha", "9", "--persist"];
        run(sandbox.flowdev(arguments))
            .expect_code(0)
            .expect_text(&[said]);
    }
    let pathspec = format!("Told/{latest}/end");
    run(sandbox.flowdev(["spin", "told.py", &pathspec, "--no-persist"]))
        .expect_code(0)
        .expect_text(&["end 3"]);
    assert_eq!(sandbox.read(".metaflow/Told/latest_run"), latest);
}

#[test]
fn the_store_is_where_option_and_settings_say() {
    let sandbox = sandbox();
    let root = sandbox.path("elsewhere/.metaflow").display().to_string();
    run(sandbox.flowdev(["run", "told.py", "--datastore-root", &root])).expect_code(0);
    assert!(sandbox.path("elsewhere/.metaflow/Told/latest_run").exists());
    let set = sandbox.path("set").display().to_string();
    let settings = format!(r#"{{"METAFLOW_DATASTORE_SYSROOT_LOCAL": "{set}"}}"#);
    sandbox.write(".metaflow/config.json", &settings);
    run(sandbox.flowdev(["run", "told.py"])).expect_code(0);
    assert!(sandbox.path("set/.metaflow/Told/latest_run").exists());
    assert!(!sandbox.path(".metaflow/Told").exists());
}

#[test]
fn what_is_not_offered_is_refused_in_a_sentence() {
    let sandbox = sandbox();
    run(sandbox.flowdev(["run", "told.py", "--datastore", "s3"]))
        .expect_code(2)
        .expect_text(&["--datastore s3 is not offered"]);
    run(sandbox.flowdev(["resume", "told.py", "--config", "a", "b"]))
        .expect_code(2)
        .expect_text(&["cannot be given to resume"]);
}

#[test]
fn what_is_wrong_with_the_graph_is_said_as_the_flows_own_check_says_it() {
    let sandbox = sandbox();
    let broken = FLOW.replace("self.next(self.end)", "self.next(self.nowhere)");
    sandbox.write("told.py", &broken);
    let arguments = ["run", "told.py", "--console", "metaflow", "--quiet"];
    let refused = run(sandbox.flowdev(arguments)).expect_code(1);
    let first = refused.stderr.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("    Validity checker found an issue in file ")
            && first.ends_with("told.py on line 26:"),
        "{first}"
    );
    assert!(refused.stderr.contains("    middle goes to nowhere"));
}

#[test]
fn a_task_that_went_elsewhere_is_not_taken_over() {
    let sandbox = sandbox();
    sandbox.write("fail", "");
    run(sandbox.flowdev(["run", "told.py"])).expect_code(1);
    let edited = FLOW.replace("self.next(self.middle)", "self.next(self.end)");
    let (before, after) = edited
        .split_once("    @step\n    def middle")
        .expect("the step");
    let rest = after
        .split_once("    @step\n    def end")
        .expect("the last step")
        .1;
    sandbox.write("told.py", &format!("{before}    @step\n    def end{rest}"));
    run(sandbox.flowdev(["resume", "told.py"]))
        .expect_code(1)
        .expect_text(&[
            "taken over from an earlier run",
            "`resume start` runs the step again",
        ]);
    run(sandbox.flowdev(["resume", "told.py", "start"])).expect_code(0);
}

#[test]
fn an_option_that_nobody_has_is_refused_in_a_sentence() {
    run(sandbox().flowdev(["run", "told.py", "--nothing"]))
        .expect_code(2)
        .expect_text(&["flowdev: there is no option --nothing"]);
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_what_is_expected() {
    let sandbox = Sandbox::new();
    sandbox.flow("linear.py");
    let file = sandbox.write(".flowdev.toml", "hot_memory = \"1MB\"\nfork = 3\n");
    let file = file.display();
    let memory = format!(
        "flowdev: {file}: `hot_memory` must be a number of megabytes or \"auto\", not \"1MB\"\n"
    );
    let fork = format!("flowdev: {file}: `fork` must be true or false, not 3\n");
    for words in [
        ["run", "linear.py", "--json"],
        ["spin", "linear.py", "end"],
        ["status", "linear.py", "--json"],
    ] {
        let done = run(sandbox.flowdev(words)).expect_code(0);
        for wanted in [&memory, &fork] {
            assert_eq!(done.stderr.matches(wanted.as_str()).count(), 1, "{done:?}");
        }
    }
    // A watch says so before it watches.
    let mut live = Live::start(sandbox.flowdev(["watch", "linear.py", "--json"]));
    live.until_note(memory.trim_end());
    live.until_note("watching");
    live.interrupt().expect_code(0);
}

#[test]
fn the_python_of_the_settings_is_that_of_every_command() {
    let sandbox = Sandbox::new();
    sandbox.write("told.py", FLOW);
    sandbox.write(".flowdev.toml", "python = \"/not/there/python\"\n");
    for arguments in [
        &["run", "told.py"][..],
        &["spin", "told.py", "middle"],
        &["status", "told.py"],
    ] {
        let mut command = sandbox.flowdev(arguments);
        command.env_remove("FLOWDEV_PYTHON");
        let finished = run(command);
        assert_ne!(finished.code, 0, "{}", finished.stdout);
        finished.expect_text(&["/not/there/python"]);
    }
    let python = crate::support::venv::python().display().to_string();
    let mut command = sandbox.flowdev(["run", "told.py", "--python", &python]);
    command.env_remove("FLOWDEV_PYTHON");
    run(command).expect_code(0);
}
