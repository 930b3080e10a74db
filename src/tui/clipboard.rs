//! The clipboard by OSC 52: the terminal's own, also over SSH.

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};

/// Terminals drop longer sequences, some of them silently.
const MOST_BYTES: usize = 74_000;

/// Writes the sequence that sets the clipboard.
pub fn copy(out: &mut impl Write, text: &str) -> io::Result<()> {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let encoded = STANDARD.encode(text.get(..end).unwrap_or(""));
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}
