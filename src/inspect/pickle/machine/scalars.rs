//! Numbers, text and bytes.

use super::super::buffer::{Buffer, Text};
use super::super::error::Problem;
use super::super::numbers;
use super::super::opcode as op;
use super::super::value::{Node, NodeId};
use super::{Machine, Step, text_node};

/// Columns of one block of which the start is kept.
const MAX_WINDOWS: u64 = 2_000;

/// Bytes kept of each, at least: some hundred rows.
const MIN_WINDOW: u64 = 8 * 1024;

impl Machine<'_> {
    pub(super) fn int(&mut self, byte: u8) -> Step {
        let node = match byte {
            op::BININT => Node::Int(i64::from(i32::from_le_bytes(self.input.array()?))),
            op::BININT1 => Node::Int(i64::from(self.input.u8()?)),
            op::BININT2 => Node::Int(i64::from(u16::from_le_bytes(self.input.array()?))),
            op::LONG1 | op::LONG4 => {
                let len = if byte == op::LONG1 {
                    u64::from(self.input.u8()?)
                } else {
                    self.input.len4()?
                };
                let bytes = self.input.buffer(len, &[])?;
                numbers::int_from_le(bytes.head(), len)
            }
            _ => numbers::int_from_text(&self.input.line()?, byte == op::INT)?,
        };
        self.push_new(node)
    }

    pub(super) fn text(&mut self, byte: u8) -> Step {
        let len = match byte {
            op::SHORT_BINUNICODE => u64::from(self.input.u8()?),
            op::BINUNICODE => self.input.len4()?,
            op::BINUNICODE8 => self.input.len8()?,
            _ => {
                let text = numbers::raw_unicode(&self.input.line()?);
                return self.push_new(text_node(text.into_bytes()));
            }
        };
        let bytes = self.input.buffer(len, &[])?;
        self.push_new(Node::Str(Text::new(bytes)))
    }

    pub(super) fn bytes(&mut self, byte: u8) -> Step {
        let len = match byte {
            op::SHORT_BINBYTES => u64::from(self.input.u8()?),
            op::BINBYTES => self.input.len4()?,
            _ => self.input.len8()?,
        };
        let windows = self.windows(len);
        let bytes = self.input.buffer(len, &windows)?;
        self.push_new(if byte == op::BYTEARRAY8 {
            Node::ByteArray(bytes)
        } else {
            Node::Bytes(bytes)
        })
    }

    /// A `str` of Python 2: text when it is ASCII, bytes otherwise.
    pub(super) fn byte_string(&mut self, byte: u8) -> Step {
        let bytes = match byte {
            op::SHORT_BINSTRING => {
                let len = u64::from(self.input.u8()?);
                self.input.buffer(len, &[])?
            }
            op::BINSTRING => {
                let len = u64::try_from(i32::from_le_bytes(self.input.array()?))
                    .map_err(|_| Problem::Operand("the length is negative"))?;
                self.input.buffer(len, &[])?
            }
            _ => Buffer::whole(numbers::unquote(&self.input.line()?)?.into()),
        };
        self.push_new(if bytes.head().is_ascii() {
            Node::Str(Text::new(bytes))
        } else {
            Node::Bytes(bytes)
        })
    }

    /// Which parts of the next `len` bytes to keep besides their start, should they be too long to keep.
    ///
    /// The bytes of a numpy array come right after its shape, its dtype and whether its first axis varies fastest. An array
    /// of rows is a block of columns of a frame, each of which has a start worth keeping.
    fn windows(&self, len: u64) -> Vec<(u64, u64)> {
        let limit = self.limits.max_kept as u64;
        let [.., shape, _dtype, fortran] = self.stack[..] else {
            return Vec::new();
        };
        if len <= limit || self.nodes.get(fortran.0 as usize) != Some(&Node::Bool(false)) {
            return Vec::new();
        }
        match self.axes(shape)[..] {
            [rows @ 2..MAX_WINDOWS, _] => {
                let stride = len / rows;
                let kept = (limit / rows).max(MIN_WINDOW).min(stride);
                (1..rows).map(|row| (row * stride, kept)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The lengths in a tuple of ints.
    fn axes(&self, tuple: NodeId) -> Vec<u64> {
        let Some(Node::Tuple(axes)) = self.nodes.get(tuple.0 as usize) else {
            return Vec::new();
        };
        let len = |id: &NodeId| match self.nodes.get(id.0 as usize) {
            Some(Node::Int(len)) => u64::try_from(*len).ok(),
            _ => None,
        };
        axes.kept.iter().filter_map(len).collect()
    }
}
