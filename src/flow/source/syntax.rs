//! Small helpers over tree-sitter nodes: text, places, children without comments.

use std::collections::HashMap;
use std::sync::LazyLock;

use tree_sitter::{InputEdit, Language, Node, Parser, Point, Tree};

use crate::flow::model::{Position, SourceRange};

/// The syntax tree of a Python text. `None` only if the grammar does not fit the library, which no text can cause.
pub(in crate::flow) fn tree(text: &str) -> Option<Tree> {
    parser()?.parse(text, None)
}

/// The same, given the tree of an earlier text that differs from this one in one place: most of the tree is taken over.
pub(in crate::flow) fn tree_after(before: &Tree, old: &str, new: &str) -> Option<Tree> {
    let common = old
        .bytes()
        .zip(new.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let longest = old.len().min(new.len()) - common;
    let tails = old.bytes().rev().zip(new.bytes().rev());
    let tail = tails.take(longest).take_while(|(a, b)| a == b).count();
    let mut tree = before.clone();
    tree.edit(&InputEdit {
        start_byte: common,
        old_end_byte: old.len() - tail,
        new_end_byte: new.len() - tail,
        start_position: point(old, common),
        old_end_position: point(old, old.len() - tail),
        new_end_position: point(new, new.len() - tail),
    });
    parser()?.parse(new, Some(&tree))
}

fn parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_python::LANGUAGE.into())
        .ok()?;
    Some(parser)
}

/// The row and column, in bytes and counted from 0, of a byte offset.
fn point(text: &str, at: usize) -> Point {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let row = before.iter().filter(|byte| **byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |n| n + 1);
    Point::new(row, at - start)
}

/// The text of a node.
pub(in crate::flow) fn text<'a>(node: Node<'_>, source: &'a str) -> &'a str {
    source.get(node.byte_range()).unwrap_or("")
}

/// The line of a node's first character, counted from 1.
pub(in crate::flow) fn line(node: Node<'_>) -> u32 {
    row(node.start_position().row)
}

/// A line number, counted from 1, of a row counted from 0.
pub(in crate::flow) fn row(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}

/// Where a node starts. The library counts columns in bytes, people in characters.
pub(in crate::flow) fn position(node: Node<'_>, source: &str) -> Position {
    let Point { row: at, column } = node.start_position();
    let end = node.start_byte();
    let before = source.get(end.saturating_sub(column)..end).unwrap_or("");
    Position {
        line: row(at),
        column: row(before.chars().count()),
    }
}

/// The place of a byte offset.
pub(in crate::flow) fn position_at(byte: usize, source: &str) -> Position {
    let mut byte = byte.min(source.len());
    while !source.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = source.get(..byte).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rows = before.bytes().filter(|b| *b == b'\n').count();
    let columns = before.get(start..).unwrap_or("").chars().count();
    Position {
        line: row(rows),
        column: row(columns),
    }
}

/// The lines of a node. A block that ends with a newline ends on the line before it.
pub(in crate::flow) fn range(node: Node<'_>) -> SourceRange {
    let start = row(node.start_position().row);
    let end = node.end_position();
    let last = if end.column == 0 && end.row > node.start_position().row {
        row(end.row - 1)
    } else {
        row(end.row)
    };
    SourceRange {
        start_line: start,
        end_line: last.max(start),
    }
}

/// The named children without comments and line continuations.
pub(in crate::flow) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !child.is_extra())
        .collect()
}

/// Visits a node and everything below it, in the order of the text and without recursion: expressions can be nested deeper than a
/// stack is. `enter` tells whether to go below the node that it is given.
pub(in crate::flow) fn descend<'t>(root: Node<'t>, mut enter: impl FnMut(Node<'t>) -> bool) {
    let mut cursor = root.walk();
    let mut depth = 0_usize;
    loop {
        if enter(cursor.node()) && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while depth > 0 && !cursor.goto_next_sibling() {
            cursor.goto_parent();
            depth -= 1;
        }
        if depth == 0 {
            return;
        }
    }
}

/// How deep recursion over expressions may go. Python's own parser gives up on brackets nested this deep.
pub(in crate::flow) const MOST_NESTED: usize = 200;

/// A child by the name of its field.
pub(in crate::flow) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    // Looking the name up in the grammar each time costs more than all the rest.
    static FIELDS: LazyLock<HashMap<String, u16>> = LazyLock::new(|| {
        let language = Language::from(tree_sitter_python::LANGUAGE);
        let ids = 1..=u16::try_from(language.field_count()).unwrap_or(u16::MAX);
        ids.filter_map(|id| Some((language.field_name_for_id(id)?.to_owned(), id)))
            .collect()
    });
    node.child_by_field_id(*FIELDS.get(name)?)
}

/// The value of a node without redundant parentheses around it.
pub(in crate::flow) fn unparenthesised(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while node.kind() == "parenthesized_expression" {
        let Some(inner) = children(node).first().copied() else {
            return node;
        };
        node = inner;
    }
    node
}

/// The expression of an expression statement that holds just one.
pub(in crate::flow) fn sole_expression(statement: Node<'_>) -> Option<Node<'_>> {
    if statement.kind() != "expression_statement" {
        return None;
    }
    let inner = children(statement);
    match inner.as_slice() {
        [only] => Some(unparenthesised(*only)),
        _ => None,
    }
}

/// A dotted name such as `a.b.c`; `None` for any other expression.
pub(in crate::flow) fn dotted(node: Node<'_>, source: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = node;
    while at.kind() == "attribute" {
        parts.push(text(field(at, "attribute")?, source));
        at = field(at, "object")?;
    }
    if !matches!(at.kind(), "identifier" | "dotted_name") {
        return None;
    }
    parts.push(text(at, source));
    parts.reverse();
    Some(parts.join("."))
}

/// Whether dotted names consist of such characters.
pub(in crate::flow) fn is_dotted(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}
