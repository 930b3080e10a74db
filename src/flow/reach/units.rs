//! What a module is made of, as far as fingerprints are concerned: functions, members of classes, module-level names and
//! statements, each with its normal form and with what it reaches for.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use tree_sitter::Node;

use super::bindings;
use super::builtins::PLAIN_BASES;
use super::compound::{blocks, header_names, header_parts, is_main_guard};
use super::normal::{Normal, is_remark};
use super::refs::{Place, Ref, Target, Uses, import_targets};
use super::scope;
use crate::flow::model::FlowFile;
use crate::flow::source::class::{Class, Member};
use crate::flow::source::imports::{self, ImportedName};
use crate::flow::source::step::{self, definition};
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
    /// Decorators of a function or class.
    pub decorators: Vec<Applied>,
    pub import: Option<Target>,
    /// Whether it is a function or the head of a class, so that nothing of its body runs where it stands.
    pub is_definition: bool,
    /// Whether it is a class of classes, by its bases as they are written.
    pub is_metaclass: bool,
    /// Where its text stands and what kind of place that is, if it is one node.
    span: Option<(Range<usize>, Place)>,
}

/// A decorator where it is used.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Applied {
    /// Dotted.
    pub name: String,
    /// Whether it is made by a call: `@register(TABLE, "fit")`.
    pub is_called: bool,
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
    /// The units that stand there.
    pub under_main: Vec<Range<usize>>,
    /// What the module, its functions and classes say about themselves, for code that reads that.
    pub docs: Option<usize>,
    /// Modules whose names are all imported, and how many units stand before that.
    pub stars: Vec<(Target, usize)>,
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
            known: before
                .filter(|before| before.imports_like(file))
                .map(known_code)
                .unwrap_or_default(),
            docs: Vec::new(),
            index: Self::default(),
        };
        builder.documented(Some(root));
        for statement in children(root) {
            builder.statement(statement, None);
        }
        builder.read_docs();
        builder.index
    }
}

/// The code of a file by its text. Under the same imports, the same text in the same kind of place is the same code.
fn known_code(file: &FlowFile) -> HashMap<(Place, &str), &Arc<Code>> {
    let units = file.index.units.iter().filter(|_| !file.is_broken());
    units
        .filter_map(|unit| {
            let (span, place) = unit.span.clone()?;
            Some(((place, file.text.get(span)?), &unit.code))
        })
        .collect()
}

pub(super) struct Builder<'a> {
    pub(super) source: &'a str,
    file: &'a FlowFile,
    known: HashMap<(Place, &'a str), &'a Arc<Code>>,
    /// Docstrings: line and text.
    docs: Vec<(u32, &'a str)>,
    pub(super) index: ModuleIndex,
}

impl Builder<'_> {
    /// Keeps the docstring of a body.
    pub(super) fn documented(&mut self, body: Option<Node<'_>>) {
        let first = body.and_then(|body| children(body).first().copied());
        let doc = first.filter(|first| is_remark(*first, self.source));
        self.docs
            .extend(doc.map(|doc| (line(doc), text(doc, self.source))));
    }

    fn read_docs(&mut self) {
        let Some((line, _)) = self.docs.first().copied() else {
            return;
        };
        let texts: Vec<&str> = self.docs.iter().map(|(_, text)| *text).collect();
        let unit = Unit {
            line,
            code: Arc::new(Code {
                normal: Normal::of_text(&texts.join("\n")),
                uses: Uses::default(),
            }),
            ..self.unit("__doc__", &[], Place::Module)
        };
        self.index.docs = Some(self.add(unit, None));
    }

    /// What a function's defaults call is called where the function is defined.
    fn defaults(&mut self, function: Node<'_>, guard: Option<usize>) {
        let parameters = field(function, "parameters")
            .map(children)
            .unwrap_or_default();
        let calls = parameters
            .into_iter()
            .filter_map(|parameter| field(parameter, "value"))
            .filter(|value| text(*value, self.source).contains('('));
        let calls: Vec<Node<'_>> = calls.collect();
        if !calls.is_empty() {
            let unit = self.unit("", &calls, Place::Module);
            self.add(unit, guard);
        }
    }

    pub(super) fn add(&mut self, unit: Unit, guard: Option<usize>) -> usize {
        self.index.units.push(Unit { guard, ..unit });
        self.index.units.len() - 1
    }

    pub(super) fn define(&mut self, name: &str, unit: usize) {
        self.index
            .names
            .entry(name.to_owned())
            .or_default()
            .push(unit);
    }

    pub(super) fn unit(&self, name: &str, nodes: &[Node<'_>], place: Place) -> Unit {
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
            is_metaclass: false,
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
                let target = Target {
                    level: import.level,
                    module: import.module.clone(),
                    attribute: None,
                };
                self.index.stars.push((target, self.index.units.len()));
            }
        }
        for (name, target) in import_targets(node, self.source) {
            let dots = ".".repeat(target.level);
            let attribute = target.attribute.as_deref().unwrap_or("");
            let meaning = format!("{dots}{} {attribute}", target.module);
            let mut uses = Uses::default();
            // By another name it cannot be told what they are called with.
            let finds_any = match (&*target.module, attribute) {
                ("importlib", "import_module") => name != attribute,
                ("sys", "modules") => true,
                _ => false,
            };
            uses.refs.extend(finds_any.then(Ref::any_module));
            let unit = Unit {
                line: line(node),
                code: Arc::new(Code {
                    normal: Normal::of_text(&meaning),
                    uses,
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
        unit.decorators = decorators(node, self.source);
        let at = self.add(unit, guard);
        self.define(&name, at);
        self.documented(field(inner, "body"));
        self.defaults(inner, guard);
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
                    let is_import = inner.kind() == "augmented_assignment"
                        && field(inner, "left").is_some_and(|left| !self.makes(left));
                    self.names_of(node, "", guard);
                    // `TABLE += […]` changes the object of the module that has it.
                    let at = self.index.units.len() - 1;
                    self.index.effects.extend(is_import.then_some(at));
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

    /// Whether this module itself gives a name its value.
    fn makes(&self, name: Node<'_>) -> bool {
        let units = self.index.names.get(text(name, self.source));
        let units = units
            .into_iter()
            .flatten()
            .filter_map(|at| self.index.units.get(*at));
        units.into_iter().any(|unit| unit.import.is_none())
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
            .is_some_and(|name| {
                let mut classes = self.file.classes.iter().enumerate();
                classes.any(|(at, class)| class.name == name && self.is_flow(at))
            })
    }

    /// Whether a class looks like a flow: by its steps, or since its bases may have some.
    fn is_flow(&self, at: usize) -> bool {
        let Some((class, before)) = self.file.classes.get(..=at).and_then(<[Class]>::split_last)
        else {
            return false;
        };
        let has_steps = class
            .members
            .iter()
            .any(|member| matches!(member, Member::Step(_)));
        let mut bases = class.bases.iter();
        has_steps
            || bases.any(
                |base| match before.iter().rposition(|class| class.name == *base) {
                    Some(base) => self.is_flow(base),
                    None => !PLAIN_BASES.contains(&&**base),
                },
            )
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
        let first = self.index.units.len();
        for statement in inner {
            self.statement(statement, at.or(guard));
        }
        match at {
            Some(at) if self.index.effects.len() > before => self.index.effects.insert(before, at),
            Some(_) => {}
            None => {
                let under_guard = self.index.effects.split_off(before);
                self.index.main_effects.extend(under_guard);
                self.index.under_main.push(first..self.index.units.len());
            }
        }
    }

    fn header_uses(&self, node: Node<'_>, omitted: &[Node<'_>]) -> Uses {
        let mut parts = Vec::new();
        header_parts(node, omitted, &mut parts);
        let mut uses = scope::uses(&parts, self.source, Place::Module);
        // `for state.value in …:`
        let target = field(node, "left").map(|left| left.kind());
        uses.changes.surely |= matches!(target, Some("attribute" | "subscript"));
        uses
    }
}

pub(super) fn decorators(node: Node<'_>, source: &str) -> Vec<Applied> {
    let decorators = step::decorators(node, source).into_iter();
    decorators
        .map(|decorator| Applied {
            name: decorator.name,
            is_called: decorator.arguments.is_some(),
        })
        .collect()
}
