//! One element of an array: a number, text, or a point in time.

use std::fmt;

use super::python::{float_repr, quote, quote_bytes};

/// The unit in which a date or duration counts. Larger and smaller units of numpy are converted on reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inspect) enum TimeUnit {
    /// Seconds.
    Second,
    /// Milliseconds.
    Milli,
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

impl TimeUnit {
    /// How many of them make a second.
    pub(in crate::inspect) fn per_second(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Milli => 1_000,
            Self::Micro => 1_000_000,
            Self::Nano => 1_000_000_000,
        }
    }

    /// The unit by numpy's or Arrow's abbreviation.
    pub(in crate::inspect) fn parse(text: &str) -> Option<Self> {
        match text {
            "s" => Some(Self::Second),
            "ms" => Some(Self::Milli),
            "us" => Some(Self::Micro),
            "ns" => Some(Self::Nano),
            _ => None,
        }
    }
}

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::inspect) enum Scalar {
    /// A missing date, or a missing value of a masked array.
    Null,
    /// A bool.
    Bool(bool),
    /// A signed int.
    Int(i64),
    /// An unsigned int.
    UInt(u64),
    /// A float of any width.
    Float(f64),
    /// A float of 32 bits, which has a shorter spelling.
    Single(f32),
    /// A complex number.
    Complex(f64, f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Time since 1970 in UTC.
    Datetime(i64, TimeUnit),
    /// Days since 1970.
    Date(i64),
    /// A duration.
    Timedelta(i64, TimeUnit),
    /// A list or struct within a cell, as text.
    Nested(String),
    /// Something that has no short form, or is not at hand.
    Opaque,
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&float_repr(*value)),
            Self::Single(value) => f.write_str(&single_repr(*value)),
            Self::Complex(re, im) => write!(
                f,
                "({}{}{}j)",
                trim(*re),
                if *im < 0.0 { "" } else { "+" },
                trim(*im)
            ),
            Self::Text(text) => f.write_str(&quote(text)),
            Self::Bytes(bytes) => f.write_str(&quote_bytes(bytes)),
            Self::Datetime(value, unit) => f.write_str(&datetime_text(*value, *unit)),
            Self::Date(days) => match days.checked_mul(86_400) {
                Some(seconds) => f.write_str(
                    datetime_text(seconds, TimeUnit::Second)
                        .get(..10)
                        .unwrap_or("?"),
                ),
                None => f.write_str("?"),
            },
            Self::Timedelta(value, unit) => f.write_str(&duration_text(*value, *unit)),
            Self::Nested(text) => f.write_str(text),
            Self::Opaque => f.write_str("…"),
        }
    }
}

/// A float without the decimals of whole numbers, as in a complex number.
fn trim(value: f64) -> String {
    let text = float_repr(value);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A 32-bit float with the digits it needs.
fn single_repr(value: f32) -> String {
    // The shortest digits of the narrow float, read as a wide one, print the same way.
    format!("{value:e}")
        .parse()
        .map_or_else(|_| value.to_string(), float_repr)
}

/// A point in time as `YYYY-MM-DD HH:MM:SS[.fraction]`, UTC.
pub(in crate::inspect) fn datetime_text(value: i64, unit: TimeUnit) -> String {
    let per_second = unit.per_second();
    let seconds = value.div_euclid(per_second);
    let nanos = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let stamp = i32::try_from(nanos)
        .ok()
        .and_then(|nanos| jiff::Timestamp::new(seconds, nanos).ok());
    match stamp {
        Some(stamp) => jiff::tz::Offset::UTC
            .to_datetime(stamp)
            .to_string()
            .replacen('T', " ", 1),
        None => format!("{seconds} s since 1970"),
    }
}

/// A duration as `[D days, ]HH:MM:SS[.fraction]`.
pub(in crate::inspect) fn duration_text(value: i64, unit: TimeUnit) -> String {
    let per_second = unit.per_second();
    let seconds = value.div_euclid(per_second);
    let fraction = value.rem_euclid(per_second);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    text.push_str(&format!(
        "{}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    ));
    if fraction > 0 {
        let digits = per_second.ilog10() as usize;
        text.push_str(format!(".{fraction:0digits$}").trim_end_matches('0'));
    }
    text
}
