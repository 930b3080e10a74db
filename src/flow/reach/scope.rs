//! What names a piece of code uses from outside: free names, attributes of `self`, dynamic look-ups.
//!
//! Follows Python's scoping rules, so that a local variable called like a function of the module is not taken for it.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::refs::{Place, Ref, Target, Uses};
use super::stored::{Destination, Flows};
use crate::flow::source::imports::{self, ImportedName};
use crate::flow::source::literal;
use crate::flow::source::syntax::{MOST_NESTED, children, dotted, field, text};

/// What the nodes use.
pub(in crate::flow) fn uses(nodes: &[Node<'_>], source: &str, place: Place) -> Uses {
    let mut collector = Collector {
        source,
        place,
        scopes: Vec::new(),
        depth: 0,
        late: 0,
        flows: Flows::default(),
        uses: Uses::default(),
    };
    for node in nodes {
        collector.visit(*node);
    }
    collector.uses.changes.surely |= collector.flows.changes_names();
    collector.uses.given = collector.flows.given();
    collector.uses.stored = collector.flows.arrived(Destination::Own);
    collector.uses.returned = collector.flows.arrived(Destination::Result);
    collector.uses
}

/// A name inside a function.
pub(super) enum Local {
    Variable,
    Parameter,
    /// The first argument of a method.
    Own,
    Import(Target),
}

pub(super) struct Scope<'a> {
    pub(super) names: HashMap<&'a str, Local>,
    pub(super) globals: HashSet<&'a str>,
    /// Names of a class body are not seen by the functions inside it.
    pub(super) is_class: bool,
}

pub(super) struct Collector<'a> {
    pub(super) source: &'a str,
    pub(super) place: Place,
    pub(super) scopes: Vec<Scope<'a>>,
    depth: usize,
    /// How many functions around this only run when what they wrap is called.
    pub(super) late: usize,
    pub(super) flows: Flows,
    pub(super) uses: Uses,
}

impl<'a> Collector<'a> {
    pub(super) fn visit(&mut self, node: Node<'_>) {
        if self.depth >= MOST_NESTED {
            // What is nested deeper stays unread, so it may use anything.
            return self.add(Ref::WholeModule);
        }
        self.depth += 1;
        self.visit_kind(node);
        self.depth -= 1;
    }

    fn visit_kind(&mut self, node: Node<'_>) {
        match node.kind() {
            "binary_operator" | "boolean_operator" => self.operator(node),
            "identifier" => {
                let name = text(node, self.source);
                self.name(name, name);
            }
            "attribute" => self.attribute(node),
            "call" => self.call(node),
            "keyword_argument" => self.visit_field(node, "value"),
            "function_definition" => self.function(node),
            "lambda" => self.lambda(node),
            "class_definition" => self.class(node),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => self.comprehension(node),
            "assignment" | "augmented_assignment" => self.assignment(node),
            "expression_statement" => self.expression_statement(node),
            "for_statement" => self.for_statement(node),
            "as_pattern_target" => {
                self.note_store(node);
                self.visit_children(node);
            }
            "return_statement" | "yield" => self.result(node),
            "named_expression" | "as_pattern" => self.named(node),
            "subscript" => self.subscript(node),
            "comparison_operator" => {
                self.variable_of_comparison(node);
                self.visit_children(node);
            }
            // `case Model(score=x):` takes an attribute.
            "keyword_pattern" => {
                let name = children(node).first().copied();
                self.takes(name.map_or("", |name| text(name, self.source)));
                self.visit_children(node);
            }
            "dotted_name" => self.pattern_name(node),
            "import_statement" | "import_from_statement" => self.local_import(node),
            "future_import_statement" | "global_statement" | "nonlocal_statement" | "comment" => {}
            _ => self.visit_children(node),
        }
    }

    /// `a + b + c + …` nests to the left, as deep as it is long.
    fn operator(&mut self, node: Node<'_>) {
        let mut at = node;
        while matches!(at.kind(), "binary_operator" | "boolean_operator") {
            self.visit_field(at, "right");
            let Some(left) = field(at, "left") else {
                return;
            };
            at = left;
        }
        self.visit(at);
    }

    pub(super) fn visit_children(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.visit(child);
        }
    }

    pub(super) fn visit_field(&mut self, node: Node<'_>, name: &str) {
        if let Some(child) = field(node, name) {
            self.visit(child);
        }
    }

    pub(super) fn add(&mut self, found: Ref) {
        if self.late == 0 {
            self.uses.late.swap_remove(&found);
        } else if !self.uses.refs.contains(&found) {
            self.uses.late.insert(found.clone());
        }
        self.uses.refs.insert(found);
    }

    /// What a name means here; `None` if it comes from the module.
    pub(super) fn local(&self, name: &str) -> Option<&Local> {
        for (depth, scope) in self.scopes.iter().rev().enumerate() {
            if scope.globals.contains(name) {
                return None;
            }
            if scope.is_class && depth > 0 {
                continue;
            }
            if let Some(local) = scope.names.get(name) {
                return Some(local);
            }
        }
        None
    }

    /// Whether a name is a parameter of the outermost function, and this is one directly in it.
    pub(super) fn is_given_around(&self, name: &str) -> bool {
        match self.scopes.as_slice() {
            [around, inner] => {
                matches!(around.names.get(name), Some(Local::Parameter))
                    && !inner.names.contains_key(name)
            }
            _ => false,
        }
    }

    /// The dotted name that an expression is, if it comes from the module.
    pub(super) fn outer_name(&self, node: Node<'_>) -> Option<String> {
        let chain = dotted(node, self.source)?;
        let head = chain.split('.').next().unwrap_or(&chain);
        self.local(head).is_none().then_some(chain)
    }

    /// Whether a name is bound here as one of the module's.
    pub(super) fn is_global(&self, name: &str) -> bool {
        let scopes = self.scopes.iter().rev();
        scopes.take(1).any(|scope| scope.globals.contains(name))
    }

    /// An attribute by this name is taken of something.
    pub(super) fn takes(&mut self, attribute: &str) {
        self.uses.attributes.insert(attribute.into());
    }

    /// A use of `head`, as the start of the dotted `chain`.
    pub(super) fn name(&mut self, head: &str, chain: &str) {
        let rest = chain.get(head.len() + 1..).unwrap_or("");
        let found = match self.local(head) {
            Some(Local::Variable) => return self.flows.local(head),
            Some(Local::Parameter) => {
                let taken = rest.split('.').next().filter(|name| !name.is_empty());
                self.uses.of_parameters.extend(taken.map(Box::from));
                return self.flows.local(head);
            }
            Some(Local::Own) => own(rest),
            Some(Local::Import(target))
                if target.module == "sys" && rest.starts_with("modules") =>
            {
                Ref::WholeModule
            }
            Some(Local::Import(target)) => Ref::Imported(target.clone(), rest.to_owned()),
            None if matches!(head, "globals" | "exec" | "eval" | "compile") => Ref::WholeModule,
            None if chain.starts_with("sys.modules") => Ref::WholeModule,
            // Outside any function the class's own names are in scope.
            None if self.place == Place::Class && self.scopes.is_empty() => {
                Ref::ClassName(chain.to_owned())
            }
            None => Ref::Name(chain.to_owned()),
        };
        if matches!(found, Ref::Name(_) | Ref::Imported(..)) {
            self.flows.name(&found);
        }
        self.add(found);
    }

    fn attribute(&mut self, node: Node<'_>) {
        let mut chain = Vec::new();
        let mut at = node;
        while at.kind() == "attribute" {
            let (Some(object), Some(attribute)) = (field(at, "object"), field(at, "attribute"))
            else {
                return self.visit_children(at);
            };
            chain.push(text(attribute, self.source));
            at = object;
        }
        chain.reverse();
        let last = chain.last().copied().unwrap_or("");
        self.flows.name(&Ref::Taken(last.to_owned()));
        let attributes = chain.iter().map(|name| Box::from(*name));
        self.uses.attributes.extend(attributes);
        if at.kind() == "identifier" {
            let head = text(at, self.source);
            return self.name(head, &format!("{head}.{}", chain.join(".")));
        }
        let first = chain.first().copied().unwrap_or("");
        if at.kind() == "call" {
            let function = field(at, "function").map_or("", |function| text(function, self.source));
            let argument = field(at, "arguments").and_then(|list| children(list).first().copied());
            if function == "super" {
                return self.add(Ref::Super(first.to_owned()));
            }
            if function == "type" && argument.is_some_and(|argument| self.is_own(argument)) {
                return self.add(Ref::Own(first.to_owned()));
            }
        }
        self.visit(at);
    }

    pub(super) fn is_own(&self, node: Node<'_>) -> bool {
        node.kind() == "identifier"
            && matches!(self.local(text(node, self.source)), Some(Local::Own))
    }

    fn assignment(&mut self, node: Node<'_>) {
        let left = field(node, "left");
        let is_plain = node.kind() == "assignment";
        if let Some(left) = left {
            self.note_store(left);
            let is_store = left.kind() == "attribute"
                && is_plain
                && field(left, "object").is_some_and(|object| self.is_own(object));
            // Where the names of a class are bound: a use of such a name means another one.
            let is_member = is_plain && self.is_in_class() && left.kind() == "identifier";
            if !is_store && !is_member {
                self.visit(left);
            }
        }
        self.visit_field(node, "type");
        if let Some(right) = field(node, "right") {
            let into = left.map(|left| self.destinations(left)).unwrap_or_default();
            self.visit_value(right, into);
        }
    }

    /// Whether this is the body of a class, outside of its methods.
    fn is_in_class(&self) -> bool {
        match self.scopes.last() {
            Some(scope) => scope.is_class,
            None => self.place == Place::Class,
        }
    }

    fn expression_statement(&mut self, node: Node<'_>) {
        for child in children(node) {
            // `self.models.append(fit)` stores fit.
            let function = field(child, "function").filter(|node| node.kind() == "attribute");
            if let Some(function) = function {
                self.note_statement(function);
            }
            let into = function.map(|function| self.destinations(function));
            self.visit_value(child, into.unwrap_or_default());
        }
    }

    /// `sys.modules["name"]` is a module.
    fn subscript(&mut self, node: Node<'_>) {
        self.variable_of_subscript(node);
        let value = field(node, "value").map_or("", |value| text(value, self.source));
        if value == "sys.modules"
            && let Some(key) = field(node, "subscript")
            && let Some(module) = literal::string(key, self.source)
        {
            let target = Target {
                level: 0,
                module,
                attribute: None,
            };
            return self.add(Ref::Imported(target, String::new()));
        }
        self.visit_children(node);
    }

    fn pattern_name(&mut self, node: Node<'_>) {
        let written = text(node, self.source);
        let head = written.split('.').next().unwrap_or(written);
        self.name(head, written);
    }

    /// The import itself runs the module, whether or not its names are used.
    fn local_import(&mut self, node: Node<'_>) {
        for import in imports::read(node, self.source, false) {
            let everything = import.names == ImportedName::Everything;
            let target = Target {
                level: import.level,
                module: import.module,
                attribute: None,
            };
            self.add(Ref::Touch(target.clone()));
            if everything {
                self.add(Ref::Imported(target, String::new()));
            }
        }
    }
}

/// What `self.<chain>` reaches.
fn own(chain: &str) -> Ref {
    let chain = chain.strip_prefix("__class__.").unwrap_or(chain);
    match chain.split('.').next() {
        Some("" | "__class__" | "__dict__") | None => Ref::OwnAll,
        Some(first) => Ref::Own(first.to_owned()),
    }
}
