//! A value as rows that open into rows, one level at a time.

use super::known::{self, Known};
use super::pickle::{NodeId, ValueRef};
use super::repr;
use super::summary::{count, type_name};
use super::view::{View, key_text, view};

/// Characters of a row's preview.
const PREVIEW_CHARS: usize = 120;

/// One row of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// How the parent calls it: a key, an index, an attribute's name.
    pub key: String,
    /// The short name of its type.
    pub type_name: String,
    /// Its value on one line.
    pub preview: String,
    /// The number of rows it opens into; 0 for a leaf. More rows than [`children`] gives were not kept.
    pub children: u64,
    /// Which value to give to [`children`] to open it.
    pub id: NodeId,
}

/// The row of a value under a key.
#[must_use]
pub fn tree_node(key: String, value: ValueRef<'_>) -> TreeNode {
    TreeNode {
        key,
        type_name: type_name(value),
        preview: repr::line(value, PREVIEW_CHARS),
        children: child_count(value),
        id: value.id(),
    }
}

/// The rows that a value opens into, from `skip` on and at most `limit`.
#[must_use]
pub fn children(value: ValueRef<'_>, skip: usize, limit: usize) -> Vec<TreeNode> {
    let rows: Box<dyn Iterator<Item = (String, ValueRef<'_>)>> = match parts(value) {
        View::Leaf => return Vec::new(),
        View::Sequence { items, .. } => Box::new(
            items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (at.to_string(), item)),
        ),
        View::Mapping { pairs, .. } => {
            Box::new(pairs.into_iter().map(|(key, item)| (key_text(key), item)))
        }
        View::Object { fields, .. } => {
            Box::new(fields.into_iter().enumerate().map(|(at, (name, item))| {
                (
                    if name.is_empty() {
                        at.to_string()
                    } else {
                        name
                    },
                    item,
                )
            }))
        }
    };
    rows.skip(skip)
        .take(limit)
        .map(|(key, item)| tree_node(key, item))
        .collect()
}

fn child_count(value: ValueRef<'_>) -> u64 {
    match parts(value) {
        View::Leaf => 0,
        View::Sequence { total, .. } | View::Mapping { total, .. } => total,
        View::Object { fields, .. } => fields.len() as u64,
    }
}

/// Frames and arrays are tables, not trees; what a library spells in a line has nothing to open.
fn parts(value: ValueRef<'_>) -> View<'_> {
    match known::recognise(value) {
        Some(Known::Array(_) | Known::Frame(_) | Known::NumpyScalar(..) | Known::Plain(_)) => {
            View::Leaf
        }
        None => view(value),
    }
}

/// What a row says about its length, for a column of the tree.
#[must_use]
pub fn length_text(node: &TreeNode) -> String {
    if node.children == 0 {
        String::new()
    } else {
        count(node.children)
    }
}
