//! The virtual machine: a stack, marks and a memo, as in Python's unpickler, building nodes instead of objects.

use std::collections::HashMap;
use std::sync::Arc;

use super::buffer::{Buffer, Text};
use super::error::{PickleError, Problem};
use super::input::Input;
use super::limits::Limits;
use super::opcode as op;
use super::structural;
use super::value::{ClassName, How, Items, Node, NodeId, Object, Pairs, Value};
use super::numbers;

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
        let nodes =
            vec![Node::None, Node::Bool(true), Node::Bool(false), Node::Elided, Node::Tuple(Items::default())];
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
            let byte = self.input.u8().map_err(|problem| PickleError { offset, opcode: None, problem })?;
            let fail = |problem| PickleError { offset, opcode: Some(byte), problem };
            if byte == op::STOP {
                let root = self.pop().map_err(fail)?;
                return Ok(Value { nodes: self.nodes, root });
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
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 | op::INT | op::LONG => self.int(byte),
            op::FLOAT => {
                let line = self.input.line()?;
                self.push_new(numbers::float_from_text(&line)?)
            }
            op::BINFLOAT => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push_new(Node::Float(value))
            }
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 | op::UNICODE => self.text(byte),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => self.bytes(byte),
            op::STRING | op::BINSTRING | op::SHORT_BINSTRING => self.byte_string(byte),
            op::NEXT_BUFFER => self.push(ELIDED),
            op::READONLY_BUFFER => Ok(()),
            op::MARK => self.mark(),
            op::POP => self.discard(),
            op::POP_MARK => {
                let mark = self.to_mark()?;
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
                let mark = self.to_mark()?;
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
                let mark = self.to_mark()?;
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
                let mark = self.to_mark()?;
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
                let found = usize::try_from(index).ok().and_then(|at| self.memo.get(at).copied());
                let id = found.or_else(|| self.sparse_memo.get(&index).copied()).ok_or(Problem::Memo(index))?;
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

    fn int(&mut self, byte: u8) -> Step {
        let node = match byte {
            op::BININT => Node::Int(i64::from(i32::from_le_bytes(self.input.array()?))),
            op::BININT1 => Node::Int(i64::from(self.input.u8()?)),
            op::BININT2 => Node::Int(i64::from(u16::from_le_bytes(self.input.array()?))),
            op::LONG1 | op::LONG4 => {
                let len = if byte == op::LONG1 { u64::from(self.input.u8()?) } else { self.input.len4()? };
                let bytes = self.input.buffer(len)?;
                numbers::int_from_le(bytes.head(), len)
            }
            _ => numbers::int_from_text(&self.input.line()?, byte == op::INT)?,
        };
        self.push_new(node)
    }

    fn text(&mut self, byte: u8) -> Step {
        let len = match byte {
            op::SHORT_BINUNICODE => u64::from(self.input.u8()?),
            op::BINUNICODE => self.input.len4()?,
            op::BINUNICODE8 => self.input.len8()?,
            _ => {
                let text = numbers::raw_unicode(&self.input.line()?);
                return self.push_new(text_node(text.into_bytes()));
            }
        };
        let bytes = self.input.buffer(len)?;
        self.push_new(Node::Str(Text::new(bytes)))
    }

    fn bytes(&mut self, byte: u8) -> Step {
        let len = match byte {
            op::SHORT_BINBYTES => u64::from(self.input.u8()?),
            op::BINBYTES => self.input.len4()?,
            _ => self.input.len8()?,
        };
        let bytes = self.input.buffer(len)?;
        self.push_new(if byte == op::BYTEARRAY8 { Node::ByteArray(bytes) } else { Node::Bytes(bytes) })
    }

    /// A `str` of Python 2: text when it is ASCII, bytes otherwise.
    fn byte_string(&mut self, byte: u8) -> Step {
        let bytes = match byte {
            op::SHORT_BINSTRING => {
                let len = u64::from(self.input.u8()?);
                self.input.buffer(len)?
            }
            op::BINSTRING => {
                let len = u64::try_from(i32::from_le_bytes(self.input.array()?))
                    .map_err(|_| Problem::Operand("the length is negative"))?;
                self.input.buffer(len)?
            }
            _ => Buffer::whole(numbers::unquote(&self.input.line()?)?.into()),
        };
        self.push_new(if bytes.head().is_ascii() { Node::Str(Text::new(bytes)) } else { Node::Bytes(bytes) })
    }

    fn sequence(&mut self, make: fn(Items) -> Node) -> Step {
        let mark = self.to_mark()?;
        let flat = self.stack.split_off(mark.stack);
        let kept = flat.get(..flat.len().min(self.limits.max_items)).unwrap_or_default().to_vec();
        self.push_new(make(Items { kept, total: flat.len() as u64 }))
    }

    fn short_tuple(&mut self, len: usize) -> Step {
        let floor = self.marks.last().map_or(0, |mark| mark.stack);
        let from = self.stack.len().checked_sub(len).filter(|from| *from >= floor).ok_or(Problem::StackUnderflow)?;
        let kept = self.stack.split_off(from);
        self.push_new(Node::Tuple(Items { kept, total: len as u64 }))
    }

    fn global(&mut self, byte: u8) -> Step {
        let (module, name) = match byte {
            op::GLOBAL => self.name_lines()?,
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (self.str_of(module), self.str_of(name)) {
                    (Some(module), Some(name)) => (module, name),
                    _ => return Err(Problem::Operand("module and name are not both text")),
                }
            }
            _ => {
                let code = match byte {
                    op::EXT1 => u32::from(self.input.u8()?),
                    op::EXT2 => u32::from(u16::from_le_bytes(self.input.array()?)),
                    _ => u32::from_le_bytes(self.input.array()?),
                };
                ("copyreg extension".to_owned(), code.to_string())
            }
        };
        let class = self.class_name(&module, &name);
        self.push_new(Node::Global(class))
    }

    fn object(&mut self, byte: u8) -> Step {
        let mut kwargs = None;
        let (how, callee, args) = match byte {
            op::REDUCE => {
                let args = self.pop()?;
                (How::Call, self.pop()?, args)
            }
            op::NEWOBJ => {
                let args = self.pop()?;
                (How::New, self.pop()?, args)
            }
            op::NEWOBJ_EX => {
                kwargs = Some(self.pop()?);
                let args = self.pop()?;
                (How::New, self.pop()?, args)
            }
            _ => {
                let class = if byte == op::INST { Some(self.name_lines()?) } else { None };
                self.sequence(Node::Tuple)?;
                let args = self.pop()?;
                let callee = match class {
                    Some((module, name)) => {
                        let class = self.class_name(&module, &name);
                        self.add(Node::Global(class))
                    }
                    None => self.split_first_item(args)?,
                };
                (How::Call, callee, args)
            }
        };
        if callee == ELIDED {
            return self.push(ELIDED);
        }
        if let Some(node) = structural::container(&self.nodes, callee, args) {
            return self.push_new(node);
        }
        let (items, pairs) = (Items::default(), Pairs::default());
        self.push_new(Node::Object(Box::new(Object { how, callee, args, kwargs, state: None, items, pairs })))
    }

    /// OBJ has the class as the first of the marked values.
    fn split_first_item(&mut self, tuple: NodeId) -> Step<NodeId> {
        match self.nodes.get_mut(tuple.0 as usize) {
            Some(Node::Tuple(items)) if !items.kept.is_empty() => {
                items.total -= 1;
                Ok(items.kept.remove(0))
            }
            Some(Node::Elided) => Ok(ELIDED),
            _ => Err(Problem::StackUnderflow),
        }
    }

    /// Appends to a list, set or object; returns how many were kept.
    fn put_items(&mut self, target: NodeId, flat: &[NodeId]) -> usize {
        self.note_target(target);
        let max = self.limits.max_items;
        let items = match self.nodes.get_mut(target.0 as usize) {
            Some(Node::List(items) | Node::Set(items)) => items,
            Some(Node::Object(object)) => &mut object.items,
            _ => return 0,
        };
        let room = max.saturating_sub(items.kept.len()).min(flat.len());
        items.kept.extend(flat.iter().take(room));
        items.total += flat.len() as u64;
        room
    }

    /// Sets alternating keys and values in a dict or object; returns how many pairs were kept.
    fn put_pairs(&mut self, target: NodeId, flat: &[NodeId]) -> Step<usize> {
        let (couples, rest) = flat.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Problem::Operand("a key has no value"));
        }
        self.note_target(target);
        let max = self.limits.max_items;
        let pairs = match self.nodes.get_mut(target.0 as usize) {
            Some(Node::Dict(pairs)) => pairs,
            Some(Node::Object(object)) => &mut object.pairs,
            _ => return Ok(0),
        };
        let room = max.saturating_sub(pairs.kept.len()).min(couples.len());
        pairs.kept.extend(couples.iter().take(room).map(|[key, value]| (*key, *value)));
        pairs.total += couples.len() as u64;
        Ok(room)
    }

    /// Notes that `target` gets parts which may be younger than the last mark.
    fn note_target(&mut self, target: NodeId) {
        if let Some(mark) = self.marks.last_mut() {
            mark.oldest_target = mark.oldest_target.min(target.0 as usize);
        }
    }

    /// Frees the nodes made since a mark, none of which was kept; what remembers them now finds them elided.
    fn drop_since(&mut self, mark: &Mark) {
        if mark.oldest_target < mark.nodes || self.memo_disordered {
            return;
        }
        self.nodes.truncate(mark.nodes);
        for entry in self.memo.iter_mut().skip(mark.memo) {
            if entry.0 as usize >= mark.nodes {
                *entry = ELIDED;
            }
        }
    }

    fn mark(&mut self) -> Step {
        let limit = self.limits.max_marks;
        if self.marks.len() >= limit {
            return Err(Problem::Limit { what: "nested marks", limit });
        }
        let (stack, nodes, memo) = (self.stack.len(), self.nodes.len(), self.memo.len());
        self.marks.push(Mark { stack, nodes, memo, oldest_target: usize::MAX });
        Ok(())
    }

    fn to_mark(&mut self) -> Step<Mark> {
        let mark = self.marks.pop().ok_or(Problem::NoMark)?;
        if let Some(outer) = self.marks.last_mut() {
            outer.oldest_target = outer.oldest_target.min(mark.oldest_target);
        }
        Ok(mark)
    }

    /// POP: the top value, or the mark if that is on top.
    fn discard(&mut self) -> Step {
        match self.marks.last() {
            Some(mark) if mark.stack == self.stack.len() => self.to_mark().map(drop),
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

    fn name_lines(&mut self) -> Step<(String, String)> {
        let module = String::from_utf8_lossy(&self.input.line()?).into_owned();
        let name = String::from_utf8_lossy(&self.input.line()?).into_owned();
        Ok((module, name))
    }

    /// The class name, shared between its occurrences.
    fn class_name(&mut self, module: &str, name: &str) -> ClassName {
        let module = structural::modern_module(module);
        let key = (Box::from(module), Box::from(name));
        self.names
            .entry(key)
            .or_insert_with(|| ClassName { module: Arc::from(module), name: Arc::from(name) })
            .clone()
    }

    fn str_of(&self, id: NodeId) -> Option<String> {
        match self.nodes.get(id.0 as usize)? {
            Node::Str(text) => Some(text.as_str().into_owned()),
            Node::Elided => Some("?".to_owned()),
            _ => None,
        }
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
            return Err(Problem::Limit { what: "values on the stack", limit });
        }
        self.stack.push(id);
        Ok(())
    }

    /// The top value above the last mark.
    fn top(&self) -> Step<NodeId> {
        let floor = self.marks.last().map_or(0, |mark| mark.stack);
        self.stack.get(floor..).and_then(<[_]>::last).copied().ok_or(Problem::StackUnderflow)
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
