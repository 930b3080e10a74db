//! Which names a function binds itself: its local variables, imports and `global` declarations.

use std::collections::HashSet;

use tree_sitter::Node;

use crate::flow::source::syntax::{children, descend, field, text};

/// What the body of a function or class binds.
#[derive(Default)]
pub(in crate::flow) struct Bound<'a, 't> {
    pub names: HashSet<&'a str>,
    pub globals: HashSet<&'a str>,
    /// Import statements, in source order.
    pub imports: Vec<Node<'t>>,
}

/// The names bound by a body, without those of functions, classes and comprehensions inside it.
pub(in crate::flow) fn bound_names<'a, 't>(body: Node<'t>, source: &'a str) -> Bound<'a, 't> {
    let mut bound = Bound::default();
    descend(body, |node| enter(node, source, &mut bound));
    bound
}

fn enter<'a, 't>(node: Node<'t>, source: &'a str, bound: &mut Bound<'a, 't>) -> bool {
    match node.kind() {
        "assignment" | "augmented_assignment" | "for_statement" => {
            if let Some(left) = field(node, "left") {
                pattern(left, source, &mut bound.names);
            }
        }
        // Also inside a comprehension this binds in the function around it.
        "named_expression" => bind(field(node, "name"), source, bound),
        "as_pattern_target" => {
            for child in children(node) {
                pattern(child, source, &mut bound.names);
            }
        }
        "except_clause" => bind(field(node, "alias"), source, bound),
        "function_definition" | "class_definition" => {
            bind(field(node, "name"), source, bound);
            return false;
        }
        "lambda" | "identifier" | "string" | "integer" => return false,
        "global_statement" => {
            for name in children(node) {
                bound.globals.insert(text(name, source));
            }
            return false;
        }
        "import_statement" | "import_from_statement" => {
            bound.imports.push(node);
            return false;
        }
        "case_pattern" => capture(node, source, bound),
        "splat_pattern" => {
            for child in children(node) {
                bind(Some(child), source, bound);
            }
        }
        _ => {}
    }
    true
}

fn bind<'a>(name: Option<Node<'_>>, source: &'a str, bound: &mut Bound<'a, '_>) {
    if let Some(name) = name.filter(|name| name.kind() == "identifier") {
        bound.names.insert(text(name, source));
    }
}

/// `case name:` binds the name; `case a.b:` compares with it.
fn capture<'a>(node: Node<'_>, source: &'a str, bound: &mut Bound<'a, '_>) {
    for child in children(node) {
        if child.kind() == "dotted_name" && children(child).len() == 1 {
            bound.names.insert(text(child, source));
        }
    }
}

/// Whether a target of this kind is made of others.
pub(in crate::flow) fn is_pattern(kind: &str) -> bool {
    matches!(
        kind,
        "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "tuple"
            | "list"
            | "expression_list"
            | "parenthesized_expression"
    )
}

/// The names that an assignment target binds.
pub(in crate::flow) fn pattern<'a>(node: Node<'_>, source: &'a str, names: &mut HashSet<&'a str>) {
    descend(node, |node| match node.kind() {
        "identifier" => {
            names.insert(text(node, source));
            false
        }
        kind => is_pattern(kind),
    });
}

/// The name node of a parameter of any kind.
pub(in crate::flow) fn parameter_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" => Some(node),
        "default_parameter" | "typed_default_parameter" => field(node, "name"),
        "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            children(node).first().copied().and_then(parameter_name)
        }
        _ => None,
    }
}
