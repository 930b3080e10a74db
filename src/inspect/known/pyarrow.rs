//! pyarrow's tables, arrays and types, as they pickle.

use super::super::pickle::ValueRef;
use super::arrow::{Array, Chunks, Layout};
use super::column::{Column, Data, label};
use super::dtype::Dtype;
use super::pandas::{Frame, FrameKind};
use super::scalar::TimeUnit;

/// Fields of a nested array that are read.
const MAX_FIELDS: usize = 16;

/// Types within types that are followed; a cyclic pickle has no end of them.
const NESTING: u8 = 8;

/// The layout and name of a pickled pyarrow type; the layout of a dictionary type is that of its indices.
fn read_type(value: ValueRef<'_>, nesting: u8) -> Option<(Layout, String)> {
    let nesting = nesting.checked_sub(1)?;
    let callee = value
        .callee()
        .filter(|class| class.package() == "pyarrow")?;
    let arg = |index| value.arg(index).and_then(ValueRef::as_str);
    match &*callee.name {
        "type_for_alias" => {
            let alias = arg(0)?.into_owned();
            Some((layout_of_alias(&alias), alias))
        }
        "timestamp" => {
            let unit = arg(0)?;
            let layout = TimeUnit::parse(&unit).map_or(Layout::Opaque, Layout::Timestamp);
            let name = arg(1).map_or_else(
                || format!("timestamp[{unit}]"),
                |tz| format!("timestamp[{unit}, {tz}]"),
            );
            Some((layout, name))
        }
        "duration" => {
            let unit = arg(0)?;
            Some((
                TimeUnit::parse(&unit).map_or(Layout::Opaque, Layout::Duration),
                format!("duration[{unit}]"),
            ))
        }
        "dictionary" => {
            let (layout, _) = read_type(value.arg(0)?, nesting)?;
            let (_, name) = read_type(value.arg(1)?, nesting)?;
            Some((layout, format!("dictionary<{name}>")))
        }
        "list_" | "large_list" => {
            let item = value.arg(0)?;
            let of_field = item.callee().is_some_and(|class| &*class.name == "field");
            let (_, name) = read_type(if of_field { item.arg(1)? } else { item }, nesting)?;
            Some((
                Layout::List {
                    wide: &*callee.name == "large_list",
                },
                format!("list<{name}>"),
            ))
        }
        "struct" => {
            let names: Vec<String> = value
                .arg(0)?
                .items()
                .filter_map(|field| field.arg(0).map(label))
                .collect();
            let name = format!("struct<{}>", names.join(", "));
            Some((Layout::Struct(names), name))
        }
        other => Some((Layout::Opaque, other.trim_end_matches('_').to_owned())),
    }
}

fn layout_of_alias(alias: &str) -> Layout {
    let unit = |prefix: &str| TimeUnit::parse(alias.strip_prefix(prefix)?.strip_suffix(']')?);
    match alias {
        "bool" => Layout::Bool,
        "string" => Layout::Offsets {
            wide: false,
            text: true,
        },
        "large_string" => Layout::Offsets {
            wide: true,
            text: true,
        },
        "binary" => Layout::Offsets {
            wide: false,
            text: false,
        },
        "large_binary" => Layout::Offsets {
            wide: true,
            text: false,
        },
        "string_view" => Layout::Views { text: true },
        "binary_view" => Layout::Views { text: false },
        "date32[day]" | "date32" => Layout::Days,
        _ => Dtype::number(alias)
            .map(Layout::Number)
            .or_else(|| unit("timestamp[").map(Layout::Timestamp))
            .or_else(|| unit("duration[").map(Layout::Duration))
            .unwrap_or(Layout::Opaque),
    }
}

/// Reads `_restore_array((type, len, nulls, offset, buffers, children, dictionary))`.
fn array(value: ValueRef<'_>) -> Option<(Array<'_>, String)> {
    value
        .callee()
        .filter(|class| class.package() == "pyarrow" && &*class.name == "_restore_array")?;
    array_of_parts(value.arg(0)?, NESTING)
}

/// The parts of children and of the dictionary are tuples of the same form.
fn array_of_parts(parts: ValueRef<'_>, nesting: u8) -> Option<(Array<'_>, String)> {
    let nesting = nesting.checked_sub(1)?;
    let (layout, name) = read_type(parts.item(0)?, NESTING)?;
    let number = |index| {
        parts
            .item(index)
            .and_then(ValueRef::as_int)
            .and_then(|n| u64::try_from(n).ok())
    };
    let buffers = parts
        .item(4)?
        .items()
        .map(|buffer| Some(&buffer.arg(0)?.as_buffer()?.head()[..]))
        .collect();
    let nested = parts
        .item(5)
        .map(|nested| nested.items().take(MAX_FIELDS).collect::<Vec<_>>())
        .unwrap_or_default();
    let children = nested
        .into_iter()
        .map(|child| Some(array_of_parts(child, nesting)?.0))
        .collect::<Option<_>>()?;
    let dictionary = match parts.item(6).filter(|dictionary| !dictionary.is_none()) {
        Some(values) => {
            let mut chunks = Chunks::default();
            chunks.push(array_of_parts(values, nesting)?.0);
            Some(Box::new(chunks))
        }
        None => None,
    };
    Some((
        Array {
            layout,
            len: number(1)?,
            offset: number(3)?,
            buffers,
            children,
            dictionary,
        },
        name,
    ))
}

/// Reads a pickled array or chunked array, with its type's name.
pub(super) fn column(value: ValueRef<'_>) -> Option<(Chunks<'_>, String)> {
    let callee = value.callee()?;
    let mut chunks = Chunks::default();
    if &*callee.name != "chunked_array" {
        let (array, name) = array(value)?;
        chunks.push(array);
        return Some((chunks, name));
    }
    let (_, mut name) = read_type(value.arg(1)?, NESTING)?;
    for part in value.arg(0)?.items() {
        let (array, of_array) = array(part)?;
        chunks.push(array);
        name = of_array;
    }
    Some((chunks, name))
}

/// Reads a Table (`_reconstruct_table(columns, schema)`), RecordBatch, or array.
pub(super) fn frame(value: ValueRef<'_>) -> Option<Frame<'_>> {
    let callee = value
        .callee()
        .filter(|class| class.package() == "pyarrow")?;
    let class = match &*callee.name {
        "_reconstruct_table" => "Table",
        "_reconstruct_record_batch" => "RecordBatch",
        "_restore_array" | "chunked_array" => {
            let (chunks, dtype) = column(value)?;
            let len = chunks.len();
            let class = if &*callee.name == "chunked_array" {
                "ChunkedArray"
            } else {
                "Array"
            };
            let column = Column {
                name: String::new(),
                dtype,
                len,
                data: Data::Arrow(chunks),
            };
            return Some(Frame {
                class: class.to_owned(),
                kind: FrameKind::Single,
                columns: vec![column],
                index: Vec::new(),
                rows: len,
            });
        }
        _ => return None,
    };
    let fields = value.arg(1)?.arg(0)?;
    let mut columns = Vec::new();
    for (data, field) in value.arg(0)?.items().zip(fields.items()) {
        let name = field.arg(0).map(label).unwrap_or_default();
        let (chunks, dtype) = column(data)?;
        columns.push(Column {
            name,
            dtype,
            len: chunks.len(),
            data: Data::Arrow(chunks),
        });
    }
    let rows = columns.first().map_or(0, |column| column.len);
    Some(Frame {
        class: class.to_owned(),
        kind: FrameKind::Table,
        columns,
        index: Vec::new(),
        rows,
    })
}
