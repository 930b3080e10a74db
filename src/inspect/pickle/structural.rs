//! The builtins that older protocols call to make plain containers, and the modules that Python 3 renamed.

use bytes::Bytes;

use super::buffer::{Buffer, Text};
use super::value::{Items, Node, NodeId};

/// The container that calling a builtin with these arguments stands for, if it is one of the few that do.
pub(super) fn container(nodes: &[Node], callee: NodeId, args: NodeId) -> Option<Node> {
    let node = |id: NodeId| nodes.get(id.0 as usize);
    let (Some(Node::Global(class)), Some(Node::Tuple(args))) = (node(callee), node(args)) else {
        return None;
    };
    let arg = |index: usize| args.kept.get(index).and_then(|id| node(*id));
    match (&*class.module, &*class.name) {
        ("builtins", "set") => Some(Node::Set(items_of(arg(0))?)),
        ("builtins", "frozenset") => Some(Node::FrozenSet(items_of(arg(0))?)),
        ("builtins", "list") => Some(Node::List(items_of(arg(0))?)),
        ("builtins", "tuple") => Some(Node::Tuple(items_of(arg(0))?)),
        ("builtins", "bytearray") => Some(Node::ByteArray(bytes_of(arg(0), arg(1))?)),
        ("builtins", "bytes") => Some(Node::Bytes(bytes_of(arg(0), arg(1))?)),
        ("_codecs", "encode") => Some(Node::Bytes(bytes_of(arg(0), arg(1))?)),
        _ => None,
    }
}

fn items_of(arg: Option<&Node>) -> Option<Items> {
    match arg {
        Some(
            Node::List(items) | Node::Tuple(items) | Node::Set(items) | Node::FrozenSet(items),
        ) => Some(items.clone()),
        Some(_) => None,
        None => Some(Items::default()),
    }
}

fn bytes_of(arg: Option<&Node>, encoding: Option<&Node>) -> Option<Buffer> {
    match (arg, encoding) {
        (Some(Node::Bytes(bytes) | Node::ByteArray(bytes)), _) => Some(bytes.clone()),
        (Some(Node::Str(text)), Some(Node::Str(encoding))) => encode(text, &encoding.as_str()),
        (None, None) => Some(Buffer::whole(Bytes::new())),
        _ => None,
    }
}

/// Protocols 0 to 2 spell bytes as Latin-1 text.
fn encode(text: &Text, encoding: &str) -> Option<Buffer> {
    if !matches!(encoding, "latin1" | "latin-1" | "iso-8859-1") || !text.is_whole() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text
        .as_str()
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    Some(Buffer::whole(bytes?.into()))
}

/// The name that a class or function of Python 2 has in Python 3.
pub(super) fn modern<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let module = match module {
        "__builtin__" | "exceptions" => "builtins",
        "copy_reg" => "copyreg",
        other => other,
    };
    let name = match (module, name) {
        ("builtins", "xrange") => "range",
        ("builtins", "unicode") => "str",
        ("builtins", "long") => "int",
        (_, other) => other,
    };
    (module, name)
}
