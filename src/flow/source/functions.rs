//! Functions of a text as steps, whatever decorates them: for steps that only Python knows to be some.

use std::path::Path;

use tree_sitter::{Node, Tree};

use super::class::Names;
use super::imports;
use super::step;
use super::syntax::{self, descend, field, text};
use crate::flow::model::Step;

/// Reads functions of a text as steps. Each is given by its name and the line of its first decorator or of its `def`; among several
/// functions of that name the nearest counts, and if none has the name, the one at the line.
pub(in crate::flow) fn steps(
    tree: &Tree,
    source: &str,
    path: &Path,
    wanted: &[(&str, u32)],
) -> Vec<Option<Step>> {
    let imported = imports::collect(tree.root_node(), source);
    let names = Names::new(&imported);
    let functions = definitions(tree.root_node());
    let read = |node: &Node<'_>| {
        step::read(*node, source, path, &names)
            .or_else(|| step::function(*node, source, path, step::decorators(*node, source), None))
    };
    wanted
        .iter()
        .map(|(name, line)| read(find(&functions, source, name, *line)?))
        .collect()
}

fn find<'f, 't>(
    functions: &'f [Node<'t>],
    source: &str,
    name: &str,
    line: u32,
) -> Option<&'f Node<'t>> {
    let distance = |node: &Node<'_>| {
        let def = syntax::line(step::definition(*node));
        syntax::line(*node).abs_diff(line).min(def.abs_diff(line))
    };
    let is_named = |node: &&Node<'_>| {
        field(step::definition(**node), "name").is_some_and(|known| text(known, source) == name)
    };
    let named = functions.iter().filter(is_named);
    named
        .min_by_key(|node| distance(node))
        .or_else(|| functions.iter().find(|node| distance(node) == 0))
}

/// All functions below a node, each with its decorators.
fn definitions(root: Node<'_>) -> Vec<Node<'_>> {
    let mut found: Vec<Node<'_>> = Vec::new();
    descend(root, |node| match node.kind() {
        "decorated_definition" => {
            found.push(node);
            true
        }
        "function_definition" => {
            let is_known = found
                .last()
                .is_some_and(|last| step::definition(*last).id() == node.id());
            if !is_known {
                found.push(node);
            }
            true
        }
        "expression_statement" => false,
        _ => true,
    });
    found
}
