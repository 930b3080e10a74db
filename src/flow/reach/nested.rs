//! Functions, classes and comprehensions in a piece of code: the scopes that they open.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::bindings::{self, Bound, bound_names};
use super::refs::{Place, import_targets};
use super::scope::{Collector, Local, Scope};
use super::stored::Destination;
use crate::flow::source::syntax::{children, descend, field, text};

impl<'a> Collector<'a> {
    pub(super) fn function(&mut self, node: Node<'_>) {
        let parameters = field(node, "parameters");
        if let Some(parameters) = parameters {
            self.parameter_defaults(parameters);
        }
        self.visit_field(node, "return_type");
        let Some(body) = field(node, "body") else {
            return;
        };
        let is_method = self.place == Place::Class && self.scopes.is_empty();
        let mut scope = self.function_scope(body, parameters);
        let first = parameters.and_then(|list| children(list).first().copied());
        if let (true, Some(first)) = (is_method, first) {
            let name = bindings::parameter_name(first).map_or("", |name| text(name, self.source));
            if name == "self" || name == "cls" || is_plain_method(node, self.source) {
                scope.names.insert(name, Local::Own);
            }
        }
        let late = usize::from(self.calls_given(body, &scope));
        self.scopes.push(scope);
        self.late += late;
        self.visit_children(body);
        self.late -= late;
        self.scopes.pop();
    }

    /// Whether the body of a function calls what the function around it was given, as the wrapper does that a decorator makes.
    fn calls_given(&self, body: Node<'_>, own: &Scope<'_>) -> bool {
        let mut found = false;
        let is_given = |name: &str| {
            !own.names.contains_key(name) && matches!(self.local(name), Some(Local::Parameter))
        };
        if !self.scopes.is_empty() {
            descend(body, |node| {
                let called = field(node, "function").filter(|node| node.kind() == "identifier");
                found |= called.is_some_and(|called| is_given(text(called, self.source)));
                !found
            });
        }
        found
    }

    fn function_scope(&self, body: Node<'_>, parameters: Option<Node<'_>>) -> Scope<'a> {
        let bound = bound_names(body, self.source);
        let mut names: HashMap<&'a str, Local> = HashMap::new();
        for name in parameters.map(children).unwrap_or_default() {
            if let Some(name) = bindings::parameter_name(name) {
                names.insert(text(name, self.source), Local::Parameter);
            }
        }
        let mut scope = Scope {
            names,
            globals: HashSet::new(),
            is_class: false,
        };
        self.bind(bound, &mut scope);
        scope
    }

    fn bind(&self, bound: Bound<'a, '_>, scope: &mut Scope<'a>) {
        for name in bound.names {
            scope.names.entry(name).or_insert(Local::Variable);
        }
        for node in bound.imports {
            for (name, target) in import_targets(node, self.source) {
                scope.names.insert(name, Local::Import(target));
            }
        }
        scope.globals.extend(bound.globals);
    }

    fn parameter_defaults(&mut self, parameters: Node<'_>) {
        for parameter in children(parameters) {
            self.visit_field(parameter, "value");
            self.visit_field(parameter, "type");
        }
    }

    pub(super) fn lambda(&mut self, node: Node<'_>) {
        let parameters = field(node, "parameters");
        if let Some(parameters) = parameters {
            self.parameter_defaults(parameters);
        }
        if let Some(body) = field(node, "body") {
            let scope = self.function_scope(body, parameters);
            self.scopes.push(scope);
            let mut into = self.flows.into.clone();
            into.push(Destination::Result);
            self.visit_value(body, into);
            self.scopes.pop();
        }
    }

    pub(super) fn class(&mut self, node: Node<'_>) {
        self.visit_field(node, "superclasses");
        let Some(body) = field(node, "body") else {
            return;
        };
        self.scopes.push(Scope {
            names: HashMap::new(),
            globals: HashSet::new(),
            is_class: true,
        });
        // A name is the class's own only behind the statement that binds it: `rate = rate`.
        for statement in children(body) {
            self.visit(statement);
            let bound = bound_names(statement, self.source);
            if let Some(mut scope) = self.scopes.pop() {
                self.bind(bound, &mut scope);
                self.scopes.push(scope);
            }
        }
        self.scopes.pop();
    }

    pub(super) fn comprehension(&mut self, node: Node<'_>) {
        let mut scope = Scope {
            names: HashMap::new(),
            globals: HashSet::new(),
            is_class: false,
        };
        for clause in children(node) {
            if clause.kind() == "for_in_clause"
                && let Some(left) = field(clause, "left")
            {
                let mut names = HashSet::new();
                bindings::pattern(left, self.source, &mut names);
                scope
                    .names
                    .extend(names.into_iter().map(|name| (name, Local::Variable)));
            }
        }
        // The first of the iterables is evaluated outside: `[rows for rows in rows()]`.
        let first = children(node)
            .into_iter()
            .find(|child| child.kind() == "for_in_clause");
        if let Some(first) = first {
            self.visit_field(first, "right");
        }
        // In a class body a comprehension still sees the class's names where it matters; treating it as one scope errs on
        // the side of reaching more.
        self.scopes.push(scope);
        self.visit_children(node);
        self.scopes.pop();
    }
}

/// Whether a method's first argument is the object: not for `@staticmethod`.
fn is_plain_method(function: Node<'_>, source: &str) -> bool {
    let decorated = function
        .parent()
        .filter(|parent| parent.kind() == "decorated_definition");
    !decorated.is_some_and(|parent| {
        children(parent).iter().any(|child| {
            child.kind() == "decorator" && text(*child, source).contains("staticmethod")
        })
    })
}
