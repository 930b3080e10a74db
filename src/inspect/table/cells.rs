//! Cells of any origin to a Polars column of the narrowest type that holds them all.

use polars::prelude::{
    Int32Chunked, Int64Chunked, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr, Series,
    TimeUnit as PolarsUnit,
};

use super::super::known::{Cell, Scalar, TimeUnit};
use super::super::repr;

/// Characters of an object shown in a cell.
const OBJECT_CHARS: usize = 200;

/// What a column holds, so far as its cells have been seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Bool,
    Int,
    UInt,
    Float,
    Single,
    Text,
    Date,
    Datetime,
    Duration,
    Mixed,
}

impl Kind {
    fn of(cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Scalar(scalar) => match scalar {
                Scalar::Null => Self::Empty,
                Scalar::Bool(_) => Self::Bool,
                Scalar::Int(_) => Self::Int,
                Scalar::UInt(_) => Self::UInt,
                Scalar::Float(_) => Self::Float,
                Scalar::Single(_) => Self::Single,
                Scalar::Text(_) => Self::Text,
                Scalar::Date(_) => Self::Date,
                Scalar::Datetime(..) => Self::Datetime,
                Scalar::Timedelta(..) => Self::Duration,
                Scalar::Complex(..) | Scalar::Bytes(_) | Scalar::Nested(_) | Scalar::Opaque => {
                    Self::Mixed
                }
            },
            Cell::Value(_) => Self::Mixed,
        }
    }

    /// The kind that holds both; NaN stands for a missing value among text.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Empty, kind) | (kind, Self::Empty) => kind,
            (a, b) if a == b => a,
            (Self::Int, Self::UInt) | (Self::UInt, Self::Int) => Self::Int,
            (
                Self::Int | Self::UInt | Self::Float | Self::Single,
                Self::Int | Self::UInt | Self::Float | Self::Single,
            ) => Self::Float,
            _ => Self::Mixed,
        }
    }
}

/// A column of the cells; the type's name when the source has none.
pub(super) fn series(name: &str, cells: &[Cell<'_>]) -> (Series, &'static str) {
    let missing =
        |cell: &Cell<'_>| matches!(cell, Cell::Scalar(Scalar::Float(value)) if value.is_nan());
    let kind = |skip_nan: bool| {
        let seen = cells.iter().filter(|cell| !(skip_nan && missing(cell)));
        seen.fold(Kind::Empty, |kind, cell| kind.join(Kind::of(cell)))
    };
    let kind = match kind(false) {
        // In columns of objects NaN is how a missing text or bool is spelt.
        Kind::Mixed => kind(true),
        kind => kind,
    };
    let name = PlSmallStr::from_str(name);
    let scalars = || {
        cells.iter().map(|cell| {
            if let Cell::Scalar(scalar) = cell {
                scalar
            } else {
                &Scalar::Opaque
            }
        })
    };
    match kind {
        Kind::Bool => {
            let values: Vec<Option<bool>> = scalars()
                .map(|s| {
                    if let Scalar::Bool(v) = s {
                        Some(*v)
                    } else {
                        None
                    }
                })
                .collect();
            (Series::new(name, values), "bool")
        }
        Kind::Int => {
            let values: Option<Vec<Option<i64>>> = scalars().map(int).collect();
            match values {
                Some(values) => (Series::new(name, values), "int"),
                None => (text(name, cells), "int"),
            }
        }
        Kind::UInt => {
            let values: Vec<Option<u64>> = scalars()
                .map(|s| {
                    if let Scalar::UInt(v) = s {
                        Some(*v)
                    } else {
                        None
                    }
                })
                .collect();
            (Series::new(name, values), "int")
        }
        Kind::Float => (
            Series::new(name, scalars().map(float).collect::<Vec<_>>()),
            "float",
        ),
        Kind::Single => {
            let values: Vec<Option<f32>> = scalars()
                .map(|s| {
                    if let Scalar::Single(v) = s {
                        Some(*v)
                    } else {
                        None
                    }
                })
                .collect();
            (Series::new(name, values), "float")
        }
        Kind::Text | Kind::Empty => {
            let values = scalars().map(|s| {
                if let Scalar::Text(v) = s {
                    Some(v.as_str())
                } else {
                    None
                }
            });
            (Series::new(name, values.collect::<Vec<_>>()), "str")
        }
        Kind::Date => {
            let values: Vec<Option<i32>> = scalars()
                .map(|s| {
                    if let Scalar::Date(v) = s {
                        i32::try_from(*v).ok()
                    } else {
                        None
                    }
                })
                .collect();
            (
                Int32Chunked::from_slice_options(name, &values)
                    .into_date()
                    .into_series(),
                "date",
            )
        }
        Kind::Datetime => {
            let unit = common_unit(cells);
            let values = times(cells, unit);
            (
                Int64Chunked::from_slice_options(name, &values)
                    .into_datetime(unit.1, None)
                    .into_series(),
                "datetime",
            )
        }
        Kind::Duration => {
            let unit = common_unit(cells);
            let values = times(cells, unit);
            (
                Int64Chunked::from_slice_options(name, &values)
                    .into_duration(unit.1)
                    .into_series(),
                "timedelta",
            )
        }
        Kind::Mixed => (text(name, cells), "object"),
    }
}

fn int(scalar: &Scalar) -> Option<Option<i64>> {
    match scalar {
        Scalar::Int(value) => Some(Some(*value)),
        Scalar::UInt(value) => i64::try_from(*value).ok().map(Some),
        _ => Some(None),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Python widens ints among floats in the same way"
)]
fn float(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Float(value) => Some(*value),
        Scalar::Single(value) => Some(f64::from(*value)),
        Scalar::Int(value) => Some(*value as f64),
        Scalar::UInt(value) => Some(*value as f64),
        _ => None,
    }
}

/// Cells as their spelling, where no type holds them all.
fn text(name: PlSmallStr, cells: &[Cell<'_>]) -> Series {
    let values: Vec<Option<String>> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Scalar(Scalar::Null) => None,
            Cell::Scalar(Scalar::Text(text)) => Some(text.clone()),
            Cell::Scalar(scalar) => Some(scalar.to_string()),
            Cell::Value(value) => Some(repr::line(*value, OBJECT_CHARS)),
        })
        .collect();
    Series::new(name, values)
}

/// The finest unit among the cells; Polars has none coarser than milliseconds.
fn common_unit(cells: &[Cell<'_>]) -> (TimeUnit, PolarsUnit) {
    let per_second = |cell: &Cell<'_>| match cell {
        Cell::Scalar(Scalar::Datetime(_, unit) | Scalar::Timedelta(_, unit)) => unit.per_second(),
        _ => 0,
    };
    match cells.iter().map(per_second).max() {
        Some(1_000_000_000..) => (TimeUnit::Nano, PolarsUnit::Nanoseconds),
        Some(1_000_000..) => (TimeUnit::Micro, PolarsUnit::Microseconds),
        _ => (TimeUnit::Milli, PolarsUnit::Milliseconds),
    }
}

fn times(cells: &[Cell<'_>], (unit, _): (TimeUnit, PolarsUnit)) -> Vec<Option<i64>> {
    let time = |cell: &Cell<'_>| match cell {
        Cell::Scalar(Scalar::Datetime(value, from) | Scalar::Timedelta(value, from)) => {
            value.checked_mul(unit.per_second() / from.per_second())
        }
        _ => None,
    };
    cells.iter().map(time).collect()
}
