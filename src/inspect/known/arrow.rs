//! Arrow arrays in memory, as `pyarrow` and `ipc` find their buffers.
//!
//! The memory layouts are those of the Arrow columnar format specification.

use super::dtype::Dtype;
use super::numpy;
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
