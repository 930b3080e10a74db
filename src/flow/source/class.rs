//! Classes of one file, and which of them are flows as far as this file can tell.

use std::path::Path;

use tree_sitter::Node;

use crate::flow::model::{ConstantDef, Decorator, ParameterDef, Position, SourceRange, Step};
use crate::flow::source::imports::{Import, ImportedName};
use crate::flow::source::literal;
use crate::flow::source::parameter;
use crate::flow::source::step;
use crate::flow::source::syntax::{children, descend, dotted, field, position, range, text};

/// One class as written.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Class {
    pub name: String,
    /// The bases as written; those that are no dotted names are left out.
    pub bases: Vec<String>,
    pub doc: String,
    pub range: SourceRange,
    pub position: Position,
    pub decorators: Vec<Decorator>,
    pub members: Vec<Member>,
}

/// One attribute of a class.
#[derive(Debug, Clone)]
pub(in crate::flow) enum Member {
    Step(Step),
    Parameter(ParameterDef),
    Constant(ConstantDef),
    /// A method or a nested class: hides what a base class has under that name.
    Other(String),
}

impl Member {
    pub(in crate::flow) fn name(&self) -> &str {
        match self {
            Member::Step(step) => &step.name,
            Member::Parameter(parameter) => &parameter.attr,
            Member::Constant(constant) => &constant.name,
            Member::Other(name) => name,
        }
    }
}

/// What the names of one file mean where Metaflow is concerned.
pub(in crate::flow) struct Names<'a> {
    imports: &'a [Import],
}

impl<'a> Names<'a> {
    pub(in crate::flow) fn new(imports: &'a [Import]) -> Self {
        Self { imports }
    }

    /// Whether `written` (dotted, as the file writes it) means Metaflow's `wanted`. Without an import to tell otherwise the
    /// name itself decides, so that a file that is being written already shows its steps.
    pub(in crate::flow) fn means(&self, written: &str, wanted: &str) -> bool {
        let (head, attribute) = match written.rsplit_once('.') {
            Some((head, last)) => (Some(head), last),
            None => (None, written),
        };
        if head.is_some() {
            return attribute == wanted;
        }
        let imported = self
            .imports
            .iter()
            .rev()
            .find_map(|import| match &import.names {
                ImportedName::Names(pairs) => pairs
                    .iter()
                    .find(|(_, here)| here == written)
                    .map(|(there, _)| there.as_str()),
                _ => None,
            });
        imported.unwrap_or(written) == wanted
    }
}

/// The module-level classes of a file, those under `if` and `try` included.
pub(in crate::flow) fn collect(
    root: Node<'_>,
    source: &str,
    path: &Path,
    names: &Names<'_>,
) -> Vec<Class> {
    let mut found = Vec::new();
    descend(root, |node| match node.kind() {
        "class_definition" | "decorated_definition" => {
            found.extend(read(node, source, path, names));
            false
        }
        "function_definition" | "expression_statement" => false,
        _ => true,
    });
    found
}

fn read(node: Node<'_>, source: &str, path: &Path, names: &Names<'_>) -> Option<Class> {
    let definition = step::definition(node);
    if definition.kind() != "class_definition" {
        return None;
    }
    let name = field(definition, "name")?;
    let bases = field(definition, "superclasses")
        .map(children)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|base| dotted(base, source))
        .collect();
    let body = field(definition, "body");
    let mut members = Vec::new();
    if let Some(body) = body {
        collect_members(body, source, path, names, &mut members);
    }
    Some(Class {
        name: text(name, source).to_owned(),
        bases,
        doc: literal::doc(body, source),
        range: range(node),
        position: position(name, source),
        decorators: step::decorators(node, source),
        members,
    })
}

fn collect_members(
    block: Node<'_>,
    source: &str,
    path: &Path,
    names: &Names<'_>,
    members: &mut Vec<Member>,
) {
    for statement in children(block) {
        match statement.kind() {
            "function_definition" | "decorated_definition" | "class_definition" => {
                let found = step::read(statement, source, path, names).map(Member::Step);
                let other = || {
                    let name = field(step::definition(statement), "name")?;
                    Some(Member::Other(text(name, source).to_owned()))
                };
                members.extend(found.or_else(other));
            }
            "expression_statement" => {
                for assignment in children(statement) {
                    if assignment.kind() == "assignment" {
                        members.extend(parameter::read(assignment, source, path, names));
                    }
                }
            }
            "if_statement" | "try_statement" | "else_clause" | "elif_clause" | "except_clause"
            | "finally_clause" | "with_statement" | "block" | "ERROR" => {
                collect_members(statement, source, path, names, members);
            }
            _ => {}
        }
    }
}
