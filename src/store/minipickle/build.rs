//! From nodes that refer to each other to a tree. A node may be referred to many times, even by itself, so the tree has
//! limits of its own.

use super::{
    ForeachFrame, PickleError, Simple,
    machine::{Id, Node},
};

/// Deepest nesting; also keeps recursion off the end of the stack.
const DEPTH: usize = 64;

/// What a tree may cost: its texts by their bytes, its values by about what they take in memory.
const SIZE: usize = 64 << 20;
const VALUE: usize = 64;

/// Makes the tree below a node.
pub(super) fn build(nodes: &[Node], root: Id) -> Result<Simple, PickleError> {
    let mut builder = Builder { nodes, left: SIZE };
    builder.value(root, DEPTH)
}

struct Builder<'a> {
    nodes: &'a [Node],
    left: usize,
}

impl Builder<'_> {
    fn pay(&mut self, cost: usize) -> Result<(), PickleError> {
        self.left = self.left.checked_sub(cost).ok_or(PickleError::TooLarge)?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<String, PickleError> {
        self.pay(text.len())?;
        Ok(text.to_owned())
    }

    fn values(&mut self, ids: &[Id], depth: usize) -> Result<Vec<Simple>, PickleError> {
        ids.iter().map(|id| self.value(*id, depth)).collect()
    }

    fn value(&mut self, id: Id, depth: usize) -> Result<Simple, PickleError> {
        self.pay(VALUE)?;
        let depth = depth.checked_sub(1).ok_or(PickleError::TooLarge)?;
        let node = self.nodes.get(id).ok_or(PickleError::CutOff)?;
        Ok(match node {
            Node::None => Simple::None,
            Node::Bool(value) => Simple::Bool(*value),
            Node::Int(value) => Simple::Int(*value),
            Node::Float(value) => Simple::Float(*value),
            Node::BigInt(text) => Simple::BigInt(self.text(text)?),
            Node::Str(text) => Simple::Str(self.text(text)?),
            Node::Global(name) => Simple::Global(self.text(name)?),
            Node::Bytes(bytes) => {
                self.pay(bytes.len())?;
                Simple::Bytes(bytes.clone())
            }
            Node::List(items) => Simple::List(self.values(items, depth)?),
            Node::Tuple(items) => Simple::Tuple(self.values(items, depth)?),
            Node::Set(items) => Simple::Set(self.values(items, depth)?),
            Node::Dict(entries) => {
                let mut built = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    built.push((self.value(*key, depth)?, self.value(*value, depth)?));
                }
                Simple::Dict(built)
            }
            Node::Object { class, args, state } => {
                let class = self.value(*class, depth)?;
                let args = self.value(*args, depth)?;
                let state = state.map(|state| self.value(state, depth)).transpose()?;
                object(class, args, state)
            }
        })
    }
}

fn object(class: Simple, args: Simple, state: Option<Simple>) -> Simple {
    let class = match class {
        Simple::Global(name) => name,
        // A method of an object, or something made by something: not worth a name.
        _ => "?".to_owned(),
    };
    let args = match args {
        Simple::Tuple(items) => items,
        other => vec![other],
    };
    let is_frame = class.rsplit('.').next() == Some("ForeachFrame");
    match frame(&args) {
        Some(frame) if is_frame => Simple::ForeachFrame(frame),
        _ => Simple::Object {
            class,
            args,
            state: state.map(Box::new),
        },
    }
}

/// A frame's fields; the value came later than the others.
fn frame(args: &[Simple]) -> Option<ForeachFrame> {
    let [step, var, num_splits, index, rest @ ..] = args else {
        return None;
    };
    let text = |value: &Simple| value.as_str().map(str::to_owned);
    Some(ForeachFrame {
        step: text(step)?,
        var: text(var),
        num_splits: num_splits.as_u64(),
        index: index.as_u64(),
        value: rest.first().and_then(text),
    })
}
