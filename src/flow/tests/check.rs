use super::*;

/// The flow of a case: the class body that the file has for it.
fn flow(body: &str) -> FlowFile {
    let head = "from metaflow import FlowSpec, step, parallel\nVAR = 'x'\nCOND = 'x'\n\nclass F(FlowSpec):\n";
    parse(Path::new("f.py"), &format!("{head}{body}"))
}

/// Each case is headed by the code of the first finding, `ok` for none. All were compared with what Metaflow's `check` command
/// says about the same flow.
#[test]
fn every_condition_of_metaflow_is_found() {
    let mut wrong = Vec::new();
    let cases = include_str!("lint.txt").split("### ").skip(1);
    for (number, case) in cases.enumerate() {
        let (expected, body) = case.split_once('\n').unwrap();
        let file = flow(body);
        let findings = check(&Graph::build(&file.flows[0].steps));
        let errors = findings.iter().filter(|f| f.severity == Severity::Error);
        let found = errors.map(|f| f.code.as_str()).next().unwrap_or("ok");
        if found != expected {
            wrong.push(format!(
                "case {number} is {found} instead of {expected}:\n{body}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn findings(body: &str) -> String {
    let file = flow(body);
    let found = check(&Graph::build(&file.flows[0].steps));
    let lines = found.iter().map(|d| {
        let hint = d.hint.as_deref().unwrap_or("");
        format!("{}:{} {}: {}; {hint}", d.line, d.column, d.code, d.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn findings_say_where_and_what_to_do() {
    let body = "    @step
    def start(self):
        self.next(self.trian)
    @step
    def train(self):
        self.next(self.end)
    @step
    def end(self):
        pass
";
    assert_eq!(
        findings(body),
        "8:9 unknown-step: start goes to trian, which is no step; did you mean train?"
    );
}

#[test]
fn several_findings_are_given_at_once() {
    let body = "    @step
    def start(self):
        self.next()
    @step
    def Train(self, inputs, more):
        self.next(self.end)
    @step
    def end(self):
        pass
";
    let codes = findings(body);
    let codes: Vec<&str> = codes
        .lines()
        .map(|line| line.split([' ', ':']).nth(2).unwrap())
        .collect();
    assert_eq!(codes, ["bad-name", "invalid-next", "too-many-args"]);
}

#[test]
fn a_foreach_over_nothing_is_a_warning() {
    let body = "    @step
    def start(self):
        self.next(self.a, foreach='')
    @step
    def a(self):
        self.next(self.j)
    @step
    def j(self, inputs):
        self.next(self.end)
    @step
    def end(self):
        pass
";
    let file = flow(body);
    let found = check(&Graph::build(&file.flows[0].steps));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
}
