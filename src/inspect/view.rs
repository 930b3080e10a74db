//! A value as its parts: what repr, tree and JSON have in common.
//!
//! Objects are looked through: subclasses of dict and list show their elements, others their attributes.

use super::known::class_of;
use super::pickle::{Items, Node, NodeId, Object, Pairs, ValueRef};

/// The parts of a value.
pub(super) enum View<'a> {
    /// A value without parts.
    Leaf,
    /// Elements in order, between brackets.
    Sequence {
        /// The class, if it is not a builtin.
        class: Option<&'a str>,
        open: &'static str,
        close: &'static str,
        items: Vec<ValueRef<'a>>,
        total: u64,
    },
    /// Entries, between braces.
    Mapping {
        /// The class, if it is not dict.
        class: Option<&'a str>,
        pairs: Vec<(ValueRef<'a>, ValueRef<'a>)>,
        total: u64,
    },
    /// Parts with names; positional arguments have none.
    Object {
        class: &'a str,
        fields: Vec<(String, ValueRef<'a>)>,
    },
}

/// Takes a value apart, one level.
pub(super) fn view<'a>(value: ValueRef<'a>) -> View<'a> {
    let sequence = |open, close, items: &'a Items| View::Sequence {
        class: None,
        open,
        close,
        items: refs(value, items),
        total: items.total,
    };
    match value.node() {
        Node::List(items) => sequence("[", "]", items),
        Node::Tuple(items) => sequence("(", ")", items),
        Node::Set(items) => sequence("{", "}", items),
        Node::FrozenSet(items) => View::Sequence {
            class: Some("frozenset"),
            open: "{",
            close: "}",
            items: refs(value, items),
            total: items.total,
        },
        Node::Dict(pairs) => mapping(value, None, pairs),
        Node::Object(object) => view_object(value, object),
        Node::None
        | Node::Bool(_)
        | Node::Int(_)
        | Node::BigInt(_)
        | Node::Float(_)
        | Node::Str(_)
        | Node::Bytes(_)
        | Node::ByteArray(_)
        | Node::Global(_)
        | Node::Persistent(_)
        | Node::Elided => View::Leaf,
    }
}

fn refs<'a>(value: ValueRef<'a>, items: &'a Items) -> Vec<ValueRef<'a>> {
    items.kept.iter().map(|id| value.at(*id)).collect()
}

fn mapping<'a>(value: ValueRef<'a>, class: Option<&'a str>, pairs: &'a Pairs) -> View<'a> {
    let kept = pairs
        .kept
        .iter()
        .map(|(k, v)| (value.at(*k), value.at(*v)))
        .collect();
    View::Mapping {
        class,
        pairs: kept,
        total: pairs.total,
    }
}

fn view_object<'a>(value: ValueRef<'a>, object: &'a Object) -> View<'a> {
    let class = class_name(value);
    let callee = value.callee();
    let is = |module, name| callee.is_some_and(|callee| callee.is(module, name));
    if is("collections", "OrderedDict") || is("collections", "defaultdict") {
        return mapping(value, Some(class), &object.pairs);
    }
    if let Some(counts) = value
        .arg(0)
        .filter(|_| is("collections", "Counter"))
        .and_then(ValueRef::as_pairs)
    {
        return mapping(value, Some(class), counts);
    }
    let fields = fields(value, object);
    if fields.is_empty() && object.items.total > 0 || is("collections", "deque") {
        let (items, total) = (refs(value, &object.items), object.items.total);
        return View::Sequence {
            class: Some(class),
            open: "[",
            close: "]",
            items,
            total,
        };
    }
    if fields.is_empty() && object.pairs.total > 0 {
        return mapping(value, Some(class), &object.pairs);
    }
    View::Object { class, fields }
}

/// The name an object or container goes by.
pub(super) fn class_name(value: ValueRef<'_>) -> &str {
    match (value.node(), class_of(value)) {
        (_, Some(class)) => &class.name,
        (Node::List(_), None) => "list",
        (Node::Tuple(_), None) => "tuple",
        (Node::Set(_), None) => "set",
        (Node::FrozenSet(_), None) => "frozenset",
        (Node::Dict(_), None) => "dict",
        _ => "object",
    }
}

/// The names of what a class takes by position, for classes whose pickles do not carry them.
fn argument_name(class: &str, index: usize) -> Option<&'static str> {
    let names: &[&'static str] = match class {
        "ForeachFrame" => &["step", "var", "num_splits", "index", "value"],
        _ => &[],
    };
    names.get(index).copied()
}

/// Arguments, attributes and elements of an object.
fn fields<'a>(value: ValueRef<'a>, object: &'a Object) -> Vec<(String, ValueRef<'a>)> {
    let at = |id: NodeId| value.at(id);
    let class = class_name(value);
    let mut fields = Vec::new();
    // Where a helper makes the object, its arguments are the class and how to allocate it.
    let made_by_helper = class_of(value) != value.callee();
    for (index, arg) in at(object.args).items().enumerate() {
        let of_helper = made_by_helper && (index < 2 || arg.is_none());
        // A wrapper is made from nothing and then filled.
        let placeholder = object.state.is_some() && arg.is_none();
        if !of_helper && !placeholder {
            fields.push((
                argument_name(class, index).unwrap_or_default().to_owned(),
                arg,
            ));
        }
    }
    if let Some(kwargs) = object.kwargs {
        fields.extend(attributes(at(kwargs)));
    }
    match object.state.map(at) {
        // The state of a class with slots is a couple of dicts.
        Some(state)
            if matches!(state.node(), Node::Tuple(_))
                && state
                    .items()
                    .all(|part| part.is_none() || part.as_pairs().is_some()) =>
        {
            fields.extend(state.items().flat_map(attributes));
        }
        Some(state) if state.as_pairs().is_some() => fields.extend(attributes(state)),
        Some(state) if !state.is_none() => fields.push(("state".to_owned(), state)),
        _ => {}
    }
    if !fields.is_empty() {
        let elements = object
            .items
            .kept
            .iter()
            .enumerate()
            .map(|(index, id)| (format!("[{index}]"), at(*id)));
        fields.extend(elements);
        fields.extend(
            object
                .pairs
                .kept
                .iter()
                .map(|(key, item)| (format!("[{}]", key_text(at(*key))), at(*item))),
        );
    }
    fields
}

fn attributes(dict: ValueRef<'_>) -> impl Iterator<Item = (String, ValueRef<'_>)> {
    dict.pairs().map(|(key, value)| (key_text(key), value))
}

/// A key as a name: text as it is.
pub(super) fn key_text(key: ValueRef<'_>) -> String {
    match key.node() {
        Node::Str(text) => text.as_str().into_owned(),
        _ => super::repr::key(key),
    }
}
