//! Values of the standard library (and pandas' scalars) that have a short spelling, and the class behind a constructor.

use super::super::pickle::{ClassName, Node, ValueRef};
use super::scalar::{TimeUnit, datetime_text, duration_text};

/// A value that a line of text says completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::inspect) struct Plain {
    /// The name of its class.
    pub(in crate::inspect) type_name: String,
    /// What it is, as a person would write it.
    pub(in crate::inspect) text: String,
}

/// The class an object is of: that of its constructor's argument where a helper function makes it.
pub(in crate::inspect) fn class_of(value: ValueRef<'_>) -> Option<&ClassName> {
    let Some(callee) = value.callee() else {
        // `getattr(class, name)(…)`: an alternative constructor of the class.
        let method = value.at(value.as_object()?.callee);
        return method
            .arg(0)
            .filter(|_| method.callee().is_some_and(|f| f.is("builtins", "getattr")))?
            .as_global();
    };
    let makes_first_argument = match &*callee.module {
        "copyreg" => true,
        _ if callee.package() == "numpy" => &*callee.name == "_reconstruct",
        _ => {
            callee.name.starts_with("__pyx_unpickle_")
                || callee.package() == "pandas" && callee.name.starts_with("_new_")
        }
    };
    if makes_first_argument {
        value.arg(0).and_then(ValueRef::as_global).or(Some(callee))
    } else {
        Some(callee)
    }
}

/// Reads a value that has a short spelling.
pub(in crate::inspect) fn plain(value: ValueRef<'_>) -> Option<Plain> {
    let class = class_of(value)?;
    let make = |type_name: &str, text: String| {
        Some(Plain {
            type_name: type_name.to_owned(),
            text,
        })
    };
    let int = |index: usize| value.arg(index).and_then(ValueRef::as_int);
    match (&*class.module, &*class.name) {
        ("datetime", name) => make(name, datetime(name, value)?),
        ("decimal", "Decimal") => make("Decimal", value.arg(0)?.as_str()?.into_owned()),
        ("fractions", "Fraction") => match value.arg(0)?.as_str() {
            Some(text) => make("Fraction", text.into_owned()),
            None => make("Fraction", format!("{}/{}", int(0)?, int(1)?)),
        },
        ("uuid", "UUID") => make("UUID", uuid(value.state()?)?),
        ("pathlib" | "pathlib._local", name) => make(name, path(value)),
        ("builtins", "complex") => {
            let part = |index| match value.arg(index).map(ValueRef::node) {
                Some(Node::Float(part)) => Some(*part),
                _ => None,
            };
            make(
                "complex",
                super::Scalar::Complex(part(0)?, part(1)?).to_string(),
            )
        }
        ("builtins", "range") if int(2) == Some(1) => {
            make("range", format!("range({}, {})", int(0)?, int(1)?))
        }
        ("builtins", "range") => make(
            "range",
            format!("range({}, {}, {})", int(0)?, int(1)?, int(2)?),
        ),
        ("re", "_compile") => make("Pattern", super::quote(&value.arg(0)?.as_str()?)),
        ("zoneinfo" | "pytz", _) => make("tzinfo", zone_name(value)),
        ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp") => {
            let text = datetime_text(int(0)?, pandas_unit(int(3))?);
            let zone = value
                .arg(2)
                .filter(|tz| !tz.is_none())
                .map(|tz| format!(" {}", zone_name(tz)))
                .unwrap_or_default();
            make("Timestamp", format!("{text}{zone}"))
        }
        ("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle") => {
            make("Timedelta", duration_text(int(0)?, pandas_unit(int(1))?))
        }
        _ => None,
    }
}

/// pandas' number of a resolution; absent in versions that only had nanoseconds.
fn pandas_unit(number: Option<i64>) -> Option<TimeUnit> {
    match number {
        Some(7) => Some(TimeUnit::Second),
        Some(8) => Some(TimeUnit::Milli),
        Some(9) => Some(TimeUnit::Micro),
        Some(10) | None => Some(TimeUnit::Nano),
        Some(_) => None,
    }
}

/// `datetime`'s classes pickle as packed bytes, `timedelta` as numbers.
fn datetime(name: &str, value: ValueRef<'_>) -> Option<String> {
    if name == "timedelta" {
        return timedelta(value);
    }
    if name == "timezone" {
        return Some(zone_name(value));
    }
    let packed = &value.arg(0)?.as_buffer()?.head()[..];
    // The top bit of the month or hour holds `fold`.
    let text = match (name, packed) {
        ("date", [hi, lo, month, day]) => format!("{}-{month:02}-{day:02}", year(*hi, *lo)),
        ("datetime", [hi, lo, month, day, clock @ ..]) => {
            format!(
                "{}-{:02}-{day:02} {}",
                year(*hi, *lo),
                month & 0x7f,
                time(clock)?
            )
        }
        ("time", clock) => time(clock)?,
        _ => return None,
    };
    let zone = value
        .arg(1)
        .map(|tz| format!(" {}", zone_name(tz)))
        .unwrap_or_default();
    Some(text + &zone)
}

fn year(hi: u8, lo: u8) -> String {
    format!("{:04}", u16::from(hi) << 8 | u16::from(lo))
}

fn time(packed: &[u8]) -> Option<String> {
    let [hour, minute, second, a, b, c] = packed else {
        return None;
    };
    let micros = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
    let fraction = if micros > 0 {
        format!(".{micros:06}")
    } else {
        String::new()
    };
    Some(format!(
        "{:02}:{minute:02}:{second:02}{fraction}",
        hour & 0x7f
    ))
}

fn timedelta(value: ValueRef<'_>) -> Option<String> {
    let part = |index| value.arg(index).and_then(ValueRef::as_int);
    let seconds = part(0)?.checked_mul(86_400)?.checked_add(part(1)?)?;
    match seconds
        .checked_mul(1_000_000)
        .and_then(|micros| micros.checked_add(part(2)?))
    {
        Some(micros) => Some(duration_text(micros, TimeUnit::Micro)),
        None => Some(duration_text(seconds, TimeUnit::Second)),
    }
}

/// The name of a time zone: its key, or its offset.
pub(super) fn zone_name(value: ValueRef<'_>) -> String {
    let Some(class) = class_of(value) else {
        return String::new();
    };
    if class.is("datetime", "timezone") {
        if let Some(name) = value.arg(1).and_then(ValueRef::as_str) {
            return name.into_owned();
        }
        let part = |index| {
            value
                .arg(0)
                .and_then(|offset| offset.arg(index))
                .and_then(ValueRef::as_int)
                .unwrap_or(0)
        };
        let seconds = part(0).saturating_mul(86_400).saturating_add(part(1));
        if seconds == 0 {
            return "UTC".to_owned();
        }
        let (sign, minutes) = (
            if seconds < 0 { '-' } else { '+' },
            seconds.unsigned_abs() / 60,
        );
        return format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    }
    match value.arg(0).and_then(ValueRef::as_str) {
        Some(key) => key.into_owned(),
        None => class.name.trim_start_matches('_').to_owned(),
    }
}

/// The state of a UUID is its number.
fn uuid(state: ValueRef<'_>) -> Option<String> {
    let number: u128 = match state.key("int")?.node() {
        Node::Int(number) => u128::try_from(*number).ok()?,
        Node::BigInt(digits) => digits.parse().ok()?,
        _ => return None,
    };
    let hex = format!("{number:032x}");
    let parts = [
        hex.get(..8)?,
        hex.get(8..12)?,
        hex.get(12..16)?,
        hex.get(16..20)?,
        hex.get(20..)?,
    ];
    Some(parts.join("-"))
}

/// A path pickles as its parts; an absolute one starts with its root.
fn path(value: ValueRef<'_>) -> String {
    let Some(object) = value.as_object() else {
        return String::new();
    };
    let parts: Vec<_> = value
        .at(object.args)
        .items()
        .filter_map(ValueRef::as_str)
        .collect();
    match parts.split_first() {
        None => ".".to_owned(),
        Some((root, rest)) if root.ends_with(['/', '\\']) => format!("{root}{}", rest.join("/")),
        Some(_) => parts.join("/"),
    }
}
