//! pandas: frames, series and indexes, by the block manager's pickles of versions 1 to 3.

use super::super::pickle::ValueRef;
use super::column::{Column, Data, label};
use super::numpy::{self, NdArray, NdData};
use super::pyarrow;

/// Whether a frame has many columns or stands for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inspect) enum FrameKind {
    /// Named columns.
    Table,
    /// One column: a series, an index, an array.
    Single,
}

/// Columns of equal length, with the columns that label its rows.
#[derive(Debug, Clone)]
pub(in crate::inspect) struct Frame<'a> {
    /// The name of its class.
    pub(in crate::inspect) class: String,
    /// Table or single column.
    pub(in crate::inspect) kind: FrameKind,
    /// The columns, in order.
    pub(in crate::inspect) columns: Vec<Column<'a>>,
    /// The row labels; none when they only count rows from zero.
    pub(in crate::inspect) index: Vec<Column<'a>>,
    /// The number of rows.
    pub(in crate::inspect) rows: u64,
}

/// Reads a DataFrame, Series, Index or extension array.
pub(super) fn frame(value: ValueRef<'_>) -> Option<Frame<'_>> {
    let callee = value.callee()?;
    if let Some(state) = value.state().filter(|state| state.key("_typ").is_some()) {
        return managed(value, state);
    }
    if callee.package() != "pandas" {
        return None;
    }
    let class = super::class_of(value)?.name.to_string();
    let columns = match index(value, NESTING) {
        Some(columns) => columns,
        None => {
            let (data, dtype, len) = extension_row(value, 0, NESTING)?;
            vec![Column {
                name: String::new(),
                dtype,
                len,
                data,
            }]
        }
    };
    let rows = columns.first().map_or(0, |column| column.len);
    let kind = if columns.len() == 1 {
        FrameKind::Single
    } else {
        FrameKind::Table
    };
    Some(Frame {
        class,
        kind,
        columns,
        index: Vec::new(),
        rows,
    })
}

/// What a block manager holds.
struct Manager<'a> {
    axes: Vec<ValueRef<'a>>,
    /// The values of each block and which columns they are.
    blocks: Vec<(ValueRef<'a>, Vec<usize>)>,
}

fn managed<'a>(value: ValueRef<'a>, state: ValueRef<'a>) -> Option<Frame<'a>> {
    let class = super::class_of(value)?.name.to_string();
    let manager = manager(state.key("_mgr").or_else(|| state.key("_data"))?)?;
    let single = state.key("_typ")?.as_str()? == "series";
    let rows_axis = index(*manager.axes.last()?, NESTING)?;
    let rows = rows_axis.first().map_or(0, |column| column.len);
    let mut index_columns = rows_axis;
    if matches!(&index_columns[..], [column] if matches!(column.data, Data::Range { start: 0, step: 1 }) && column.name.is_empty())
    {
        index_columns.clear();
    }
    let names = if single {
        vec![
            state
                .key("_name")
                .or_else(|| state.key("name"))
                .map(label)
                .unwrap_or_default(),
        ]
    } else {
        labels(*manager.axes.first()?)?
    };
    let opaque = |name: &String| Column {
        name: name.clone(),
        dtype: "?".to_owned(),
        len: rows,
        data: Data::Opaque,
    };
    let mut columns: Vec<Column<'a>> = names.iter().map(opaque).collect();
    for (values, places) in manager.blocks {
        for (row, place) in places.into_iter().enumerate() {
            if let (Some(column), Some((data, dtype, _))) =
                (columns.get_mut(place), block_row(values, row, NESTING))
            {
                column.data = data;
                column.dtype = dtype;
            }
        }
    }
    let kind = if single {
        FrameKind::Single
    } else {
        FrameKind::Table
    };
    Some(Frame {
        class,
        kind,
        columns,
        index: index_columns,
        rows,
    })
}

/// `BlockManager(blocks, axes)`, or the state `(axes, values, items, {"0.14.1": {axes, blocks}})` of older versions.
fn manager(value: ValueRef<'_>) -> Option<Manager<'_>> {
    let (axes, blocks) = match value
        .state()
        .and_then(|state| state.item(3))
        .and_then(|versions| versions.key("0.14.1"))
    {
        Some(state) => {
            let blocks = state
                .key("blocks")?
                .items()
                .map(|b| Some((b.key("values")?, places(b.key("mgr_locs")?)?)));
            (state.key("axes")?, blocks.collect::<Option<Vec<_>>>()?)
        }
        None => {
            let blocks = value
                .arg(0)?
                .items()
                .map(|b| Some((b.arg(0)?, places(b.arg(1)?)?)));
            (value.arg(1)?, blocks.collect::<Option<Vec<_>>>()?)
        }
    };
    Some(Manager {
        axes: axes.items().collect(),
        blocks,
    })
}

/// Arrays within arrays (the categories of a level of an index) that are followed; a cyclic pickle has no end of them.
const NESTING: u8 = 4;

/// More columns than this in one block are not listed.
const MAX_COLUMNS: usize = 10_000;

/// The columns of a block: a slice, or an array of positions.
fn places(value: ValueRef<'_>) -> Option<Vec<usize>> {
    let callee = value.callee()?;
    if callee.is("builtins", "slice") {
        let at = |index| value.arg(index).and_then(ValueRef::as_int);
        let (start, stop, step) = (at(0).unwrap_or(0), at(1)?, at(2).unwrap_or(1));
        let places = std::iter::successors(Some(start), |at| at.checked_add(step));
        let inside = |at: &i64| if step > 0 { *at < stop } else { *at > stop };
        return Some(
            places
                .take_while(inside)
                .take(MAX_COLUMNS)
                .filter_map(|at| usize::try_from(at).ok())
                .collect(),
        );
    }
    let array = numpy::array(value)?;
    let at = |position| match array.at(position) {
        super::Scalar::Int(at) => usize::try_from(at).ok(),
        _ => None,
    };
    (0..array.count().min(MAX_COLUMNS as u64)).map(at).collect()
}

/// The data of one row of a block, with its dtype and length.
fn block_row(values: ValueRef<'_>, row: usize, nesting: u8) -> Option<(Data<'_>, String, u64)> {
    match numpy::array(values) {
        Some(array) => array_row(&array, row),
        None => extension_row(values, row, nesting.checked_sub(1)?),
    }
}

/// One row of a two-dimensional array, or all of a one-dimensional one.
fn array_row<'a>(array: &NdArray<'a>, row: usize) -> Option<(Data<'a>, String, u64)> {
    let row = row as u64;
    let (start, step, len) = match array.shape[..] {
        [len] => (0, 1, len),
        [_, len] if !array.fortran => (row.checked_mul(len)?, 1, len),
        [rows, len] => (row, rows, len),
        _ => return None,
    };
    let dtype = array.dtype.clone();
    let name = dtype.name.clone();
    let data = match array.data {
        NdData::Raw(buffer) => Data::Strided {
            dtype,
            buffer,
            start,
            step,
        },
        NdData::Objects(of, ids) => Data::Objects {
            of,
            ids,
            start,
            step,
        },
    };
    Some((data, name, len))
}

/// One row of an extension array, or all of a one-dimensional one.
fn extension_row(value: ValueRef<'_>, row: usize, nesting: u8) -> Option<(Data<'_>, String, u64)> {
    let class = super::class_of(value)?;
    let state = value.state()?;
    // Arrays backed by one of numpy have a tuple of dtype, array and attributes as their state, in either order.
    let backing = || {
        state
            .items()
            .find_map(numpy::array)
            .or_else(|| state.key("_ndarray").and_then(numpy::array))
    };
    match &*class.name {
        "Categorical" => {
            let dtype = state
                .items()
                .find(|part| part.state().is_some_and(|s| s.key("categories").is_some()));
            let dtype = dtype.or_else(|| state.key("_dtype"))?;
            let codes = backing().or_else(|| state.key("_codes").and_then(numpy::array))?;
            let levels = index(dtype.state()?.key("categories")?, nesting)?
                .into_iter()
                .next()?;
            let (codes, _, len) = array_row(&codes, 0)?;
            Some((
                Data::Codes {
                    codes: Box::new(codes),
                    levels: Box::new(levels.data),
                },
                "category".to_owned(),
                len,
            ))
        }
        "IntegerArray" | "FloatingArray" | "BooleanArray" => {
            let (values, name, len) = array_row(&numpy::array(state.key("_data")?)?, 0)?;
            let (mask, _, _) = array_row(&numpy::array(state.key("_mask")?)?, 0)?;
            Some((
                Data::Masked {
                    values: Box::new(values),
                    mask: Box::new(mask),
                },
                masked_name(&name),
                len,
            ))
        }
        "ArrowStringArray" | "ArrowStringArrayNumpySemantics" | "ArrowExtensionArray" => {
            let (chunks, name) =
                pyarrow::column(state.key("_pa_array").or_else(|| state.key("_data"))?)?;
            let len = chunks.len();
            let name = if class.name.starts_with("ArrowString") {
                "string".to_owned()
            } else {
                format!("{name}[pyarrow]")
            };
            Some((Data::Arrow(chunks), name, len))
        }
        _ => {
            let (data, mut name, len) = array_row(&backing()?, row)?;
            let tz = state.items().find_map(|part| part.state()?.key("tz"));
            if let (Some(tz), Some(unit)) = (tz, name.strip_suffix(']')) {
                name = format!("{unit}, {}]", super::stdlib::zone_name(tz));
            }
            if class.name.contains("String") {
                name = "string".to_owned();
            }
            if class.name.contains("Period") || class.name.contains("Sparse") {
                return Some((
                    Data::Opaque,
                    class.name.trim_end_matches("Array").to_lowercase(),
                    len,
                ));
            }
            Some((data, name, len))
        }
    }
}

/// The nullable types are spelt like numpy's, with a capital.
fn masked_name(name: &str) -> String {
    match name {
        "bool" => "boolean".to_owned(),
        _ => name
            .replacen("uint", "UInt", 1)
            .replacen("int", "Int", 1)
            .replacen("float", "Float", 1),
    }
}

/// The columns of an index: several for a MultiIndex.
fn index(value: ValueRef<'_>, nesting: u8) -> Option<Vec<Column<'_>>> {
    let callee = value.callee()?;
    if callee.package() != "pandas" || !callee.name.starts_with("_new_") {
        return None;
    }
    let parts = value.arg(1)?;
    let name = parts.key("name").map(label).unwrap_or_default();
    if let Some(levels) = parts.key("levels") {
        return multi_index(levels, parts, nesting.checked_sub(1)?);
    }
    if let Some(stop) = parts.key("stop").and_then(ValueRef::as_int) {
        let start = parts.key("start")?.as_int()?;
        let step = parts.key("step")?.as_int()?;
        let len = range_len(start, stop, step)?;
        return Some(vec![Column {
            name,
            dtype: "int64".to_owned(),
            len,
            data: Data::Range { start, step },
        }]);
    }
    let (data, dtype, len) = block_row(parts.key("data")?, 0, nesting)?;
    Some(vec![Column {
        name,
        dtype,
        len,
        data,
    }])
}

fn range_len(start: i64, stop: i64, step: i64) -> Option<u64> {
    let span = if step > 0 {
        i128::from(stop) - i128::from(start)
    } else {
        i128::from(start) - i128::from(stop)
    };
    let step = i128::from(step).abs();
    if step == 0 {
        return None;
    }
    u64::try_from(((span + step - 1) / step).max(0)).ok()
}

fn multi_index<'a>(
    levels: ValueRef<'a>,
    parts: ValueRef<'a>,
    nesting: u8,
) -> Option<Vec<Column<'a>>> {
    let codes = parts.key("codes").or_else(|| parts.key("labels"))?;
    let names: Vec<String> = parts
        .key("names")
        .map(|names| names.items().map(label).collect())
        .unwrap_or_default();
    let mut columns = Vec::new();
    for (at, (level, codes)) in levels.items().zip(codes.items()).enumerate() {
        let level = index(level, nesting)?.into_iter().next()?;
        let (codes, _, len) = array_row(&numpy::array(codes)?, 0)?;
        let data = Data::Codes {
            codes: Box::new(codes),
            levels: Box::new(level.data),
        };
        let name = names.get(at).cloned().unwrap_or_default();
        columns.push(Column {
            name,
            dtype: level.dtype,
            len,
            data,
        });
    }
    Some(columns)
}

/// The labels of the columns, several levels joined.
fn labels(axis: ValueRef<'_>) -> Option<Vec<String>> {
    let columns = index(axis, NESTING)?;
    let len = columns.first()?.len.min(MAX_COLUMNS as u64);
    let one = |row| match &columns[..] {
        [column] => column.cell(row).label(),
        several => format!(
            "({})",
            several
                .iter()
                .map(|c| c.cell(row).label())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    Some((0..len).map(one).collect())
}
