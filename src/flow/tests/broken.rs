use super::*;

/// A flow whose middle step has this body; `|` stands for a new line in it.
fn with_body(body: &str) -> String {
    let body = body.replace('|', "\n        ");
    format!(
        "from metaflow import FlowSpec, step

class F(FlowSpec):
    alpha = 1

    @step
    def start(self):
        self.next(self.middle)

    @step
    def middle(self):
        {body}
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == '__main__':
    F()
"
    )
}

fn said(text: &str) -> String {
    let file = parse(Path::new("f.py"), text);
    let lines = file.diagnostics.iter().map(|d| {
        let hint = d
            .hint
            .as_ref()
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        format!("{}:{} {}{hint}", d.line, d.column, d.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The steps with their targets.
fn outline(text: &str) -> String {
    let file = parse(Path::new("f.py"), text);
    let Some(flow) = file.flows.first() else {
        return "no flow".to_owned();
    };
    let steps = flow.steps.iter().map(|step| {
        let next: Vec<String> = step.next.steps().iter().map(ToString::to_string).collect();
        format!("{}@{} -> {}", step.name, step.def_line, next.join(" "))
    });
    steps.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_broken_step_takes_no_other_with_it() {
    for body in [
        "x = foo(1, 2",
        "x = ",
        "self.",
        "x = \"abc",
        "\"\"\"abc",
        "if x|    y = 1",
        "for x in range(3)):|    pass",
        "x = 1|  y = 2",
        "x = {'a': 1, 'b' 2}",
        "print 'a'",
        "if x:",
        "x = 5 5",
        "try:|    pass",
        "def inner(a b):|    pass",
        "x = [1, 2|def inner():|    pass",
        "with open('x') as:",
        "\u{e9}\u{e9} \u{2192} x",
    ] {
        let text = with_body(body);
        let file = parse(Path::new("f.py"), &text);
        assert!(file.is_broken(), "{body}");
        let lines = file.diagnostics.iter().map(|d| d.line);
        assert!(
            lines.into_iter().all(|line| (12..=14).contains(&line)),
            "{body}: {:?}",
            file.diagnostics
        );
        let end = 12 + 5 + body.matches('|').count();
        let expected = format!("start@7 -> middle; middle@11 -> end; end@{} -> ", end - 1);
        assert_eq!(outline(&text), expected, "{body}");
        assert_eq!(
            file.main_flow().map(|flow| flow.constants.len()),
            Some(1),
            "{body}"
        );
    }
}

#[test]
fn a_step_without_its_end_is_still_one() {
    let text = with_body("x = 1").replace(
        "        self.next(self.end)\n",
        "        self.next(self.en\n",
    );
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@11 -> ; end@16 -> "
    );
    let text = with_body("x = 1").replace("def middle(self):", "def middle(self");
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@11 -> end; end@16 -> "
    );
    let text = with_body("x = 1").replace("def middle(self):", "def middle(self, inputs)");
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@11 -> end; end@16 -> "
    );
    let text = with_body("x = 1").replace("class F(FlowSpec):", "class F(FlowSpec");
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@11 -> end; end@16 -> "
    );
    let text = with_body("x = 1").replace(
        "    @step\n    def middle",
        "    @step\n    @retry(times=\n    def middle",
    );
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@12 -> end; end@17 -> "
    );
    let cut = with_body("x = 1");
    let cut = &cut[..cut.find("def end").unwrap() + 7];
    assert_eq!(
        outline(cut),
        "start@7 -> middle; middle@11 -> end; end@16 -> "
    );
}

#[test]
fn a_function_that_is_begun_stands_alone() {
    let text = with_body("x = 1").replace(
        "    @step\n    def end",
        "    @step\n    def\n\n    @step\n    def end",
    );
    assert_eq!(said(&text), "16:8 expected `:`; end the line with `def:`");
    assert_eq!(
        outline(&text),
        "start@7 -> middle; middle@11 -> end; end@19 -> "
    );
}

#[test]
fn errors_say_where_and_what() {
    let said = |body: &str| said(&with_body(body));
    assert_eq!(said("x = foo(1, [2"), "12:20 `[` is never closed");
    assert_eq!(said("x = (1, 2]"), "12:18 `]` does not close `(`");
    assert_eq!(
        said("x = 1)"),
        "12:14 `)` closes nothing; remove it, or open it before"
    );
    assert_eq!(
        said("x = 'abc"),
        "12:13 this text has no closing quote; close it on the same line"
    );
    assert_eq!(
        said("if x > 2"),
        "12:17 expected `:`; end the line with `2:`"
    );
    assert_eq!(
        said("x = 1|  y = 2"),
        "13:11 this line is indented without need; indent it like the line before"
    );
    assert_eq!(
        said("if x:"),
        "12:9 nothing is indented below `if x:`; write its body, or pass for now"
    );
    assert_eq!(
        said("x = 1 +"),
        "12:16 the line ends with `+`; finish it, or put the rest into parentheses"
    );
    assert_eq!(
        said("print x"),
        "12:9 print is a function and needs parentheses; write print(x)"
    );
    assert_eq!(said("x = 5 5"), "12:13 invalid syntax near `5`");
    assert_eq!(said("y = 'é'; x = 5 5"), "12:22 invalid syntax near `5`");
}

#[test]
fn what_is_python_is_no_error() {
    for body in [
        "x = f\"{d[\"a\"]}, {', '.join(x)}\"",
        "x = lambda: 0",
        "x = {|    'a': 1,|}",
        "x = [|1,|2,|]",
        "x = 1 + \\|  2",
        "x: int = 3; y = 4",
        "if x: pass",
        "try: pass|except* ValueError: pass",
        "match x:|    case [a, *_]:|        pass",
        "print",
        "print(x, file=f)",
        "x = ...",
        "x = 1.",
        "from x import *",
        "x = '''|def f():|  '''",
        "# x = (|",
        "async def f():|    await g()",
        "x = yield",
        "type X = int",
        "with (open('a') as f, open('b') as g):|    pass",
        "x = (|    yield|)",
        "if (y := 3): pass",
        "\tx = 1".trim_start(),
    ] {
        assert_eq!(said(&with_body(body)), "", "{body}");
    }
    assert_eq!(
        said("\u{feff}x = 1\r\nif x:\r\n    y = 'a\\\r\n  b'\r\n"),
        ""
    );
    assert_eq!(said(""), "");
}

#[test]
fn depth_is_no_danger() {
    let nested =
        |open: &str, close: &str| format!("x = {}1{}\n", open.repeat(1000), close.repeat(1000));
    let blocks: String = (0..300)
        .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
        .collect();
    let chain = format!(
        "    @step\n    def end(self):\n        return {}\n",
        vec!["f()"; 2000].join(" + ")
    );
    let calls = format!("x = a{}\n", ".b()".repeat(1000));
    let texts = [
        nested("(", ")"),
        nested("[", "]"),
        nested("f(", ")"),
        format!("x = {}", "(".repeat(1500)),
        format!("{blocks}{}pass\n", " ".repeat(300)),
        format!("x = {}1\n", "not ".repeat(1500)),
        with_body("x = 1") + &chain,
        with_body("x = 1") + &calls,
    ];
    for text in texts {
        let project = project(&[("f.py", &text)]);
        project.fingerprints();
        changes(
            &project,
            &project.reload(&|_: &Path| Some(format!("{text}\ny = 1\n"))),
        );
    }
}
