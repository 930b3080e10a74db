//! numpy's dtypes: how one element lies in memory.

use super::super::pickle::{NodeId, ValueRef};
use super::scalar::{Scalar, TimeUnit};

/// The layout of one element.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::inspect) struct Dtype {
    kind: Kind,
    /// Bytes of one element.
    pub(super) size: usize,
    big_endian: bool,
    /// The name numpy gives it, such as `float64`.
    pub(in crate::inspect) name: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Bool,
    Int,
    UInt,
    Float,
    Complex,
    Text,
    Bytes,
    Object,
    Date,
    Datetime(TimeUnit, i64),
    Timedelta(TimeUnit, i64),
    Other,
}

/// Nothing real has larger elements; a hostile size must not make a stride overflow.
const MAX_SIZE: usize = 1 << 30;

impl Dtype {
    /// The dtype a value describes: `numpy.dtype(code, …)` with its state, or a class such as `numpy.float64`.
    pub(super) fn read(value: ValueRef<'_>) -> Option<Self> {
        let class = value.callee()?;
        if &*class.name != "dtype" && !class.name.ends_with("DType") || class.package() != "numpy" {
            return None;
        }
        let code = value.arg(0)?.as_str()?;
        let state = value.state();
        let big_endian = state
            .and_then(|s| s.item(1))
            .and_then(ValueRef::as_str)
            .is_some_and(|o| o == ">");
        let (letter, digits) = code.split_at_checked(1)?;
        let mut size = digits.parse::<usize>().unwrap_or(0);
        if let Some(of_state) = state
            .and_then(|s| s.item(5))
            .and_then(ValueRef::as_int)
            .filter(|s| *s > 0)
        {
            size = usize::try_from(of_state).ok()?;
        }
        let unit = || state.and_then(time_unit).unwrap_or((None, String::new()));
        let (kind, name) = match letter {
            "b" => (Kind::Bool, "bool".to_owned()),
            "i" => (Kind::Int, format!("int{}", bits(size))),
            "u" => (Kind::UInt, format!("uint{}", bits(size))),
            "f" => (Kind::Float, format!("float{}", bits(size))),
            "c" => (Kind::Complex, format!("complex{}", bits(size))),
            "U" => {
                let chars = digits.parse::<usize>().unwrap_or(size / 4);
                size = chars.checked_mul(4)?;
                (Kind::Text, format!("<U{chars}"))
            }
            "S" | "a" => (Kind::Bytes, format!("S{size}")),
            "O" => (Kind::Object, "object".to_owned()),
            "M" => {
                let (unit, text) = unit();
                let kind = match unit {
                    Some(_) if text == "D" => Kind::Date,
                    Some((unit, scale)) => Kind::Datetime(unit, scale),
                    None => Kind::Other,
                };
                (kind, format!("datetime64[{text}]"))
            }
            "m" => {
                let (unit, text) = unit();
                (
                    unit.map_or(Kind::Other, |(u, n)| Kind::Timedelta(u, n)),
                    format!("timedelta64[{text}]"),
                )
            }
            "V" => match state
                .and_then(|s| s.item(3))
                .filter(|names| names.as_items().is_some())
            {
                Some(names) => {
                    let names: Vec<String> = names
                        .items()
                        .filter_map(|n| Some(n.as_str()?.into_owned()))
                        .collect();
                    (Kind::Other, format!("record({})", names.join(", ")))
                }
                None => (Kind::Other, format!("V{size}")),
            },
            _ => (Kind::Other, code.into_owned()),
        };
        (size <= MAX_SIZE).then_some(Self {
            kind,
            size,
            big_endian,
            name,
        })
    }

    /// A little-endian number type by numpy's or Arrow's name.
    pub(super) fn number(name: &str) -> Option<Self> {
        let (kind, size) = match name {
            "int8" => (Kind::Int, 1),
            "int16" => (Kind::Int, 2),
            "int32" => (Kind::Int, 4),
            "int64" => (Kind::Int, 8),
            "uint8" => (Kind::UInt, 1),
            "uint16" => (Kind::UInt, 2),
            "uint32" => (Kind::UInt, 4),
            "uint64" => (Kind::UInt, 8),
            "halffloat" | "float16" => (Kind::Float, 2),
            "float" | "float32" => (Kind::Float, 4),
            "double" | "float64" => (Kind::Float, 8),
            _ => return None,
        };
        Some(Self {
            kind,
            size,
            big_endian: false,
            name: name.to_owned(),
        })
    }

    /// Whether elements are Python objects, pickled beside the array.
    pub(in crate::inspect) fn is_object(&self) -> bool {
        self.kind == Kind::Object
    }

    /// The element that `bytes` hold; as many of them as [`Self::size`] says.
    pub(super) fn scalar(&self, bytes: &[u8]) -> Scalar {
        if bytes.len() != self.size {
            return Scalar::Opaque;
        }
        match &self.kind {
            Kind::Bool => bytes
                .first()
                .map_or(Scalar::Opaque, |b| Scalar::Bool(*b != 0)),
            Kind::Int => self.int(bytes).map_or(Scalar::Opaque, Scalar::Int),
            Kind::UInt => self.unsigned(bytes).map_or(Scalar::Opaque, Scalar::UInt),
            Kind::Float => self.float(bytes),
            Kind::Complex => {
                let half = Self {
                    kind: Kind::Float,
                    size: self.size / 2,
                    big_endian: self.big_endian,
                    name: String::new(),
                };
                match bytes
                    .split_at_checked(self.size / 2)
                    .map(|(re, im)| (half.float(re), half.float(im)))
                {
                    Some((Scalar::Float(re), Scalar::Float(im))) => Scalar::Complex(re, im),
                    Some((Scalar::Single(re), Scalar::Single(im))) => {
                        Scalar::Complex(re.into(), im.into())
                    }
                    _ => Scalar::Opaque,
                }
            }
            Kind::Text => Scalar::Text(self.text(bytes)),
            Kind::Bytes => {
                let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
                Scalar::Bytes(bytes.get(..end).unwrap_or_default().to_vec())
            }
            Kind::Date => self.time(bytes, 1, Scalar::Date),
            Kind::Datetime(unit, scale) => {
                self.time(bytes, *scale, |value| Scalar::Datetime(value, *unit))
            }
            Kind::Timedelta(unit, scale) => {
                self.time(bytes, *scale, |value| Scalar::Timedelta(value, *unit))
            }
            Kind::Object | Kind::Other => Scalar::Opaque,
        }
    }

    fn unsigned(&self, bytes: &[u8]) -> Option<u64> {
        if bytes.is_empty() || bytes.len() > 8 {
            return None;
        }
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, fold)
        } else {
            bytes.iter().rev().fold(0, fold)
        })
    }

    fn int(&self, bytes: &[u8]) -> Option<i64> {
        let shift = 64 - 8 * bytes.len();
        Some(self.unsigned(bytes)?.cast_signed() << shift >> shift)
    }

    fn float(&self, bytes: &[u8]) -> Scalar {
        let Some(bits) = self.unsigned(bytes) else {
            return Scalar::Opaque;
        };
        match bytes.len() {
            8 => Scalar::Float(f64::from_bits(bits)),
            4 => u32::try_from(bits)
                .map_or(Scalar::Opaque, |bits| Scalar::Single(f32::from_bits(bits))),
            2 => u16::try_from(bits)
                .map_or(Scalar::Opaque, |bits| Scalar::Single(half_to_single(bits))),
            _ => Scalar::Opaque,
        }
    }

    fn time(&self, bytes: &[u8], scale: i64, make: impl Fn(i64) -> Scalar) -> Scalar {
        match self.int(bytes) {
            // The smallest int is numpy's NaT.
            Some(i64::MIN) => Scalar::Null,
            Some(value) => value.checked_mul(scale).map_or(Scalar::Opaque, make),
            None => Scalar::Opaque,
        }
    }

    /// Fixed-width UTF-32, padded with zeros.
    fn text(&self, bytes: &[u8]) -> String {
        let (chars, _) = bytes.as_chunks::<4>();
        let code = |c: &[u8; 4]| {
            if self.big_endian {
                u32::from_be_bytes(*c)
            } else {
                u32::from_le_bytes(*c)
            }
        };
        let text: String = chars
            .iter()
            .map(|c| char::from_u32(code(c)).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        text.trim_end_matches('\0').to_owned()
    }
}

fn bits(size: usize) -> usize {
    size.saturating_mul(8)
}

/// The unit in a datetime dtype's state, `(…, (None, (b'ns', 1, 1, 1)))`: our unit with a factor, and numpy's text.
fn time_unit(state: ValueRef<'_>) -> Option<(Option<(TimeUnit, i64)>, String)> {
    let unit = state.item(8)?.item(1)?;
    let code = String::from_utf8_lossy(unit.item(0)?.as_buffer()?.head()).into_owned();
    let count = unit.item(1).and_then(ValueRef::as_int).unwrap_or(1);
    let (base, factor) = match &*code {
        "D" => (TimeUnit::Second, 86_400),
        "W" => (TimeUnit::Second, 7 * 86_400),
        "h" => (TimeUnit::Second, 3_600),
        "m" => (TimeUnit::Second, 60),
        other => match TimeUnit::parse(other) {
            Some(unit) => (unit, 1),
            None => return Some((None, code)),
        },
    };
    let text = if count == 1 {
        code
    } else {
        format!("{count}{code}")
    };
    Some((count.checked_mul(factor).map(|scale| (base, scale)), text))
}

fn half_to_single(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// The ids of an object array's elements.
pub(super) fn object_items(value: ValueRef<'_>) -> Option<&[NodeId]> {
    value.as_items().map(|items| &*items.kept)
}
