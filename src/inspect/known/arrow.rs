//! Arrow arrays: as pyarrow pickles them, and as buffers found by others (`ipc`).
//!
//! The memory layouts are those of the Arrow columnar format specification.

use super::super::pickle::ValueRef;
use super::column::{Column, Data, label};
use super::dtype::Dtype;
use super::numpy;
use super::pandas::{Frame, FrameKind};
use super::scalar::{Scalar, TimeUnit};

/// The layouts that can be read; everything else is opaque.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    Bool,
    Number(Dtype),
    /// Text or bytes with offsets of 4 or 8 bytes.
    Offsets {
        wide: bool,
        text: bool,
    },
    /// Text or bytes in views of 16 bytes.
    Views {
        text: bool,
    },
    Timestamp(TimeUnit),
    Duration(TimeUnit),
    Days,
    /// Ranges of the one child, by offsets of 4 or 8 bytes.
    List {
        wide: bool,
    },
    /// A field of each child, by these names.
    Struct(Vec<String>),
    Opaque,
}

/// One array: validity first among its buffers, then what the layout has.
#[derive(Debug, Clone)]
pub(super) struct Array<'a> {
    pub(super) layout: Layout,
    pub(super) len: u64,
    pub(super) offset: u64,
    pub(super) buffers: Vec<Option<&'a [u8]>>,
    /// The arrays that a nested layout is made of.
    pub(super) children: Vec<Array<'a>>,
    /// The values that the numbers of this array point into.
    pub(super) dictionary: Option<Box<Chunks<'a>>>,
}

/// Arrays that form one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunks<'a> {
    arrays: Vec<(u64, Array<'a>)>,
    len: u64,
}

impl<'a> Chunks<'a> {
    /// Adds an array at the end.
    pub(super) fn push(&mut self, array: Array<'a>) {
        let len = array.len;
        self.arrays.push((self.len, array));
        self.len = self.len.saturating_add(len);
    }

    /// The number of elements.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The element at a row.
    pub(super) fn scalar(&self, row: u64) -> Scalar {
        let after = self.arrays.partition_point(|(start, _)| *start <= row);
        match after.checked_sub(1).and_then(|at| self.arrays.get(at)) {
            Some((start, array)) if row - start < array.len => array.scalar(row - start),
            _ => Scalar::Opaque,
        }
    }
}

impl Array<'_> {
    fn buffer(&self, index: usize) -> &[u8] {
        self.buffers
            .get(index)
            .copied()
            .flatten()
            .unwrap_or_default()
    }

    fn scalar(&self, row: u64) -> Scalar {
        let Some(at) = row.checked_add(self.offset) else {
            return Scalar::Opaque;
        };
        let validity = self.buffer(0);
        if !validity.is_empty() && !bit(validity, at).unwrap_or(true) {
            return Scalar::Null;
        }
        let value = self.value(at);
        match (&self.dictionary, &value) {
            (None, _) => value,
            (Some(levels), Scalar::Int(code)) => {
                u64::try_from(*code).map_or(Scalar::Null, |code| levels.scalar(code))
            }
            (Some(levels), Scalar::UInt(code)) => levels.scalar(*code),
            (Some(_), _) => Scalar::Opaque,
        }
    }

    fn value(&self, at: u64) -> Scalar {
        let int =
            |name| match Dtype::number(name).map(|dtype| numpy::raw(&dtype, self.buffer(1), at)) {
                Some(Scalar::Int(value)) => Some(value),
                _ => None,
            };
        match &self.layout {
            Layout::Bool => bit(self.buffer(1), at).map_or(Scalar::Opaque, Scalar::Bool),
            Layout::Number(dtype) => numpy::raw(dtype, self.buffer(1), at),
            Layout::Offsets { wide, text } => offsets(self.buffer(1), at, *wide)
                .and_then(|range| self.buffer(2).get(range))
                .map_or(Scalar::Opaque, |b| string(b, *text)),
            Layout::Views { text } => self.view(at).map_or(Scalar::Opaque, |b| string(b, *text)),
            Layout::Timestamp(unit) => {
                int("int64").map_or(Scalar::Opaque, |value| Scalar::Datetime(value, *unit))
            }
            Layout::Duration(unit) => {
                int("int64").map_or(Scalar::Opaque, |value| Scalar::Timedelta(value, *unit))
            }
            Layout::Days => int("int32").map_or(Scalar::Opaque, Scalar::Date),
            Layout::List { wide } => {
                match (offsets(self.buffer(1), at, *wide), self.children.first()) {
                    (Some(range), Some(child)) => list(range, child),
                    _ => Scalar::Opaque,
                }
            }
            Layout::Struct(names) => {
                let fields = names.iter().zip(&self.children).take(SHOWN);
                let shown: Vec<String> = fields
                    .map(|(name, child)| format!("{name}: {}", child.scalar(at)))
                    .collect();
                Scalar::Nested(format!("{{{}}}", shown.join(", ")))
            }
            Layout::Opaque => Scalar::Opaque,
        }
    }

    /// The bytes of a view: inline up to 12, otherwise a buffer's number and the offset in it.
    fn view(&self, at: u64) -> Option<&[u8]> {
        let start = usize::try_from(at).ok()?.checked_mul(16)?;
        let view = self.buffer(1).get(start..start.checked_add(16)?)?;
        let word = |at: usize| -> Option<usize> {
            usize::try_from(u32::from_le_bytes(view.get(at..at + 4)?.try_into().ok()?)).ok()
        };
        let len = word(0)?;
        if len <= 12 {
            return view.get(4..4 + len);
        }
        let start = word(12)?;
        self.buffer(word(8)?.checked_add(2)?)
            .get(start..start.checked_add(len)?)
    }
}

/// Parts of a nested cell that are shown.
const SHOWN: usize = 16;

fn list(range: std::ops::Range<usize>, child: &Array<'_>) -> Scalar {
    let len = range.len();
    let mut shown: Vec<String> = range
        .take(SHOWN)
        .map(|at| child.scalar(at as u64).to_string())
        .collect();
    if len > SHOWN {
        shown.push("…".to_owned());
    }
    Scalar::Nested(format!("[{}]", shown.join(", ")))
}

fn bit(bytes: &[u8], at: u64) -> Option<bool> {
    Some(bytes.get(usize::try_from(at / 8).ok()?)? >> (at % 8) & 1 == 1)
}

fn offsets(bytes: &[u8], at: u64, wide: bool) -> Option<std::ops::Range<usize>> {
    let width = if wide { 8 } else { 4 };
    let start = usize::try_from(at).ok()?.checked_mul(width)?;
    let read = |start: usize| -> Option<usize> {
        let bytes = bytes.get(start..start.checked_add(width)?)?;
        if wide {
            usize::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok()
        } else {
            usize::try_from(i32::from_le_bytes(bytes.try_into().ok()?)).ok()
        }
    };
    Some(read(start)?..read(start.checked_add(width)?)?)
}

fn string(bytes: &[u8], text: bool) -> Scalar {
    if text {
        Scalar::Text(String::from_utf8_lossy(bytes).into_owned())
    } else {
        Scalar::Bytes(bytes.to_vec())
    }
}

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
        .map(|nested| nested.items().take(SHOWN).collect::<Vec<_>>())
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
