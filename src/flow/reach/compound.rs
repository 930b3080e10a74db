//! The parts of `if`, `try`, loops and `with`: the statements inside, and the header that decides about them.

use std::collections::HashSet;

use tree_sitter::Node;

use super::bindings;
use crate::flow::source::syntax::{children, field, text};

/// The statements directly inside a compound statement, those of all its clauses.
pub(super) fn blocks<'t>(node: Node<'t>, found: &mut Vec<Node<'t>>) {
    for child in children(node) {
        match child.kind() {
            "block" => {
                let inner = children(child);
                let nested = inner.iter().any(|node| node.kind() == "case_clause");
                if nested {
                    blocks(child, found);
                } else {
                    found.extend(inner);
                }
            }
            "elif_clause"
            | "else_clause"
            | "except_clause"
            | "except_group_clause"
            | "finally_clause"
            | "case_clause" => blocks(child, found),
            _ => {}
        }
    }
}

/// The expressions of a compound statement that are not inside its blocks.
pub(super) fn header_parts<'t>(node: Node<'t>, omitted: &[Node<'t>], found: &mut Vec<Node<'t>>) {
    for child in children(node) {
        match child.kind() {
            "block"
            | "elif_clause"
            | "else_clause"
            | "except_clause"
            | "except_group_clause"
            | "finally_clause"
            | "case_clause" => header_parts(child, omitted, found),
            _ if omitted.iter().any(|other| other.id() == child.id()) => {}
            _ => found.push(child),
        }
    }
}

/// The names that a header binds: loop variables, `as` targets.
pub(super) fn header_names<'a>(
    node: Node<'_>,
    omitted: &[Node<'_>],
    source: &'a str,
) -> Vec<&'a str> {
    let mut names = HashSet::new();
    if let Some(left) = field(node, "left") {
        bindings::pattern(left, source, &mut names);
    }
    let mut parts = Vec::new();
    header_parts(node, omitted, &mut parts);
    for part in parts {
        names.extend(bindings::bound_names(part, source).names);
    }
    names.into_iter().collect()
}

/// `if __name__ == "__main__":`
pub(super) fn is_main_guard(node: Node<'_>, source: &str) -> bool {
    node.kind() == "if_statement"
        && field(node, "condition").is_some_and(|condition| {
            let condition = text(condition, source);
            condition.contains("__name__") && condition.contains("__main__")
        })
}
