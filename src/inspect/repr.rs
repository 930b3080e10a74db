//! Values as Python would print them, on one line or on several, cut to a budget so that no value is too large to show.

use super::known::{self, Cell, Frame, Known, NdArray, NdData, float_repr, quote, quote_bytes};
use super::pickle::{Buffer, Node, Text, ValueRef};
use super::view::{View, class_name, view};

/// The value on one line of at most `max_chars` characters; a longer one ends in `…`.
#[must_use]
pub fn line(value: ValueRef<'_>, max_chars: usize) -> String {
    let mut printer = Printer {
        out: String::new(),
        left: max_chars.saturating_mul(4).max(16),
        path: Vec::new(),
        depth: 12,
        width: None,
    };
    printer.value(value, 0);
    truncate(&printer.out, max_chars)
}

/// The value over several lines as `pprint` would lay it out: containers that fit in `width` columns on one line, others
/// with one part a line; `depth` levels deep but no more than 100, cut at about 200 KB.
#[must_use]
pub fn repr(value: ValueRef<'_>, width: usize, depth: usize) -> String {
    let mut printer = Printer {
        out: String::new(),
        left: 200_000,
        path: Vec::new(),
        depth: depth.min(MAX_DEPTH),
        width: Some(width.max(20)),
    };
    printer.value(value, 0);
    printer.out
}

/// A key of a dict: what has no parts as it is, tuples one level deep. Deeper keys are cut, since a damaged pickle may have
/// one that holds itself.
pub(super) fn key(value: ValueRef<'_>) -> String {
    match value.node() {
        Node::Tuple(items) => {
            let parts: Vec<String> = items
                .kept
                .iter()
                .take(16)
                .map(|id| brief(value.at(*id)))
                .collect();
            let end = if items.total == 1 { "," } else { "" };
            let cut = if items.total > 16 { ", …" } else { "" };
            format!("({}{end}{cut})", parts.join(", "))
        }
        _ => brief(value),
    }
}

/// A value without looking into it: objects by their class.
fn brief(value: ValueRef<'_>) -> String {
    const MAX: usize = 80;
    if let Some(text) = leaf(value, MAX) {
        return text;
    }
    match known::simple(value) {
        Some(text) => text,
        None => format!("{}(…)", class_name(value)),
    }
}

/// Cuts text to a number of characters, the last of them then an ellipsis.
pub(super) fn truncate(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    if max_chars > 0 {
        cut.push('…');
    }
    cut
}

/// Levels printed at most: each takes a part of the stack.
const MAX_DEPTH: usize = 100;

/// Elements of one container that are printed at most.
const MAX_PARTS: usize = 1_000;

struct Printer<'a> {
    out: String,
    /// Bytes that may still be printed; spent ones end the output with an ellipsis.
    left: usize,
    /// The containers being printed, so that a cycle shows as `...`.
    path: Vec<ValueRef<'a>>,
    depth: usize,
    /// The width to lay out for; none prints one line.
    width: Option<usize>,
}

impl<'a> Printer<'a> {
    fn push(&mut self, text: &str) {
        if self.left == 0 {
            return;
        }
        if text.len() > self.left {
            self.left = 0;
            self.out.push('…');
            return;
        }
        self.left -= text.len();
        self.out.push_str(text);
    }

    fn value(&mut self, value: ValueRef<'a>, indent: usize) {
        if self.left == 0 {
            return;
        }
        if let Some(text) = leaf(value, self.left) {
            return self.push(&text);
        }
        if let Some(text) = known_text(value) {
            return self.push(&text);
        }
        let (open, close, parts, total) = parts(value);
        if parts.is_empty() {
            let cut = if total > 0 { "…" } else { "" };
            return self.push(&format!("{open}{cut}{close}"));
        }
        if self.path.contains(&value) || self.path.len() >= self.depth {
            return self.push(&format!("{open}...{close}"));
        }
        self.path.push(value);
        match self.width {
            Some(width) if !self.fits(value, width.saturating_sub(indent)) => {
                self.spread(&open, &close, &parts, total, indent);
            }
            _ => self.join(&open, &close, &parts, total),
        }
        self.path.pop();
    }

    /// Whether a container prints on one line of that width.
    fn fits(&self, value: ValueRef<'a>, width: usize) -> bool {
        let path = self
            .path
            .get(..self.path.len().saturating_sub(1))
            .unwrap_or_default()
            .to_vec();
        let mut trial = Printer {
            out: String::new(),
            left: width.saturating_mul(4),
            path,
            depth: self.depth,
            width: None,
        };
        trial.value(value, 0);
        trial.left > 0 && trial.out.chars().count() <= width
    }

    fn join(&mut self, open: &str, close: &str, parts: &[(String, ValueRef<'a>)], total: u64) {
        self.push(open);
        for (at, (label, part)) in parts.iter().take(MAX_PARTS).enumerate() {
            if self.left == 0 {
                return;
            }
            self.push(if at == 0 { "" } else { ", " });
            self.push(label);
            self.value(*part, 0);
        }
        if let Some(more) = more(parts.len(), total) {
            self.push(", ");
            self.push(&more);
        }
        if open == "(" && parts.len() == 1 {
            self.push(",");
        }
        self.push(close);
    }

    fn spread(
        &mut self,
        open: &str,
        close: &str,
        parts: &[(String, ValueRef<'a>)],
        total: u64,
        indent: usize,
    ) {
        let inner = indent + 2;
        self.push(open);
        for (label, part) in parts.iter().take(MAX_PARTS) {
            if self.left == 0 {
                return;
            }
            self.push(&format!("\n{:inner$}{label}", ""));
            self.value(*part, inner);
            self.push(",");
        }
        if let Some(more) = more(parts.len(), total) {
            self.push(&format!("\n{:inner$}{more}", ""));
        }
        self.push(&format!("\n{:indent$}{close}", ""));
    }
}

/// A note on the elements that are not printed.
fn more(kept: usize, total: u64) -> Option<String> {
    let shown = kept.min(MAX_PARTS) as u64;
    (total > shown).then(|| format!("… {} more", total - shown))
}

/// Brackets, labelled parts and their full number.
fn parts(value: ValueRef<'_>) -> (String, String, Vec<(String, ValueRef<'_>)>, u64) {
    match view(value) {
        View::Leaf => (String::new(), String::new(), Vec::new(), 0),
        // Braces alone would be an empty dict.
        View::Sequence {
            class: None,
            open: "{",
            total: 0,
            ..
        } => ("set(".to_owned(), ")".to_owned(), Vec::new(), 0),
        View::Sequence {
            class,
            open,
            close,
            items,
            total,
        } => {
            let (open, close) = wrap(class, open, close);
            (
                open,
                close,
                items
                    .into_iter()
                    .map(|item| (String::new(), item))
                    .collect(),
                total,
            )
        }
        View::Mapping {
            class,
            pairs,
            total,
        } => {
            let (open, close) = wrap(class, "{", "}");
            (
                open,
                close,
                pairs
                    .into_iter()
                    .map(|(k, v)| (format!("{}: ", key(k)), v))
                    .collect(),
                total,
            )
        }
        View::Object { class, fields } => {
            let total = fields.len() as u64;
            let label = |name: String| match name {
                name if name.is_empty() => name,
                name => format!("{name}="),
            };
            (
                format!("{class}("),
                ")".to_owned(),
                fields.into_iter().map(|(k, v)| (label(k), v)).collect(),
                total,
            )
        }
    }
}

fn wrap(class: Option<&str>, open: &str, close: &str) -> (String, String) {
    match class {
        Some(class) => (format!("{class}({open}"), format!("{close})")),
        None => (open.to_owned(), close.to_owned()),
    }
}

/// The text of a value without parts; of long strings only what a reader of `left` bytes can see.
fn leaf(value: ValueRef<'_>, left: usize) -> Option<String> {
    Some(match value.node() {
        Node::None => "None".to_owned(),
        Node::Bool(true) => "True".to_owned(),
        Node::Bool(false) => "False".to_owned(),
        Node::Int(number) => number.to_string(),
        Node::BigInt(digits) => digits.to_string(),
        Node::Float(number) => float_repr(*number),
        Node::Str(text) => text_repr(text, left),
        Node::Bytes(bytes) => bytes_repr(bytes, left),
        Node::ByteArray(bytes) => format!("bytearray({})", bytes_repr(bytes, left)),
        Node::Global(class) => format!("<class '{class}'>"),
        Node::Persistent(_) => "<object kept elsewhere>".to_owned(),
        Node::Elided => "…".to_owned(),
        Node::List(_)
        | Node::Tuple(_)
        | Node::Set(_)
        | Node::FrozenSet(_)
        | Node::Dict(_)
        | Node::Object(_) => return None,
    })
}

fn text_repr(text: &Text, left: usize) -> String {
    let head = text
        .as_bytes()
        .get(..left.min(text.as_bytes().len()))
        .unwrap_or_default();
    let cut = (head.len() as u64) < text.len();
    let mut shown = quote(&String::from_utf8_lossy(head));
    if cut {
        shown.pop();
        shown.push('…');
    }
    shown
}

fn bytes_repr(bytes: &Buffer, left: usize) -> String {
    let head = bytes
        .head()
        .get(..left.min(bytes.head().len()))
        .unwrap_or_default();
    let mut shown = quote_bytes(head);
    if (head.len() as u64) < bytes.len() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// The text of a value that a library gives a meaning.
fn known_text(value: ValueRef<'_>) -> Option<String> {
    Some(match known::recognise(value)? {
        Known::Array(array) => array_text(&array),
        Known::NumpyScalar(scalar, _) => scalar.to_string(),
        Known::Frame(frame) => frame_text(&frame),
        Known::Plain(plain) => plain.text,
    })
}

/// Elements of an array shown before the rest is left out.
const SHOWN: u64 = 20;

/// `array([1, 2, …], dtype)`, of more dimensions with the shape.
pub(super) fn array_text(array: &NdArray<'_>) -> String {
    let count = array.count();
    let one = |at: u64| match array.data {
        NdData::Raw(_) => array.at(at).to_string(),
        NdData::Objects(of, ids) => {
            let id = usize::try_from(at).ok().and_then(|at| ids.get(at));
            id.map_or_else(|| "…".to_owned(), |id| brief(of.at(*id)))
        }
    };
    let mut shown: Vec<String> = (0..count.min(SHOWN)).map(one).collect();
    if count > SHOWN {
        shown.push("…".to_owned());
    }
    match array.shape[..] {
        [] => shown.concat(),
        [_] => format!("[{}]", shown.join(", ")),
        _ => {
            let axes: Vec<String> = array.shape.iter().map(u64::to_string).collect();
            format!(
                "{} {} [{}]",
                array.dtype.name,
                axes.join("×"),
                shown.join(", ")
            )
        }
    }
}

/// The values of a single column; the columns of a table with their types.
pub(super) fn frame_text(frame: &Frame<'_>) -> String {
    if let (known::FrameKind::Single, Some(column)) = (frame.kind, frame.columns.first()) {
        let mut shown: Vec<String> = (0..column.len.min(SHOWN))
            .map(|row| cell_text(&column.cell(row)))
            .collect();
        if column.len > SHOWN {
            shown.push("…".to_owned());
        }
        return format!("[{}]", shown.join(", "));
    }
    let mut shown: Vec<String> = frame
        .columns
        .iter()
        .take(50)
        .map(|column| format!("{}: {}", column.name, column.dtype))
        .collect();
    if frame.columns.len() > 50 {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn cell_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Scalar(scalar) => scalar.to_string(),
        // An object array can hold itself, and so its own text.
        Cell::Value(value) => brief(*value),
    }
}
