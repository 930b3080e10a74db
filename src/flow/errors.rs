//! Syntax errors: what the parser stumbled over, said in a way that helps.

use std::path::Path;

use tree_sitter::Node;

use super::diagnostic::{Diagnostic, Severity};
use super::syntax::{position, text};

/// A broken file rarely has more to say than its first few errors; the rest are their echo.
const MOST: usize = 20;

/// One diagnostic for each place where the text is no Python.
pub(super) fn collect(root: Node<'_>, source: &str, path: &Path) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if root.has_error() {
        walk(root, source, path, &mut found);
    }
    found
}

fn walk(node: Node<'_>, source: &str, path: &Path, found: &mut Vec<Diagnostic>) {
    if found.len() >= MOST {
        return;
    }
    if node.is_error() || node.is_missing() {
        let message = if node.is_missing() {
            format!("expected `{}`", node.kind())
        } else {
            let first = text(node, source).lines().next().unwrap_or("").trim();
            format!("invalid syntax near `{first}`")
        };
        let at = position(node, source);
        found.push(Diagnostic {
            severity: Severity::Error,
            code: "syntax".to_owned(),
            message,
            hint: None,
            file: path.to_owned(),
            line: at.line,
            column: at.column,
        });
        return;
    }
    if node.has_error() {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            walk(child, source, path, found);
        }
    }
}
