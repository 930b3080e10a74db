//! polars frames and series, which pickle as an Arrow IPC stream; the stream is read in place.
//!
//! The messages are those of the Arrow IPC streaming format; their metadata are FlatBuffers tables.

use std::collections::HashMap;

use super::super::pickle::{Buffer, ValueRef};
use super::arrow::{Array, Chunks, Layout};
use super::column::{Column, Data};
use super::dtype::Dtype;
use super::flat::Table;
use super::pandas::{Frame, FrameKind};
use super::scalar::TimeUnit;

/// Nested types deeper than this are refused.
const MAX_DEPTH: u8 = 16;

/// Schemas of more fields than this are refused: offsets may make one field appear many times over.
const MAX_FIELDS: usize = 20_000;

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

/// The columns of a whole Arrow IPC file.
pub(in crate::inspect) fn file(bytes: &[u8]) -> Option<Vec<Column<'_>>> {
    let footer = footer(bytes)?;
    let messages = footer
        .blocks(2)
        .chain(footer.blocks(3))
        .filter_map(|at| next_message(&mut bytes.get(at..)?));
    columns(fields(&footer.table(1)?)?, messages)
}

/// Whether Polars, as built here, has all types of an Arrow IPC file, of which the end suffices.
pub(in crate::inspect) fn is_native_file(tail: &[u8]) -> Option<bool> {
    Some(
        fields(&footer(tail)?.table(1)?)?
            .iter()
            .all(|field| field.is_native),
    )
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

/// A field of the schema: what it is called, how its buffers lie, and its parts.
struct Field {
    name: String,
    dtype: String,
    layout: Layout,
    buffers: usize,
    views: bool,
    dictionary: Option<i64>,
    children: Vec<Field>,
    /// Whether Polars, as built here, has the type.
    is_native: bool,
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

/// The fields of a schema.
fn fields(schema: &Table<'_>) -> Option<Vec<Field>> {
    let mut left = MAX_FIELDS;
    schema
        .tables(1)
        .map(|field| read_field(&field, MAX_DEPTH, &mut left))
        .collect()
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

fn read_field(table: &Table<'_>, depth: u8, left: &mut usize) -> Option<Field> {
    *left = left.checked_sub(1)?;
    let depth = depth.checked_sub(1)?;
    let children = table
        .tables(5)
        .map(|child| read_field(&child, depth, left))
        .collect::<Option<Vec<_>>>()?;
    let (kind, inner) = (table.u8(2), table.table(3));
    let (layout, mut dtype, buffers) = layout(kind, inner.as_ref(), &children);
    let views = matches!(layout, Layout::Views { .. });
    let dictionary = table.table(4);
    let is_native = dictionary.is_none()
        && is_native(kind, inner.as_ref())
        && children.iter().all(|child| child.is_native);
    if dictionary.is_some() {
        "cat".clone_into(&mut dtype);
    }
    let index = dictionary
        .as_ref()
        .map(|encoding| number(encoding.table(1).map_or("int32", |int| int_name(&int))));
    // With a dictionary the batches hold the indices, and the values come by themselves.
    let name = table.text(0).unwrap_or_default().to_owned();
    let id = dictionary.map(|encoding| encoding.i64(0));
    Some(match index {
        Some(index) => {
            let values = Field {
                name: String::new(),
                dtype: String::new(),
                layout,
                buffers,
                views,
                dictionary: None,
                children,
                is_native,
            };
            Field {
                name,
                dtype,
                layout: index,
                buffers: 2,
                views: false,
                dictionary: id,
                children: vec![values],
                is_native,
            }
        }
        None => Field {
            name,
            dtype,
            layout,
            buffers,
            views,
            dictionary: None,
            children,
            is_native,
        },
    })
}

/// Whether Polars, as built here, has a type; it panics on the others.
fn is_native(kind: u8, table: Option<&Table<'_>>) -> bool {
    match kind {
        2 => table.is_some_and(|t| matches!(t.i32(0), 32 | 64)),
        3 => table.is_some_and(|t| t.i16(0) != 0),
        8 => table.is_some_and(|t| t.i16(0) == 0),
        10 => table.is_some_and(|t| t.text(1).is_none()),
        4..=6 | 12 | 13 | 18..=21 | 23 | 24 => true,
        _ => false,
    }
}

fn number(name: &str) -> Layout {
    Dtype::number(name).map_or(Layout::Opaque, Layout::Number)
}

/// The name of an Int type, by width and sign.
fn int_name(table: &Table<'_>) -> &'static str {
    match (table.i32(0), table.bool(1)) {
        (8, true) => "int8",
        (16, true) => "int16",
        (32, true) => "int32",
        (64, true) => "int64",
        (8, false) => "uint8",
        (16, false) => "uint16",
        (32, false) => "uint32",
        (64, false) => "uint64",
        _ => "int",
    }
}

/// The layout of a type, polars' name for it, and how many buffers it has (views: besides the variadic ones).
fn layout(kind: u8, table: Option<&Table<'_>>, children: &[Field]) -> (Layout, String, usize) {
    let unit = |field| match table.map_or(0, |t| t.i16(field)) {
        0 => (TimeUnit::Second, "s"),
        1 => (TimeUnit::Milli, "ms"),
        2 => (TimeUnit::Micro, "μs"),
        _ => (TimeUnit::Nano, "ns"),
    };
    let child = children.first().map_or("?", |child| &child.dtype);
    match kind {
        1 => (Layout::Opaque, "null".to_owned(), 0),
        2 => {
            let name = table.map_or("int", int_name);
            (
                number(name),
                name.replacen("uint", "u", 1).replacen("int", "i", 1),
                2,
            )
        }
        3 => {
            let (name, short) = match table.map_or(0, |t| t.i16(0)) {
                0 => ("float16", "f16"),
                1 => ("float32", "f32"),
                _ => ("float64", "f64"),
            };
            (number(name), short.to_owned(), 2)
        }
        4 => (
            Layout::Offsets {
                wide: false,
                text: false,
            },
            "binary".to_owned(),
            3,
        ),
        5 => (
            Layout::Offsets {
                wide: false,
                text: true,
            },
            "str".to_owned(),
            3,
        ),
        6 => (Layout::Bool, "bool".to_owned(), 2),
        7 => (Layout::Opaque, "decimal".to_owned(), 2),
        8 if table.is_some_and(|t| t.i16(0) == 0) => (Layout::Days, "date".to_owned(), 2),
        8 => (Layout::Timestamp(TimeUnit::Milli), "date".to_owned(), 2),
        9 => (Layout::Opaque, "time".to_owned(), 2),
        10 => {
            let (unit, text) = unit(0);
            let zone = table
                .and_then(|t| t.text(1))
                .map(|tz| format!(", {tz}"))
                .unwrap_or_default();
            (
                Layout::Timestamp(unit),
                format!("datetime[{text}{zone}]"),
                2,
            )
        }
        12 => (Layout::List { wide: false }, format!("list[{child}]"), 2),
        21 => (Layout::List { wide: true }, format!("list[{child}]"), 2),
        13 => (
            Layout::Struct(children.iter().map(|c| c.name.clone()).collect()),
            format!("struct[{}]", children.len()),
            1,
        ),
        17 => (Layout::Opaque, format!("map[{child}]"), 2),
        15 => (Layout::Opaque, "binary".to_owned(), 2),
        16 => (Layout::Opaque, format!("array[{child}]"), 1),
        18 => {
            let (unit, text) = unit(0);
            (Layout::Duration(unit), format!("duration[{text}]"), 2)
        }
        19 => (
            Layout::Offsets {
                wide: true,
                text: false,
            },
            "binary".to_owned(),
            3,
        ),
        20 => (
            Layout::Offsets {
                wide: true,
                text: true,
            },
            "str".to_owned(),
            3,
        ),
        23 => (Layout::Views { text: false }, "binary".to_owned(), 2),
        24 => (Layout::Views { text: true }, "str".to_owned(), 2),
        _ => (Layout::Opaque, "?".to_owned(), 2),
    }
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
