//! Python literals as the source writes them: strings with their escapes, docstrings, numbers and constants.

use tree_sitter::Node;

use crate::flow::source::syntax::{children, text};

/// The value of a plain string literal, or of several next to each other. `None` for f-strings, bytes and other expressions.
pub(in crate::flow) fn string(node: Node<'_>, source: &str) -> Option<String> {
    match node.kind() {
        "string" => plain_string(text(node, source)),
        "concatenated_string" => children(node)
            .into_iter()
            .map(|part| string(part, source))
            .collect(),
        _ => None,
    }
}

fn plain_string(literal: &str) -> Option<String> {
    let quote = literal.find(['"', '\''])?;
    let (prefix, rest) = literal.split_at(quote);
    let prefix = prefix.to_ascii_lowercase();
    if prefix.contains(['f', 'b', 't']) {
        return None;
    }
    let mark = if rest.starts_with("\"\"\"") || rest.starts_with("'''") {
        rest.get(..3)?
    } else {
        rest.get(..1)?
    };
    let inner = rest.strip_prefix(mark)?.strip_suffix(mark)?;
    if prefix.contains('r') {
        return Some(inner.to_owned());
    }
    Some(unescape(inner))
}

/// Python's escapes. One that Python does not know stays as written; `\N{…}` too, since there is no table of names here.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(next) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let simple = match next {
            '\n' => Some(""),
            '\\' => Some("\\"),
            '\'' => Some("'"),
            '"' => Some("\""),
            'a' => Some("\u{7}"),
            'b' => Some("\u{8}"),
            'f' => Some("\u{c}"),
            'n' => Some("\n"),
            'r' => Some("\r"),
            't' => Some("\t"),
            'v' => Some("\u{b}"),
            _ => None,
        };
        if let Some(simple) = simple {
            out.push_str(simple);
            rest = &rest[1..];
            continue;
        }
        match code_point(rest) {
            Some((character, length)) => {
                out.push(character);
                rest = &rest[length..];
            }
            None => {
                out.push('\\');
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A numeric escape at the start of `rest` (after the backslash): the character and how many bytes it took.
fn code_point(rest: &str) -> Option<(char, usize)> {
    let digits = |from: usize, count: usize| {
        let hex = rest.get(from..from + count)?;
        let value = u32::from_str_radix(hex, 16).ok()?;
        Some((char::from_u32(value)?, from + count))
    };
    match rest.chars().next()? {
        'x' => digits(1, 2),
        'u' => digits(1, 4),
        'U' => digits(1, 8),
        '0'..='7' => {
            let length = rest
                .bytes()
                .take(3)
                .take_while(|b| (b'0'..=b'7').contains(b))
                .count();
            let value = u32::from_str_radix(rest.get(..length)?, 8).ok()?;
            Some((char::from_u32(value)?, length))
        }
        _ => None,
    }
}

/// The string node that documents a body (the `block` of a function or class, or a module).
pub(in crate::flow) fn docstring<'t>(body: Node<'t>, source: &str) -> Option<Node<'t>> {
    let first = children(body).first().copied()?;
    let inner = crate::flow::source::syntax::sole_expression(first)?;
    string(inner, source).map(|_| inner)
}

/// The docstring of a body, without the indentation of its lines; empty if there is none.
pub(in crate::flow) fn doc(body: Option<Node<'_>>, source: &str) -> String {
    body.and_then(|body| docstring(body, source))
        .and_then(|node| string(node, source))
        .map(|doc| dedent(&doc))
        .unwrap_or_default()
}

/// Removes from all lines the indentation of the first line that has one, as Metaflow records docstrings: only the first two
/// lines with text are looked at, and a text without indentation stays as it is.
pub(in crate::flow) fn dedent(doc: &str) -> String {
    let mut indent = "";
    let lines = doc.split('\n').filter(|line| !line.is_empty()).take(2);
    for line in lines {
        let width = line.len() - line.trim_start_matches([' ', '\t']).len();
        indent = &line[..width];
        if width > 0 {
            break;
        }
    }
    if indent.is_empty() {
        return doc.to_owned();
    }
    doc.replace(&format!("\n{indent}"), "\n").trim().to_owned()
}

/// Whether a string literal is one of bytes.
pub(in crate::flow) fn is_bytes(node: Node<'_>, source: &str) -> bool {
    let literal = text(node, source);
    literal
        .find(['"', '\''])
        .is_some_and(|quote| literal[..quote].contains(['b', 'B']))
}
