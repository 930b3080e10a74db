//! Arrow IPC files: the batches that hold the rows asked for, read in place; compressed ones by Polars.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use polars::prelude::{IpcScanOptions, LazyFrame, PlRefPath, UnifiedScanArgs};

use super::super::known::{Block, IpcFile, batch_facts};
use super::guard::guarded;
use super::{Table, TableError, file, value};

/// The schema of a file is at its end; no real one is longer.
const MAX_FOOTER: u64 = 8 << 20;

/// Metadata of a batch; no real one is longer.
const MAX_METADATA: u64 = 8 << 20;

/// Batches that are read in place, in bytes.
const MAX_BODY: u64 = 256 << 20;

/// Reads some rows of an Arrow IPC file.
pub(super) fn table(
    path: &Path,
    source: PlRefPath,
    offset: u64,
    max_rows: usize,
) -> Result<Table, TableError> {
    let io = |source| TableError::Io {
        path: path.to_owned(),
        source,
    };
    let damaged = || TableError::format(path, &"the file is damaged");
    let mut input = File::open(path).map_err(io)?;
    let len = input.metadata().map_err(io)?.len();
    let tail = read_at(&mut input, len.saturating_sub(MAX_FOOTER), MAX_FOOTER).map_err(io)?;
    let index = IpcFile::of_tail(&tail).ok_or_else(damaged)?;

    // Messages do not overlap; a footer that says otherwise would have the same bytes read without end.
    let all = index.dictionaries.iter().chain(&index.batches);
    let claimed = all.fold(0u64, |sum, block| {
        sum.saturating_add(block.metadata)
            .saturating_add(block.body)
    });
    if claimed > len {
        return Err(damaged());
    }

    let end = offset.saturating_add(max_rows as u64);
    let (mut rows, mut first, mut needed) = (0u64, None, index.dictionaries.clone());
    let mut is_compressed = false;
    for batch in &index.batches {
        let metadata =
            read_at(&mut input, batch.start, batch.metadata.min(MAX_METADATA)).map_err(io)?;
        let (height, compressed) = batch_facts(&metadata).ok_or_else(damaged)?;
        is_compressed |= compressed;
        let below = rows.checked_add(height).ok_or_else(damaged)?;
        if below > offset && rows < end {
            first.get_or_insert(rows);
            needed.push(*batch);
        }
        rows = below;
    }
    let body = needed
        .iter()
        .fold(0u64, |sum, block| sum.saturating_add(block.body));
    if is_compressed || body > MAX_BODY {
        return if index.is_native() {
            by_polars(path, source, offset, max_rows)
        } else {
            Err(TableError::format(
                path,
                &"its batches are compressed or large, and of types that are only read otherwise",
            ))
        };
    }
    let read = |block: &Block| {
        read_at(
            &mut input,
            block.start,
            block.metadata.saturating_add(block.body),
        )
    };
    let messages = needed
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()
        .map_err(io)?;
    let columns = index.columns(&messages).ok_or_else(damaged)?;
    let start = first.unwrap_or(offset.min(rows));
    let mut table =
        value::of_columns(columns, offset.saturating_sub(start), max_rows).ok_or_else(damaged)?;
    table.rows = rows;
    table.offset = offset.min(rows);
    Ok(table)
}

/// As many bytes as there are, of those asked for.
fn read_at(input: &mut File, start: u64, count: u64) -> std::io::Result<Vec<u8>> {
    input.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    input.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn by_polars(
    path: &Path,
    source: PlRefPath,
    offset: u64,
    max_rows: usize,
) -> Result<Table, TableError> {
    let args = UnifiedScanArgs {
        glob: false,
        ..UnifiedScanArgs::default()
    };
    let scan = LazyFrame::scan_ipc(source, IpcScanOptions::default(), args);
    guarded(|| file::window(scan?, offset, max_rows))
        .map_err(|error| TableError::format(path, &error))
}
