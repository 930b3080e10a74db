//! What a default card says of an artifact, read without running it: its text, the head of a frame, a picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::origin::Output;
use crate::cards::{ImageFact, ImageFormat, TableFact};
use crate::inspect::{self, Align, Table};
use crate::store::ArtifactRef;

/// Larger artifacts are named in a card, not shown.
const SHOW_UP_TO: u64 = 4 * 1024 * 1024;
/// Characters of an artifact's text on a line of its own.
const REPR_WIDTH: usize = 50;
const REPR_DEPTH: usize = 4;
/// Longer texts are cut to one line.
const MAX_TEXT: usize = 1200;
const CUT_TEXT: usize = 500;
/// Rows of a frame, and characters of a cell, as Metaflow's cards have them.
const ROWS: usize = 5;
const CELL: usize = 30;

/// One artifact.
#[derive(Default)]
pub(super) struct Shown {
    /// None for what is too large or cannot be read.
    pub text: Option<String>,
    pub table: Option<TableFact>,
    pub image: Option<ImageFact>,
}

/// Reads an artifact for a card.
pub(super) fn show(output: &Output, name: &str, artifact: &ArtifactRef) -> Shown {
    if artifact.size > SHOW_UP_TO || !artifact.is_pickle() {
        return Shown::default();
    }
    let Ok(bytes) = output.flow().blob(artifact.key) else {
        return Shown::default();
    };
    let Ok(described) = inspect::describe(&bytes::Bytes::from(bytes), artifact.size) else {
        return Shown::default();
    };
    let root = described.value.root();
    let is_frame = artifact.class_name().ends_with("DataFrame");
    let table = is_frame.then(|| inspect::table(root, ROWS)).flatten();
    let image = match root.node() {
        inspect::Node::Bytes(buffer) if buffer.is_whole() => picture(buffer.head()),
        _ => None,
    };
    let text = inspect::repr(root, REPR_WIDTH, REPR_DEPTH);
    Shown {
        text: Some(if text.len() > MAX_TEXT {
            inspect::line(root, CUT_TEXT)
        } else {
            text
        }),
        table: table.map(|table| head(name, &table)),
        image: image.map(|src| ImageFact {
            name: name.to_owned(),
            src,
        }),
    }
}

/// The address of a picture that browsers show.
fn picture(bytes: &[u8]) -> Option<String> {
    // A text with a drawing in it is a text.
    let format = ImageFormat::of(bytes).filter(|format| *format != ImageFormat::Svg)?;
    Some(format!(
        "data:image/{};base64, {}",
        format.name(),
        STANDARD.encode(bytes)
    ))
}

/// The first rows, with what labels them in front.
fn head(name: &str, table: &Table) -> TableFact {
    let has_index = table.columns.iter().any(|column| column.is_index);
    let own = table.columns.iter().map(|column| {
        if column.is_index {
            String::new()
        } else {
            column.name.clone()
        }
    });
    let number = (!has_index).then(String::new);
    let row = |row: usize| -> Vec<Value> {
        let cells = (0..table.columns.len()).map(|column| cell(table, row, column));
        (!has_index)
            .then(|| json!(row))
            .into_iter()
            .chain(cells)
            .collect()
    };
    TableFact {
        name: name.to_owned(),
        columns: number.into_iter().chain(own).collect(),
        rows: (0..table.height().min(ROWS)).map(row).collect(),
        total_rows: table.rows,
    }
}

/// Numbers as they are, what is missing as the word null, all else as a short text.
fn cell(table: &Table, row: usize, column: usize) -> Value {
    if table.is_null(row, column) {
        return json!("null");
    }
    let text = table.cell(row, column);
    let is_number = table
        .columns
        .get(column)
        .is_some_and(|info| info.align == Align::Right);
    if is_number && text == "NaN" {
        return json!("null");
    }
    if is_number && let Ok(number) = serde_json::from_str::<serde_json::Number>(&text) {
        return Value::Number(number);
    }
    match text.char_indices().nth(CELL) {
        Some((at, _)) => json!(format!("{}...", text.get(..at).unwrap_or_default())),
        None => json!(text),
    }
}
