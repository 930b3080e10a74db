//! Tables in files: Parquet, CSV, Arrow IPC and JSON lines, of which only the rows asked for are read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, LazyCsvReader, LazyFileListReader, LazyFrame, LazyJsonLineReader, PlRefPath,
    PolarsError, len,
};

use super::guard::guarded;
use super::{ColumnInfo, Table, align_of, ipc, parquet};

/// Why a file could not be read as a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Neither the name nor the first bytes say that the file is a table.
    #[error("{0} is not a table: Parquet, CSV, Arrow IPC and JSON lines are")]
    Unknown(PathBuf),
    /// The file is damaged, or uses what cannot be read.
    #[error("cannot read {path} as a table: {message}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        message: String,
    },
}

impl TableError {
    pub(super) fn format(path: &Path, message: &dyn std::fmt::Display) -> Self {
        Self::Format {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}

enum Format {
    Parquet,
    Csv(u8),
    Ipc,
    JsonLines,
}

/// Reads at most `max_rows` rows of a file from row `offset` on, and counts all of them.
///
/// # Errors
/// The file cannot be read, is of no known format, or is damaged.
pub fn file_table(path: &Path, offset: u64, max_rows: usize) -> Result<Table, TableError> {
    let format = format_of(path)?;
    let source =
        PlRefPath::try_from_path(path).map_err(|error| TableError::format(path, &error))?;
    let scan = match format {
        Format::Parquet => return parquet::table(path, source, offset, max_rows),
        Format::Ipc => return ipc::table(path, source, offset, max_rows),
        Format::Csv(separator) => LazyCsvReader::new(source)
            .with_separator(separator)
            .with_glob(false)
            .with_ignore_errors(true)
            .with_truncate_ragged_lines(true)
            .with_raise_if_empty(false)
            .with_try_parse_dates(true)
            .finish(),
        Format::JsonLines => LazyJsonLineReader::new(source)
            .with_ignore_errors(true)
            .finish(),
    };
    guarded(|| window(scan?, offset, max_rows)).map_err(|error| TableError::format(path, &error))
}

/// Some rows of a scan, and the number of all.
pub(super) fn window(scan: LazyFrame, offset: u64, max_rows: usize) -> Result<Table, PolarsError> {
    let rows = scan.clone().select([len()]).collect()?;
    let rows = rows
        .columns()
        .first()
        .and_then(|c| c.get(0).ok()?.extract::<u64>())
        .unwrap_or(0);
    let height = u32::try_from(max_rows).unwrap_or(u32::MAX);
    let start = i64::try_from(offset.min(rows)).unwrap_or(i64::MAX);
    Ok(of_frame(scan.slice(start, height).collect()?, rows, offset))
}

/// A table of rows read from a file.
pub(super) fn of_frame(frame: DataFrame, rows: u64, offset: u64) -> Table {
    let info = |column: &polars::prelude::Column| ColumnInfo {
        name: column.name().to_string(),
        dtype: column.dtype().to_string(),
        align: align_of(column.dtype()),
        is_index: false,
    };
    let columns = frame.columns().iter().map(info).collect();
    Table {
        frame,
        rows,
        offset: offset.min(rows),
        columns,
    }
}

/// The format by the first bytes, else by the name's extension.
fn format_of(path: &Path) -> Result<Format, TableError> {
    let io = |source| TableError::Io {
        path: path.to_owned(),
        source,
    };
    let mut head = Vec::new();
    File::open(path)
        .map_err(io)?
        .take(8)
        .read_to_end(&mut head)
        .map_err(io)?;
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if head.starts_with(b"ARROW1") {
        return Ok(Format::Ipc);
    }
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("csv") => Ok(Format::Csv(b',')),
        Some("tsv" | "tab") => Ok(Format::Csv(b'\t')),
        Some("jsonl" | "ndjson") => Ok(Format::JsonLines),
        _ => Err(TableError::Unknown(path.to_owned())),
    }
}
