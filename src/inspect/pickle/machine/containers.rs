//! Lists, tuples, sets and dicts, of which the first elements are kept; and the marks between which elements lie.

use super::super::error::Problem;
use super::super::value::{Items, Node, NodeId};
use super::{ELIDED, Machine, Mark, Step};

impl Machine<'_> {
    pub(super) fn sequence(&mut self, make: fn(Items) -> Node) -> Step {
        let mark = self.pop_mark()?;
        let flat = self.stack.split_off(mark.stack);
        let kept = flat
            .get(..flat.len().min(self.limits.max_items))
            .unwrap_or_default()
            .to_vec();
        self.push_new(make(Items {
            kept,
            total: flat.len() as u64,
        }))
    }

    pub(super) fn short_tuple(&mut self, len: usize) -> Step {
        let floor = self.marks.last().map_or(0, |mark| mark.stack);
        let from = self
            .stack
            .len()
            .checked_sub(len)
            .filter(|from| *from >= floor)
            .ok_or(Problem::StackUnderflow)?;
        let kept = self.stack.split_off(from);
        self.push_new(Node::Tuple(Items {
            kept,
            total: len as u64,
        }))
    }

    /// Appends to a list, set or object; returns how many were kept.
    pub(super) fn put_items(&mut self, target: NodeId, flat: &[NodeId]) -> usize {
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
    pub(super) fn put_pairs(&mut self, target: NodeId, flat: &[NodeId]) -> Step<usize> {
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
        pairs
            .kept
            .extend(couples.iter().take(room).map(|[key, value]| (*key, *value)));
        pairs.total += couples.len() as u64;
        Ok(room)
    }

    /// Notes that `target` gets parts which may be younger than the last mark.
    pub(super) fn note_target(&mut self, target: NodeId) {
        if let Some(mark) = self.marks.last_mut() {
            mark.oldest_target = mark.oldest_target.min(target.0 as usize);
        }
    }

    /// Frees the nodes made since a mark, none of which was kept; what remembers them now finds them elided.
    pub(super) fn drop_since(&mut self, mark: &Mark) {
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

    pub(super) fn mark(&mut self) -> Step {
        let limit = self.limits.max_marks;
        if self.marks.len() >= limit {
            return Err(Problem::Limit {
                what: "nested marks",
                limit,
            });
        }
        let (stack, nodes, memo) = (self.stack.len(), self.nodes.len(), self.memo.len());
        self.marks.push(Mark {
            stack,
            nodes,
            memo,
            oldest_target: usize::MAX,
        });
        Ok(())
    }

    pub(super) fn pop_mark(&mut self) -> Step<Mark> {
        let mark = self.marks.pop().ok_or(Problem::NoMark)?;
        if let Some(outer) = self.marks.last_mut() {
            outer.oldest_target = outer.oldest_target.min(mark.oldest_target);
        }
        Ok(mark)
    }
}
