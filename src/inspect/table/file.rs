//! Tables in files: Parquet, CSV, Arrow IPC and JSON lines, of which only the rows asked for are read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, IpcScanOptions, LazyCsvReader, LazyFileListReader, LazyFrame, LazyJsonLineReader,
    PlRefPath, PolarsError, UnifiedScanArgs, len,
};

use super::super::known;
use super::{ColumnInfo, Table, align_of, parquet, value};

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
        Format::Csv(separator) => LazyCsvReader::new(source)
            .with_separator(separator)
            .with_glob(false)
            .with_ignore_errors(true)
            .with_truncate_ragged_lines(true)
            .with_raise_if_empty(false)
            .with_try_parse_dates(true)
            .finish(),
        Format::Ipc if !is_native(path)? => return foreign_ipc(path, offset, max_rows),
        Format::Ipc => {
            let args = UnifiedScanArgs {
                glob: false,
                ..UnifiedScanArgs::default()
            };
            LazyFrame::scan_ipc(source, IpcScanOptions::default(), args)
        }
        Format::JsonLines => LazyJsonLineReader::new(source)
            .with_ignore_errors(true)
            .finish(),
    };
    let read = |scan: LazyFrame| -> Result<(DataFrame, u64), PolarsError> {
        let rows = scan.clone().select([len()]).collect()?;
        let rows = rows
            .columns()
            .first()
            .and_then(|c| c.get(0).ok()?.extract::<u64>())
            .unwrap_or(0);
        let window = u32::try_from(max_rows).unwrap_or(u32::MAX);
        let frame = scan
            .slice(i64::try_from(offset.min(rows)).unwrap_or(i64::MAX), window)
            .collect()?;
        Ok((frame, rows))
    };
    let (frame, rows) = scan
        .and_then(read)
        .map_err(|error| TableError::format(path, &error))?;
    Ok(of_frame(frame, rows, offset))
}

/// The schema of an Arrow file is at its end; no real one is longer.
const MAX_FOOTER: u64 = 8 << 20;

/// Arrow files with types that Polars lacks are read whole, up to this size.
const MAX_FOREIGN: u64 = 512 << 20;

/// The last bytes of a file, at most so many, and the file's length.
fn tail(path: &Path, count: u64) -> Result<(Vec<u8>, u64), TableError> {
    let io = |source| TableError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(io)?;
    let len = file.metadata().map_err(io)?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(count)))
        .map_err(io)?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes).map_err(io)?;
    Ok((bytes, len))
}

/// Whether Polars, as built here, has all types of an Arrow file.
fn is_native(path: &Path) -> Result<bool, TableError> {
    let (end, _) = tail(path, MAX_FOOTER)?;
    known::is_native_file(&end)
        .ok_or_else(|| TableError::format(path, &"the schema cannot be read"))
}

fn foreign_ipc(path: &Path, offset: u64, max_rows: usize) -> Result<Table, TableError> {
    let (bytes, len) = tail(path, MAX_FOREIGN)?;
    if len > MAX_FOREIGN {
        return Err(TableError::format(
            path,
            &"it is large and has types that are only read from smaller files",
        ));
    }
    let columns = known::file(&bytes)
        .ok_or_else(|| TableError::format(path, &"its batches cannot be read"))?;
    value::of_columns_of(columns, offset, max_rows)
        .ok_or_else(|| TableError::format(path, &"its columns differ in length"))
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
