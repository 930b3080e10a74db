//! Text and bytes of a pickle: their full length, and as much of them as is kept.

use std::borrow::Cow;

use bytes::Bytes;

/// A byte string: its length and the part of it that is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    len: u64,
    head: Bytes,
    /// Parts that are kept besides the head, by their offsets.
    windows: Option<Box<[(u64, Bytes)]>>,
}

impl Buffer {
    /// A byte string of `len` bytes of which the `head` and some windows, in order, are kept.
    #[must_use]
    pub(super) fn new(len: u64, head: Bytes, windows: Vec<(u64, Bytes)>) -> Self {
        let windows = (!windows.is_empty()).then(|| windows.into_boxed_slice());
        Self { len, head, windows }
    }

    /// A byte string that is wholly at hand.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        Self {
            len: bytes.len() as u64,
            head: bytes,
            windows: None,
        }
    }

    /// The full length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the byte string is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The kept bytes from the start; all of them unless the pickle was streamed.
    #[must_use]
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// Whether all bytes are at hand.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.head.len() as u64 == self.len
    }

    /// `count` bytes at `offset`, if they exist and are kept.
    #[must_use]
    pub fn get(&self, offset: usize, count: usize) -> Option<&[u8]> {
        let end = offset.checked_add(count)?;
        if let Some(found) = self.head.get(offset..end) {
            return Some(found);
        }
        let windows = self.windows.as_deref()?;
        let at = windows
            .partition_point(|(start, _)| *start <= offset as u64)
            .checked_sub(1)?;
        let (start, bytes) = windows.get(at)?;
        let inside = offset.checked_sub(usize::try_from(*start).ok()?)?;
        bytes.get(inside..inside.checked_add(count)?)
    }
}

/// A string: its length in UTF-8 bytes and the part of it that is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Buffer);

impl Text {
    /// Wraps the bytes of a string; what is not UTF-8 (lone surrogates) is replaced when shown.
    #[must_use]
    pub(super) fn new(bytes: Buffer) -> Self {
        Self(bytes)
    }

    /// The length in UTF-8 bytes of the whole string.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether the string is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of the string is at hand.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_whole()
    }

    /// The kept part of the string.
    #[must_use]
    pub fn as_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.0.head())
    }

    /// The bytes of the kept part.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.head()
    }
}
