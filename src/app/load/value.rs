//! One artifact: its parts as a tree, its rows as a table.

use std::{path::PathBuf, sync::Arc};

use crate::{
    app::records::{TableColumn, TablePage, TableSource, TaskKey, ValueNode},
    inspect::{self, Table, Value, ValueRef},
    store::FlowStore,
};

use super::{Library, task};

/// Parts that are listed of one value.
const PARTS: usize = 200;
/// Parts that are listed in all, and levels below the artifact.
const ALL_PARTS: usize = 5_000;
const LEVELS: usize = 8;

impl Library {
    /// The artifact's parts.
    pub fn value(&self, key: &TaskKey, name: &str) -> Result<ValueNode, String> {
        let (value, _) = self.read(key, name)?;
        let root = value.root();
        let mut left = ALL_PARTS;
        let node = inspect::tree_node(name.to_owned(), root);
        let summary = inspect::summarise(root, 0);
        Ok(ValueNode {
            preview: summary.preview,
            ..opened(&node, root, LEVELS, &mut left)
        })
    }

    /// A page of a table.
    pub fn table(&self, source: &TableSource, from: u64, rows: usize) -> Result<TablePage, String> {
        let (title, table) = match source {
            TableSource::File(path) => file(path.clone(), from, rows)?,
            TableSource::Artifact { task, name } => {
                let (value, _) = self.read(task, name)?;
                let root = value.root();
                match root.as_str().filter(|text| task::is_table_file(text)) {
                    Some(path) => file(PathBuf::from(path.as_ref()), from, rows)?,
                    None => {
                        let table = inspect::table_at(root, from, rows);
                        (
                            name.clone(),
                            table.ok_or_else(|| format!("{name} is not a table"))?,
                        )
                    }
                }
            }
        };
        Ok(page(title, &table))
    }

    fn read(&self, key: &TaskKey, name: &str) -> Result<(Value, FlowStore), String> {
        let task = self.task_store(key).ok_or("the task is not in the store")?;
        let manifest = task::manifest(&task)?;
        let artifact = manifest
            .objects
            .get(name)
            .ok_or_else(|| format!("the task has no artifact {name}"))?;
        let flow = task.run().flow().clone();
        let value = task::read(&flow, artifact)?;
        Ok((value, flow))
    }
}

fn opened(
    node: &inspect::TreeNode,
    value: ValueRef<'_>,
    levels: usize,
    left: &mut usize,
) -> ValueNode {
    let mut out = ValueNode {
        label: node.key.clone(),
        type_name: node.type_name.clone(),
        preview: node.preview.clone(),
        children: Vec::new(),
        more: 0,
    };
    if levels == 0 || node.children == 0 {
        return out;
    }
    let parts = inspect::children(value, 0, PARTS.min(*left));
    *left = left.saturating_sub(parts.len());
    out.more = node.children.saturating_sub(parts.len() as u64);
    for part in &parts {
        out.children
            .push(opened(part, value.at(part.id), levels - 1, left));
    }
    out
}

fn file(path: PathBuf, from: u64, rows: usize) -> Result<(String, Table), String> {
    let table = inspect::file_table(&path, from, rows).map_err(|error| error.to_string())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((name.into_owned(), table))
}

fn page(title: String, table: &Table) -> TablePage {
    let columns = table.columns.iter().map(|column| TableColumn {
        name: column.name.clone(),
        dtype: column.dtype.clone(),
        right: column.align == inspect::Align::Right,
    });
    let columns: Vec<TableColumn> = columns.collect();
    let rows = (0..table.height()).map(|row| {
        let cells = (0..columns.len()).map(|column| {
            if table.is_null(row, column) {
                "∅".to_owned()
            } else {
                table.cell(row, column)
            }
        });
        cells.collect()
    });
    TablePage {
        title,
        total: table.rows,
        from: table.offset,
        rows: Arc::new(rows.collect()),
        columns,
    }
}
