//! What keeps a graph from running: Metaflow's conditions, found without running anything. All findings of a kind are given,
//! but those that only follow from others are not.

use crate::flow::diagnostic::{Diagnostic, Severity};
use crate::flow::graph::balance;
use crate::flow::graph::{Graph, Node};
use crate::flow::model::Position;
use crate::flow::name::StepName;
use crate::flow::source::next::Next;

/// Names of attributes that a flow has anyway.
const RESERVED: [&str; 5] = ["name", "next", "input", "index", "cmd"];

/// Everything that keeps the graph from running, and warnings about what will fail later. Each finding has one of these codes:
/// `no-steps`, `no-start`, `no-end`, `several-starts`, `several-ends`, `start-conflict`, `end-conflict`, `reserved-name`,
/// `bad-name`, `start-has-inputs`, `end-has-next`, `end-is-join`, `too-many-args`, `no-self`, `join-and-split`, `no-next`,
/// `invalid-next`, `unknown-step`, `cycle`, `orphan`, `join-without-split`, `split-not-joined`, `split-into-join`,
/// `join-mixes-splits`, `switch`, `switch-into-join`, `parallel-target`, `parallel-join`, `parallel-call`, `empty-foreach` (a
/// warning).
pub fn check(graph: &Graph) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    names(graph, &mut findings);
    terminals(graph, &mut findings);
    for node in graph.nodes.values() {
        arguments(node, &mut findings);
        transition(graph, node, &mut findings);
    }
    // Where an edge is missing, whatever lies behind it looks lost too.
    if !findings.errors() {
        balance::check(graph, &mut findings);
    }
    findings.list
}

/// The findings so far.
#[derive(Default)]
pub(in crate::flow) struct Findings {
    pub list: Vec<Diagnostic>,
}

impl Findings {
    pub(in crate::flow) fn errors(&self) -> bool {
        self.list
            .iter()
            .any(|found| found.severity == Severity::Error)
    }

    fn add(
        &mut self,
        node: Option<&Node>,
        at: Position,
        code: &str,
        message: String,
        hint: String,
    ) {
        self.list.push(Diagnostic {
            severity: Severity::Error,
            code: code.to_owned(),
            message,
            hint: Some(hint),
            file: node.map(|node| node.file.clone()).unwrap_or_default(),
            line: at.line,
            column: at.column,
        });
    }

    /// A finding about a step as such, at its name.
    pub(in crate::flow) fn at_name(
        &mut self,
        node: &Node,
        code: &str,
        message: String,
        hint: String,
    ) {
        self.add(Some(node), node.position, code, message, hint);
    }

    /// A finding about where a step goes, at its transition.
    pub(in crate::flow) fn at_next(
        &mut self,
        node: &Node,
        code: &str,
        message: String,
        hint: String,
    ) {
        let at = node.next_position.unwrap_or(node.position);
        self.add(Some(node), at, code, message, hint);
    }
}

/// Step names as a sentence has them.
pub(in crate::flow) fn list(names: &[StepName]) -> String {
    let names: Vec<&str> = names.iter().map(StepName::as_str).collect();
    names.join(", ")
}

fn names(graph: &Graph, findings: &mut Findings) {
    for node in graph.nodes.values() {
        let name = &node.name;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if RESERVED.contains(&name.as_str()) {
            findings.at_name(
                node,
                "reserved-name",
                format!("a step cannot be called {name}: every flow has an attribute of that name"),
                format!("rename the step, for example to {name}_step"),
            );
        } else if name.starts_with('_') || !name.chars().all(is_plain) {
            findings.at_name(
                node,
                "bad-name",
                format!("{name} is no valid step name"),
                "use lowercase ASCII letters, digits and underscores, and begin with a letter"
                    .to_owned(),
            );
        }
    }
}

fn terminals(graph: &Graph, findings: &mut Findings) {
    let first = Position { line: 1, column: 1 };
    if graph.nodes.is_empty() {
        let hint = "write a function start(self) with @step above it";
        return findings.add(
            None,
            first,
            "no-steps",
            "the flow has no steps".to_owned(),
            hint.to_owned(),
        );
    }
    if graph.nodes.len() > 1 {
        terminal(graph, "start", |node| node.marked_start, findings);
        terminal(graph, "end", |node| node.marked_end, findings);
    }
    let start = graph.start.as_ref().and_then(|name| graph.node(name));
    if let Some(start) = start.filter(|start| !start.inputs.is_empty()) {
        findings.at_name(
            start,
            "start-has-inputs",
            format!(
                "the first step {} is entered from {}",
                start.name,
                list(&start.inputs)
            ),
            "nothing may lead back to the first step: send those steps elsewhere".to_owned(),
        );
    }
    if let Some(end) = graph.end.as_ref().and_then(|name| graph.node(name)) {
        if end.transition != Next::None {
            findings.at_next(
                end,
                "end-has-next",
                format!("the last step {} goes on to another step", end.name),
                "remove its self.next(...)".to_owned(),
            );
        }
        if end.is_join {
            findings.at_name(
                end,
                "end-is-join",
                format!("the last step {} takes inputs, so it is a join", end.name),
                "join in a step of its own, and let that one go to the last step".to_owned(),
            );
        }
    }
}

fn terminal(graph: &Graph, usual: &str, is_marked: fn(&Node) -> bool, findings: &mut Findings) {
    let marked: Vec<&Node> = graph
        .nodes
        .values()
        .filter(|node| is_marked(node))
        .collect();
    match (marked.as_slice(), graph.node(usual)) {
        ([], None) => {
            let Some((_, node)) = graph.nodes.first() else {
                return;
            };
            findings.at_name(
                node,
                &format!("no-{usual}"),
                format!("the flow has no {usual} step"),
                format!("call one step {usual}, or mark one with @step({usual}=True)"),
            );
        }
        ([only], Some(other)) if only.name != other.name => findings.at_name(
            only,
            &format!("{usual}-conflict"),
            format!(
                "{} is marked as the {usual} step, but there is a step called {usual} too",
                only.name
            ),
            format!(
                "rename the step {usual}, or take {usual}=True away from {}",
                only.name
            ),
        ),
        ([first, second, ..], _) => findings.at_name(
            second,
            &format!("several-{usual}s"),
            format!(
                "{} and {} are both marked as the {usual} step",
                first.name, second.name
            ),
            format!("leave @step({usual}=True) on one of them"),
        ),
        _ => {}
    }
}

fn arguments(node: &Node, findings: &mut Findings) {
    let name = &node.name;
    match node.args.len() {
        0 => findings.at_name(
            node,
            "no-self",
            format!("{name} takes no argument"),
            format!("write def {name}(self):"),
        ),
        1 | 2 => {}
        _ => findings.at_name(
            node,
            "too-many-args",
            format!("{name} takes {} arguments", node.args.len()),
            "a step takes self, a join self and inputs; pass data on as attributes of self"
                .to_owned(),
        ),
    }
    let splits = match &node.transition {
        Next::Foreach { .. } | Next::Parallel { .. } | Next::Switch { .. } => true,
        Next::Steps(steps) => steps.len() > 1,
        Next::None | Next::Invalid { .. } => false,
    };
    if node.is_join && splits {
        findings.at_next(
            node,
            "join-and-split",
            format!("{name} joins and splits at once"),
            "let the join go to a new step, and split there".to_owned(),
        );
    }
}

fn transition(graph: &Graph, node: &Node, findings: &mut Findings) {
    let name = &node.name;
    let is_end = graph.end.as_ref() == Some(name);
    match &node.transition {
        _ if is_end => return,
        Next::None => findings.at_name(
            node,
            "no-next",
            format!("{name} does not end with self.next(...)"),
            "make self.next(...) the last statement of the function, outside of any if, try or with".to_owned(),
        ),
        Next::Invalid { .. } => findings.at_next(
            node,
            "invalid-next",
            format!("{name} calls self.next in a form that is not known"),
            "use self.next(self.a), self.next(self.a, self.b), self.next(self.a, foreach=\"items\"), \
             self.next(self.a, num_parallel=4) or self.next({\"x\": self.a, \"y\": self.b}, condition=\"kind\")"
                .to_owned(),
        ),
        Next::Switch { cases, .. } if cases.len() < 2 => findings.at_next(
            node,
            "switch",
            format!("the switch in {name} has only one case"),
            "give it a second case, or write self.next(self.<step>)".to_owned(),
        ),
        Next::Foreach { var: Some(var), .. } if var.is_empty() => {
            findings.at_next(
                node,
                "empty-foreach",
                format!("the foreach in {name} names no artifact"),
                "write the name of a list that the step sets, such as foreach=\"items\"".to_owned(),
            );
            if let Some(last) = findings.list.last_mut() {
                last.severity = Severity::Warning;
            }
        }
        _ => {}
    }
    for target in &node.next {
        if graph.node(target).is_none() {
            let hint = similar(graph, target).map_or_else(
                || {
                    format!(
                        "write a function {target}(self) with @step above it, or go to another step"
                    )
                },
                |similar| format!("did you mean {similar}?"),
            );
            let message = format!("{name} goes to {target}, which is no step");
            findings.at_next(node, "unknown-step", message, hint);
        }
    }
}

/// A step whose name differs little from `wanted`.
fn similar<'a>(graph: &'a Graph, wanted: &str) -> Option<&'a StepName> {
    let close = |name: &&StepName| distance(name, wanted) <= 1 + wanted.len() / 5;
    graph
        .nodes
        .keys()
        .filter(close)
        .min_by_key(|name| distance(name, wanted))
}

/// How many characters have to be put in, taken out or replaced to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = *above;
            left = replaced.min(diagonal + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
