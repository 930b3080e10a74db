//! What an artifact is, without running it: a pickle reader that executes nothing, summaries, trees, tables.
//!
//! Knows bytes and files only. It must not know where they are stored, who asks, or how a screen shows the answer.

mod json;
mod known;
mod pickle;
mod repr;
mod summary;
mod table;
mod tree;
mod view;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::io::Read;

use bytes::Bytes;

pub use json::to_json;
pub use pickle::{
    Buffer, ClassName, How, Items, Limits, Node, NodeId, Object, Pairs, PickleError, Problem, Text,
    Value, ValueRef, read_pickle, read_pickle_from,
};
pub use repr::{line, repr};
pub use summary::{PREVIEW_CHARS, Summary, summarise};
pub use table::{Align, ColumnInfo, Table, TableError, file_table, table, table_at};
pub use tree::{TreeNode, children, length_text, tree_node};

/// A pickle as read, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// What it is, in a line.
    pub summary: Summary,
    /// The value itself.
    pub value: Value,
}

/// Reads a pickle and summarises it; `size` is the stored size in bytes, for the summary.
///
/// # Errors
/// Where and why the bytes are not a pickle.
pub fn describe(bytes: &Bytes, size: u64) -> Result<Described, PickleError> {
    let value = read_pickle(bytes, Limits::default())?;
    let summary = summarise(value.root(), size);
    Ok(Described { summary, value })
}

/// As [`describe`], of a stream: memory stays small however large the pickle is, because only the start of long byte
/// strings is kept. Cells further down are then not at hand.
///
/// # Errors
/// Where and why the stream is not a pickle, or could not be read.
pub fn describe_from(reader: &mut dyn Read, size: u64) -> Result<Described, PickleError> {
    let value = read_pickle_from(reader, Limits::default())?;
    let summary = summarise(value.root(), size);
    Ok(Described { summary, value })
}
