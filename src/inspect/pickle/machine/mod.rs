//! The virtual machine: a stack, marks and a memo, as in Python's unpickler, building nodes instead of objects.

mod containers;
mod objects;
mod scalars;

use std::collections::HashMap;

use super::buffer::{Buffer, Text};
use super::error::{PickleError, Problem};
use super::input::Input;
use super::limits::Limits;
use super::numbers;
use super::opcode as op;
use super::value::{ClassName, Items, Node, NodeId, Pairs, Value};

const NONE: NodeId = NodeId(0);
const TRUE: NodeId = NodeId(1);
const FALSE: NodeId = NodeId(2);
const ELIDED: NodeId = NodeId(3);
const EMPTY_TUPLE: NodeId = NodeId(4);

/// A memo index this far beyond the dense part is kept in the sparse part.
const MEMO_GAP: usize = 1024;

/// The state when a mark was set, so that what follows can be dropped again.
struct Mark {
    stack: usize,
    nodes: usize,
    memo: usize,
    /// The oldest node that was given parts since: if it is older than the mark, nothing may be dropped.
    oldest_target: usize,
}

pub(super) struct Machine<'r> {
    input: Input<'r>,
    limits: Limits,
    nodes: Vec<Node>,
    stack: Vec<NodeId>,
    marks: Vec<Mark>,
    memo: Vec<NodeId>,
    sparse_memo: HashMap<u64, NodeId>,
    /// Memo entries were stored out of order, so those of dropped nodes cannot be found cheaply.
    memo_disordered: bool,
    names: HashMap<(Box<str>, Box<str>), ClassName>,
}

type Step<T = ()> = Result<T, Problem>;

impl<'r> Machine<'r> {
    pub(super) fn new(input: Input<'r>, limits: Limits) -> Self {
        let nodes = vec![
            Node::None,
            Node::Bool(true),
            Node::Bool(false),
            Node::Elided,
            Node::Tuple(Items::default()),
        ];
        Self {
            input,
            limits,
            nodes,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            sparse_memo: HashMap::new(),
            memo_disordered: false,
            names: HashMap::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Value, PickleError> {
        loop {
            let offset = self.input.offset();
            let byte = self.input.u8().map_err(|problem| PickleError {
                offset,
                opcode: None,
                problem,
            })?;
            let fail = |problem| PickleError {
                offset,
                opcode: Some(byte),
                problem,
            };
            if byte == op::STOP {
                let root = self.pop().map_err(fail)?;
                return Ok(Value {
                    nodes: self.nodes,
                    root,
                });
            }
            self.step(byte).map_err(fail)?;
        }
    }

    fn step(&mut self, byte: u8) -> Step {
        match byte {
            op::NONE => self.push(NONE),
            op::NEWTRUE => self.push(TRUE),
            op::NEWFALSE => self.push(FALSE),
            op::EMPTY_TUPLE => self.push(EMPTY_TUPLE),
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 | op::INT | op::LONG => {
                self.int(byte)
            }
            op::FLOAT => {
                let line = self.input.line()?;
                self.push_new(numbers::float_from_text(&line)?)
            }
            op::BINFLOAT => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push_new(Node::Float(value))
            }
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 | op::UNICODE => {
                self.text(byte)
            }
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => self.bytes(byte),
            op::STRING | op::BINSTRING | op::SHORT_BINSTRING => self.byte_string(byte),
            op::NEXT_BUFFER => self.push(ELIDED),
            op::READONLY_BUFFER => Ok(()),
            op::MARK => self.mark(),
            op::POP => self.discard(),
            op::POP_MARK => {
                let mark = self.pop_mark()?;
                self.stack.truncate(mark.stack);
                Ok(())
            }
            op::DUP => {
                let top = self.top()?;
                self.push(top)
            }
            op::EMPTY_LIST => self.push_new(Node::List(Items::default())),
            op::EMPTY_DICT => self.push_new(Node::Dict(Pairs::default())),
            op::EMPTY_SET => self.push_new(Node::Set(Items::default())),
            op::LIST => self.sequence(Node::List),
            op::TUPLE => self.sequence(Node::Tuple),
            op::FROZENSET => self.sequence(Node::FrozenSet),
            op::TUPLE1 => self.short_tuple(1),
            op::TUPLE2 => self.short_tuple(2),
            op::TUPLE3 => self.short_tuple(3),
            op::DICT => {
                let mark = self.pop_mark()?;
                let flat = self.stack.split_off(mark.stack);
                let id = self.add(Node::Dict(Pairs::default()));
                self.put_pairs(id, &flat)?;
                self.push(id)
            }
            op::APPEND => {
                let item = self.pop()?;
                let target = self.top()?;
                self.put_items(target, &[item]);
                Ok(())
            }
            op::APPENDS | op::ADDITEMS => {
                let mark = self.pop_mark()?;
                let flat = self.stack.split_off(mark.stack);
                let target = self.top()?;
                if self.put_items(target, &flat) == 0 {
                    self.drop_since(&mark);
                }
                Ok(())
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                let target = self.top()?;
                self.put_pairs(target, &[key, value]).map(drop)
            }
            op::SETITEMS => {
                let mark = self.pop_mark()?;
                let flat = self.stack.split_off(mark.stack);
                let target = self.top()?;
                if self.put_pairs(target, &flat)? == 0 {
                    self.drop_since(&mark);
                }
                Ok(())
            }
            op::GLOBAL | op::STACK_GLOBAL | op::EXT1 | op::EXT2 | op::EXT4 => self.global(byte),
            op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX | op::OBJ | op::INST => self.object(byte),
            op::BUILD => {
                let state = self.pop()?;
                let target = self.top()?;
                self.note_target(target);
                if let Some(Node::Object(object)) = self.nodes.get_mut(target.0 as usize) {
                    object.state = Some(state);
                }
                Ok(())
            }
            op::PERSID => {
                let line = self.input.line()?;
                let id = self.add(text_node(line));
                self.push_new(Node::Persistent(id))
            }
            op::BINPERSID => {
                let id = self.pop()?;
                self.push_new(Node::Persistent(id))
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let index = self.memo_index(byte)?;
                let found = usize::try_from(index)
                    .ok()
                    .and_then(|at| self.memo.get(at).copied());
                let id = found
                    .or_else(|| self.sparse_memo.get(&index).copied())
                    .ok_or(Problem::Memo(index))?;
                self.push(id)
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let index = self.memo_index(byte)?;
                self.memoize(index)
            }
            op::MEMOIZE => self.memoize((self.memo.len() + self.sparse_memo.len()) as u64),
            op::PROTO => match self.input.u8()? {
                version @ 6.. => Err(Problem::Protocol(version)),
                _ => Ok(()),
            },
            op::FRAME => self.input.len8().map(drop),
            _ => Err(Problem::UnknownOpcode),
        }
    }

    /// POP: the top value, or the mark if that is on top.
    fn discard(&mut self) -> Step {
        match self.marks.last() {
            Some(mark) if mark.stack == self.stack.len() => self.pop_mark().map(drop),
            _ => self.pop().map(drop),
        }
    }

    fn memo_index(&mut self, byte: u8) -> Step<u64> {
        match byte {
            op::BINGET | op::BINPUT => Ok(u64::from(self.input.u8()?)),
            op::LONG_BINGET | op::LONG_BINPUT => self.input.len4(),
            _ => std::str::from_utf8(&self.input.line()?)
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .ok_or(Problem::Operand("the memo index is not a number")),
        }
    }

    fn memoize(&mut self, index: u64) -> Step {
        let id = self.top()?;
        let next = self.memo.len();
        match usize::try_from(index) {
            Ok(at) if at == next && self.sparse_memo.is_empty() => self.memo.push(id),
            Ok(at) if at < next + MEMO_GAP => {
                self.memo_disordered = true;
                if at >= next {
                    self.memo.resize(at + 1, ELIDED);
                }
                if let Some(entry) = self.memo.get_mut(at) {
                    *entry = id;
                }
            }
            _ => {
                self.memo_disordered = true;
                self.sparse_memo.insert(index, id);
            }
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> NodeId {
        match u32::try_from(self.nodes.len()) {
            Ok(id) if self.nodes.len() < self.limits.max_nodes => {
                self.nodes.push(node);
                NodeId(id)
            }
            _ => ELIDED,
        }
    }

    fn push_new(&mut self, node: Node) -> Step {
        let id = self.add(node);
        self.push(id)
    }

    fn push(&mut self, id: NodeId) -> Step {
        let limit = self.limits.max_stack;
        if self.stack.len() >= limit {
            return Err(Problem::Limit {
                what: "values on the stack",
                limit,
            });
        }
        self.stack.push(id);
        Ok(())
    }

    /// The top value above the last mark.
    fn top(&self) -> Step<NodeId> {
        let floor = self.marks.last().map_or(0, |mark| mark.stack);
        self.stack
            .get(floor..)
            .and_then(<[_]>::last)
            .copied()
            .ok_or(Problem::StackUnderflow)
    }

    fn pop(&mut self) -> Step<NodeId> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }
}

fn text_node(bytes: Vec<u8>) -> Node {
    Node::Str(Text::new(Buffer::whole(bytes.into())))
}
