//! Class attributes: parameters, files and configs, and plain constants.

use std::path::Path;

use tree_sitter::Node;

use crate::flow::model::{ConstantDef, ParameterDef, ParameterKind};
use crate::flow::source::class::{Member, Names};
use crate::flow::source::literal;
use crate::flow::source::syntax::{children, dotted, field, range, text, unparenthesised};

const KINDS: [(&str, ParameterKind); 3] = [
    ("Parameter", ParameterKind::Parameter),
    ("IncludeFile", ParameterKind::IncludeFile),
    ("Config", ParameterKind::Config),
];

/// What an assignment in a class body declares; nothing for targets that are no plain names.
pub(in crate::flow) fn read(
    assignment: Node<'_>,
    source: &str,
    path: &Path,
    names: &Names<'_>,
) -> Vec<Member> {
    let mut targets = Vec::new();
    let mut value = Some(assignment);
    // `a = b = 1` nests to the right.
    while let Some(node) = value.filter(|node| node.kind() == "assignment") {
        targets.extend(field(node, "left").filter(|left| left.kind() == "identifier"));
        value = field(node, "right");
    }
    let Some(value) = value.map(unparenthesised) else {
        return Vec::new();
    };
    let declared = parameter(value, source, path, names);
    targets
        .into_iter()
        .map(|target| {
            let attr = text(target, source).to_owned();
            match &declared {
                Some(parameter) => Member::Parameter(ParameterDef {
                    name: Some(parameter.name.clone())
                        .filter(|name| !name.is_empty())
                        .unwrap_or_else(|| attr.clone()),
                    attr,
                    range: range(assignment),
                    ..parameter.clone()
                }),
                None => Member::Constant(ConstantDef {
                    name: attr,
                    text: text(value, source).to_owned(),
                    file: path.to_owned(),
                    range: range(assignment),
                }),
            }
        })
        .collect()
}

/// The parameter that a call makes, without the attribute's name.
fn parameter(call: Node<'_>, source: &str, path: &Path, names: &Names<'_>) -> Option<ParameterDef> {
    if call.kind() != "call" {
        return None;
    }
    let function = dotted(field(call, "function")?, source)?;
    let (_, kind) = KINDS
        .into_iter()
        .find(|(name, _)| names.means(&function, name))?;
    let mut parameter = ParameterDef {
        attr: String::new(),
        name: String::new(),
        kind,
        type_text: None,
        default: None,
        help: None,
        required: false,
        separator: None,
        file: path.to_owned(),
        range: range(call),
    };
    let mut positional = 0;
    for argument in children(field(call, "arguments")?) {
        let (key, value) = if argument.kind() == "keyword_argument" {
            (
                field(argument, "name").map_or("", |key| text(key, source)),
                field(argument, "value"),
            )
        } else {
            positional += 1;
            (nth_argument(kind, positional), Some(argument))
        };
        let Some(value) = value.map(unparenthesised) else {
            continue;
        };
        let written = || text(value, source).to_owned();
        let unquoted = || literal::string(value, source).unwrap_or_else(written);
        match key {
            "name" => parameter.name = unquoted(),
            "default" | "default_value" => {
                parameter.default = Some(written()).filter(|text| text != "None");
            }
            "type" => parameter.type_text = Some(written()),
            "help" => parameter.help = Some(unquoted()),
            "required" => parameter.required = value.kind() == "true",
            "separator" => parameter.separator = Some(unquoted()),
            _ => {}
        }
    }
    Some(parameter)
}

/// The name of the n-th positional argument, counted from 1.
fn nth_argument(kind: ParameterKind, nth: usize) -> &'static str {
    match (kind, nth) {
        (_, 1) => "name",
        (ParameterKind::Parameter | ParameterKind::Config, 2) => "default",
        (ParameterKind::Parameter, 3) => "type",
        (ParameterKind::Parameter, 4) => "help",
        (ParameterKind::Parameter, 5) => "required",
        _ => "",
    }
}
