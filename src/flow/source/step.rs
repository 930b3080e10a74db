//! One function with `@step`: decorators, arguments, transition.

use std::path::Path;

use tree_sitter::Node;

use crate::flow::model::{Decorator, Step};
use crate::flow::name::StepName;
use crate::flow::source::class::Names;
use crate::flow::source::literal;
use crate::flow::source::next;
use crate::flow::source::syntax::{children, dotted, field, line, position, range, text};

/// The function or class inside a decorated definition; the node itself if nothing decorates it.
pub(in crate::flow) fn definition(node: Node<'_>) -> Node<'_> {
    if node.kind() == "decorated_definition" {
        field(node, "definition").unwrap_or(node)
    } else {
        node
    }
}

/// The decorators of a definition, from the top down.
pub(in crate::flow) fn decorators(node: Node<'_>, source: &str) -> Vec<Decorator> {
    if node.kind() != "decorated_definition" {
        return Vec::new();
    }
    children(node)
        .into_iter()
        .filter(|child| child.kind() == "decorator")
        .filter_map(|child| decorator(child, source))
        .collect()
}

fn decorator(node: Node<'_>, source: &str) -> Option<Decorator> {
    let expression = children(node).first().copied()?;
    let is_call = expression.kind() == "call";
    let function = if is_call {
        field(expression, "function")?
    } else {
        expression
    };
    let name = dotted(function, source).unwrap_or_else(|| text(function, source).to_owned());
    let mut positional = Vec::new();
    let mut keywords = Vec::new();
    let list = if is_call {
        field(expression, "arguments")
    } else {
        None
    };
    for argument in list.map(children).unwrap_or_default() {
        let keyword = (argument.kind() == "keyword_argument")
            .then(|| Some((field(argument, "name")?, field(argument, "value")?)))
            .flatten();
        match keyword {
            Some((key, value)) => {
                keywords.push((text(key, source).to_owned(), text(value, source).to_owned()));
            }
            None => positional.push(text(argument, source).to_owned()),
        }
    }
    let arguments = list.map(|list| {
        let whole = text(list, source);
        let inner = whole.strip_prefix('(').unwrap_or(whole);
        inner.strip_suffix(')').unwrap_or(inner).trim().to_owned()
    });
    Some(Decorator {
        name,
        arguments,
        positional,
        keywords,
        line: line(node),
    })
}

/// The step that a definition makes, if `@step` decorates it.
pub(in crate::flow) fn read(
    node: Node<'_>,
    source: &str,
    path: &Path,
    names: &Names<'_>,
) -> Option<Step> {
    let decorators = decorators(node, source);
    let (marks, decorators): (Vec<_>, Vec<_>) = decorators
        .into_iter()
        .partition(|decorator| names.means(&decorator.name, "step"));
    let mark = marks.first()?;
    function(node, source, path, decorators, Some(mark))
}

/// Reads a function as a step, whatever decorates it. `mark` is the `@step` decorator.
pub(in crate::flow) fn function(
    node: Node<'_>,
    source: &str,
    path: &Path,
    decorators: Vec<Decorator>,
    mark: Option<&Decorator>,
) -> Option<Step> {
    let definition = definition(node);
    if definition.kind() != "function_definition" {
        return None;
    }
    let name = field(definition, "name")?;
    let args =
        field(definition, "parameters").map_or_else(Vec::new, |list| arguments(list, source));
    let body = field(definition, "body");
    let (next, next_position) =
        body.map_or((next::Next::None, None), |body| next::read(body, source));
    let flag = |key| mark.and_then(|mark| mark.keyword(key)) == Some("True");
    Some(Step {
        name: StepName::from(text(name, source)),
        doc: literal::doc(body, source),
        file: path.to_owned(),
        range: range(node),
        def_line: line(definition),
        line: line(node),
        position: position(name, source),
        decorators,
        is_join: args.len() > 1,
        args,
        next,
        next_position,
        start: flag("start"),
        end: flag("end"),
        node_info: mark
            .and_then(|mark| mark.keyword("node_info"))
            .map(str::to_owned),
    })
}

/// The names of the arguments that can be given by position, except positional-only and starred ones, which Metaflow does
/// not count either.
fn arguments(list: Node<'_>, source: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for argument in children(list) {
        let name = match argument.kind() {
            "identifier" => Some(argument),
            "default_parameter" | "typed_default_parameter" => field(argument, "name"),
            "typed_parameter" => children(argument)
                .first()
                .copied()
                .filter(|inner| inner.kind() == "identifier"),
            "positional_separator" => {
                names.clear();
                None
            }
            "keyword_separator" | "list_splat_pattern" => break,
            _ => None,
        };
        names.extend(name.map(|name| text(name, source).to_owned()));
    }
    names
}
