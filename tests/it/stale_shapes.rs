//! Results that a run of another shape would not have: other items, other branches.

use crate::support::events::{of_kind, parse};
use crate::support::{Sandbox, run};

const FLOW: &str = r#"
from metaflow import FlowSpec, Parameter, step


class ShapesFlow(FlowSpec):
    kind = Parameter("kind", default="a")

    @step
    def start(self):
        self.items = [1, 2, 7]
        self.other = [5, 6, 7]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        print("item", self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.count = len(list(inputs))
        self.next(self.list)

    @step
    def list(self):
        self.next(self.pick)

    @step
    def pick(self):
        self.route = "a"
        self.next({"a": self.left, "b": self.right}, condition="route")

    @step
    def left(self):
        self.way = "left"
        self.next(self.end)

    @step
    def right(self):
        self.way = "right"
        self.next(self.end)

    @step
    def end(self):
        print("way", self.way, "count", self.count)


if __name__ == "__main__":
    ShapesFlow()
"#;

/// After a run of a flow, an edit; then what is stale is run. What was printed.
fn renewed(flow: &str, from: &str, to: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("shapes.py", flow);
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    assert!(flow.contains(from), "{from} is there");
    sandbox.write("shapes.py", &flow.replace(from, to));
    let done = run(sandbox.flowdev(["run", "shapes.py", "--only-stale"])).expect_code(0);
    run(sandbox.flowdev(["status", "shapes.py", "--check"])).expect_code(0);
    done.stdout
}

#[test]
fn a_join_sees_how_many_tasks_it_brings_together() {
    let out = renewed(FLOW, "[1, 2, 7]", "[1, 2, 7, 8]");
    assert!(out.contains("way left count 4"), "{out}");
}

#[test]
fn a_task_sees_how_many_siblings_it_has() {
    let flow = FLOW.replace("self.input)", "self.foreach_stack())");
    let out = renewed(&flow, "[1, 2, 7]", "[1, 2]");
    for printed in ["item [(0, 2, 1)]", "item [(1, 2, 2)]", "way left count 2"] {
        assert!(out.contains(printed), "{printed}: {out}");
    }
}

#[test]
fn a_foreach_over_another_list_has_other_items() {
    let out = renewed(FLOW, "foreach=\"items\"", "foreach=\"other\"");
    for printed in ["item 5", "item 6", "item 7"] {
        assert!(out.contains(printed), "{printed}: {out}");
    }
}

#[test]
fn spins_after_a_switch_follow_the_branch_that_it_takes_now() {
    let sandbox = Sandbox::new();
    sandbox.write("shapes.py", FLOW);
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    let edited = FLOW.replace("route = \"a\"", "route = \"b\"");
    sandbox.write("shapes.py", &edited);
    let spin = ["spin", "shapes.py", "end", "--with-stale-inputs"];
    let done = run(sandbox.flowdev(spin)).expect_code(0);
    assert!(done.stdout.contains("way right"), "{}", done.stdout);
}

/// The flow with a step before `right` and one behind the ways' end.
fn longer() -> String {
    let flow = FLOW.replace("\"b\": self.right", "\"b\": self.detour");
    let detour = "@step
    def detour(self):
        print(\"detour after\", self.route)
        self.next(self.right)

    @step
    def right";
    let flow = flow.replace("@step\n    def right", detour);
    let last = "@step
    def last(self):
        self.next(self.end)

    @step
    def end";
    let flow = flow.replace("self.next(self.end)", "self.next(self.last)");
    flow.replace("@step\n    def end", last)
}

fn state(sandbox: &Sandbox, step: &str) -> String {
    let told = run(sandbox.flowdev(["status", "shapes.py", "--json"])).expect_code(0);
    let lines = parse(&told.stdout);
    let line = lines.iter().find(|line| line["step"] == step);
    line.map_or_else(String::new, |line| {
        line["state"].to_string().replace('"', "")
    })
}

#[test]
fn a_way_that_is_not_taken_leaves_nothing_to_run_however_long_it_is() {
    let sandbox = Sandbox::new();
    sandbox.write("shapes.py", &longer());
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    assert_eq!(state(&sandbox, "detour"), "not_taken");
    assert_eq!(state(&sandbox, "right"), "not_taken");
    run(sandbox.flowdev(["status", "shapes.py", "--check"])).expect_code(0);
}

#[test]
fn a_way_that_is_not_taken_is_spun_from_its_first_step() {
    let sandbox = Sandbox::new();
    sandbox.write("shapes.py", FLOW);
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    sandbox.write("shapes.py", &longer());
    let spin = ["spin", "shapes.py", "right", "--with-stale-inputs"];
    let done = run(sandbox.flowdev(spin)).expect_code(0);
    assert!(done.stdout.contains("detour after a"), "{}", done.stdout);
    // What is behind the switch goes the other way nevertheless.
    let spin = ["spin", "shapes.py", "end", "--with-stale-inputs"];
    let done = run(sandbox.flowdev(spin)).expect_code(0);
    assert!(done.stdout.contains("way left"), "{}", done.stdout);
}

#[test]
fn a_step_that_is_new_has_never_run_whatever_the_steps_before_it_went_to() {
    let sandbox = Sandbox::new();
    sandbox.write("shapes.py", FLOW);
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    sandbox.write("shapes.py", &longer());
    assert_eq!(state(&sandbox, "last"), "never_run");
    assert_eq!(state(&sandbox, "detour"), "not_taken");
    // In front of the step that the switch went to.
    let before = FLOW.replace("\"a\": self.left", "\"a\": self.detour");
    let detour = "@step
    def detour(self):
        self.next(self.left)

    @step
    def left";
    sandbox.write("shapes.py", &before.replace("@step\n    def left", detour));
    assert_eq!(state(&sandbox, "detour"), "never_run");
    assert_eq!(state(&sandbox, "right"), "not_taken");
}

#[test]
fn a_join_that_merges_takes_over_what_is_new() {
    let flow = FLOW.replace(
        "self.count = len(list(inputs))",
        "self.count = 0; self.merge_artifacts(inputs)",
    );
    let flow = flow.replace(
        "print(\"way\"",
        "print(getattr(self, \"fresh\", None), \"way\"",
    );
    let out = renewed(
        &flow,
        "self.next(self.join)",
        "self.fresh = 5; self.next(self.join)",
    );
    assert!(out.contains("5 way left"), "{out}");
    // Through a step that does not look at it.
    let out = renewed(&flow, "self.other = ", "self.fresh = 6; self.other = ");
    assert!(out.contains("6 way left"), "{out}");
}

#[test]
fn with_other_options_nothing_is_taken_over() {
    let sandbox = Sandbox::new();
    let flow = FLOW.replace(
        "print(\"item\"",
        "import os; print(os.environ.get(\"COLOUR\"), \"item\"",
    );
    sandbox.write("shapes.py", &flow);
    let red = ["--with", r#"environment:vars={"COLOUR": "red"}"#];
    let retry = ["--with", "retry:times=1"];
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    let renew = |options: &[&str]| {
        let command = [&["run", "shapes.py", "--only-stale"], options].concat();
        run(sandbox.flowdev(command)).expect_code(0).stdout
    };
    assert!(!renew(&retry).contains("Task is starting"));
    assert!(renew(&red).contains("red item 7"));
    assert!(!renew(&red).contains("Task is starting"));
    assert!(renew(&[]).contains("None item 7"));
}

#[test]
fn of_a_loop_one_round_is_spun() {
    let sandbox = Sandbox::new();
    let flow = FLOW.replace(
        "self.route = \"a\"",
        "self.n = getattr(self, \"n\", 0) + 1; self.route = \"a\" if self.n > 2 else \"c\"",
    );
    let flow = flow.replace("\"b\": self.right", "\"b\": self.right, \"c\": self.pick");
    sandbox.write("shapes.py", &flow);
    run(sandbox.flowdev(["run", "shapes.py"])).expect_code(0);
    sandbox.write("shapes.py", &flow.replace("self.n > 2", "self.n >= 3"));
    let spin = ["spin", "shapes.py", "end", "--with-stale-inputs", "--json"];
    let told = parse(&run(sandbox.flowdev(spin)).expect_code(0).stdout);
    let spun = of_kind(&told, "task_started");
    let steps: Vec<&serde_json::Value> = spun.iter().map(|event| &event["step"]).collect();
    assert_eq!(steps, ["pick", "end"]);
    let warned = of_kind(&told, "note")
        .into_iter()
        .filter(|note| note["level"] == "warning");
    let texts: Vec<String> = warned.map(|note| note["text"].to_string()).collect();
    assert!(
        texts.iter().any(|text| text.contains("2 of 3")),
        "{texts:?}"
    );
}

const ASKING: &str = r#"
from metaflow import FlowSpec, Parameter, current, project, step


@project(name="asking")
class AskingFlow(FlowSpec):
    alpha = Parameter("alpha", default=1)

    @step
    def start(self):
        self.next(self.who)

    @step
    def who(self):
        self.text = current.username
        self.next(self.where)

    @step
    def where(self):
        self.text = current.get("branch_name")
        self.next(self.tagged)

    @step
    def tagged(self):
        self.text = sorted(current.tags)
        self.next(self.named)

    @step
    def named(self):
        self.text = list(current.parameter_names)
        self.next(self.drawn)

    @step
    def drawn(self):
        self.text = sorted(current.graph["steps"])
        self.next(self.end)

    @step
    def end(self):
        print(current.run_id, current.task_id, current.retry_count, current.pathspec)


if __name__ == "__main__":
    AskingFlow()
"#;

/// What is stale by itself: steps with the reason.
#[track_caller]
fn causes(mut command: std::process::Command) -> Vec<String> {
    command.arg("--json");
    let told = run(command).expect_code(0);
    let lines = parse(&told.stdout);
    let stale = lines.iter().filter(|line| line["state"] == "stale");
    let text = |line: &serde_json::Value| format!("{} {}", line["step"], line["sentence"]);
    stale.map(|line| text(line).replace('"', "")).collect()
}

#[test]
fn what_current_says_of_the_run_is_read_like_a_parameter() {
    let sandbox = Sandbox::new();
    sandbox.write("asking.py", ASKING);
    run(sandbox.flowdev(["run", "asking.py", "--tag", "red"])).expect_code(0);
    let status = || sandbox.flowdev(["status", "asking.py"]);
    assert!(causes(status()).is_empty());
    let mut other = status();
    other.env("METAFLOW_USER", "other");
    let expected = [
        "who current.username changed",
        "where current.branch_name changed",
    ];
    assert_eq!(causes(other), expected);
    // A remark, and a line further down.
    sandbox.edit("asking.py", "    alpha =", "    # new\n    alpha =");
    assert!(causes(status()).is_empty());
    sandbox.edit(
        "asking.py",
        "    alpha =",
        "    beta = Parameter(\"beta\", default=2)\n    alpha =",
    );
    let expected = [
        "named current.parameter_names changed",
        "drawn current.graph changed",
    ];
    assert_eq!(causes(status()), expected);
    sandbox.write("asking.py", ASKING);
    let renewed = |tag: &str| {
        let command = ["run", "asking.py", "--only-stale", "--tag", tag, "--json"];
        let done = run(sandbox.flowdev(command)).expect_code(0);
        let events = parse(&done.stdout);
        let ran = of_kind(&events, "task_finished");
        let steps = ran.iter().filter_map(|event| event["step"].as_str());
        steps.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(renewed("red").is_empty());
    assert_eq!(renewed("blue"), ["tagged"]);
    // With other options it is another question.
    run(sandbox.flowdev(["run", "asking.py", "--production"])).expect_code(0);
    assert!(causes(status()).is_empty());
}

/// Two steps in a foreach, and one in a foreach of that; the later ones look at how many there are.
const COUNTED: &str = r#"
from metaflow import FlowSpec, step


class ShapesFlow(FlowSpec):
    @step
    def start(self):
        self.outer = ["a", "b"]
        self.next(self.one, foreach="outer")

    @step
    def one(self):
        self.x = self.input
        self.next(self.split)

    @step
    def split(self):
        self.inner = [self.x, "z"]
        print("split", self.foreach_stack())
        self.next(self.two, foreach="inner")

    @step
    def two(self):
        print("two", self.foreach_stack())
        self.next(self.join)

    @step
    def join(self, inputs):
        print("join", [(index, count) for index, count, _ in self.foreach_stack()])
        self.next(self.last)

    @step
    def last(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ShapesFlow()
"#;

#[test]
fn a_task_after_one_that_was_taken_over_counts_the_items_of_today() {
    let printed = renewed(COUNTED, r#"["a", "b"]"#, r#"["a", "b", "c"]"#);
    for wanted in [
        "split [(0, 3, 'a')]",
        "split [(2, 3, 'c')]",
        "two [(1, 3, 'b'), (0, 2, 'b')]",
        "join [(1, 3)]",
    ] {
        assert!(printed.contains(wanted), "{wanted}: {printed}");
    }
    let is_taken = |line: &&str| line.contains("/one/") && line.contains("Cloned");
    assert_eq!(printed.lines().filter(is_taken).count(), 2, "{printed}");
}
