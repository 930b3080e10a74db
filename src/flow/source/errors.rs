//! Syntax errors, said in a way that helps.

use std::path::Path;

use tree_sitter::Node;

use crate::flow::diagnostic::{Diagnostic, Severity};
use crate::flow::source::layout;
use crate::flow::source::lexer::{Problem, lex};
use crate::flow::source::syntax::{MOST_NESTED, position_at, text};

/// A broken file rarely has more to say than its first few errors; the rest are their echo.
const MOST: usize = 20;

/// Everything in a text that is no Python, in the order of the text. What the lines tell is preferred, because it is more
/// precise; only if they are in order is the grammar asked.
pub(in crate::flow) fn find(root: Node<'_>, source: &str) -> Vec<Problem> {
    let lexed = lex(source);
    // The grammar knows strings and brackets better, such as strings within strings: if it has no error, they are right, and
    // the lines are not what they were taken for.
    if !lexed.problems.is_empty() && !root.has_error() {
        return Vec::new();
    }
    let mut problems = layout::problems(source, &lexed);
    if problems.is_empty() && root.has_error() {
        walk(root, source, 0, &mut problems);
    }
    problems
}

/// The problems as diagnostics.
pub(in crate::flow) fn diagnostics(
    problems: &[Problem],
    source: &str,
    path: &Path,
) -> Vec<Diagnostic> {
    let first = problems.iter().take(MOST).cloned();
    first
        .map(|problem| {
            let at = position_at(problem.at, source);
            Diagnostic {
                severity: Severity::Error,
                code: "syntax".to_owned(),
                message: problem.message,
                hint: problem.hint,
                file: path.to_owned(),
                line: at.line,
                column: at.column,
            }
        })
        .collect()
}

fn walk(node: Node<'_>, source: &str, depth: usize, found: &mut Vec<Problem>) {
    if found.len() >= MOST {
        return;
    }
    if node.is_missing() {
        found.push(Problem {
            at: node.start_byte(),
            message: format!("expected `{}`", node.kind()),
            hint: None,
        });
        return;
    }
    let before = found.len();
    if node.has_error() && depth < MOST_NESTED {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            walk(child, source, depth + 1, found);
        }
    }
    // An error around other errors only says that they are there.
    let is_deepest = node.is_error() || (depth == MOST_NESTED && node.has_error());
    if is_deepest && found.len() == before {
        let first = text(node, source).lines().next().unwrap_or("").trim();
        let near = if first.is_empty() {
            "invalid syntax".to_owned()
        } else {
            format!("invalid syntax near `{first}`")
        };
        found.push(Problem {
            at: node.start_byte(),
            message: near,
            hint: None,
        });
    }
}
