//! Flow files that are wrong: each is refused, or fails, with a sentence that names the place; never a panic of ours, never a
//! traceback that leads into the runtime.

use std::collections::BTreeMap;

use crate::support::process::Finished;
use crate::support::{Sandbox, run};

/// Every kind of transition, a decorator, a parameter; sound as it is.
const SOUND: &str = r#"from metaflow import FlowSpec, Parameter, current, retry, step

SIZES = [1, 2, 3]


def double(number):
    return number * 2


class SoundFlow(FlowSpec):
    alpha = Parameter("alpha", default=3, type=int, help="A number.")

    @step
    def start(self):
        self.items = [double(size) for size in SIZES]
        self.kind = "long"
        self.next(self.left, self.right)

    @step
    def left(self):
        self.next(self.work, foreach="items")

    @retry(times=1)
    @step
    def work(self):
        self.result = self.input + self.alpha
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.total = sum(one.result for one in inputs)
        self.merge_artifacts(inputs, exclude=["result"])
        self.next(self.decide)

    @step
    def decide(self):
        self.next({"long": self.long, "short": self.short}, condition="kind")

    @step
    def long(self):
        self.next(self.rest)

    @step
    def short(self):
        self.next(self.rest)

    @step
    def rest(self):
        self.next(self.both)

    @step
    def right(self):
        self.next(self.both)

    @step
    def both(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        print("user: the end of", current.run_id)


if __name__ == "__main__":
    SoundFlow()
"#;

/// What a change of the sound flow is called, and the changed text.
type Mutants = BTreeMap<String, String>;

/// Each line that holds the text, with the text replaced there: one mutant for each such line.
fn on_each_line(mutants: &mut Mutants, name: &str, old: &str, new: &str) {
    let lines: Vec<&str> = SOUND.lines().collect();
    let mut hit = false;
    for (index, line) in lines.iter().enumerate() {
        if line.contains(old) {
            hit = true;
            let mut changed = lines.clone();
            let with = line.replacen(old, new, 1);
            changed[index] = &with;
            mutants.insert(format!("{name} at {}", index + 1), changed.join("\n"));
        }
    }
    assert!(hit, "{old:?} is not in the sound flow");
}

/// One mutant with the text replaced everywhere.
fn replaced(mutants: &mut Mutants, name: &str, old: &str, new: &str) {
    assert!(SOUND.contains(old), "{old:?} is not in the sound flow");
    mutants.insert(name.to_owned(), SOUND.replace(old, new));
}

fn broken_text(mutants: &mut Mutants) {
    on_each_line(mutants, "no closing parenthesis", ")", "");
    on_each_line(mutants, "no colon", "self):", "self)");
    on_each_line(mutants, "an open string", "\"", "'");
    on_each_line(
        mutants,
        "not deep enough",
        "        self.next",
        "   self.next",
    );
    on_each_line(mutants, "a stray keyword", "    @step", "    return @step");
    // Cut in the middle of a line that must go on.
    for (index, _) in SOUND.match_indices('(') {
        let line = SOUND[..index].lines().count();
        mutants.insert(
            format!("cut after the parenthesis of line {line} ({index})"),
            SOUND[..=index].to_owned(),
        );
    }
    mutants.insert("zeros".to_owned(), format!("{SOUND}\0\0\0"));
    mutants.insert("empty".to_owned(), String::new());
    mutants.insert("no flow".to_owned(), "print('hello')\n".to_owned());
    replaced(
        mutants,
        "tabs and blanks",
        "        self.kind",
        "\tself.kind",
    );
}

fn broken_graph(mutants: &mut Mutants) {
    on_each_line(
        mutants,
        "an unknown step",
        "self.next(self.",
        "self.next(self.no_",
    );
    on_each_line(
        mutants,
        "a cycle",
        "self.next(self.",
        "self.next(self.start, self.",
    );
    on_each_line(mutants, "no next", "        self.next(", "        print(");
    on_each_line(
        mutants,
        "next is not last",
        "        self.next(",
        "        if True: self.next(",
    );
    on_each_line(mutants, "no step", "    @step", "    # step");
    on_each_line(mutants, "no self", "(self):", "():");
    on_each_line(
        mutants,
        "too many arguments",
        "(self):",
        "(self, inputs, more):",
    );
    on_each_line(mutants, "no inputs", "(self, inputs)", "(self)");
    replaced(
        mutants,
        "an unexpected join",
        "def rest(self)",
        "def rest(self, inputs)",
    );
    replaced(mutants, "a step called next", "def rest", "def next");
    replaced(mutants, "a step called name", "rest", "name");
    replaced(mutants, "a step called index", "rest", "index");
    replaced(mutants, "a step in capitals", "rest", "Rest");
    replaced(mutants, "a step with a line", "rest", "_rest");
    replaced(mutants, "no start", "def start", "def begin");
    replaced(mutants, "no end", "def end", "def stop");
    replaced(
        mutants,
        "the end goes on",
        "        print(\"user",
        "        self.next(self.rest)\n        print(\"user",
    );
    replaced(
        mutants,
        "the end leads to the start",
        "print(\"user: the end of\", current.run_id)",
        "self.next(self.start)",
    );
    replaced(mutants, "one case", ", \"short\": self.short}", "}");
    replaced(mutants, "no condition", ", condition=\"kind\"", "");
    replaced(
        mutants,
        "a foreach over nothing",
        ", foreach=\"items\"",
        ", foreach=\"\"",
    );
    replaced(
        mutants,
        "foreach with two steps",
        "self.work, foreach",
        "self.work, self.right, foreach",
    );
    replaced(
        mutants,
        "num_parallel without parallel",
        "foreach=\"items\"",
        "num_parallel=2",
    );
    replaced(
        mutants,
        "an unknown argument of next",
        "self.next(self.rest)",
        "self.next(self.rest, how=\"fast\")",
    );
    replaced(
        mutants,
        "a string for a step",
        "self.next(self.rest)",
        "self.next(\"rest\")",
    );
    replaced(
        mutants,
        "join in the split",
        "self.next(self.left, self.right)",
        "self.next(self.both, self.right)",
    );
    replaced(
        mutants,
        "a switch into a join",
        "\"long\": self.long",
        "\"long\": self.both",
    );
}

fn broken_module(mutants: &mut Mutants) {
    replaced(
        mutants,
        "an unknown import",
        "SIZES = [",
        "import no_such_module_here\nSIZES = [",
    );
    replaced(
        mutants,
        "an unknown name of ours",
        "retry, step",
        "retri, step",
    );
    replaced(
        mutants,
        "an unknown module of ours",
        "SIZES = [",
        "import metaflow.no_such_module\nSIZES = [",
    );
    replaced(
        mutants,
        "an error in the module",
        "SIZES = [1, 2, 3]",
        "SIZES = [1, 2, 3 / 0]",
    );
    replaced(
        mutants,
        "an exit in the module",
        "SIZES = [1, 2, 3]",
        "SIZES = [1, 2, 3]\nraise SystemExit(3)",
    );
    replaced(
        mutants,
        "a hard exit in the module",
        "SIZES = [1, 2, 3]",
        "SIZES = [1]\nimport os\nos._exit(7)",
    );
    replaced(
        mutants,
        "an error in the class",
        "    alpha =",
        "    beta = 1 / 0\n    alpha =",
    );
    replaced(mutants, "no base class", "(FlowSpec)", "");
    replaced(mutants, "a wrong base class", "(FlowSpec)", "(dict)");
    replaced(
        mutants,
        "an unknown decorator",
        "@retry(times=1)",
        "@again(times=1)",
    );
    replaced(
        mutants,
        "an unknown attribute",
        "@retry(times=1)",
        "@retry(time=1)",
    );
    replaced(
        mutants,
        "an argument without a name",
        "@retry(times=1)",
        "@retry(1)",
    );
    replaced(
        mutants,
        "a number that is none",
        "@retry(times=1)",
        "@retry(times=\"often\")",
    );
    replaced(
        mutants,
        "too many retries",
        "@retry(times=1)",
        "@retry(times=99)",
    );
    replaced(
        mutants,
        "a decorator twice",
        "@retry(times=1)",
        "@retry(times=1)\n    @retry(times=2)",
    );
    replaced(
        mutants,
        "a decorator below",
        "    @retry(times=1)\n    @step\n",
        "    @step\n    @retry(times=1)\n",
    );
    replaced(
        mutants,
        "a flow's decorator on a step",
        "@retry(times=1)",
        "@project(name=\"x\")",
    );
    replaced(
        mutants,
        "a step's decorator on a flow",
        "class SoundFlow",
        "@retry\nclass SoundFlow",
    );
}

fn broken_parameters(mutants: &mut Mutants) {
    replaced(
        mutants,
        "a default of another type",
        "default=3, type=int",
        "default=\"three\", type=int",
    );
    replaced(
        mutants,
        "a required one",
        "default=3, type=int",
        "required=True, type=int",
    );
    replaced(
        mutants,
        "an unknown argument",
        "help=\"A number.\"",
        "halp=\"A number.\"",
    );
    replaced(
        mutants,
        "a name that is an option",
        "Parameter(\"alpha\"",
        "Parameter(\"max-workers\"",
    );
    replaced(
        mutants,
        "two of one name",
        "    @step\n    def start",
        "    beta = Parameter(\"ALPHA\", default=1)\n\n    @step\n    def start",
    );
    replaced(
        mutants,
        "a default that raises",
        "default=3",
        "default=lambda context: 1 / 0",
    );
    replaced(
        mutants,
        "a default of no type",
        "default=3, type=int",
        "default=lambda context: \"x\", type=int",
    );
    replaced(mutants, "no name", "Parameter(\"alpha\", ", "Parameter(");
    replaced(
        mutants,
        "assigned",
        "self.kind = \"long\"",
        "self.kind = \"long\"; self.alpha = 4",
    );
}

fn broken_runs(mutants: &mut Mutants) {
    replaced(
        mutants,
        "an unknown artifact",
        "self.input + self.alpha",
        "self.inputt + self.alpha",
    );
    replaced(
        mutants,
        "an unset foreach",
        "foreach=\"items\"",
        "foreach=\"things\"",
    );
    replaced(
        mutants,
        "a foreach over a number",
        "self.items = [double(size) for size in SIZES]",
        "self.items = 3",
    );
    replaced(
        mutants,
        "a foreach over an empty list",
        "self.items = [double(size) for size in SIZES]",
        "self.items = []",
    );
    replaced(
        mutants,
        "a foreach over a generator",
        "self.items = [double(size) for size in SIZES]",
        "self.items = (size for size in SIZES)",
    );
    replaced(
        mutants,
        "an unpicklable artifact",
        "self.kind = \"long\"",
        "self.kind = \"long\"; self.bad = open(__file__)",
    );
    replaced(
        mutants,
        "the flow as artifact",
        "self.kind = \"long\"",
        "self.kind = \"long\"; self.me = self",
    );
    replaced(
        mutants,
        "an unset condition",
        "condition=\"kind\"",
        "condition=\"sort\"",
    );
    replaced(
        mutants,
        "no such case",
        "self.kind = \"long\"",
        "self.kind = \"wide\"",
    );
    replaced(
        mutants,
        "merging what differs",
        ", exclude=[\"result\"]",
        "",
    );
    replaced(
        mutants,
        "merging what is not there",
        "exclude=[\"result\"]",
        "include=[\"nothing\"]",
    );
    replaced(
        mutants,
        "merging outside a join",
        "self.kind = \"long\"",
        "self.kind = \"long\"; self.merge_artifacts([])",
    );
    replaced(
        mutants,
        "next twice",
        "        self.next(self.rest)\n\n    @step\n    def short",
        "        self.next(self.rest)\n        self.next(self.rest)\n\n    @step\n    def short",
    );
    replaced(
        mutants,
        "an exception",
        "self.kind = \"long\"",
        "raise ValueError(\"wrong\")",
    );
    replaced(
        mutants,
        "an exit",
        "self.kind = \"long\"",
        "raise SystemExit(4)",
    );
    replaced(
        mutants,
        "a hard exit",
        "self.kind = \"long\"",
        "import os; os._exit(5)",
    );
    replaced(
        mutants,
        "a signal",
        "self.kind = \"long\"",
        "import os; os.kill(os.getpid(), 9)",
    );
    replaced(
        mutants,
        "endless recursion",
        "return number * 2",
        "return double(number)",
    );
    replaced(
        mutants,
        "bytes that are no text",
        "self.kind = \"long\"",
        "import os; os.write(1, b\"\\xff\\xfe\\n\"); raise KeyError(1)",
    );
}

fn broken_configs(mutants: &mut Mutants) {
    let mut config = |name: &str, field: &str| {
        let text = SOUND
            .replace(
                "import FlowSpec,",
                "import Config, FlowSpec, IncludeFile, JSONType, config_expr,",
            )
            .replace("    alpha =", &format!("    {field}\n    alpha ="));
        mutants.insert(name.to_owned(), text);
    };
    config(
        "a file that is not there",
        "cfg = Config(\"cfg\", default=\"nowhere.json\")",
    );
    config("a directory", "cfg = Config(\"cfg\", default=\"/\")");
    config(
        "no JSON",
        "cfg = Config(\"cfg\", default_value=\"{not: json\")",
    );
    config(
        "the file of the flow itself",
        "cfg = Config(\"cfg\", default=__file__)",
    );
    config("a list", "cfg = Config(\"cfg\", default_value=\"[1, 2]\")");
    config("a required one", "cfg = Config(\"cfg\", required=True)");
    config(
        "a parser that raises",
        "cfg = Config(\"cfg\", default_value=\"x\", parser=lambda text: 1 / 0)",
    );
    config(
        "a parser that is not there",
        "cfg = Config(\"cfg\", default_value=\"x\", parser=\"nowhere.parse\")",
    );
    config(
        "a parser without a period",
        "cfg = Config(\"cfg\", default_value=\"x\", parser=\"parse\")",
    );
    config(
        "a parser that answers a number",
        "cfg = Config(\"cfg\", default_value=\"x\", parser=len)",
    );
    config(
        "a file and a value",
        "cfg = Config(\"cfg\", default=\"a.json\", default_value=\"{}\")",
    );
    config(
        "two configs of one name",
        "cfg = Config(\"cfg\"); other = Config(\"cfg\")",
    );
    config(
        "an expression of nothing",
        "beta = Parameter(\"beta\", default=config_expr(\"nothing.a\"))",
    );
    config(
        "an expression that is no Python",
        "cfg = Config(\"cfg\", default_value={}); beta = Parameter(\"beta\", default=config_expr(\"cfg.+\"))",
    );
    config(
        "a key that is not there",
        "cfg = Config(\"cfg\", default_value={}); beta = Parameter(\"beta\", default=cfg.nothing)",
    );
    config(
        "an included file that is not there",
        "file = IncludeFile(\"file\", default=\"nowhere.txt\")",
    );
    config(
        "an included directory",
        "file = IncludeFile(\"file\", default=\"/\")",
    );
    config(
        "a required file",
        "file = IncludeFile(\"file\", required=True)",
    );
    config(
        "JSON that is none",
        "data = Parameter(\"data\", type=JSONType, default=\"{\")",
    );
}

fn broken_decorators(mutants: &mut Mutants) {
    let mut decorated = |name: &str, import: &str, decorator: &str| {
        let text = SOUND
            .replace("import FlowSpec,", &format!("import FlowSpec, {import},"))
            .replace("@retry(times=1)", decorator);
        mutants.insert(name.to_owned(), text);
    };
    decorated("a timeout of nothing", "timeout", "@timeout");
    decorated(
        "a timeout of words",
        "timeout",
        "@timeout(seconds=\"long\")",
    );
    decorated(
        "an environment of a list",
        "environment",
        "@environment(vars=[1])",
    );
    decorated("catch without a text", "catch", "@catch(var=3)");
    decorated(
        "a secret from nowhere",
        "secrets",
        "@secrets(sources=[\"nowhere.secret\"])",
    );
    decorated(
        "a secret without a type",
        "secrets",
        "@secrets(sources=[{\"id\": \"x\"}])",
    );
    decorated("parallel without a gang", "parallel", "@parallel");
    decorated(
        "a user's decorator that raises",
        "user_step_decorator",
        "@(user_step_decorator(lambda step_name, flow, inputs: 1 / 0))",
    );
    decorated(
        "a call of no decorator",
        "retry as again",
        "@again(times=1)(3)",
    );
    let mut on_flow = |name: &str, import: &str, above: &str| {
        let text = SOUND
            .replace("import FlowSpec,", &format!("import FlowSpec, {import},"))
            .replace("class SoundFlow", &format!("{above}\nclass SoundFlow"));
        mutants.insert(name.to_owned(), text);
    };
    on_flow("a project without a name", "project", "@project");
    on_flow(
        "a project in capitals",
        "project",
        "@project(name=\"Big Name\")",
    );
    on_flow(
        "two projects",
        "project",
        "@project(name=\"a\")\n@project(name=\"b\")",
    );
    on_flow("a trigger of nothing", "trigger", "@trigger");
    on_flow("a trigger of a number", "trigger", "@trigger(event=3)");
    on_flow(
        "a trigger on a number",
        "trigger_on_finish",
        "@trigger_on_finish(flow=3)",
    );
    on_flow("an exit hook of nothing", "exit_hook", "@exit_hook");
    on_flow(
        "a mutator that raises",
        "FlowMutator",
        "class Bad(FlowMutator):\n    def pre_mutate(self, mutable_flow):\n        1 / 0\n\n\n@Bad",
    );
    on_flow(
        "a mutator of an unknown decorator",
        "FlowMutator",
        "class Bad(FlowMutator):\n    def pre_mutate(self, mutable_flow):\n        mutable_flow.add_decorator(\"nothing\")\n\n\n@Bad",
    );
}

/// The places where a run's words may come from: the program's and the flow's own, never the runtime's.
fn complaints(name: &str, done: &Finished) -> Vec<String> {
    let said = done.text();
    let mut wrong = Vec::new();
    if said.contains("panicked at") || said.contains("RUST_BACKTRACE") {
        wrong.push("a panic".to_owned());
    }
    if said
        .lines()
        .any(|line| line.contains("File \"") && line.contains("/metaflow/"))
    {
        wrong.push("a traceback into the runtime".to_owned());
    }
    if !matches!(done.code, 1 | 2) {
        wrong.push(format!("the exit code {}", done.code));
    }
    let places = ["flow.py:", "flow.py\", line", "flow.py, line", "line "];
    if !name.starts_with("parameters: a required one")
        && !places.iter().any(|place| said.contains(place))
        && !said.contains("flow.py")
    {
        wrong.push("no place".to_owned());
    }
    if wrong.is_empty() {
        return wrong;
    }
    vec![format!("{name}: {}\n{}", wrong.join(", "), said.trim())]
}

/// Runs each mutant, a few at a time.
fn check(kind: &str, fill: fn(&mut Mutants), at_least: usize) {
    let mut mutants = Mutants::new();
    fill(&mut mutants);
    assert!(mutants.len() >= at_least, "{} mutants", mutants.len());
    let mut wrong = Vec::new();
    for (name, text) in &mutants {
        let sandbox = Sandbox::new();
        sandbox.write("flow.py", text);
        let done = run(sandbox.flowdev(["run", "flow.py"]));
        wrong.extend(complaints(&format!("{kind}: {name}"), &done));
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n\n{}",
        wrong.len(),
        mutants.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn the_sound_flow_is_sound() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", SOUND);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
}

#[test]
fn text_that_is_no_python() {
    check("text", broken_text, 70);
}

#[test]
fn graphs_that_do_not_hold_together() {
    check("graph", broken_graph, 70);
}

#[test]
fn modules_that_do_not_load() {
    check("module", broken_module, 18);
}

#[test]
fn parameters_that_do_not_fit() {
    check("parameters", broken_parameters, 9);
}

#[test]
fn steps_that_fail() {
    check("steps", broken_runs, 19);
}

#[test]
fn configs_and_files_that_are_not_there() {
    check("configs", broken_configs, 19);
}

#[test]
fn decorators_that_make_no_sense() {
    check("decorators", broken_decorators, 18);
}
