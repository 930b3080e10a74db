use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::*;

/// A flow, what the worker says of it, and what Metaflow stored as `_graph_info` when it ran it.
#[derive(Deserialize)]
struct Golden {
    sources: HashMap<String, String>,
    description: Description,
    graph_info: Value,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("graph_info.json")).unwrap()
}

#[test]
fn graph_info_is_that_of_metaflow() {
    for case in golden() {
        let read = |path: &Path| case.sources.get(path.to_str()?).cloned();
        let project = Project::load(&case.description.file, &read);
        let steps = case.description.steps_in(&project, &read);
        let info = graph_info(&Graph::build(&steps), &case.description);
        assert_eq!(
            serde_json::to_string_pretty(&info).unwrap(),
            serde_json::to_string_pretty(&case.graph_info).unwrap()
        );
    }
}

#[test]
fn the_source_alone_gives_the_same_graph() {
    for case in golden() {
        let read = |path: &Path| case.sources.get(path.to_str()?).cloned();
        let project = Project::load(&case.description.file, &read);
        // Files that are no part of the project are read when they are met.
        let nothing = Project::load(Path::new("/nowhere.py"), &|_: &Path| None);
        let described = Graph::build(&case.description.steps_in(&nothing, &read));
        let in_project = Graph::build(&case.description.steps_in(&project, &|_: &Path| None));
        assert_eq!(in_project.structure(), described.structure());
        let alone = Graph::build(&project.flow().unwrap().steps);
        assert_eq!(alone.structure(), described.structure());
        for (name, node) in &described.nodes {
            let other = alone.node(name).unwrap();
            assert_eq!(
                (other.line, other.kind, &other.doc),
                (node.line, node.kind, &node.doc)
            );
            assert_eq!(
                (&other.inputs, &other.split_parents),
                (&node.inputs, &node.split_parents)
            );
        }
    }
}

/// A graph of steps written as `name -> targets`, joins with a `+` before the name.
fn graph(lines: &[&str]) -> Graph {
    let mut body = String::from("from metaflow import FlowSpec, step\nclass F(FlowSpec):\n");
    for line in lines {
        let (name, next) = line.split_once(" -> ").unwrap_or((line, ""));
        let join = name.strip_prefix('+');
        let args = if join.is_some() {
            "self, inputs"
        } else {
            "self"
        };
        let name = join.unwrap_or(name);
        let next = if next.is_empty() {
            "pass".to_owned()
        } else {
            format!("self.next({next})")
        };
        body += &format!("    @step\n    def {name}({args}):\n        {next}\n");
    }
    Graph::build(&parse(Path::new("f.py"), &body).flows[0].steps)
}

#[test]
fn splits_know_their_joins() {
    let graph = graph(&[
        "start -> self.a, foreach='x'",
        "a -> self.b, self.c",
        "b -> self.j",
        "c -> self.j",
        "+j -> self.k",
        "+k -> self.end",
        "end",
    ]);
    assert_eq!(check(&graph), []);
    let node = |name: &str| graph.node(name).unwrap();
    assert_eq!(node("start").matching_join.as_deref(), Some("k"));
    assert_eq!(node("a").matching_join.as_deref(), Some("j"));
    assert_eq!(node("j").split_parents, ["start", "a"]);
    assert_eq!(graph.split_of("j").unwrap().name, "a");
    assert_eq!(graph.split_of("k").unwrap().name, "start");
    let inside: Vec<_> = graph
        .nodes
        .values()
        .filter(|n| n.inside_foreach)
        .map(|n| n.name.to_string())
        .collect();
    assert_eq!(inside, ["a", "b", "c", "j"]);
    assert_eq!(node("start").foreach_var(), Some("x"));
    assert_eq!(node("end").kind, NodeKind::End);
    assert_eq!(graph.descendants("a"), ["b", "c", "j", "k", "end"]);
    assert_eq!(graph.ancestors("c"), ["a", "start"]);
    assert_eq!(
        graph.structure().to_string(),
        r#"["start",[["a",[["b"],["c"]],"j"]],"k","end"]"#
    );
}

#[test]
fn a_loop_is_no_input() {
    let graph = graph(&[
        "start -> self.s",
        "s -> {'a': self.s, 'b': self.end}, condition='x'",
        "end",
    ]);
    let node = graph.node("s").unwrap();
    assert_eq!(node.inputs, ["start"]);
    assert_eq!(node.condition(), Some("x"));
    assert_eq!(graph.descendants("s"), ["s", "end"]);
    assert_eq!(graph.structure().to_string(), r#"["start","s",[[]],"end"]"#);
}

#[test]
fn keys_of_a_switch_are_those_of_a_dictionary() {
    let graph = graph(&[
        "start -> {1: self.a, True: self.b, 'x': self.a, self.cfg.key: self.b}, condition='x'",
    ]);
    let Next::Switch { cases, .. } = &graph.node("start").unwrap().transition else {
        panic!("no switch");
    };
    let cases: Vec<String> = cases
        .iter()
        .map(|case| format!("{} {}", case.key, case.step))
        .collect();
    assert_eq!(cases, ["1 b", "x a", "config:cfg.key b"]);
}

#[test]
fn wide_and_long_graphs_are_quick() {
    let mut lines = vec!["start -> self.s0".to_owned()];
    for at in 0..40 {
        lines.push(format!("s{at} -> self.a{at}, self.b{at}"));
        lines.push(format!("a{at} -> self.j{at}"));
        lines.push(format!("b{at} -> self.j{at}"));
        lines.push(format!("+j{at} -> self.s{}", at + 1));
    }
    lines.push("s40 -> self.end".to_owned());
    lines.push("end".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // Walking every path of this graph would take 2^40 steps.
    assert_eq!(check(&graph(&lines)), []);
}
