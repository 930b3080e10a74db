//! References from a piece of code to what is outside of it.

use indexmap::IndexSet;
use tree_sitter::Node;

use crate::flow::source::imports::{self, ImportedName};
use crate::flow::source::syntax::text;

/// Something that a piece of code reaches for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// An attribute of something is a value: `model.predict`, which is not called here.
    Taken(String),
    /// A module that is imported inside the function: its statements run.
    Touch(Target),
    /// Names are looked up in ways that the source does not tell.
    WholeModule,
    /// Some module of a package is imported by a computed name; any module if the package has no name.
    Package(Target),
}

impl Ref {
    /// Whatever modules there are.
    pub(in crate::flow) fn any_module() -> Self {
        Self::Package(Target {
            level: 0,
            module: String::new(),
            attribute: None,
        })
    }
}

/// What an import names: a module, or something in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::flow) struct Target {
    pub level: usize,
    pub module: String,
    /// The name in the module, for `from module import name`.
    pub attribute: Option<String>,
}

/// Stands among the names of attributes for one that the source does not tell.
pub(in crate::flow) const ANY_ATTRIBUTE: &str = "*";

/// What a piece of code uses.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Uses {
    pub refs: IndexSet<Ref>,
    /// Those of them that only wrappers use: a function in a function that calls what the outer one was given.
    pub late: IndexSet<Ref>,
    pub changes: Changes,
    /// Whether it calls anything.
    pub calls: bool,
    /// Names of attributes that are taken of anything.
    pub attributes: IndexSet<Box<str>>,
    /// Those of them that are taken of parameters of functions.
    pub of_parameters: IndexSet<Box<str>>,
    /// Environment variables that are asked for by name.
    pub variables: IndexSet<Box<str>>,
    /// What goes into attributes of `self`, so that a later step may get it: functions, mostly.
    pub stored: Values,
    /// What it returns, or puts into an object that it is given.
    pub returned: Values,
    /// What is called, and a name that it is given as a value: a class that may keep a function.
    pub given: IndexSet<(Ref, Ref)>,
}

/// What goes to some place as a value.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Values {
    pub names: IndexSet<Ref>,
    /// What is called for it.
    pub makers: IndexSet<Ref>,
}

/// What a piece of code changes that is not local to it.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Changes {
    /// A call stands as a statement, so for what it does: `logger.info(…)`, `REGISTRY.append(…)`.
    pub perhaps: bool,
    /// It stores into something: `REGISTRY[name] = …`, `global`.
    pub surely: bool,
    /// Calls that change an object unless it is a module, where the same names mean functions: `REGISTRY.append`, `np.append`.
    pub by_calls: IndexSet<Ref>,
    /// Calls whose results are changed: `get_registry()[name] = …`. What a class makes is nobody else's.
    pub of_made: IndexSet<Ref>,
    /// The object that the method belongs to.
    pub own: bool,
    /// What the function around the one that does it was given: `register(table, name)` makes a decorator that fills the table.
    pub given: bool,
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
