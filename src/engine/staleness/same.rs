//! Whether two pickled values are the same, as far as that can be told without running anything.

use crate::inspect::{Items, Node, Pairs, ValueRef};

/// Values with more parts are taken to differ: the answer must not take longer than the step would.
const MOST_PARTS: usize = 100_000;

/// False also where it is not known.
pub(super) fn same(before: ValueRef<'_>, now: ValueRef<'_>) -> bool {
    let mut pairs = vec![(before, now)];
    let mut parts = 0;
    while let Some((before, now)) = pairs.pop() {
        parts += 1;
        if parts > MOST_PARTS || !same_node(before, now, &mut pairs) {
            return false;
        }
    }
    true
}

/// Compares what the nodes say themselves; their parts are left to be compared.
fn same_node<'a>(
    before: ValueRef<'a>,
    now: ValueRef<'a>,
    parts: &mut Vec<(ValueRef<'a>, ValueRef<'a>)>,
) -> bool {
    let mut items = |a: &Items, b: &Items| {
        let kept = a.kept.iter().zip(&b.kept);
        parts.extend(kept.map(|(a, b)| (before.at(*a), now.at(*b))));
        a.total == b.total && all(a.kept.len(), a.total) && all(b.kept.len(), b.total)
    };
    match (before.node(), now.node()) {
        (Node::List(a), Node::List(b)) | (Node::Tuple(a), Node::Tuple(b)) => items(a, b),
        (Node::Dict(a), Node::Dict(b)) => pairs(before, now, a, b, parts),
        (Node::Object(a), Node::Object(b)) => {
            if a.how != b.how
                || a.kwargs.is_some() != b.kwargs.is_some()
                || a.state.is_some() != b.state.is_some()
            {
                return false;
            }
            let same_items = items(&a.items, &b.items);
            let nodes = [
                Some((a.callee, b.callee)),
                Some((a.args, b.args)),
                a.kwargs.zip(b.kwargs),
                a.state.zip(b.state),
            ];
            let nodes = nodes.into_iter().flatten();
            parts.extend(nodes.map(|(a, b)| (before.at(a), now.at(b))));
            same_items && pairs(before, now, &a.pairs, &b.pairs, parts)
        }
        (Node::Str(a), Node::Str(b)) => a.is_whole() && b.is_whole() && a == b,
        (Node::Bytes(a), Node::Bytes(b)) | (Node::ByteArray(a), Node::ByteArray(b)) => {
            a.is_whole() && b.is_whole() && a == b
        }
        (Node::Float(a), Node::Float(b)) => a.to_bits() == b.to_bits(),
        (
            a @ (Node::None | Node::Bool(_) | Node::Int(_) | Node::BigInt(_) | Node::Global(_)),
            b,
        ) => a == b,
        // Sets have no order, and of what was left out nothing is known.
        _ => false,
    }
}

fn pairs<'a>(
    before: ValueRef<'a>,
    now: ValueRef<'a>,
    a: &Pairs,
    b: &Pairs,
    parts: &mut Vec<(ValueRef<'a>, ValueRef<'a>)>,
) -> bool {
    for ((key, value), (other_key, other_value)) in a.kept.iter().zip(&b.kept) {
        parts.push((before.at(*key), now.at(*other_key)));
        parts.push((before.at(*value), now.at(*other_value)));
    }
    a.total == b.total && all(a.kept.len(), a.total) && all(b.kept.len(), b.total)
}

/// Whether all elements were kept.
fn all(kept: usize, total: u64) -> bool {
    u64::try_from(kept) == Ok(total)
}
