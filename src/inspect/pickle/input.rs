//! Where a pickle's bytes come from: memory, which byte strings then share, or a stream, of which only heads are kept.

use std::io::{BufRead, BufReader, Read};

use bytes::Bytes;

use super::buffer::Buffer;
use super::error::Problem;
use super::limits::Limits;

/// The longest line of a text opcode; longer ones are refused.
const MAX_LINE: usize = 1 << 20;

/// Kept of each string once the total is spent: enough to recognise it.
const KEPT_WHEN_SPENT: usize = 64;

/// The bytes of a pickle, read once from start to end.
pub(super) struct Input<'r> {
    source: Source<'r>,
    offset: u64,
}

enum Source<'r> {
    Whole(Bytes),
    Stream {
        reader: BufReader<&'r mut dyn Read>,
        max_kept: usize,
        left: usize,
    },
}

impl<'r> Input<'r> {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            source: Source::Whole(bytes),
            offset: 0,
        }
    }

    pub(super) fn stream(reader: &'r mut dyn Read, limits: Limits) -> Self {
        let reader = BufReader::with_capacity(64 * 1024, reader);
        Self {
            source: Source::Stream {
                reader,
                max_kept: limits.max_kept,
                left: limits.max_kept_total,
            },
            offset: 0,
        }
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut out = [0; N];
        match &mut self.source {
            Source::Whole(bytes) => {
                let (head, _) = bytes.split_at_checked(N).ok_or(Problem::EndsEarly)?;
                out.copy_from_slice(head);
                bytes::Buf::advance(bytes, N);
            }
            Source::Stream { reader, .. } => reader.read_exact(&mut out).map_err(early)?,
        }
        self.offset += N as u64;
        Ok(out)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Problem> {
        Ok(self.array::<1>()?[0])
    }

    /// A little-endian length of four bytes.
    pub(super) fn len4(&mut self) -> Result<u64, Problem> {
        Ok(u64::from(u32::from_le_bytes(self.array()?)))
    }

    /// A little-endian length of eight bytes.
    pub(super) fn len8(&mut self) -> Result<u64, Problem> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// The bytes up to the next newline, which is read but not returned.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, Problem> {
        let line = match &mut self.source {
            Source::Whole(bytes) => {
                let end = bytes
                    .iter()
                    .take(MAX_LINE + 1)
                    .position(|b| *b == b'\n')
                    .ok_or(Problem::EndsEarly)?;
                let line = bytes.slice(..end).to_vec();
                bytes::Buf::advance(bytes, end + 1);
                line
            }
            Source::Stream { reader, .. } => {
                let mut line = Vec::new();
                reader
                    .take(MAX_LINE as u64 + 1)
                    .read_until(b'\n', &mut line)?;
                if line.pop() != Some(b'\n') {
                    return Err(Problem::EndsEarly);
                }
                line
            }
        };
        self.offset += line.len() as u64 + 1;
        Ok(line)
    }

    /// The next `len` bytes: shared when in memory, otherwise as many from their start as may be kept, and the parts in
    /// `windows` (offset and length, in order).
    pub(super) fn buffer(&mut self, len: u64, windows: &[(u64, u64)]) -> Result<Buffer, Problem> {
        let buffer = match &mut self.source {
            Source::Whole(bytes) => {
                let count = usize::try_from(len)
                    .ok()
                    .filter(|n| *n <= bytes.len())
                    .ok_or(Problem::EndsEarly)?;
                Buffer::whole(bytes.split_to(count))
            }
            Source::Stream {
                reader,
                max_kept,
                left,
            } => {
                let allowed = (*max_kept).min(*left).max(KEPT_WHEN_SPENT) as u64;
                let head = keep(reader, len.min(allowed))?;
                let mut at = head.len() as u64;
                let mut kept = Vec::new();
                for (start, count) in windows
                    .iter()
                    .filter(|(start, count)| start.saturating_add(*count) <= len)
                {
                    // A window that overlaps what was read starts later.
                    let end = start + count;
                    if *left == 0 || end <= at {
                        continue;
                    }
                    skip(reader, start.saturating_sub(at))?;
                    at = at.max(*start);
                    let window = keep(reader, end - at)?;
                    *left = left.saturating_sub(window.len());
                    kept.push((at, window));
                    at = end;
                }
                *left = left.saturating_sub(head.len());
                skip(reader, len - at)?;
                Buffer::new(len, head, kept)
            }
        };
        self.offset += len;
        Ok(buffer)
    }
}

/// Reads exactly `count` bytes; memory grows with what is there, not with what is claimed.
fn keep(reader: &mut dyn Read, count: u64) -> Result<Bytes, Problem> {
    let mut bytes = Vec::new();
    reader.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == count {
        Ok(Bytes::from(bytes))
    } else {
        Err(Problem::EndsEarly)
    }
}

/// Passes over exactly `count` bytes.
fn skip(reader: &mut dyn Read, count: u64) -> Result<(), Problem> {
    if std::io::copy(&mut reader.take(count), &mut std::io::sink())? == count {
        Ok(())
    } else {
        Err(Problem::EndsEarly)
    }
}

fn early(error: std::io::Error) -> Problem {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Problem::EndsEarly,
        _ => Problem::Io(error),
    }
}
