//! Which names go as values into attributes of `self`, directly or by way of local variables: a later step may get what they
//! mean out of an artifact. What is only called is no value.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use tree_sitter::Node;

use super::bindings;
use super::refs::{Ref, Values};
use super::scope::{Collector, Local};
use crate::flow::source::syntax::{children, dotted, field, text};

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Destination {
    /// Some attribute of `self`.
    Own,
    /// What the function returns, or an object that it was given.
    Result,
    Local(String),
    /// What this calls gets it.
    Call(Ref),
}

/// What goes where in one piece of code, whatever the order.
#[derive(Default)]
pub(super) struct Flows {
    /// Where the expression goes that is being read.
    pub(super) into: Vec<Destination>,
    names: HashMap<Destination, IndexSet<Ref>>,
    makers: HashMap<Destination, IndexSet<Ref>>,
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

    /// What a call gives is used as a value.
    fn made(&mut self, called: &Ref) {
        for destination in self.into.clone() {
            self.made_into(destination, called.clone());
        }
    }

    fn made_into(&mut self, destination: Destination, called: Ref) {
        self.makers.entry(destination).or_default().insert(called);
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
            .flat_map(|name| self.arrived(Destination::Local(name.clone())).names)
            .any(|name| !matches!(name, Ref::Taken(_)))
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
            let arrived = self.arrived(Destination::Call(function.clone()));
            arrived
                .names
                .into_iter()
                .map(|name| (function.clone(), name))
        });
        let mut given: IndexSet<(Ref, Ref)> = given.collect();
        given.sort_unstable();
        given
    }

    /// All that ends in a place, directly or by way of local variables.
    pub(super) fn arrived(&self, at: Destination) -> Values {
        let mut arrived = Values::default();
        let mut seen = HashSet::new();
        let mut queue = vec![at];
        while let Some(destination) = queue.pop() {
            let names = self.names.get(&destination).into_iter().flatten();
            arrived.names.extend(names.cloned());
            let makers = self.makers.get(&destination).into_iter().flatten();
            arrived.makers.extend(makers.cloned());
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
        let called = self.outer_name(function);
        let mut into = self.flows.into.clone();
        into.extend(called.map(|chain| Destination::Call(Ref::Name(chain))));
        self.visit_value(arguments, into);
    }

    /// Where an assignment to a target puts its value.
    pub(super) fn destinations(&self, target: Node<'_>) -> Vec<Destination> {
        if matches!(target.kind(), "attribute" | "subscript") {
            return self.object(root_of(target));
        }
        if target.kind() == "identifier" {
            let name = text(target, self.source);
            let local = self.local(name).is_some();
            let into = local.then(|| Destination::Local(name.to_owned()));
            return into.into_iter().collect();
        }
        // `self.model, score = …`: any of them may get it.
        let is_pattern =
            bindings::is_pattern(target.kind()) || target.kind() == "as_pattern_target";
        let parts = children(target).into_iter().filter(|_| is_pattern);
        parts.flat_map(|part| self.destinations(part)).collect()
    }

    /// Where something goes that is put into an object.
    pub(super) fn object(&self, object: Node<'_>) -> Vec<Destination> {
        let name = text(object, self.source);
        match self.local(name) {
            Some(Local::Own) => vec![Destination::Own],
            Some(Local::Variable) => vec![Destination::Local(name.to_owned())],
            Some(Local::Parameter) => {
                vec![Destination::Local(name.to_owned()), Destination::Result]
            }
            Some(Local::Import(_)) | None => Vec::new(),
        }
    }

    /// `return value`
    pub(super) fn result(&mut self, node: Node<'_>) {
        for value in children(node) {
            self.visit_value(value, vec![Destination::Result]);
        }
    }

    /// `name := value`, and `value as name`.
    pub(super) fn named(&mut self, node: Node<'_>) {
        let parts = children(node);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return;
        };
        let (name, value) = match node.kind() {
            "named_expression" => (*first, *last),
            _ => (children(*last).first().copied().unwrap_or(*last), *first),
        };
        let mut into = self.flows.into.clone();
        into.extend(self.destinations(name));
        self.visit_value(value, into);
        for part in parts {
            if part.id() != value.id() {
                self.visit(part);
            }
        }
    }

    /// What is called in the first place: `m.Factory` for `m.Factory(1).build`.
    fn maker(&self, function: Node<'_>) -> Option<Ref> {
        let mut called = function;
        let mut at = function;
        loop {
            at = match at.kind() {
                "attribute" => field(at, "object")?,
                "call" => {
                    called = field(at, "function")?;
                    called
                }
                _ => break,
            };
        }
        let chain = dotted(called, self.source)?;
        let (head, rest) = chain.split_once('.').unwrap_or((&chain, ""));
        match self.local(head) {
            None => Some(Ref::Name(chain)),
            Some(Local::Import(target)) => Some(Ref::Imported(target.clone(), rest.to_owned())),
            Some(Local::Own) => Some(Ref::Own(rest.split('.').next()?.to_owned())),
            Some(Local::Variable | Local::Parameter) => None,
        }
    }

    /// What a call is made to gives its result; given `self`, it can put something there.
    pub(super) fn note_made(&mut self, function: Node<'_>, arguments: &[Node<'_>]) {
        let Some(found) = self.maker(function) else {
            return;
        };
        self.flows.made(&found);
        if arguments.iter().any(|argument| self.is_own(*argument)) {
            self.flows.made_into(Destination::Own, found);
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
