//! What a module is made of, as far as fingerprints are concerned: functions, members of classes, module-level names and
//! statements, each with its normal form and with what it reaches for.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use tree_sitter::Node;

use super::bindings;
use super::compound::{blocks, header_names, header_parts, is_main_guard};
use super::normal::{Normal, is_remark};
use super::refs::{Place, Target, Uses, import_targets};
use super::scope;
use crate::flow::model::FlowFile;
use crate::flow::source::imports::{self, ImportedName};
use crate::flow::source::step::definition;
use crate::flow::source::syntax::{children, dotted, field, line, sole_expression, text};

/// One piece of a module.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Unit {
    /// `clean`, `Helper.run`; empty for a statement without a name.
    pub name: Arc<str>,
    /// The first line, counted from 1.
    pub line: u32,
    pub code: Arc<Code>,
    /// The unit of the `if`, `try` or loop around it.
    pub guard: Option<usize>,
    /// The class that it is a member of.
    pub class: Option<String>,
    /// Decorators of a function or class, as dotted names.
    pub decorators: Vec<String>,
    pub import: Option<Target>,
    /// Whether it is a function or the head of a class, so that nothing of its body runs where it stands.
    pub is_definition: bool,
    /// Where its text stands and what kind of place that is, if it is one node.
    span: Option<(Range<usize>, Place)>,
}

/// What a piece of code is and uses, wherever it stands.
#[derive(Debug, Default)]
pub(in crate::flow) struct Code {
    pub normal: Normal,
    pub uses: Uses,
}

/// The members of a class.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct ClassUnits {
    /// Bases, decorators and statements of the class body that are no members.
    pub always: Vec<usize>,
    pub members: IndexMap<String, Vec<usize>>,
}

/// The pieces of one module.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct ModuleIndex {
    pub units: Vec<Unit>,
    /// Module-level names and what defines them, imports included.
    pub names: HashMap<String, Vec<usize>>,
    pub classes: HashMap<String, ClassUnits>,
    /// Statements that do something when the module is imported.
    pub effects: Vec<usize>,
    /// The same under `if __name__ == "__main__":`, so only for the file that is run.
    pub main_effects: Vec<usize>,
    /// Modules whose names are all imported.
    pub stars: Vec<Target>,
}

impl ModuleIndex {
    /// The index of a tree. Code that the earlier version of the file has too is taken over from there.
    pub(in crate::flow) fn read(
        root: Node<'_>,
        source: &str,
        file: &FlowFile,
        before: Option<&FlowFile>,
    ) -> Self {
        let mut builder = Builder {
            source,
            file,
            known: before.map(known_code).unwrap_or_default(),
            index: Self::default(),
        };
        for statement in children(root) {
            builder.statement(statement, None);
        }
        builder.index
    }
}

/// The code of a file by its text. The same text in the same kind of place is the same code.
fn known_code(file: &FlowFile) -> HashMap<(Place, &str), &Arc<Code>> {
    let units = file.index.units.iter().filter(|_| !file.is_broken());
    units
        .filter_map(|unit| {
            let (span, place) = unit.span.clone()?;
            Some(((place, file.text.get(span)?), &unit.code))
        })
        .collect()
}

struct Builder<'a> {
    source: &'a str,
    file: &'a FlowFile,
    known: HashMap<(Place, &'a str), &'a Arc<Code>>,
    index: ModuleIndex,
}

impl Builder<'_> {
    fn add(&mut self, unit: Unit, guard: Option<usize>) -> usize {
        self.index.units.push(Unit { guard, ..unit });
        self.index.units.len() - 1
    }

    fn define(&mut self, name: &str, unit: usize) {
        self.index
            .names
            .entry(name.to_owned())
            .or_default()
            .push(unit);
    }

    fn unit(&self, name: &str, nodes: &[Node<'_>], place: Place) -> Unit {
        let fresh = || {
            Arc::new(Code {
                normal: Normal::of(nodes, self.source),
                uses: scope::uses(nodes, self.source, place),
            })
        };
        let first = nodes.first();
        let span = first
            .filter(|_| nodes.len() == 1)
            .map(|node| (node.byte_range(), place));
        let text = span.clone().and_then(|(range, _)| self.source.get(range));
        let known = text.and_then(|text| self.known.get(&(place, text)));
        Unit {
            name: name.into(),
            line: first.map_or(1, |node| line(*node)),
            code: known.map_or_else(fresh, |code| Arc::clone(code)),
            guard: None,
            class: None,
            decorators: Vec::new(),
            import: None,
            is_definition: false,
            span,
        }
    }

    /// A module-level statement. `guard` is the unit of the `if`, `try` or loop around it.
    fn statement(&mut self, node: Node<'_>, guard: Option<usize>) {
        match node.kind() {
            "import_statement" | "import_from_statement" => self.import(node, guard),
            "future_import_statement" | "pass_statement" | "global_statement" => {}
            "function_definition" | "class_definition" | "decorated_definition" => {
                self.definition(node, guard);
            }
            "expression_statement" => self.expression(node, guard),
            "type_alias_statement" => self.names_of(node, "left", guard),
            "if_statement" | "try_statement" | "for_statement" | "while_statement"
            | "with_statement" | "match_statement" => self.compound(node, guard),
            _ => self.effect(node, guard),
        }
    }

    fn effect(&mut self, node: Node<'_>, guard: Option<usize>) {
        let unit = self.unit("", &[node], Place::Module);
        let at = self.add(unit, guard);
        self.index.effects.push(at);
    }

    fn import(&mut self, node: Node<'_>, guard: Option<usize>) {
        for import in imports::read(node, self.source, true) {
            if import.names == ImportedName::Everything {
                self.index.stars.push(Target {
                    level: import.level,
                    module: import.module.clone(),
                    attribute: None,
                });
            }
        }
        for (name, target) in import_targets(node, self.source) {
            let dots = ".".repeat(target.level);
            let attribute = target.attribute.as_deref().unwrap_or("");
            let meaning = format!("{dots}{} {attribute}", target.module);
            let unit = Unit {
                line: line(node),
                code: Arc::new(Code {
                    normal: Normal::of_text(&meaning),
                    uses: Uses::default(),
                }),
                import: Some(target),
                ..self.unit(name, &[], Place::Module)
            };
            let at = self.add(unit, guard);
            self.define(name, at);
        }
    }

    fn definition(&mut self, node: Node<'_>, guard: Option<usize>) {
        let inner = definition(node);
        let Some(name) = field(inner, "name").map(|name| text(name, self.source).to_owned()) else {
            return;
        };
        if inner.kind() == "class_definition" {
            return self.class(node, &name, guard);
        }
        let mut unit = self.unit(&name, &[node], Place::Module);
        unit.is_definition = true;
        unit.decorators = decorator_names(node, self.source);
        let at = self.add(unit, guard);
        self.define(&name, at);
    }

    fn class(&mut self, node: Node<'_>, name: &str, guard: Option<usize>) {
        let inner = definition(node);
        let body = field(inner, "body");
        let mut members = ClassUnits::default();
        let header: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|child| child.kind() == "decorator" && !is_deployment(*child, self.source))
            .chain(field(inner, "superclasses"))
            .collect();
        let mut unit = self.unit(name, &header, Place::Module);
        if header.is_empty() {
            unit.line = line(inner);
        }
        unit.class = Some(name.to_owned());
        unit.is_definition = true;
        unit.decorators = decorator_names(node, self.source);
        let at = self.add(unit, guard);
        members.always.push(at);
        self.define(name, at);
        for statement in body.map(children).unwrap_or_default() {
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
        unit.decorators = decorator_names(node, self.source);
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

    fn expression(&mut self, node: Node<'_>, guard: Option<usize>) {
        let Some(inner) = children(node).first().copied() else {
            return;
        };
        match inner.kind() {
            "assignment" | "augmented_assignment" => {
                let plain = field(inner, "left")
                    .is_some_and(|left| !matches!(left.kind(), "attribute" | "subscript"));
                if plain {
                    self.names_of(node, "", guard);
                } else {
                    self.effect(node, guard);
                }
            }
            // A text or a name standing alone does nothing.
            "string" | "concatenated_string" | "identifier" | "ellipsis" => {}
            _ if self.starts_flow(node) => {}
            _ => self.effect(node, guard),
        }
    }

    /// A unit that defines the names which a statement binds.
    fn names_of(&mut self, node: Node<'_>, target: &str, guard: Option<usize>) {
        let mut names: Vec<&str> = bindings::bound_names(node, self.source)
            .names
            .into_iter()
            .collect();
        names.extend(field(node, target).map(|left| text(left, self.source)));
        names.sort_unstable();
        let unit = self.unit(&names.join(", "), &[node], Place::Module);
        let at = self.add(unit, guard);
        for name in names {
            self.define(name, at);
        }
    }

    /// `MyFlow()`: it starts the flow and is not part of what steps do.
    fn starts_flow(&self, node: Node<'_>) -> bool {
        sole_expression(node)
            .filter(|inner| inner.kind() == "call")
            .and_then(|call| field(call, "function"))
            .and_then(|function| dotted(function, self.source))
            .is_some_and(|name| self.file.classes.iter().any(|class| class.name == name))
    }

    /// `if`, `try`, loops, `with`: the statements inside are units of their own; what decides about them is one that they all
    /// reach.
    fn compound(&mut self, node: Node<'_>, guard: Option<usize>) {
        let is_main = is_main_guard(node, self.source);
        let mut inner = Vec::new();
        blocks(node, &mut inner);
        let header = Unit {
            line: line(node),
            code: Arc::new(Code {
                normal: Normal::without(node, &inner, self.source),
                uses: self.header_uses(node, &inner),
            }),
            ..self.unit("", &[], Place::Module)
        };
        let at = (!is_main).then(|| self.add(header, guard));
        if let Some(at) = at {
            for name in header_names(node, &inner, self.source) {
                self.define(name, at);
            }
        }
        let before = self.index.effects.len();
        for statement in inner {
            self.statement(statement, at.or(guard));
        }
        match at {
            Some(at) if self.index.effects.len() > before => self.index.effects.insert(before, at),
            Some(_) => {}
            None => {
                let under_guard = self.index.effects.split_off(before);
                self.index.main_effects.extend(under_guard);
            }
        }
    }

    fn header_uses(&self, node: Node<'_>, omitted: &[Node<'_>]) -> Uses {
        let mut parts = Vec::new();
        header_parts(node, omitted, &mut parts);
        scope::uses(&parts, self.source, Place::Module)
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

fn is_deployment(decorator: Node<'_>, source: &str) -> bool {
    let name = text(decorator, source).trim_start_matches('@').trim();
    let name = name.split('(').next().unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name).trim();
    DEPLOYMENT
        .iter()
        .any(|known| name == *known || (known.ends_with('_') && name.starts_with(known)))
}

fn decorator_names(node: Node<'_>, source: &str) -> Vec<String> {
    crate::flow::source::step::decorators(node, source)
        .into_iter()
        .map(|decorator| decorator.name)
        .collect()
}
