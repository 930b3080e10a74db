//! What a piece of code changes that is not local to it, as a function does that puts another one into a registry.

use tree_sitter::Node;

use super::refs::Ref;
use super::scope::{Collector, Local};
use super::stored::root_of;
use crate::flow::source::syntax::{children, field, text};

/// Methods that change what they belong to, beside those that begin with `set`.
const CHANGING: [&str; 21] = [
    "__setitem__",
    "add",
    "append",
    "appendleft",
    "clear",
    "connect",
    "discard",
    "enable",
    "extend",
    "extendleft",
    "filterwarnings",
    "insert",
    "install",
    "patch",
    "pop",
    "popitem",
    "put",
    "register",
    "remove",
    "seed",
    "update",
];

/// Those of them that are functions of modules by which a program sets something up, and not ones that compute, as `np.append`.
const OF_MODULES: [&str; 7] = [
    "enable",
    "filterwarnings",
    "install",
    "patch",
    "register",
    "seed",
    "update",
];

/// Methods and functions that say something, or only change what they are given.
const HARMLESS: [&str; 10] = [
    "critical",
    "debug",
    "error",
    "exception",
    "info",
    "log",
    "sleep",
    "update_wrapper",
    "warn",
    "warning",
];

/// Whether a function of a library's module, or a method of an object in it, sets something up for the whole program.
pub(super) fn sets_up(function: &str) -> bool {
    function.starts_with("set") || OF_MODULES.contains(&function)
}

fn changes_object(method: &str) -> bool {
    method.starts_with("set") || CHANGING.contains(&method)
}

impl Collector<'_> {
    /// A statement stores into a target: what it binds is its own, what an attribute or subscript belongs to is changed.
    pub(super) fn note_store(&mut self, target: Node<'_>) {
        if self.late > 0 {
            return;
        }
        match target.kind() {
            "attribute" | "subscript" => self.note_change(root_of(target)),
            "identifier" => {
                let name = text(target, self.source);
                self.uses.changes.surely |= self.is_global(name);
            }
            _ => children(target)
                .into_iter()
                .for_each(|child| self.note_store(child)),
        }
    }

    /// An object is changed.
    fn note_change(&mut self, root: Node<'_>) {
        match root.kind() {
            "identifier" => {
                let name = text(root, self.source);
                match self.local(name) {
                    // A class method that changes its class.
                    Some(Local::Own) if name != "cls" => self.uses.changes.own = true,
                    Some(Local::Variable | Local::Parameter) => {
                        self.uses.changes.given |= self.is_given_around(name);
                        self.flows.change(name);
                    }
                    Some(Local::Own | Local::Import(_)) | None => self.uses.changes.surely = true,
                }
            }
            // `get_registry()[name] = …`
            "call" => {
                let called =
                    field(root, "function").map_or("", |function| text(function, self.source));
                let argument =
                    field(root, "arguments").and_then(|list| children(list).first().copied());
                if let ("type", Some(object)) = (called, argument) {
                    return self.note_change(root_of(object));
                }
                let chain = field(root, "function").and_then(|made| self.outer_name(made));
                self.uses.changes.of_made.extend(chain.map(Ref::Name));
            }
            _ => {}
        }
    }

    /// A call changes something if it is to a method that does.
    pub(super) fn note_call(&mut self, function: Node<'_>, arguments: &[Node<'_>]) {
        self.uses.calls = true;
        if self.late > 0 {
            return;
        }
        if function.kind() != "attribute" {
            if let ("setattr" | "delattr", Some(object)) =
                (text(function, self.source), arguments.first())
            {
                self.note_change(root_of(*object));
            }
            return;
        }
        let method = field(function, "attribute").map_or("", |name| text(name, self.source));
        if !changes_object(method) {
            return;
        }
        match self.outer_name(function) {
            Some(chain) => _ = self.uses.changes.by_calls.insert(Ref::Name(chain)),
            None => self.note_change(root_of(function)),
        }
    }

    /// A statement that is a method call is there for what it does.
    pub(super) fn note_statement(&mut self, function: Node<'_>) {
        let method = field(function, "attribute").map_or("", |name| text(name, self.source));
        let root = root_of(function);
        let is_module_level =
            root.kind() == "identifier" && self.local(text(root, self.source)).is_none();
        self.uses.changes.perhaps |=
            is_module_level && self.late == 0 && !HARMLESS.contains(&method);
    }
}
