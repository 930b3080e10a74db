//! What a pickle says, as nodes in one arena. Ids instead of pointers, so that cycles are harmless and dropping is flat.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::buffer::{Buffer, Text};

/// The place of a node in its [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

/// A class or function by name, as the pickle spells it (old module names are brought up to date).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassName {
    /// The module, such as `pandas.core.frame`.
    pub module: Arc<str>,
    /// The name inside the module, such as `DataFrame`; may have dots.
    pub name: Arc<str>,
}

impl ClassName {
    /// Whether this is `name` of exactly `module`.
    #[must_use]
    pub fn is(&self, module: &str, name: &str) -> bool {
        &*self.module == module && &*self.name == name
    }

    /// The package: what precedes the module's first dot.
    #[must_use]
    pub fn package(&self) -> &str {
        self.module.split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

/// The first elements of a sequence and how many it has in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Items {
    /// The kept elements, in order.
    pub kept: Vec<NodeId>,
    /// The number of elements, kept or not.
    pub total: u64,
}

/// The first entries of a mapping and how many it has in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The kept entries, in order.
    pub kept: Vec<(NodeId, NodeId)>,
    /// The number of entries, kept or not; a repeated key counts twice.
    pub total: u64,
}

/// How a pickle makes an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By calling the callee with the arguments.
    Call,
    /// By the callee's `__new__` with the arguments, without `__init__`.
    New,
}

/// An object: what makes it, and what is then put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Whether the callee is called or instantiated.
    pub how: How,
    /// The class or function, usually a [`Node::Global`].
    pub callee: NodeId,
    /// The positional arguments, a tuple.
    pub args: NodeId,
    /// The keyword arguments, a dict.
    pub kwargs: Option<NodeId>,
    /// The state set afterwards: usually the dict of attributes, or a tuple with it.
    pub state: Option<NodeId>,
    /// What is appended to it, for subclasses of list.
    pub items: Items,
    /// What is set in it, for subclasses of dict.
    pub pairs: Pairs,
}

/// One value of a pickle.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `None`.
    None,
    /// A bool.
    Bool(bool),
    /// An int of up to 64 bits.
    Int(i64),
    /// A larger int, as decimal digits (or a description when absurdly long).
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// A str.
    Str(Text),
    /// A bytes object.
    Bytes(Buffer),
    /// A bytearray.
    ByteArray(Buffer),
    /// A list.
    List(Items),
    /// A tuple.
    Tuple(Items),
    /// A set.
    Set(Items),
    /// A frozenset.
    FrozenSet(Items),
    /// A dict.
    Dict(Pairs),
    /// A class or function by name.
    Global(ClassName),
    /// An instance of a class.
    Object(Box<Object>),
    /// An object kept outside the pickle, by its id.
    Persistent(NodeId),
    /// Something that was there but exceeded the limits.
    Elided,
}

/// A whole pickle as read: a tree, or graph, of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

impl Value {
    /// The pickled object.
    #[must_use]
    pub fn root(&self) -> ValueRef<'_> {
        ValueRef {
            value: self,
            id: self.root,
        }
    }

    /// The node of an id of this value.
    #[must_use]
    pub fn get(&self, id: NodeId) -> ValueRef<'_> {
        ValueRef { value: self, id }
    }

    /// The number of nodes held.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

/// A node in its value. Cheap to copy.
#[derive(Clone, Copy)]
pub struct ValueRef<'a> {
    value: &'a Value,
    id: NodeId,
}

impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.value, other.value) && self.id == other.id
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.id, self.node())
    }
}

impl<'a> ValueRef<'a> {
    /// This node's id; the same for two references to one object.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Another node of the same value.
    #[must_use]
    pub fn at(self, id: NodeId) -> ValueRef<'a> {
        ValueRef {
            value: self.value,
            id,
        }
    }

    /// What the node is.
    #[must_use]
    pub fn node(self) -> &'a Node {
        self.value
            .nodes
            .get(self.id.0 as usize)
            .unwrap_or(&Node::Elided)
    }

    /// The text of a str.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        match self.node() {
            Node::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The value of an int or bool.
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        match self.node() {
            Node::Int(value) => Some(*value),
            Node::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The value of a bool, or of an int used as one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        self.as_int().map(|value| value != 0)
    }

    /// Whether this is `None`.
    #[must_use]
    pub fn is_none(self) -> bool {
        matches!(self.node(), Node::None)
    }

    /// The bytes of a bytes or bytearray.
    #[must_use]
    pub fn as_buffer(self) -> Option<&'a Buffer> {
        match self.node() {
            Node::Bytes(buffer) | Node::ByteArray(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The name, if this is a class or function.
    #[must_use]
    pub fn as_global(self) -> Option<&'a ClassName> {
        match self.node() {
            Node::Global(name) => Some(name),
            _ => None,
        }
    }

    /// The object, if this is one.
    #[must_use]
    pub fn as_object(self) -> Option<&'a Object> {
        match self.node() {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements of a list, tuple, set or frozenset.
    #[must_use]
    pub fn as_items(self) -> Option<&'a Items> {
        match self.node() {
            Node::List(items) | Node::Tuple(items) | Node::Set(items) | Node::FrozenSet(items) => {
                Some(items)
            }
            _ => None,
        }
    }

    /// The entries of a dict.
    #[must_use]
    pub fn as_pairs(self) -> Option<&'a Pairs> {
        match self.node() {
            Node::Dict(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The kept elements of a list, tuple, set or frozenset; none for anything else.
    pub fn items(self) -> impl ExactSizeIterator<Item = ValueRef<'a>> + Clone {
        self.as_items()
            .map_or(&[][..], |items| &items.kept)
            .iter()
            .map(move |id| self.at(*id))
    }

    /// The kept entries of a dict; none for anything else.
    pub fn pairs(self) -> impl ExactSizeIterator<Item = (ValueRef<'a>, ValueRef<'a>)> + Clone {
        self.as_pairs()
            .map_or(&[][..], |pairs| &pairs.kept)
            .iter()
            .map(move |(key, value)| (self.at(*key), self.at(*value)))
    }

    /// The element at `index` of a list or tuple.
    #[must_use]
    pub fn item(self, index: usize) -> Option<ValueRef<'a>> {
        Some(self.at(*self.as_items()?.kept.get(index)?))
    }

    /// The entry of a dict under a str key.
    #[must_use]
    pub fn key(self, key: &str) -> Option<ValueRef<'a>> {
        self.pairs()
            .find(|(k, _)| matches!(k.node(), Node::Str(text) if text.as_bytes() == key.as_bytes()))
            .map(|p| p.1)
    }

    /// The name of what makes this object.
    #[must_use]
    pub fn callee(self) -> Option<&'a ClassName> {
        self.at(self.as_object()?.callee).as_global()
    }

    /// A positional argument with which this object is made.
    #[must_use]
    pub fn arg(self, index: usize) -> Option<ValueRef<'a>> {
        self.at(self.as_object()?.args).item(index)
    }

    /// The state set on this object.
    #[must_use]
    pub fn state(self) -> Option<ValueRef<'a>> {
        Some(self.at(self.as_object()?.state?))
    }
}
