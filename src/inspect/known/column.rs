//! One column of a frame: where its cells are and how to read one, whatever library wrote it.

use super::super::pickle::{Buffer, Node, NodeId, ValueRef};
use super::arrow::Chunks;
use super::dtype::Dtype;
use super::numpy;
use super::python::float_repr;
use super::scalar::Scalar;

/// A named column of known length.
#[derive(Debug, Clone)]
pub(in crate::inspect) struct Column<'a> {
    /// Its name; empty for an unnamed index.
    pub(in crate::inspect) name: String,
    /// The library's name of its type.
    pub(in crate::inspect) dtype: String,
    /// The number of cells.
    pub(in crate::inspect) len: u64,
    pub(super) data: Data<'a>,
}

/// Where the cells of a column are.
#[derive(Debug, Clone)]
pub(super) enum Data<'a> {
    /// Elements of a numpy array, `start + step * row` in storage order.
    Strided {
        dtype: Dtype,
        buffer: &'a Buffer,
        start: u64,
        step: u64,
    },
    /// Python objects of a numpy array, laid out likewise.
    Objects {
        of: ValueRef<'a>,
        ids: &'a [NodeId],
        start: u64,
        step: u64,
    },
    /// Values, null where the mask is true.
    Masked {
        values: Box<Data<'a>>,
        mask: Box<Data<'a>>,
    },
    /// Positions in a list of levels; negative for null.
    Codes {
        codes: Box<Data<'a>>,
        levels: Box<Data<'a>>,
    },
    /// Arrow arrays, one after the other.
    Arrow(Chunks<'a>),
    /// `start + step * row`.
    Range { start: i64, step: i64 },
    /// Cells that cannot be read.
    Opaque,
}

/// One cell.
#[derive(Debug, Clone)]
pub(in crate::inspect) enum Cell<'a> {
    /// A number, text or time.
    Scalar(Scalar),
    /// A Python object.
    Value(ValueRef<'a>),
}

impl<'a> Column<'a> {
    /// The cell of a row.
    pub(in crate::inspect) fn cell(&self, row: u64) -> Cell<'a> {
        self.data.cell(row)
    }
}

impl<'a> Data<'a> {
    pub(super) fn cell(&self, row: u64) -> Cell<'a> {
        let opaque = Cell::Scalar(Scalar::Opaque);
        match self {
            Self::Strided {
                dtype,
                buffer,
                start,
                step,
            } => match position(*start, *step, row) {
                Some(at) => Cell::Scalar(numpy::element(dtype, buffer, at)),
                None => opaque,
            },
            Self::Objects {
                of,
                ids,
                start,
                step,
            } => position(*start, *step, row)
                .and_then(|at| ids.get(usize::try_from(at).ok()?))
                .map_or(opaque, |id| Cell::of_object(of.at(*id))),
            Self::Masked { values, mask } => match mask.cell(row) {
                Cell::Scalar(Scalar::Bool(true)) => Cell::Scalar(Scalar::Null),
                _ => values.cell(row),
            },
            Self::Codes { codes, levels } => match codes.cell(row) {
                Cell::Scalar(Scalar::Int(code)) => match u64::try_from(code) {
                    Ok(code) => levels.cell(code),
                    Err(_) => Cell::Scalar(Scalar::Null),
                },
                Cell::Scalar(Scalar::UInt(code)) => levels.cell(code),
                other => other,
            },
            Self::Arrow(chunks) => Cell::Scalar(chunks.scalar(row)),
            Self::Range { start, step } => i64::try_from(row)
                .ok()
                .and_then(|row| start.checked_add(step.checked_mul(row)?))
                .map_or(opaque, |value| Cell::Scalar(Scalar::Int(value))),
            Self::Opaque => opaque,
        }
    }
}

fn position(start: u64, step: u64, row: u64) -> Option<u64> {
    start.checked_add(step.checked_mul(row)?)
}

impl<'a> Cell<'a> {
    /// A Python object as a cell: simple values as scalars, the rest as themselves.
    pub(in crate::inspect) fn of_object(value: ValueRef<'a>) -> Self {
        Cell::Scalar(match value.node() {
            Node::None => Scalar::Null,
            Node::Bool(value) => Scalar::Bool(*value),
            Node::Int(value) => Scalar::Int(*value),
            Node::Float(value) => Scalar::Float(*value),
            Node::Str(text) if text.is_whole() => Scalar::Text(text.as_str().into_owned()),
            _ => match numpy::scalar(value) {
                Some((scalar, _)) => scalar,
                None => return Cell::Value(value),
            },
        })
    }

    /// The cell as a column's name: text as it is, other labels as they print.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Scalar(Scalar::Text(text)) => text.clone(),
            Self::Scalar(scalar) => scalar.to_string(),
            Self::Value(value) => label(*value),
        }
    }
}

/// A value as a label: text as it is, numbers as they print, tuples by their parts.
pub(super) fn label(value: ValueRef<'_>) -> String {
    match value.node() {
        Node::Str(text) => text.as_str().into_owned(),
        Node::None => String::new(),
        Node::Int(value) => value.to_string(),
        Node::Float(value) => float_repr(*value),
        Node::Tuple(items) => {
            // Parts of a label are not tuples again, so one level is enough and a cycle cannot trap us.
            let part = |id: &NodeId| match value.at(*id).node() {
                Node::Tuple(_) => "…".to_owned(),
                _ => label(value.at(*id)),
            };
            format!(
                "({})",
                items
                    .kept
                    .iter()
                    .take(8)
                    .map(part)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        _ => match Cell::of_object(value) {
            Cell::Scalar(scalar) => scalar.to_string(),
            Cell::Value(_) => "…".to_owned(),
        },
    }
}
