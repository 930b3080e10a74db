//! From the bytes that a task writes to pieces of text: whole lines, and at once what has no end yet, so that a progress bar
//! moves while it is drawn.

/// A piece of a stream. Pieces are contiguous: `text` of a piece that is not whole is continued by the next one.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// A line end followed.
    pub whole: bool,
}

/// Cuts one stream into pieces. Bytes that are not UTF-8 become replacement characters; a character that arrives in two
/// reads is put together.
#[derive(Debug, Default)]
pub struct Cutter {
    /// The beginning of a character whose end has not arrived.
    rest: Vec<u8>,
    /// Text without a line end that nobody has been given yet.
    held: String,
}

impl Cutter {
    /// Takes bytes, gives the lines that they complete. What follows the last line end is held back: a program that
    /// writes a line in several pieces should not be seen doing so.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.rest.extend_from_slice(bytes);
        let keep = incomplete_tail(&self.rest);
        let ready: Vec<u8> = self.rest.drain(..self.rest.len() - keep).collect();
        let text = String::from_utf8_lossy(&ready);
        let mut pieces = Vec::new();
        for part in text.split_inclusive('\n') {
            match part.strip_suffix('\n') {
                Some(line) => {
                    self.held.push_str(line);
                    pieces.push(Piece {
                        text: std::mem::take(&mut self.held),
                        whole: true,
                    });
                }
                None => self.held.push_str(part),
            }
        }
        pieces
    }

    /// Whether text is held back.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Gives what was held back.
    pub fn flush(&mut self) -> Option<Piece> {
        (!self.held.is_empty()).then(|| Piece {
            text: std::mem::take(&mut self.held),
            whole: false,
        })
    }
}

/// Cuts one stream into lines as they are stored: bytes as they came, without the line end.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes bytes; hands each line that is complete to `each`.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        self.rest.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(length) = self.rest[from..].iter().position(|byte| *byte == b'\n') {
            each(&self.rest[from..from + length]);
            from += length + 1;
        }
        self.rest.drain(..from);
    }

    /// The last line, if it has no end.
    pub fn finish(&mut self, each: impl FnOnce(&[u8])) {
        if !self.rest.is_empty() {
            each(&std::mem::take(&mut self.rest));
        }
    }
}

/// How many bytes at the end are a character that may still be completed.
fn incomplete_tail(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if back < length { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_progress_bar_is_given_before_its_line_ends() {
        let mut cutter = Cutter::default();
        let piece = |text: &str, whole| Piece {
            text: text.to_owned(),
            whole,
        };
        assert_eq!(cutter.push(b"a\n10%"), [piece("a", true)]);
        assert_eq!(cutter.flush(), Some(piece("10%", false)));
        assert_eq!(cutter.push(b"\r20%\n"), [piece("\r20%", true)]);
        assert_eq!(cutter.flush(), None);
    }

    proptest! {
        #[test]
        fn cutting_anywhere_gives_the_same_text(text in "\\PC*\n?\\PC*", cut in 0usize..64) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let mut cutter = Cutter::default();
            let mut joined = String::new();
            for half in [&bytes[..cut], &bytes[cut..]] {
                let mut pieces = cutter.push(half);
                pieces.extend(cutter.flush());
                for piece in pieces {
                    joined.push_str(&piece.text);
                    if piece.whole {
                        joined.push('\n');
                    }
                }
            }
            prop_assert_eq!(joined, text);
        }
    }
}
