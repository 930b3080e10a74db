//! Classes by name, and objects made of them.

use std::sync::Arc;

use super::super::error::Problem;
use super::super::opcode as op;
use super::super::structural;
use super::super::value::{ClassName, How, Items, Node, NodeId, Object, Pairs};
use super::{ELIDED, Machine, Step};

/// Names that are shared between their occurrences; a pickle with more is not a real one.
const MAX_NAMES: usize = 10_000;

/// Longer names are cut.
const MAX_NAME: usize = 1_000;

impl Machine<'_> {
    pub(super) fn global(&mut self, byte: u8) -> Step {
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

    pub(super) fn object(&mut self, byte: u8) -> Step {
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
                let class = if byte == op::INST {
                    Some(self.name_lines()?)
                } else {
                    None
                };
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
        self.push_new(Node::Object(Box::new(Object {
            how,
            callee,
            args,
            kwargs,
            state: None,
            items,
            pairs,
        })))
    }

    /// OBJ has the class as the first of the marked values.
    pub(super) fn split_first_item(&mut self, tuple: NodeId) -> Step<NodeId> {
        match self.nodes.get_mut(tuple.0 as usize) {
            Some(Node::Tuple(items)) if !items.kept.is_empty() => {
                items.total -= 1;
                Ok(items.kept.remove(0))
            }
            Some(Node::Elided) => Ok(ELIDED),
            _ => Err(Problem::StackUnderflow),
        }
    }

    pub(super) fn name_lines(&mut self) -> Step<(String, String)> {
        let module = String::from_utf8_lossy(&self.input.line()?).into_owned();
        let name = String::from_utf8_lossy(&self.input.line()?).into_owned();
        Ok((module, name))
    }

    /// The class name, shared between its occurrences.
    pub(super) fn class_name(&mut self, module: &str, name: &str) -> ClassName {
        let cut = |text: &str| -> Box<str> { text.chars().take(MAX_NAME).collect() };
        let (module, name) = structural::modern(module, name);
        let key = (cut(module), cut(name));
        if let Some(class) = self.names.get(&key) {
            return class.clone();
        }
        let class = ClassName {
            module: Arc::from(&*key.0),
            name: Arc::from(&*key.1),
        };
        if self.names.len() < MAX_NAMES {
            self.names.insert(key, class.clone());
        }
        class
    }

    pub(super) fn str_of(&self, id: NodeId) -> Option<String> {
        match self.nodes.get(id.0 as usize)? {
            Node::Str(text) => Some(text.as_str().into_owned()),
            Node::Elided => Some("?".to_owned()),
            _ => None,
        }
    }
}
