//! What a class is made of: its head, which has the bases and decorators, and its members.

use tree_sitter::Node;

use super::bindings;
use super::normal::is_remark;
use super::refs::Place;
use super::units::{Builder, ClassUnits, decorators};
use crate::flow::source::step::definition;
use crate::flow::source::syntax::{children, dotted, field, line, text};

impl Builder<'_> {
    pub(super) fn class(&mut self, node: Node<'_>, name: &str, guard: Option<usize>) {
        let inner = definition(node);
        let body = field(inner, "body");
        let mut members = ClassUnits::default();
        let header: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|child| child.kind() == "decorator" && !self.is_deployment(*child))
            .chain(field(inner, "superclasses"))
            .collect();
        let mut unit = self.unit(name, &header, Place::Module);
        if header.is_empty() {
            unit.line = line(inner);
        }
        unit.class = Some(name.to_owned());
        unit.is_definition = true;
        unit.decorators = decorators(node, self.source);
        unit.is_metaclass = field(inner, "superclasses").is_some_and(|bases| {
            let names = children(bases)
                .into_iter()
                .filter_map(|base| dotted(base, self.source));
            names
                .into_iter()
                .any(|name| name == "type" || name.ends_with("Meta"))
        });
        let at = self.add(unit, guard);
        members.always.push(at);
        self.define(name, at);
        self.documented(body);
        for statement in body.map(children).unwrap_or_default() {
            self.documented(field(definition(statement), "body"));
            self.member(statement, name, &mut members);
        }
        // `try: class C: … except ImportError: class C: …`: either may be the one.
        let known = self.index.classes.entry(name.to_owned()).or_default();
        known.always.extend(members.always);
        for (member, units) in members.members {
            known.members.entry(member).or_default().extend(units);
        }
    }

    fn member(&mut self, node: Node<'_>, class: &str, members: &mut ClassUnits) {
        let name = match node.kind() {
            "function_definition" | "class_definition" | "decorated_definition" => {
                field(definition(node), "name")
            }
            "expression_statement" => children(node)
                .first()
                .filter(|child| child.kind() == "assignment")
                .and_then(|assignment| field(*assignment, "left"))
                .filter(|left| left.kind() == "identifier"),
            _ => None,
        };
        let name = name.map(|name| text(name, self.source)).unwrap_or("");
        if node.kind() == "pass_statement" || is_remark(node, self.source) {
            return;
        }
        let mut unit = self.unit(&format!("{class}.{name}"), &[node], Place::Class);
        unit.class = Some(class.to_owned());
        unit.is_definition = node.kind() != "expression_statement" && !name.is_empty();
        unit.decorators = decorators(node, self.source);
        let at = self.add(unit, None);
        if name.is_empty() {
            // `if` and the like in a class body: whatever it binds, the statement counts as a whole.
            let bound = bindings::bound_names(node, self.source);
            for name in bound.names {
                members.members.entry(name.to_owned()).or_default().push(at);
            }
            members.always.push(at);
        } else {
            members.members.entry(name.to_owned()).or_default().push(at);
            if name.starts_with("__") && name.ends_with("__") {
                members.always.push(at);
            }
            // `a = b = 1` binds both.
            let bound = bindings::bound_names(node, self.source);
            for other in bound.names.into_iter().filter(|other| *other != name) {
                if node.kind() == "expression_statement" {
                    members
                        .members
                        .entry(other.to_owned())
                        .or_default()
                        .push(at);
                }
            }
        }
    }

    /// Whether a decorator is one of Metaflow's that no step's result depends on.
    fn is_deployment(&self, decorator: Node<'_>) -> bool {
        let name = text(decorator, self.source).trim_start_matches('@').trim();
        let name = name.split('(').next().unwrap_or(name).trim();
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_one = DEPLOYMENT
            .iter()
            .any(|known| last == *known || (known.ends_with('_') && last.starts_with(known)));
        let head = name.split('.').next().unwrap_or(name);
        let units = self.index.names.get(head).into_iter().flatten();
        let mut own = units
            .filter_map(|at| self.index.units.get(*at))
            .filter(|unit| {
                let module = unit.import.as_ref().map(|target| &*target.module);
                module.and_then(|module| module.split('.').next()) != Some("metaflow")
            });
        is_one && own.next().is_none()
    }
}

/// Flow decorators that say when and where a deployed flow runs: no step's result depends on them.
const DEPLOYMENT: [&str; 5] = [
    "schedule",
    "trigger",
    "trigger_on_finish",
    "exit_hook",
    "airflow_",
];
