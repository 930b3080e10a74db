use super::*;
use crate::flow::source::{functions, syntax};

fn file(text: &str) -> FlowFile {
    let file = parse(Path::new("f.py"), text);
    assert_eq!(file.diagnostics, []);
    file
}

const FLOW: &str = r#"from metaflow import FlowSpec, step as mark, Parameter, IncludeFile, card
import metaflow as mf
from metaflow import Config as Cfg

@mf.project(name="x")
@schedule
class MyFlow(FlowSpec):
    """
    What it is.

      More.
    """
    alpha = Parameter("alpha", default=0.5, help="how " 'much', type=float, required=False)
    names = Parameter("the-names", separator=",", required=True)
    positional = Parameter('p', 3, int)
    text = IncludeFile("text", is_text=True, default='a.txt')
    cfg = Cfg("cfg", default_value={"a": 1}, parser=parse)
    SIZE: int = 3
    A = B = [1,
             2]

    @mf.retry(times=3)
    @card(type="default", id='x')
    @card
    @mark
    def start(self):
        """Loads
           things."""
        self.next(self.middle, foreach="names")

    @mark(start=False, node_info={"a": 1})
    async def middle(self, inputs, *, extra=None):
        pass; self.next(
            self.end,
        )

    def helper(self):
        pass

    @mark(end=True)
    def end(self): ...
"#;

#[test]
fn a_flow_is_read_whole() {
    let file = file(FLOW);
    let flow = file.main_flow().unwrap();
    assert_eq!(
        (flow.name.as_str(), flow.doc.as_str()),
        ("MyFlow", "What it is.\n\n  More.")
    );
    assert_eq!((flow.range.start_line, flow.range.end_line), (5, 41));
    assert_eq!((flow.position.line, flow.position.column), (7, 7));
    let names: Vec<&str> = flow.decorators.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["mf.project", "schedule"]);
    assert_eq!(flow.decorators[0].keyword("name"), Some("\"x\""));
    assert_eq!(flow.decorators[1].arguments, None);
    let constants: Vec<(&str, &str)> = flow
        .constants
        .iter()
        .map(|c| (c.name.as_str(), c.text.as_str()))
        .collect();
    assert_eq!(
        constants,
        [
            ("SIZE", "3"),
            ("A", "[1,\n             2]"),
            ("B", "[1,\n             2]")
        ]
    );
}

#[test]
fn parameters_have_what_their_calls_say() {
    let file = file(FLOW);
    let shown: Vec<String> = file.flows[0]
        .parameters
        .iter()
        .map(|p| {
            let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
            format!(
                "{} {} {:?} {} {} {} {} {} {}",
                p.attr,
                p.name,
                p.kind,
                text(&p.type_text),
                text(&p.default),
                text(&p.help),
                p.required,
                text(&p.separator),
                p.range.start_line,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "alpha alpha Parameter float 0.5 how much false - 13",
            "names the-names Parameter - - - true , 14",
            "positional p Parameter int 3 - false - 15",
            "text text IncludeFile - 'a.txt' - false - 16",
            "cfg cfg Config - {\"a\": 1} - false - 17",
        ]
    );
}

#[test]
fn steps_have_their_places_and_decorators() {
    let file = file(FLOW);
    let flow = &file.flows[0];
    let places: Vec<String> = flow
        .steps
        .iter()
        .map(|s| {
            format!(
                "{} {}-{} def {} {}:{}",
                s.name, s.line, s.range.end_line, s.def_line, s.position.line, s.position.column
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            "start 22-29 def 26 26:9",
            "middle 31-35 def 32 32:15",
            "end 40-41 def 41 41:9"
        ]
    );
    let start = flow.step("start").unwrap();
    assert_eq!(start.doc, "Loads\nthings.");
    let decorators: Vec<(&str, Option<&str>)> = start
        .decorators
        .iter()
        .map(|d| (d.short_name(), d.arguments.as_deref()))
        .collect();
    assert_eq!(
        decorators,
        [
            ("retry", Some("times=3")),
            ("card", Some("type=\"default\", id='x'")),
            ("card", None)
        ]
    );
    assert!(start.has_decorator("retry") && !start.is_join && !start.start);
    let middle = flow.step("middle").unwrap();
    assert!(middle.is_join && !middle.start);
    assert_eq!(middle.args, ["self", "inputs"]);
    assert_eq!(middle.node_info.as_deref(), Some("{\"a\": 1}"));
    assert_eq!(
        middle.next_position.map(|at| (at.line, at.column)),
        Some((33, 15))
    );
    assert!(flow.step("end").unwrap().end);
    assert_eq!(
        flow.step_at(Path::new("f.py"), 24).map(|s| s.name.as_str()),
        Some("start")
    );
    assert_eq!(
        flow.step_at(Path::new("f.py"), 38).map(|s| s.name.as_str()),
        None
    );
    assert_eq!(
        flow.step_at(Path::new("g.py"), 24).map(|s| s.name.as_str()),
        None
    );
}

#[test]
fn only_flows_are_flows() {
    let text = "from metaflow import FlowSpec, step
import other
class Plain:
    pass
class Base(FlowSpec):
    pass
class Derived(Base):
    @step
    def start(self): pass
class Foreign(other.Thing):
    @step
    def start(self): pass
class Called(other.Thing):
    @step
    def start(self): pass
class Loop(Loop): pass
if True:
    class Late(FlowSpec): pass
if __name__ == '__main__':
    Called()
";
    let file = file(text);
    let names: Vec<&str> = file.flows.iter().map(|flow| flow.name.as_str()).collect();
    assert_eq!(names, ["Base", "Derived", "Called", "Late"]);
    assert_eq!(file.main_flow().unwrap().name, "Called");
    let without = self::file(&text.replace("    Called()", "    pass"));
    assert_eq!(without.main_flow().unwrap().name, "Derived");
}

#[test]
fn a_subclass_may_take_a_step_away() {
    let text = "from metaflow import FlowSpec, step
class Base(FlowSpec):
    LIMIT = 1
    @step
    def start(self): self.next(self.extra)
    @step
    def extra(self): self.next(self.end)
    @step
    def end(self): pass
class F(Base):
    LIMIT = 2
    extra = None
    @step
    def start(self): self.next(self.end)
";
    let file = file(text);
    let flow = file.flow("F").unwrap();
    let names: Vec<&str> = flow.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["start", "end"]);
    assert_eq!(flow.constants[0].text, "2");
}

#[test]
fn imports_are_listed_wherever_they_are() {
    let text = "import os, numpy.linalg as la
from metaflow import FlowSpec, step
from . import sibling
class F(FlowSpec):
    @step
    def start(self):
        from sklearn.linear_model import LinearRegression as LR
        try:
            import torch
        except ImportError:
            pass
        import utils
";
    assert_eq!(
        file(text).third_party_imports(),
        ["numpy", "os", "sklearn", "torch", "utils"]
    );
    let project = project(&[
        ("f.py", text),
        ("utils.py", "import pandas\nimport helper\n"),
        ("helper.py", ""),
    ]);
    assert_eq!(
        project.third_party_imports(),
        [
            "numpy.linalg",
            "os",
            "pandas",
            "sklearn.linear_model.LinearRegression",
            "torch"
        ]
    );
    let file = file(text);
    let inner: Vec<&str> = file
        .imports
        .iter()
        .filter(|i| !i.top_level)
        .map(|i| i.module.as_str())
        .collect();
    assert_eq!(inner, ["sklearn.linear_model", "torch", "utils"]);
}

#[test]
fn any_function_can_be_read_as_a_step() {
    let text = "from metaflow import step
def make(name):
    @deco
    @step(start=True)
    def body(self):
        '''Made.'''
        self.next(self.end)
    return body

def body(self, inputs):
    self.next(self.a, self.b)
";
    let tree = syntax::tree(text).unwrap();
    let read = |name: &str, line: u32| {
        functions::steps(&tree, text, Path::new("f.py"), &[(name, line)])
            .pop()
            .flatten()
    };
    let made = read("body", 3).unwrap();
    assert_eq!(
        (made.doc.as_str(), made.line, made.def_line, made.start),
        ("Made.", 3, 5, true)
    );
    assert_eq!(made.decorators.len(), 1);
    let plain = read("body", 10).unwrap();
    assert!(plain.is_join);
    assert_eq!(plain.next.steps(), ["a", "b"]);
    // Renamed by whoever made it: the line tells.
    assert_eq!(read("other", 3).unwrap().name, "body");
    assert_eq!(read("other", 7), None);
}

#[test]
fn what_code_attached_is_described() {
    let text = "from metaflow import step\ndef f(self):\n    self.next(self.end)\n";
    let described: Description = serde_json::from_value(serde_json::json!({
        "name": "F", "file": "/p/f.py",
        "steps": [
            {"name": "start", "file": "/p/f.py", "line": 2, "decorators": [{"name": "parallel", "attributes": {}}]},
            {"name": "made", "file": "<string>", "line": 1, "doc": "Made."}
        ]
    }))
    .unwrap();
    let read = |path: &Path| (path == Path::new("/p/f.py")).then(|| text.to_owned());
    let steps = described.steps_in(&Project::load(Path::new("/p/f.py"), &read), &read);
    assert_eq!(steps[0].next.steps(), ["end"]);
    assert!(steps[0].has_decorator("parallel"));
    assert_eq!(
        (
            steps[1].name.as_str(),
            steps[1].doc.as_str(),
            &steps[1].next
        ),
        ("made", "Made.", &Next::None)
    );
}

#[test]
fn strings_are_those_of_python() {
    let doc = |literal: &str| {
        let text = format!("from metaflow import FlowSpec\nclass F(FlowSpec):\n    {literal}\n");
        parse(Path::new("f.py"), &text).flows[0].doc.clone()
    };
    assert_eq!(
        doc(r#""a\tb\x41\u00e9\101\N{DASH}\q\\""#),
        "a\tbA\u{e9}A\\N{DASH}\\q\\"
    );
    assert_eq!(doc(r#"r"a\tb""#), "a\\tb");
    assert_eq!(doc("'''a\\\nb'''"), "ab");
    assert_eq!(doc("('a' \"b\")"), "ab");
    assert_eq!(doc("f'a'"), "");
    assert_eq!(doc("b'a'"), "");
}
