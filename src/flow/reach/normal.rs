//! The normal form of a piece of syntax: what is left when comments, docstrings, whitespace, quotes and redundant
//! punctuation are gone. Equal normal forms mean equal code.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tree_sitter::{Node, TreeCursor};

use crate::flow::source::literal;
use crate::flow::source::syntax::{self, line, text};

/// A digest of a normal form: the first half of its SHA-256.
pub type Digest = u128;

/// The normal form of one piece of code.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Normal {
    pub digest: Digest,
    /// Two characters for each line that holds code, a hash of twelve bits of what it holds: tells where two forms differ, and
    /// is short enough to be recorded.
    pub marks: Arc<str>,
    /// How far below the first line these lines stand.
    pub offsets: Arc<[u32]>,
}

impl Normal {
    /// The normal form of several nodes in a row.
    pub(in crate::flow) fn of(nodes: &[Node<'_>], source: &str) -> Normal {
        let first = nodes.first().map_or(1, |node| line(*node));
        let mut writer = Writer::new(source, first);
        for node in nodes {
            writer.node(*node);
        }
        writer.finish()
    }

    /// The normal form of a node without some of the nodes below it.
    pub(in crate::flow) fn without(node: Node<'_>, omitted: &[Node<'_>], source: &str) -> Normal {
        let mut writer = Writer::new(source, line(node));
        writer.omitted = omitted.iter().map(Node::id).collect();
        writer.node(node);
        writer.finish()
    }

    /// A form from its hash, of which the first half is kept, and from the lines that hold code, each with a hash of its own.
    pub(in crate::flow) fn of_lines(
        hash: &[u8],
        lines: impl Iterator<Item = (u32, u64)>,
    ) -> Normal {
        let half = hash.iter().take(size_of::<Digest>());
        let (offsets, hashes): (Vec<u32>, Vec<u64>) = lines.unzip();
        Normal {
            digest: half.fold(0, |digest, byte| digest << 8 | Digest::from(*byte)),
            marks: hashes.into_iter().flat_map(mark).collect::<String>().into(),
            offsets: offsets.into(),
        }
    }

    /// The normal form of a text that is no syntax of its own.
    pub(in crate::flow) fn of_text(content: &str) -> Normal {
        let mut writer = Writer::new("", 1);
        writer.feed(content, 1);
        writer.finish()
    }
}

/// Starting value and factor of the 64-bit FNV-1a hash.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_FACTOR: u64 = 0x0100_0000_01b3;

/// Twelve bits of a hash as two characters.
fn mark(hash: u64) -> [char; 2] {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let folded = hash ^ (hash >> 32);
    let letter = |bits: u64| {
        LETTERS
            .iter()
            .cycle()
            .nth((bits & 63) as usize)
            .map_or('A', |byte| char::from(*byte))
    };
    [letter(folded >> 12), letter(folded >> 18)]
}

struct Writer<'a> {
    source: &'a str,
    first_line: u32,
    hasher: Sha256,
    lines: Vec<(u32, u64)>,
    omitted: Vec<usize>,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(source: &'a str, first_line: u32) -> Self {
        Self {
            source,
            first_line,
            hasher: Sha256::new(),
            lines: Vec::new(),
            omitted: Vec::new(),
            buffer: Vec::with_capacity(1024),
        }
    }

    fn finish(mut self) -> Normal {
        self.hasher.update(&self.buffer);
        Normal::of_lines(&self.hasher.finalize(), self.lines.into_iter())
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > 4096 {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// A token: its text and the line it stands on.
    fn feed(&mut self, token: &str, line: u32) {
        // Python reads all ends of lines as one.
        let unix = token
            .contains('\r')
            .then(|| token.replace("\r\n", "\n").replace('\r', "\n"));
        let token = unix.as_deref().unwrap_or(token);
        self.push(token.as_bytes());
        self.push(&[0]);
        let line = line.saturating_sub(self.first_line);
        let fresh = self.lines.last().is_none_or(|(last, _)| *last != line);
        if fresh {
            self.lines.push((line, FNV_START));
        }
        if let Some((_, hash)) = self.lines.last_mut() {
            for byte in token.bytes().chain([0]) {
                *hash = (*hash ^ u64::from(byte)).wrapping_mul(FNV_FACTOR);
            }
        }
    }

    /// Walks without recursion: an expression may be nested deeper than a stack is.
    fn node(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let mut open: Vec<Open> = Vec::new();
        loop {
            if let Some(inner) = self.enter(&mut cursor, open.last()) {
                open.push(inner);
                continue;
            }
            loop {
                let Some(around) = open.last() else {
                    return;
                };
                if cursor.goto_next_sibling() {
                    break;
                }
                if !around.is_transparent {
                    self.push(&[2]);
                }
                open.pop();
                cursor.goto_parent();
            }
        }
    }

    /// Writes a node, or how it begins: then the cursor stands on its first child, and what is given belongs on the stack.
    fn enter(&mut self, cursor: &mut TreeCursor<'_>, around: Option<&Open>) -> Option<Open> {
        let node = cursor.node();
        if node.is_extra() || self.omitted.contains(&node.id()) || is_remark(node, self.source) {
            return None;
        }
        let kind = node.kind();
        if !node.is_named() {
            let keeps_commas = around.is_some_and(|around| around.keeps_commas);
            let is_redundant = matches!(kind, "(" | ")" | ";") || (kind == "," && !keeps_commas);
            if !is_redundant {
                self.feed(kind, line(node));
            }
            return None;
        }
        if matches!(kind, "string" | "concatenated_string") && self.plain_string(node) {
            return None;
        }
        // Most of their text is in no node below them: only escapes and what is interpolated are.
        if matches!(kind, "string_content" | "format_specifier") {
            self.feed(text(node, self.source), line(node));
            return None;
        }
        if !cursor.goto_first_child() {
            self.feed(text(node, self.source), line(node));
            return None;
        }
        // The tree already says what belongs together; parentheses around it add nothing.
        let is_transparent = kind == "parenthesized_expression";
        if !is_transparent {
            self.push(kind.as_bytes());
            self.push(&[1]);
        }
        Some(Open {
            is_transparent,
            // `a[1,]` is not `a[1]`, nor `(a,) = b` the same as `(a) = b`, and nothing but the comma says so.
            keeps_commas: kind == "subscript"
                || (kind == "tuple_pattern" && node.named_child_count() == 1),
        })
    }

    /// Strings count by value, whichever quotes they have. `false` for those that are more than a value.
    fn plain_string(&mut self, node: Node<'_>) -> bool {
        let Some(value) = literal::string(node, self.source) else {
            return false;
        };
        self.push(&[3]);
        self.feed(&value, line(node));
        true
    }
}

/// A node whose children are being written.
struct Open {
    is_transparent: bool,
    keeps_commas: bool,
}

/// Whether a statement is nothing but a text: it documents, or is a comment in disguise.
pub(in crate::flow) fn is_remark(statement: Node<'_>, source: &str) -> bool {
    syntax::sole_expression(statement).is_some_and(|inner| literal::string(inner, source).is_some())
}
