//! A cell's value as one line of text.

use polars::prelude::AnyValue;

use super::super::known::{Scalar, TimeUnit, float_repr};

/// Longer cells are cut; no screen shows more.
const MAX_CHARS: usize = 500;

/// The text of a cell.
pub(super) fn cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "null".to_owned(),
        AnyValue::Boolean(true) => "True".to_owned(),
        AnyValue::Boolean(false) => "False".to_owned(),
        AnyValue::Float64(value) => float(*value),
        // By its own digits: widened, 0.1 would show what 32 bits cannot hold.
        AnyValue::Float32(value) => value
            .to_string()
            .parse()
            .map_or_else(|_| value.to_string(), float),
        AnyValue::String(text) => one_line(text),
        AnyValue::StringOwned(text) => one_line(text),
        AnyValue::Date(days) => Scalar::Date(i64::from(*days)).to_string(),
        AnyValue::Datetime(value, unit, _) => {
            Scalar::Datetime(*value, time_unit(*unit)).to_string()
        }
        AnyValue::DatetimeOwned(value, unit, _) => {
            Scalar::Datetime(*value, time_unit(*unit)).to_string()
        }
        AnyValue::Duration(value, unit) => Scalar::Timedelta(*value, time_unit(*unit)).to_string(),
        AnyValue::Binary(bytes) => binary(bytes),
        AnyValue::BinaryOwned(bytes) => binary(bytes),
        other => one_line(&other.to_string()),
    }
}

fn time_unit(unit: polars::prelude::TimeUnit) -> TimeUnit {
    match unit {
        polars::prelude::TimeUnit::Nanoseconds => TimeUnit::Nano,
        polars::prelude::TimeUnit::Microseconds => TimeUnit::Micro,
        polars::prelude::TimeUnit::Milliseconds => TimeUnit::Milli,
    }
}

fn binary(bytes: &[u8]) -> String {
    let head = bytes.get(..bytes.len().min(MAX_CHARS)).unwrap_or_default();
    super::super::repr::truncate(&super::super::known::quote_bytes(head), MAX_CHARS)
}

/// A float with at most six decimals, which is what a column of them can be read at.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let exact = float_repr(value);
    let decimals = exact
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    if decimals <= 6 || exact.contains('e') && decimals <= 10 {
        return exact;
    }
    if exact.contains('e') || value.abs() < 1e-3 {
        let text = format!("{value:.6e}");
        return text.parse().map_or(text, float_repr);
    }
    let rounded = format!("{value:.6}");
    let trimmed = rounded.trim_end_matches('0');
    if trimmed.ends_with('.') {
        format!("{trimmed}0")
    } else {
        trimmed.to_owned()
    }
}

/// Text without line breaks and control characters, which would leave the cell.
fn one_line(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == MAX_CHARS {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            c if c.is_control() => out.push('�'),
            c => out.push(c),
        }
    }
    out
}
