//! Which names go as values into attributes of `self`, directly or by way of local variables: a later step may get what they
//! mean out of an artifact. What is only called is no value.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use tree_sitter::Node;

use super::bindings;
use super::refs::Ref;
use super::scope::{Collector, Local};
use crate::flow::source::syntax::{children, field, text};

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Destination {
    /// Some attribute of `self`.
    Own,
    Local(String),
}

/// What goes where in one piece of code, whatever the order.
#[derive(Default)]
pub(super) struct Flows {
    /// Where the expression goes that is being read.
    into: Vec<Destination>,
    names: HashMap<Destination, IndexSet<Ref>>,
    locals: HashMap<Destination, HashSet<String>>,
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

    /// All names that end in attributes of `self`.
    pub(super) fn stored(mut self) -> IndexSet<Ref> {
        let mut stored = IndexSet::new();
        let mut queue = vec![Destination::Own];
        while let Some(destination) = queue.pop() {
            stored.extend(self.names.remove(&destination).unwrap_or_default());
            let locals = self.locals.remove(&destination).unwrap_or_default();
            queue.extend(locals.into_iter().map(Destination::Local));
        }
        stored
    }
}

impl Collector<'_> {
    /// Visits an expression that goes to some places, or to none.
    pub(super) fn visit_value(&mut self, node: Node<'_>, into: Vec<Destination>) {
        let around = std::mem::replace(&mut self.flows.into, into);
        self.visit(node);
        self.flows.into = around;
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
            Local::Variable => Some(Destination::Local(name.to_owned())),
            Local::Import(_) => None,
        }
    }

    /// `for item in items:` hands the items to the variables.
    pub(super) fn for_statement(&mut self, node: Node<'_>) {
        let left = field(node, "left");
        let right = field(node, "right").map(|right| right.id());
        for child in children(node) {
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
