//! What is wrong with a graph.

use super::diagnostic::Diagnostic;
use super::graph::Graph;

/// Everything that keeps the graph from running.
pub fn check(graph: &Graph) -> Vec<Diagnostic> {
    let _ = graph;
    Vec::new()
}
