//! Which names go as values into attributes of `self`, directly or by way of local variables: a later step may get what they
//! mean out of an artifact. What is only called is no value.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use tree_sitter::Node;

use super::bindings;
use super::refs::Ref;
use super::scope::{Collector, Local};
use crate::flow::source::syntax::{children, dotted, field, text};

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Destination {
    /// Some attribute of `self`.
    Own,
    Local(String),
    /// What this calls gets it.
    Call(Ref),
}

/// What goes where in one piece of code, whatever the order.
#[derive(Default)]
pub(super) struct Flows {
    /// Where the expression goes that is being read.
    into: Vec<Destination>,
    names: HashMap<Destination, IndexSet<Ref>>,
    locals: HashMap<Destination, HashSet<String>>,
    /// Local variables whose objects are changed.
    changed: HashSet<String>,
}

impl Flows {
    /// A name of the module is used as a value.
    pub(super) fn name(&mut self, reference: &Ref) {
        for destination in &self.into {
            let names = self.names.entry(destination.clone()).or_default();
            names.insert(reference.clone());
        }
    }

    /// A local variable is used as a value.
    pub(super) fn local(&mut self, name: &str) {
        for destination in &self.into {
            let locals = self.locals.entry(destination.clone()).or_default();
            locals.insert(name.to_owned());
        }
    }

    /// The object that a local variable holds is changed.
    pub(super) fn change(&mut self, name: &str) {
        self.changed.insert(name.to_owned());
    }

    /// Whether something is changed that a name of the module may mean: `table = REGISTRY; table[name] = …`.
    pub(super) fn changes_names(&self) -> bool {
        let changed = self.changed.iter();
        changed
            .map(|name| self.arrived(Destination::Local(name.clone())))
            .any(|names| !names.is_empty())
    }

    /// What is called, with each name that it is given.
    pub(super) fn given(&self) -> IndexSet<(Ref, Ref)> {
        let calls = self.names.keys().chain(self.locals.keys());
        let calls: IndexSet<&Ref> = calls
            .filter_map(|destination| match destination {
                Destination::Call(function) => Some(function),
                _ => None,
            })
            .collect();
        let given = calls.into_iter().flat_map(|function| {
            let names = self.arrived(Destination::Call(function.clone()));
            names.into_iter().map(|name| (function.clone(), name))
        });
        let mut given: IndexSet<(Ref, Ref)> = given.collect();
        given.sort_unstable();
        given
    }

    /// All names that end in attributes of `self`.
    pub(super) fn stored(&self) -> IndexSet<Ref> {
        self.arrived(Destination::Own)
    }

    /// All names whose values may come to a place, directly or by way of local variables.
    fn arrived(&self, at: Destination) -> IndexSet<Ref> {
        let mut arrived = IndexSet::new();
        let mut seen = HashSet::new();
        let mut queue = vec![at];
        while let Some(destination) = queue.pop() {
            arrived.extend(self.names.get(&destination).into_iter().flatten().cloned());
            let locals = self.locals.get(&destination).into_iter().flatten();
            let fresh = locals.filter(|name| seen.insert((*name).clone()));
            queue.extend(fresh.cloned().map(Destination::Local));
        }
        arrived
    }
}

impl Collector<'_> {
    /// Visits an expression that goes to some places, or to none.
    pub(super) fn visit_value(&mut self, node: Node<'_>, into: Vec<Destination>) {
        let around = std::mem::replace(&mut self.flows.into, into);
        self.visit(node);
        self.flows.into = around;
    }

    /// Visits the arguments of a call: what gets the result may hold them, and so may what is called.
    pub(super) fn visit_arguments(&mut self, arguments: Node<'_>, function: Node<'_>) {
        let called = dotted(function, self.source).filter(|chain| {
            let head = chain.split('.').next().unwrap_or("");
            self.local(head).is_none()
        });
        let mut into = self.flows.into.clone();
        into.extend(called.map(|chain| Destination::Call(Ref::Name(chain))));
        self.visit_value(arguments, into);
    }

    /// Where an assignment to a target puts its value.
    pub(super) fn destinations(&self, target: Node<'_>) -> Vec<Destination> {
        if matches!(target.kind(), "attribute" | "subscript") {
            return self.destination(root_of(target)).into_iter().collect();
        }
        let mut names = HashSet::new();
        bindings::pattern(target, self.source, &mut names);
        let locals = names.into_iter().filter(|name| self.local(name).is_some());
        locals
            .map(|name| Destination::Local(name.to_owned()))
            .collect()
    }

    fn destination(&self, object: Node<'_>) -> Option<Destination> {
        let name = text(object, self.source);
        match self.local(name)? {
            Local::Own => Some(Destination::Own),
            Local::Variable | Local::Parameter => Some(Destination::Local(name.to_owned())),
            Local::Import(_) => None,
        }
    }

    /// `for item in items:` hands the items to the variables.
    pub(super) fn for_statement(&mut self, node: Node<'_>) {
        let left = field(node, "left");
        let right = field(node, "right").map(|right| right.id());
        for child in children(node) {
            if left.is_some_and(|left| left.id() == child.id()) {
                self.note_store(child);
            }
            if Some(child.id()) == right {
                let into = left.map(|left| self.destinations(left)).unwrap_or_default();
                self.visit_value(child, into);
            } else {
                self.visit(child);
            }
        }
    }
}

/// The object that a chain of attributes and subscripts begins with.
pub(super) fn root_of(target: Node<'_>) -> Node<'_> {
    let mut at = target;
    while let Some(inner) = field(at, "object").or_else(|| field(at, "value")) {
        at = inner;
    }
    at
}
