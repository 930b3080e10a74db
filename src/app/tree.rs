//! The artifact tree as rows: artifacts, and below an opened one the parts of its value.

use super::{records::ValueNode, state::State, words};

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    /// 0 for an artifact.
    pub depth: usize,
    /// Name of the artifact the row belongs to.
    pub artifact: String,
    /// Key of the node in [`State::open`].
    pub path: String,
    pub label: String,
    pub type_name: String,
    pub shape: String,
    pub size: String,
    pub preview: String,
    /// Differs from what was shown before.
    pub changed: bool,
    pub expandable: bool,
    pub expanded: bool,
    /// The data pane can show it.
    pub table: bool,
}

/// Rows of all artifacts and of the opened values.
pub fn tree_rows(state: &State) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    for artifact in &state.facts.artifacts {
        let expanded = state.open.contains(&artifact.name);
        rows.push(TreeRow {
            depth: 0,
            artifact: artifact.name.clone(),
            path: artifact.name.clone(),
            label: artifact.name.clone(),
            type_name: artifact.type_name.clone(),
            shape: artifact.shape.clone(),
            size: words::bytes(artifact.size),
            preview: artifact.preview.clone(),
            changed: state.changed.contains(&artifact.name),
            expandable: artifact.opens,
            expanded,
            table: artifact.table,
        });
        if !expanded {
            continue;
        }
        match state.values.get(&artifact.name) {
            None => rows.push(remark(&artifact.name, 1, "reading …")),
            Some(Err(problem)) => rows.push(remark(&artifact.name, 1, problem)),
            Some(Ok(value)) => children(state, &artifact.name, value, &artifact.name, 1, &mut rows),
        }
    }
    rows
}

fn children(
    state: &State,
    artifact: &str,
    node: &ValueNode,
    path: &str,
    depth: usize,
    rows: &mut Vec<TreeRow>,
) {
    if node.children.is_empty() && depth == 1 {
        rows.push(TreeRow {
            preview: node.preview.clone(),
            ..remark(artifact, depth, "")
        });
    }
    for (index, child) in node.children.iter().enumerate() {
        let path = format!("{path}/{index}");
        let expanded = state.open.contains(&path);
        rows.push(TreeRow {
            depth,
            artifact: artifact.to_owned(),
            label: child.label.clone(),
            type_name: child.type_name.clone(),
            shape: String::new(),
            size: String::new(),
            preview: child.preview.clone(),
            changed: false,
            expandable: !child.children.is_empty(),
            expanded,
            table: false,
            path: path.clone(),
        });
        if expanded {
            children(state, artifact, child, &path, depth + 1, rows);
        }
    }
    if node.more > 0 {
        rows.push(remark(artifact, depth, &format!("… {} more", node.more)));
    }
}

/// A row that is no part of the value.
fn remark(artifact: &str, depth: usize, text: &str) -> TreeRow {
    TreeRow {
        depth,
        artifact: artifact.to_owned(),
        path: String::new(),
        label: text.to_owned(),
        type_name: String::new(),
        shape: String::new(),
        size: String::new(),
        preview: String::new(),
        changed: false,
        expandable: false,
        expanded: false,
        table: false,
    }
}
