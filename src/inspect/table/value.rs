//! Values that are tables, or can be read as one.

use indexmap::IndexMap;
use polars::prelude::{Column as PolarsColumn, DataFrame};

use super::super::known::{self, Cell, Column, Frame, FrameKind, Known, NdArray, NdData};
use super::super::pickle::{Node, ValueRef};
use super::super::view::{View, key_text, view};
use super::{ColumnInfo, Table, align_of, align_of_name, cells};

/// Columns of a table at most; further ones are left out.
const MAX_COLUMNS: usize = 1_000;

/// The first rows of a value that is a table: frames and series of pandas, polars and pyarrow, arrays of one or two
/// dimensions, a list of dicts, a dict of lists of equal length, a list of tuples or lists of equal length, a list of plain
/// values.
#[must_use]
pub fn table(value: ValueRef<'_>, max_rows: usize) -> Option<Table> {
    table_at(value, 0, max_rows)
}

/// As [`table`], from row `offset` on.
#[must_use]
pub fn table_at(value: ValueRef<'_>, offset: u64, max_rows: usize) -> Option<Table> {
    let window = Window { offset, max_rows };
    match known::recognise(value) {
        Some(Known::Frame(frame)) => of_frame(&frame, window),
        Some(Known::Array(array)) => of_array(&array, window),
        Some(Known::NumpyScalar(..) | Known::Plain(_)) => None,
        None => match view(value) {
            View::Mapping { pairs, .. } => of_lists(&pairs, window),
            View::Sequence { items, total, .. } => of_rows(&items, total, window),
            View::Leaf | View::Object { .. } => None,
        },
    }
}

/// The rows of columns read from a file.
pub(super) fn of_columns(columns: Vec<Column<'_>>, offset: u64, max_rows: usize) -> Option<Table> {
    let rows = columns.first().map_or(0, |column| column.len);
    let frame = Frame {
        class: String::new(),
        kind: FrameKind::Table,
        columns,
        index: Vec::new(),
        rows,
    };
    of_frame(&frame, Window { offset, max_rows })
}

/// Which rows are wanted.
#[derive(Clone, Copy)]
struct Window {
    offset: u64,
    max_rows: usize,
}

impl Window {
    /// The rows that exist, of a table of so many.
    fn of(self, rows: u64) -> std::ops::Range<u64> {
        let start = self.offset.min(rows);
        start..rows.min(start.saturating_add(self.max_rows as u64))
    }
}

/// A column on its way into a table.
struct Draft<'a> {
    name: String,
    /// The source's name of its type, if it has one.
    dtype: Option<String>,
    is_index: bool,
    cells: Vec<Cell<'a>>,
}

fn build(drafts: Vec<Draft<'_>>, rows: u64, window: Window) -> Option<Table> {
    let range = window.of(rows);
    let height = usize::try_from(range.end - range.start).ok()?;
    let mut names = std::collections::HashSet::new();
    let mut columns = Vec::new();
    let mut infos = Vec::new();
    for draft in drafts {
        let mut unique = draft.name.clone();
        while !names.insert(unique.clone()) {
            unique.push('_');
        }
        let (series, dtype) = cells::series(&unique, &draft.cells);
        let dtype = draft.dtype.unwrap_or_else(|| dtype.to_owned());
        // Without values the side is known by the type's name only.
        let align = if series.null_count() == series.len() {
            align_of_name(&dtype)
        } else {
            align_of(series.dtype())
        };
        infos.push(ColumnInfo {
            name: draft.name,
            dtype,
            align,
            is_index: draft.is_index,
        });
        columns.push(PolarsColumn::from(series));
    }
    let frame = DataFrame::new(height, columns).ok()?;
    Some(Table {
        frame,
        rows,
        offset: range.start,
        columns: infos,
    })
}

fn of_frame(frame: &Frame<'_>, window: Window) -> Option<Table> {
    let range = window.of(frame.rows);
    let index = frame.index.iter().map(|column| (column, true));
    let columns = frame.columns.iter().map(|column| (column, false));
    let drafts = index
        .chain(columns)
        .take(MAX_COLUMNS)
        .map(|(column, is_index)| Draft {
            name: match (&*column.name, is_index, frame.kind) {
                ("", false, FrameKind::Single) => "value".to_owned(),
                (name, ..) => name.to_owned(),
            },
            dtype: Some(column.dtype.clone()),
            is_index,
            cells: range.clone().map(|row| column.cell(row)).collect(),
        })
        .collect();
    build(drafts, frame.rows, window)
}

fn of_array(array: &NdArray<'_>, window: Window) -> Option<Table> {
    let (rows, width) = match array.shape[..] {
        [rows] => (rows, 1),
        [rows, width] => (rows, width),
        _ => return None,
    };
    let range = window.of(rows);
    let position = |row: u64, column: u64| {
        let (major, minor, len) = if array.fortran {
            (column, row, rows)
        } else {
            (row, column, width)
        };
        major.checked_mul(len)?.checked_add(minor)
    };
    let cell = |row, column| match (position(row, column), array.data) {
        (Some(at), NdData::Raw(_)) => Cell::Scalar(array.at(at)),
        (Some(at), NdData::Objects(of, ids)) => {
            match usize::try_from(at).ok().and_then(|at| ids.get(at)) {
                Some(id) => Cell::of_object(of.at(*id)),
                None => Cell::Scalar(known::Scalar::Opaque),
            }
        }
        (None, _) => Cell::Scalar(known::Scalar::Opaque),
    };
    let drafts = (0..width.min(MAX_COLUMNS as u64))
        .map(|column| Draft {
            name: if array.shape.len() == 1 {
                "value".to_owned()
            } else {
                column.to_string()
            },
            dtype: Some(array.dtype.name.clone()),
            is_index: false,
            cells: range.clone().map(|row| cell(row, column)).collect(),
        })
        .collect();
    build(drafts, rows, window)
}

/// A dict of lists, or of one-dimensional arrays, of one length.
fn of_lists(pairs: &[(ValueRef<'_>, ValueRef<'_>)], window: Window) -> Option<Table> {
    let mut rows = None;
    let mut drafts = Vec::new();
    for (key, column) in pairs.iter().take(MAX_COLUMNS) {
        let (len, dtype, cells) = column_of(*column, window)?;
        if *rows.get_or_insert(len) != len {
            return None;
        }
        drafts.push(Draft {
            name: key_text(*key),
            dtype,
            is_index: false,
            cells,
        });
    }
    build(drafts, rows.filter(|rows| *rows > 0)?, window)
}

fn column_of<'a>(
    value: ValueRef<'a>,
    window: Window,
) -> Option<(u64, Option<String>, Vec<Cell<'a>>)> {
    match known::recognise(value) {
        Some(Known::Frame(frame)) if frame.kind == FrameKind::Single => {
            let column = frame.columns.into_iter().next()?;
            let cells = window.of(column.len).map(|row| column.cell(row)).collect();
            Some((column.len, Some(column.dtype), cells))
        }
        Some(Known::Array(array)) => match (&array.shape[..], array.data) {
            ([len], NdData::Raw(_)) => {
                let cells = window
                    .of(*len)
                    .map(|at| Cell::Scalar(array.at(at)))
                    .collect();
                Some((*len, Some(array.dtype.name), cells))
            }
            _ => None,
        },
        Some(_) => None,
        None if matches!(value.node(), Node::List(_) | Node::Tuple(_)) => {
            let total = value.as_items()?.total;
            Some((total, None, take(value.items(), total, window)))
        }
        None => None,
    }
}

/// The cells of the wanted rows; those that were not kept are opaque.
fn take<'a>(
    items: impl Iterator<Item = ValueRef<'a>>,
    total: u64,
    window: Window,
) -> Vec<Cell<'a>> {
    let range = window.of(total);
    let start = usize::try_from(range.start).unwrap_or(usize::MAX);
    let mut kept = items.skip(start).map(Cell::of_object);
    range
        .map(|_| kept.next().unwrap_or(Cell::Scalar(known::Scalar::Opaque)))
        .collect()
}

/// A list whose elements are rows, or a single column of plain values.
fn of_rows(items: &[ValueRef<'_>], total: u64, window: Window) -> Option<Table> {
    let first = items.first()?;
    let range = window.of(total);
    let wanted = items
        .get(usize::try_from(range.start).ok()?..)
        .unwrap_or_default();
    let height = usize::try_from(range.end - range.start).ok()?;
    let wanted = wanted.get(..wanted.len().min(height)).unwrap_or_default();
    let opaque = || Cell::Scalar(known::Scalar::Opaque);
    let Some(names) = row_fields(*first) else {
        let plain = |item: &ValueRef<'_>| matches!(Cell::of_object(*item), Cell::Scalar(_));
        if !items.iter().take(window.max_rows.max(1)).all(plain) {
            return None;
        }
        let cells = take(items.iter().copied(), total, window);
        return build(
            vec![Draft {
                name: "value".to_owned(),
                dtype: None,
                is_index: false,
                cells,
            }],
            total,
            window,
        );
    };
    let by_name = matches!(names, Names::Keys(_));
    let width = names.len();
    let mut columns: IndexMap<String, Vec<Cell<'_>>> =
        names.into_iter().map(|name| (name, Vec::new())).collect();
    for (at, item) in wanted.iter().enumerate() {
        let fields = row_fields(*item).filter(|f| matches!(f, Names::Keys(_)) == by_name)?;
        if !by_name && fields.len() != width {
            return None;
        }
        for (name, value) in fields.into_iter().zip(row_values(*item)) {
            let room = columns.len() < MAX_COLUMNS;
            let Some(column) = (if room {
                Some(columns.entry(name).or_default())
            } else {
                columns.get_mut(&name)
            }) else {
                continue;
            };
            // A key that earlier rows lacked, or that this row repeats.
            column.resize_with(at, || Cell::Scalar(known::Scalar::Null));
            column.push(Cell::of_object(value));
        }
    }
    for column in columns.values_mut() {
        column.resize_with(wanted.len(), || Cell::Scalar(known::Scalar::Null));
        column.resize_with(height, opaque);
    }
    let drafts = columns.into_iter().map(|(name, cells)| Draft {
        name,
        dtype: None,
        is_index: false,
        cells,
    });
    build(drafts.collect(), total, window)
}

/// How an element names its cells: by keys or attributes, or by position.
enum Names {
    Keys(Vec<String>),
    Positions(usize),
}

impl Names {
    fn len(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.len(),
            Self::Positions(count) => *count,
        }
    }

    fn into_iter(self) -> Box<dyn Iterator<Item = String>> {
        match self {
            Self::Keys(keys) => Box::new(keys.into_iter()),
            Self::Positions(count) => {
                Box::new((0..count.min(MAX_COLUMNS)).map(|at| at.to_string()))
            }
        }
    }
}

fn row_fields(item: ValueRef<'_>) -> Option<Names> {
    match row_view(item)? {
        View::Mapping { pairs, total, .. } if total > 0 => Some(Names::Keys(
            pairs
                .iter()
                .take(MAX_COLUMNS)
                .map(|(key, _)| key_text(*key))
                .collect(),
        )),
        View::Sequence { items, total, .. } if total > 0 => Some(Names::Positions(items.len())),
        View::Object { fields, .. }
            if fields.iter().all(|(name, _)| !name.is_empty()) && !fields.is_empty() =>
        {
            Some(Names::Keys(
                fields.into_iter().map(|(name, _)| name).collect(),
            ))
        }
        _ => None,
    }
}

fn row_values(item: ValueRef<'_>) -> Vec<ValueRef<'_>> {
    match row_view(item) {
        Some(View::Mapping { pairs, .. }) => pairs.into_iter().map(|(_, value)| value).collect(),
        Some(View::Sequence { items, .. }) => items,
        Some(View::Object { fields, .. }) => fields.into_iter().map(|(_, value)| value).collect(),
        Some(View::Leaf) | None => Vec::new(),
    }
}

/// The parts of an element that can be a row: not a set, nor what a library spells in a line or shows as its own table.
fn row_view(item: ValueRef<'_>) -> Option<View<'_>> {
    let is_set = matches!(item.node(), Node::Set(_) | Node::FrozenSet(_));
    if is_set || known::recognise(item).is_some() {
        None
    } else {
        Some(view(item))
    }
}
