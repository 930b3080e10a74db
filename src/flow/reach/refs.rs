//! References from a piece of code to what is outside of it.

use indexmap::IndexSet;
use tree_sitter::Node;

use crate::flow::source::imports::{self, ImportedName};
use crate::flow::source::syntax::text;

/// Something that a piece of code reaches for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::flow) enum Ref {
    /// A module-level name, with the attributes that are taken from it: `utils.clean`.
    Name(String),
    /// The same, evaluated in a class body, where the class's own names come first.
    ClassName(String),
    /// `self.<attribute>`.
    Own(String),
    /// `super().<attribute>`.
    Super(String),
    /// `self` itself goes elsewhere, so that anything may be done with it.
    OwnAll,
    /// A name that an import inside the function brings in.
    Imported(Target, String),
    /// A module that is imported inside the function: its statements run.
    Touch(Target),
    /// Names are looked up in ways that the source does not tell.
    WholeModule,
    /// Some module of a package is imported by a computed name; of the top level if the package has no name.
    Package(Target),
}

/// What an import names: a module, or something in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::flow) struct Target {
    pub level: usize,
    pub module: String,
    /// The name in the module, for `from module import name`.
    pub attribute: Option<String>,
}

/// What a piece of code uses.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Uses {
    pub refs: IndexSet<Ref>,
    /// Whether it changes the content of something that is not local to it, as a registering decorator does.
    pub mutates: bool,
    /// Names of attributes that are taken of anything.
    pub attributes: IndexSet<Box<str>>,
    /// Names that go into attributes of `self` as values, so that a later step may get them: functions, mostly.
    pub stored: IndexSet<Ref>,
}

/// Where a piece of code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::flow) enum Place {
    Module,
    /// In the body of a class: decorators, constants, methods.
    Class,
}

/// The names that an import statement binds, and to what.
pub(in crate::flow) fn import_targets<'a>(
    node: Node<'_>,
    source: &'a str,
) -> Vec<(&'a str, Target)> {
    let mut found = Vec::new();
    let whole = text(node, source);
    // The bound names must borrow from the source; the statement's text holds each of them.
    let borrow = |name: &str| {
        let at = whole.find(name)?;
        whole.get(at..at + name.len())
    };
    for import in imports::read(node, source, false) {
        let target = |module: &str, attribute: Option<&str>| Target {
            level: import.level,
            module: module.to_owned(),
            attribute: attribute.map(str::to_owned),
        };
        match &import.names {
            ImportedName::Module { alias: Some(alias) } => {
                found.extend(borrow(alias).map(|name| (name, target(&import.module, None))));
            }
            ImportedName::Module { alias: None } => {
                let head = import.module.split('.').next().unwrap_or("");
                found.extend(borrow(head).map(|name| (name, target(head, None))));
            }
            ImportedName::Names(pairs) => {
                for (there, here) in pairs {
                    let target = target(&import.module, Some(there));
                    found.extend(borrow(here).map(|name| (name, target)));
                }
            }
            ImportedName::Everything | ImportedName::Computed => {}
        }
    }
    found
}
