//! Where several ways lead to a step: which of them the switches before it take today.

use crate::flow::{Graph, NodeKind, StepName};

/// The steps that the newest task of a step at these indices went on to; `None` if there is no such task.
pub(super) type GoesTo<'a> = dyn Fn(&str, &[u64]) -> Option<&'a [StepName]> + 'a;

/// Whether the tasks before the one of this step at these indices lead there, back to the start or a join.
pub(super) fn is_taken(graph: &Graph, step: &str, indices: &[u64], goes_to: &GoesTo<'_>) -> bool {
    led_to(graph, step, indices, goes_to, graph.nodes.len())
}

/// Steps can lead to themselves: no way is longer than `most`.
fn led_to(graph: &Graph, step: &str, indices: &[u64], goes_to: &GoesTo<'_>, most: usize) -> bool {
    let node = graph.node(step).filter(|node| node.kind != NodeKind::Join);
    let Some(node) = node.filter(|_| most > 0) else {
        return true;
    };
    let parents = node.inputs.iter().map(StepName::as_str);
    let mut before = parents
        .filter(|parent| *parent != step)
        .filter_map(|parent| {
            let outer = outer_of(graph, parent, indices);
            Some((parent, outer, goes_to(parent, outer)?))
        })
        .peekable();
    // Of what is not known nothing is said.
    before.peek().is_none()
        || before.any(|(parent, outer, next)| {
            next.iter().any(|name| name.as_str() == step)
                && led_to(graph, parent, outer, goes_to, most - 1)
        })
}

/// The steps before a step, back to the start or a join, if several ways lead to it.
pub(super) fn before<'a>(graph: &'a Graph, step: &'a str) -> Vec<&'a StepName> {
    let several = graph
        .node(step)
        .is_some_and(|node| node.kind != NodeKind::Join && node.inputs.len() > 1);
    let mut found: Vec<&StepName> = Vec::new();
    let mut left = if several { vec![step] } else { Vec::new() };
    while let Some(step) = left.pop() {
        let node = graph.node(step).filter(|node| node.kind != NodeKind::Join);
        for parent in node.into_iter().flat_map(|node| &node.inputs) {
            if !found.contains(&parent) {
                found.push(parent);
                left.push(parent.as_str());
            }
        }
    }
    found
}

/// The indices of the parent of a task at these indices.
pub(super) fn outer_of<'a>(graph: &Graph, parent: &str, indices: &'a [u64]) -> &'a [u64] {
    let splits = graph
        .node(parent)
        .is_some_and(|parent| parent.kind.is_foreach());
    match indices.split_last() {
        Some((_, outer)) if splits => outer,
        _ => indices,
    }
}
