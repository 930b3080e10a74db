//! The stack machine: from a pickle's operations to nodes that refer to each other. Every operation makes at most one
//! node, so that the input's length bounds time and memory.

use std::collections::HashMap;

use super::PickleError;

/// Index of a node.
pub(super) type Id = usize;

/// A value whose parts are other nodes.
#[derive(Debug)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(i64),
    BigInt(String),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(String),
    Object {
        class: Id,
        args: Id,
        state: Option<Id>,
    },
}

/// Runs a pickle; gives all nodes and the root.
pub(super) fn run(pickle: &[u8]) -> Result<(Vec<Node>, Id), PickleError> {
    let mut machine = Machine {
        input: pickle,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let operation = machine.byte()?;
        if operation == b'.' {
            let root = machine.pop()?;
            return Ok((machine.nodes, root));
        }
        machine.step(operation)?;
    }
}

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    /// Heights of the stack at the open marks.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
}

impl<'a> Machine<'a> {
    fn malformed(&self) -> PickleError {
        PickleError::Malformed(self.at)
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], PickleError> {
        let end = self.at.checked_add(count).ok_or(PickleError::CutOff)?;
        let bytes = self.input.get(self.at..end).ok_or(PickleError::CutOff)?;
        self.at = end;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        self.bytes(1)?.first().copied().ok_or(PickleError::CutOff)
    }

    /// A little-endian unsigned number.
    fn number(&mut self, width: usize) -> Result<usize, PickleError> {
        let bytes = self.bytes(width)?;
        let value = bytes
            .iter()
            .rev()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        usize::try_from(value).map_err(|_| PickleError::TooLarge)
    }

    /// A piece whose length comes first.
    fn sized(&mut self, width: usize) -> Result<&'a [u8], PickleError> {
        let length = self.number(width)?;
        self.bytes(length)
    }

    fn line(&mut self) -> Result<String, PickleError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n');
        let line = self.bytes(length.ok_or(PickleError::CutOff)?)?;
        self.at += 1;
        Ok(text(line))
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
        self.stack.push(self.nodes.len() - 1);
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or_default()
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        if self.stack.len() <= self.floor() {
            return Err(self.malformed());
        }
        self.stack.pop().ok_or(PickleError::Malformed(self.at))
    }

    fn top(&self) -> Result<Id, PickleError> {
        let id = self.stack.last().copied();
        id.filter(|_| self.stack.len() > self.floor())
            .ok_or_else(|| self.malformed())
    }

    /// Everything above the last mark, which goes.
    fn marked(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed())?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn remember(&mut self, slot: usize) -> Result<(), PickleError> {
        let id = self.top()?;
        self.memo.insert(slot, id);
        Ok(())
    }

    fn recall(&mut self, slot: usize) -> Result<(), PickleError> {
        let id = self.memo.get(&slot).copied();
        self.stack.push(id.ok_or_else(|| self.malformed())?);
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Result<(), PickleError> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Node::Tuple(items));
        Ok(())
    }

    fn extend(&mut self, more: Vec<Id>) -> Result<(), PickleError> {
        let target = self.top()?;
        match self.nodes.get_mut(target) {
            Some(Node::List(items) | Node::Set(items)) => {
                items.extend(more);
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    fn set_items(&mut self, more: &[Id]) -> Result<(), PickleError> {
        let target = self.top()?;
        let even = more.len().is_multiple_of(2);
        match self.nodes.get_mut(target) {
            Some(Node::Dict(entries)) if even => {
                entries.extend(more.chunks_exact(2).filter_map(|pair| match pair {
                    [key, value] => Some((*key, *value)),
                    _ => None,
                }));
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    fn stack_global(&mut self) -> Result<(), PickleError> {
        let (name, module) = (self.pop()?, self.pop()?);
        match (self.nodes.get(module), self.nodes.get(name)) {
            (Some(Node::Str(module)), Some(Node::Str(name))) => {
                let full = format!("{module}.{name}");
                self.push(Node::Global(full));
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    fn object(&mut self) -> Result<(), PickleError> {
        let (args, class) = (self.pop()?, self.pop()?);
        self.push(Node::Object {
            class,
            args,
            state: None,
        });
        Ok(())
    }

    fn set_state(&mut self) -> Result<(), PickleError> {
        let given = self.pop()?;
        let target = self.top()?;
        match self.nodes.get_mut(target) {
            Some(Node::Object { state, .. }) => {
                *state = Some(given);
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    fn step(&mut self, operation: u8) -> Result<(), PickleError> {
        match operation {
            0x80 => {
                self.byte()?;
            }
            0x95 => {
                self.bytes(8)?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.marked()?;
            }
            b'2' => {
                let id = self.top()?;
                self.stack.push(id);
            }
            0x94 => self.remember(self.memo.len())?,
            b'q' => {
                let slot = self.number(1)?;
                self.remember(slot)?;
            }
            b'r' => {
                let slot = self.number(4)?;
                self.remember(slot)?;
            }
            b'h' => {
                let slot = self.number(1)?;
                self.recall(slot)?;
            }
            b'j' => {
                let slot = self.number(4)?;
                self.recall(slot)?;
            }
            0x93 => self.stack_global()?,
            b'c' => {
                let full = format!("{}.{}", self.line()?, self.line()?);
                self.push(Node::Global(full));
            }
            0x81 | b'R' => self.object()?,
            b'b' => self.set_state()?,
            _ => return self.literal(operation),
        }
        Ok(())
    }

    /// The operations that make values of their own.
    fn literal(&mut self, operation: u8) -> Result<(), PickleError> {
        let node = match operation {
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'K' => Node::Int(i64::from(self.byte()?)),
            b'M' => integer(self.bytes(2)?, false),
            b'J' => integer(self.bytes(4)?, true),
            0x8a => integer(self.sized(1)?, true),
            0x8b => integer(self.sized(4)?, true),
            b'G' => {
                let bytes = self.bytes(8)?;
                let bits = bytes
                    .iter()
                    .fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
                Node::Float(f64::from_bits(bits))
            }
            0x8c | b'U' => Node::Str(text(self.sized(1)?)),
            b'X' | b'T' => Node::Str(text(self.sized(4)?)),
            0x8d => Node::Str(text(self.sized(8)?)),
            b'C' => Node::Bytes(self.sized(1)?.to_vec()),
            b'B' => Node::Bytes(self.sized(4)?.to_vec()),
            0x8e => Node::Bytes(self.sized(8)?.to_vec()),
            b']' => Node::List(Vec::new()),
            b'}' => Node::Dict(Vec::new()),
            b')' => Node::Tuple(Vec::new()),
            0x8f => Node::Set(Vec::new()),
            b't' => Node::Tuple(self.marked()?),
            0x91 => Node::Set(self.marked()?),
            _ => return self.collect(operation),
        };
        self.push(node);
        Ok(())
    }

    /// The operations that put values into others.
    fn collect(&mut self, operation: u8) -> Result<(), PickleError> {
        match operation {
            0x85..=0x87 => self.tuple(usize::from(operation - 0x84)),
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])
            }
            b'e' | 0x90 => {
                let items = self.marked()?;
                self.extend(items)
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set_items(&[key, value])
            }
            b'u' => {
                let items = self.marked()?;
                self.set_items(&items)
            }
            other => Err(PickleError::Operation(other)),
        }
    }
}

/// Python writes lone surrogates as if they were characters; they are shown as replacements.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A little-endian integer of any width, in two's complement if `signed`.
fn integer(bytes: &[u8], signed: bool) -> Node {
    let negative = signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let (_, beyond) = bytes.split_at_checked(8).unwrap_or((bytes, &[]));
    let wrong_sign = bytes
        .get(7)
        .is_some_and(|byte| (byte & 0x80 != 0) != negative);
    if wrong_sign || beyond.iter().any(|byte| *byte != fill) {
        return Node::BigInt(hexadecimal(bytes, negative));
    }
    let mut value = [fill; 8];
    for (to, from) in value.iter_mut().zip(bytes) {
        *to = *from;
    }
    Node::Int(i64::from_le_bytes(value))
}

fn hexadecimal(bytes: &[u8], negative: bool) -> String {
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let digits: String = magnitude
        .iter()
        .rev()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sign = if negative { "-" } else { "" };
    format!("{sign}0x{}", digits.trim_start_matches('0'))
}
