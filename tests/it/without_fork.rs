//! Where forking is not safe, every task has a process of its own: the same results, and the same words for failures.

use crate::support::process::Finished;
use crate::support::{Sandbox, run};

/// Leaves a line in a file each time it is imported.
const COUNTED: &str = r#"from metaflow import FlowSpec, step

with open("imports", "a") as file:
    file.write("imported\n")


class CountedFlow(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.end)

    @step
    def end(self):
        print("user:", self.x + 1)


if __name__ == "__main__":
    CountedFlow()
"#;

fn without_fork(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut command = sandbox.flowdev(arguments);
    command.env("FLOWDEV_FORK", "0");
    run(command)
}

fn imports(sandbox: &Sandbox) -> usize {
    sandbox.read("imports").lines().count()
}

#[test]
fn each_task_imports_the_flow_anew() {
    let sandbox = Sandbox::new();
    sandbox.write("counted.py", COUNTED);
    run(sandbox.flowdev(["run", "counted.py"])).expect_code(0);
    assert_eq!(imports(&sandbox), 1, "forked tasks share one import");
    without_fork(&sandbox, &["run", "counted.py"])
        .expect_code(0)
        .expect_text(&["user: 2"]);
    // Three more at least: for the parameters, start and end.
    assert!(imports(&sandbox) >= 4, "{}", imports(&sandbox));
    without_fork(&sandbox, &["spin", "counted.py", "end"])
        .expect_code(0)
        .expect_text(&["user: 2"]);
}

#[test]
fn a_killed_task_is_named_with_its_signal() {
    let sandbox = Sandbox::new();
    sandbox.flow("failing.py");
    without_fork(&sandbox, &["run", "failing.py", "--how", "signal"])
        .expect_code(1)
        .expect_text(&["trouble", "SIGKILL", "failing.py:"]);
}
