//! polars frames and series, which pickle as an Arrow IPC stream; the stream is read in place.
//!
//! The messages are those of the Arrow IPC streaming format; their metadata are FlatBuffers tables.

use std::collections::HashMap;

use super::super::pickle::{Buffer, ValueRef};
use super::arrow::{Array, Chunks, Layout};
use super::column::{Column, Data};
use super::flat::Table;
use super::ipc_schema::{Field, fields};
use super::pandas::{Frame, FrameKind};

/// Reads a polars DataFrame or Series.
pub(super) fn frame(value: ValueRef<'_>) -> Option<Frame<'_>> {
    let class = value.callee().filter(|class| class.package() == "polars")?;
    let kind = match &*class.name {
        "DataFrame" => FrameKind::Table,
        "Series" => FrameKind::Single,
        _ => return None,
    };
    let state = value.state()?;
    let columns = match state.as_buffer() {
        Some(bytes) => stream(bytes)?,
        // Older versions pickle a frame as the list of its series.
        None => state
            .items()
            .map(|series| stream(series.state()?.as_buffer()?)?.pop())
            .collect::<Option<_>>()?,
    };
    let rows = columns.first().map_or(0, |column: &Column<'_>| column.len);
    Some(Frame {
        class: class.name.to_string(),
        kind,
        columns,
        index: Vec::new(),
        rows,
    })
}

/// An Arrow IPC file, by its footer: the schema, and where its messages are.
pub(in crate::inspect) struct IpcFile {
    fields: Vec<Field>,
    /// The dictionaries, which the batches need.
    pub(in crate::inspect) dictionaries: Vec<Block>,
    /// The batches, in order.
    pub(in crate::inspect) batches: Vec<Block>,
}

/// Where a message of a file is.
#[derive(Debug, Clone, Copy)]
pub(in crate::inspect) struct Block {
    /// The offset in the file.
    pub(in crate::inspect) start: u64,
    /// The length of its metadata.
    pub(in crate::inspect) metadata: u64,
    /// The length of its body, which follows.
    pub(in crate::inspect) body: u64,
}

impl IpcFile {
    /// Reads the footer, of the last bytes of a file.
    pub(in crate::inspect) fn of_tail(tail: &[u8]) -> Option<Self> {
        let footer = footer(tail)?;
        let blocks = |index: usize| -> Vec<Block> {
            let block = |(start, metadata, body)| Block {
                start,
                metadata,
                body,
            };
            footer.blocks(index).map(block).collect()
        };
        Some(Self {
            fields: fields(&footer.table(1)?)?,
            dictionaries: blocks(2),
            batches: blocks(3),
        })
    }

    /// Whether Polars, as built here, has all types.
    pub(in crate::inspect) fn is_native(&self) -> bool {
        self.fields.iter().all(|field| field.is_native)
    }

    /// The columns of some messages, dictionaries first.
    pub(in crate::inspect) fn columns(self, messages: &[Vec<u8>]) -> Option<Vec<Column<'_>>> {
        columns(
            self.fields,
            messages
                .iter()
                .filter_map(|bytes| next_message(&mut &bytes[..])),
        )
    }
}

/// The rows of a batch and whether its buffers are compressed, by its metadata.
pub(in crate::inspect) fn batch_facts(metadata: &[u8]) -> Option<(u64, bool)> {
    let batch = next_message(&mut &*metadata)
        .filter(|message| message.kind == BATCH)?
        .header;
    Some((u64::try_from(batch.i64(0)).ok()?, batch.table(3).is_some()))
}

/// The footer of a file lies before its length and the closing magic bytes.
fn footer(bytes: &[u8]) -> Option<Table<'_>> {
    let (rest, len) = bytes.strip_suffix(b"ARROW1")?.split_last_chunk()?;
    let len = usize::try_from(i32::from_le_bytes(*len)).ok()?;
    Table::root(rest.get(rest.len().checked_sub(len)?..)?)
}

/// What may follow the last batch: the end of the stream and its padding.
const MAX_END: u64 = 64;

/// The columns of a stream. One of which only the start is kept must be of one batch, else its rows cannot be counted.
fn stream(buffer: &Buffer) -> Option<Vec<Column<'_>>> {
    let mut bytes = &buffer.head()[..];
    let schema = next_message(&mut bytes).filter(|message| message.kind == SCHEMA)?;
    let mut absent = buffer.len() - buffer.head().len() as u64;
    let messages = std::iter::from_fn(|| {
        let message = next_message(&mut bytes)?;
        absent = absent.saturating_sub(message.absent);
        Some(message)
    });
    let columns = columns(fields(&schema.header)?, messages)?;
    (absent <= MAX_END).then_some(columns)
}

/// A message: its header's kind and table, and its body.
struct Message<'a> {
    kind: u8,
    header: Table<'a>,
    body: &'a [u8],
    /// Bytes of the body that are not at hand.
    absent: u64,
}

const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const BATCH: u8 = 3;

/// The columns of batches, whose dictionaries come before them.
fn columns<'a>(
    fields: Vec<Field>,
    messages: impl Iterator<Item = Message<'a>>,
) -> Option<Vec<Column<'a>>> {
    let mut data: Vec<Chunks<'_>> = fields.iter().map(|_| Chunks::default()).collect();
    let mut dictionaries: HashMap<i64, Chunks<'_>> = HashMap::new();
    let by_id: HashMap<i64, &Field> = fields
        .iter()
        .filter_map(|field| Some((field.dictionary?, field)))
        .collect();
    for message in messages {
        match message.kind {
            BATCH => {
                let mut reader = BatchReader::new(&message.header, message.body);
                for (field, chunks) in fields.iter().zip(&mut data) {
                    let mut array = reader.array(field)?;
                    array.dictionary = field
                        .dictionary
                        .map(|id| Box::new(dictionaries.get(&id).cloned().unwrap_or_default()));
                    chunks.push(array);
                }
            }
            DICTIONARY => {
                let id = message.header.i64(0);
                let (Some(field), Some(batch)) = (by_id.get(&id), message.header.table(1)) else {
                    continue;
                };
                let array =
                    BatchReader::new(&batch, message.body).array(field.children.first()?)?;
                if !message.header.bool(2) {
                    dictionaries.remove(&id);
                }
                dictionaries.entry(id).or_default().push(array);
            }
            _ => {}
        }
    }
    let column = |(field, chunks): (Field, Chunks<'a>)| Column {
        name: field.name,
        dtype: field.dtype,
        len: chunks.len(),
        data: Data::Arrow(chunks),
    };
    Some(fields.into_iter().zip(data).map(column).collect())
}

/// `FFFFFFFF`, the metadata's length, the metadata, the body; a length of zero ends the stream.
fn next_message<'a>(stream: &mut &'a [u8]) -> Option<Message<'a>> {
    let word = |bytes: &[u8]| Some(i32::from_le_bytes(*bytes.first_chunk()?));
    let mut rest = *stream;
    let mut len = word(rest)?;
    rest = rest.get(4..)?;
    if len == -1 {
        len = word(rest)?;
        rest = rest.get(4..)?;
    }
    let len = usize::try_from(len).ok().filter(|len| *len > 0)?;
    let (metadata, rest) = rest.split_at_checked(len)?;
    let table = Table::root(metadata)?;
    let body_len = usize::try_from(table.i64(3)).ok()?;
    // A body that is not wholly at hand still serves its first rows.
    let (body, rest) = rest.split_at(body_len.min(rest.len()));
    *stream = rest;
    Some(Message {
        kind: table.u8(1),
        header: table.table(2)?,
        absent: (body_len - body.len()) as u64,
        body,
    })
}

/// Hands out the nodes and buffers of a batch, which lie in the order of the fields, parents before children.
struct BatchReader<'a> {
    body: &'a [u8],
    compressed: bool,
    nodes: Box<dyn Iterator<Item = u64> + 'a>,
    buffers: Box<dyn Iterator<Item = (u64, u64)> + 'a>,
    variadic: Box<dyn Iterator<Item = u64> + 'a>,
}

impl<'a> BatchReader<'a> {
    fn new(batch: &Table<'a>, body: &'a [u8]) -> Self {
        Self {
            body,
            compressed: batch.table(3).is_some(),
            nodes: Box::new(batch.pairs(1).map(|(len, _)| len)),
            buffers: Box::new(batch.pairs(2)),
            variadic: Box::new(batch.words(4)),
        }
    }

    /// The array of a field and, behind its own, those of its children.
    fn array(&mut self, field: &Field) -> Option<Array<'a>> {
        let mut array = self.values(field)?;
        if field.dictionary.is_none() {
            array.children = field
                .children
                .iter()
                .map(|child| self.array(child))
                .collect::<Option<_>>()?;
        }
        Some(array)
    }

    /// The array of a field itself.
    fn values(&mut self, field: &Field) -> Option<Array<'a>> {
        let len = self.nodes.next()?;
        let variadic = if field.views {
            self.variadic.next()?
        } else {
            0
        };
        let count = field.buffers.checked_add(usize::try_from(variadic).ok()?)?;
        let mut buffers = Vec::new();
        for _ in 0..count {
            let (offset, len) = self.buffers.next()?;
            let start = usize::try_from(offset).ok()?.min(self.body.len());
            let end = start
                .saturating_add(usize::try_from(len).ok()?)
                .min(self.body.len());
            buffers.push(self.body.get(start..end));
        }
        let layout = if self.compressed {
            Layout::Opaque
        } else {
            field.layout.clone()
        };
        Some(Array {
            layout,
            len,
            offset: 0,
            buffers,
            children: Vec::new(),
            dictionary: None,
        })
    }
}
