//! The shape of a graph whose edges are all there: no loops, nothing out of reach, every split joined by one join.

use std::collections::HashSet;

use crate::flow::graph::check::{Findings, list};
use crate::flow::graph::{Graph, Node, NodeKind};
use crate::flow::name::StepName;

/// Finds what is wrong with the shape.
pub(in crate::flow) fn check(graph: &Graph, findings: &mut Findings) {
    let reached = cycles(graph, findings);
    if findings.errors() {
        return;
    }
    for node in graph
        .nodes
        .values()
        .filter(|node| !reached.contains(&node.name))
    {
        findings.at_name(
            node,
            "orphan",
            format!("no step leads to {}", node.name),
            format!(
                "go there with self.next(self.{}), or remove the step",
                node.name
            ),
        );
    }
    let nodes = || {
        graph
            .nodes
            .values()
            .filter(|node| reached.contains(&node.name))
    };
    for node in nodes() {
        if node.is_join && node.kind == NodeKind::Join {
            join(graph, node, findings);
        }
        if graph.end.as_ref() == Some(&node.name) {
            end(node, findings);
        }
    }
    for node in nodes() {
        parallel(graph, node, findings);
    }
}

/// Walks the graph from its start; an edge back to a step that is still open closes a loop. Gives the steps that were reached.
fn cycles(graph: &Graph, findings: &mut Findings) -> HashSet<StepName> {
    let mut reached = HashSet::new();
    let mut path: Vec<(StepName, usize)> = Vec::new();
    if let Some(start) = &graph.start {
        reached.insert(start.clone());
        path.push((start.clone(), 0));
    }
    while let Some((name, at)) = path.last_mut() {
        let Some(node) = graph.node(name) else {
            path.pop();
            continue;
        };
        let Some(target) = node.next.get(*at).cloned() else {
            path.pop();
            continue;
        };
        *at += 1;
        let is_repeat = target == node.name && node.kind == NodeKind::SplitSwitch;
        let open = path.iter().position(|(name, _)| *name == target);
        if let Some(from) = open.filter(|_| !is_repeat) {
            let members = path.iter().skip(from).map(|(name, _)| name.clone());
            let members: Vec<StepName> = members.chain([target.clone()]).collect();
            findings.at_next(
                node,
                "cycle",
                format!("{} leads back to {target} ({})", node.name, list(&members)),
                "a flow runs forward; to repeat a step, let it name itself in a switch".to_owned(),
            );
        } else if reached.insert(target.clone()) {
            path.push((target, 0));
        }
    }
    reached
}

/// The splits that are open after a step.
fn open_after(node: &Node) -> &[StepName] {
    let open = node.split_parents.as_slice();
    match node.kind {
        NodeKind::Join => open.split_last().map_or(open, |(_, rest)| rest),
        _ => open,
    }
}

fn join(graph: &Graph, node: &Node, findings: &mut Findings) {
    let name = &node.name;
    let Some(split) = node
        .split_parents
        .last()
        .and_then(|split| graph.node(split))
    else {
        return findings.at_name(
            node,
            "join-without-split",
            format!("{name} takes inputs, but no split is open there"),
            format!("write def {name}(self): if it is no join, or split in a step before it"),
        );
    };
    let inputs: Vec<&Node> = node
        .inputs
        .iter()
        .filter_map(|input| graph.node(input))
        .collect();
    if let Some(switch) = inputs
        .iter()
        .find(|input| input.kind == NodeKind::SplitSwitch)
    {
        return findings.at_next(
            switch,
            "switch-into-join",
            format!(
                "the switch in {} leads directly to the join {name}",
                switch.name
            ),
            format!("put a step between them that does nothing but self.next(self.{name})"),
        );
    }
    if let Some(direct) = inputs.iter().find(|input| input.kind.is_split()) {
        return findings.at_next(
            direct,
            "split-into-join",
            format!(
                "the split in {} leads directly to the join {name}",
                direct.name
            ),
            format!("put a step between them that does nothing but self.next(self.{name})"),
        );
    }
    let is_aligned = inputs
        .iter()
        .all(|input| open_after(input) == node.split_parents);
    let branches: HashSet<&StepName> = inputs
        .iter()
        .filter_map(|input| input.split_branches.last())
        .collect();
    let is_complete =
        branches.len() == split.next.len() && split.next.iter().all(|next| branches.contains(next));
    if !(is_aligned && is_complete) {
        findings.at_name(
            node,
            "join-mixes-splits",
            format!(
                "{name} joins {}, which are not just the branches of {} ({})",
                list(&node.inputs),
                split.name,
                list(&split.next)
            ),
            format!(
                "let every branch of {} end in one join, and join inner splits before it",
                split.name
            ),
        );
    }
}

fn end(node: &Node, findings: &mut Findings) {
    if let Some(split) = node.split_parents.last() {
        findings.at_name(
            node,
            "split-not-joined",
            format!(
                "{} is reached before the branches of {split} are joined",
                node.name
            ),
            format!("add a step with (self, inputs) that all branches of {split} lead to"),
        );
    }
}

fn parallel(graph: &Graph, node: &Node, findings: &mut Findings) {
    let name = &node.name;
    if node.kind == NodeKind::SplitParallel {
        for target in node.next.iter().filter_map(|next| graph.node(next)) {
            if !target.parallel_step {
                findings.at_next(
                    node,
                    "parallel-target",
                    format!(
                        "{name} starts {} with num_parallel, but that step is not @parallel",
                        target.name
                    ),
                    format!("put @parallel on {}, or use foreach", target.name),
                );
            }
        }
    }
    if !node.parallel_step {
        return;
    }
    for target in node.next.iter().filter_map(|next| graph.node(next)) {
        if !target.is_join {
            findings.at_name(
                target,
                "parallel-join",
                format!(
                    "{} follows the @parallel step {name}, but is no join",
                    target.name
                ),
                format!("write def {}(self, inputs):", target.name),
            );
        }
    }
    for source in node.inputs.iter().filter_map(|input| graph.node(input)) {
        if source.kind != NodeKind::SplitParallel {
            findings.at_next(
                source,
                "parallel-call",
                format!(
                    "{name} is @parallel, but {} does not start it with num_parallel",
                    source.name
                ),
                format!("write self.next(self.{name}, num_parallel=2), or take @parallel away"),
            );
        }
    }
}
