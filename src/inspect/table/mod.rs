//! Rows and columns: of a value, or of a file, as a Polars frame of the rows asked for.

mod cells;
mod file;
mod format;
mod guard;
mod ipc;
mod parquet;
mod value;

#[cfg(test)]
mod tests;

use polars::prelude::{DataFrame, DataType};

pub use file::{TableError, file_table};
pub use value::{table, table_at};

/// Which side of a column its cells are shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers and durations.
    Right,
}

/// What a grid says above a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The name as its source has it; the frame's may differ where two are the same.
    pub name: String,
    /// The type as its source calls it, such as `int64` or `datetime64[ns]`.
    pub dtype: String,
    /// The side of its cells.
    pub align: Align,
    /// Whether it labels the rows rather than being data.
    pub is_index: bool,
}

/// Some rows of a table, and how many it has in all.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The rows at hand.
    pub frame: DataFrame,
    /// The number of rows of the whole table.
    pub rows: u64,
    /// The number of the first row at hand.
    pub offset: u64,
    /// The columns, in the order of the frame's.
    pub columns: Vec<ColumnInfo>,
}

impl Table {
    /// The number of rows at hand.
    #[must_use]
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// A cell as text for a grid, on one line; empty outside the table. Rows count from the first one at hand.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> String {
        self.any(row, column)
            .map(|value| format::cell(&value))
            .unwrap_or_default()
    }

    /// Whether a cell is missing.
    #[must_use]
    pub fn is_null(&self, row: usize, column: usize) -> bool {
        self.any(row, column).is_some_and(|value| value.is_null())
    }

    fn any(&self, row: usize, column: usize) -> Option<polars::prelude::AnyValue<'_>> {
        self.frame.columns().get(column)?.get(row).ok()
    }

    /// The rows from `offset` (counted from the first one at hand) and at most `len` of them.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Self {
        let start = offset.min(self.height());
        Self {
            frame: self
                .frame
                .slice(i64::try_from(start).unwrap_or(i64::MAX), len),
            rows: self.rows,
            offset: self.offset + start as u64,
            columns: self.columns.clone(),
        }
    }
}

/// The side on which a type is shown.
fn align_of(dtype: &DataType) -> Align {
    if dtype.is_primitive_numeric() || dtype.is_duration() {
        Align::Right
    } else {
        Align::Left
    }
}

/// The side on which a type is shown, by the name that numpy, Arrow or Polars give it.
fn align_of_name(dtype: &str) -> Align {
    let name = dtype.to_lowercase();
    let is_number = ["int", "uint", "float", "double", "timedelta", "duration"]
        .iter()
        .any(|start| name.starts_with(start));
    let is_short = name
        .strip_prefix(['i', 'u', 'f'])
        .is_some_and(|bits| bits.parse::<u8>().is_ok());
    if is_number || is_short {
        Align::Right
    } else {
        Align::Left
    }
}
