//! Numbers and quoted strings as the opcodes spell them.

use super::error::Problem;
use super::value::Node;

/// Longer ints are described rather than converted, since conversion takes quadratic time.
const MAX_INT_BYTES: usize = 1024;

/// An int of any size from little-endian two's complement.
pub(super) fn int_from_le(bytes: &[u8], full_len: u64) -> Node {
    let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
    if bytes.len() <= 8 && full_len == bytes.len() as u64 {
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        return Node::Int(i64::from_le_bytes(wide));
    }
    if full_len > MAX_INT_BYTES as u64 || full_len != bytes.len() as u64 {
        return Node::BigInt(format!("<int of {full_len} bytes>").into());
    }
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    Node::BigInt(decimal(&magnitude, negative).into())
}

/// The decimal digits of a little-endian magnitude, by repeated multiplication in base 10^9.
fn decimal(magnitude: &[u8], negative: bool) -> String {
    const BASE: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for byte in magnitude.iter().rev() {
        let mut carry = u64::from(*byte);
        for limb in &mut limbs {
            let value = *limb * 256 + carry;
            *limb = value % BASE;
            carry = value / BASE;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = String::from(if negative { "-" } else { "" });
    let mut rest = limbs.iter().rev();
    if let Some(first) = rest.next() {
        text.push_str(&first.to_string());
    }
    for limb in rest {
        text.push_str(&format!("{limb:09}"));
    }
    text
}

/// The operand of INT or LONG: decimal digits, maybe with a final `L`; `00` and `01` are bools for INT.
pub(super) fn int_from_text(line: &[u8], bools: bool) -> Result<Node, Problem> {
    let wrong = Problem::Operand("the operand is not a decimal number");
    let Ok(text) = std::str::from_utf8(line) else {
        return Err(wrong);
    };
    let text = text.trim();
    match text {
        "00" if bools => return Ok(Node::Bool(false)),
        "01" if bools => return Ok(Node::Bool(true)),
        _ => {}
    }
    let digits = text.strip_suffix('L').unwrap_or(text);
    if let Ok(value) = digits.parse() {
        return Ok(Node::Int(value));
    }
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    Ok(Node::BigInt(digits.into()))
}

/// The operand of FLOAT: what Python's `repr` of a float gives.
pub(super) fn float_from_text(line: &[u8]) -> Result<Node, Problem> {
    std::str::from_utf8(line)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .map(Node::Float)
        .ok_or(Problem::Operand("the operand is not a float"))
}

/// The operand of STRING: a quoted literal with backslash escapes, as bytes.
pub(super) fn unquote(line: &[u8]) -> Result<Vec<u8>, Problem> {
    let wrong = || Problem::Operand("the operand is not a quoted string");
    let trimmed = line.trim_ascii();
    let inner = match trimmed {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(wrong()),
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next().ok_or_else(wrong)? {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'x' => {
                let digits = [
                    rest.next().ok_or_else(wrong)?,
                    rest.next().ok_or_else(wrong)?,
                ];
                out.push(
                    hex(&digits)
                        .and_then(|v| u8::try_from(v).ok())
                        .ok_or_else(wrong)?,
                );
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

/// The operand of UNICODE: Latin-1 with `\uXXXX` and `\UXXXXXXXX` escapes, as UTF-8.
pub(super) fn raw_unicode(line: &[u8]) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = match (byte, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let escaped = tail.get(1..=digits).filter(|_| digits > 0).and_then(hex);
        if let Some(code) = escaped {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = tail.get(digits + 1..).unwrap_or_default();
        } else {
            out.push(char::from(byte));
            rest = tail;
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
