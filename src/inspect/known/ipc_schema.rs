//! The schema of an Arrow IPC stream or file: fields, how their buffers lie, what Polars calls their types.

use super::arrow::Layout;
use super::dtype::Dtype;
use super::flat::Table;
use super::scalar::TimeUnit;

/// Nested types deeper than this are refused.
const MAX_DEPTH: u8 = 16;

/// Schemas of more fields than this are refused: offsets may make one field appear many times over.
const MAX_FIELDS: usize = 20_000;

/// A field of the schema: what it is called, how its buffers lie, and its parts.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) layout: Layout,
    pub(super) buffers: usize,
    pub(super) views: bool,
    pub(super) dictionary: Option<i64>,
    pub(super) children: Vec<Field>,
    /// Whether Polars, as built here, has the type.
    pub(super) is_native: bool,
}

/// The fields of a schema.
pub(super) fn fields(schema: &Table<'_>) -> Option<Vec<Field>> {
    let mut left = MAX_FIELDS;
    schema
        .tables(1)
        .map(|field| read_field(&field, MAX_DEPTH, &mut left))
        .collect()
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
