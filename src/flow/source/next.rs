//! Where a step goes: the last statement of its function, if that is `self.next(…)`.

use serde::Serialize;
use tree_sitter::Node;

use crate::flow::model::Position;
use crate::flow::name::StepName;
use crate::flow::source::literal;
use crate::flow::source::syntax::{
    children, field, position, sole_expression, text, unparenthesised,
};

/// The transition that a step's last statement declares.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The last statement is not a call of `self.next`.
    None,
    /// One step, or several for a static split.
    Steps(Vec<StepName>),
    /// One task of `step` for each item of the artifact `var`, which is unknown if it is not written as a string.
    Foreach { step: StepName, var: Option<String> },
    /// `nodes` tasks of a gang; unknown if not written as a number.
    Parallel { step: StepName, nodes: Option<i64> },
    /// The step whose case equals the artifact `condition`.
    Switch {
        cases: Vec<SwitchCase>,
        condition: String,
    },
    /// A call of `self.next` in no known form. `steps` is what can be told of its targets.
    Invalid { steps: Vec<StepName> },
}

impl Next {
    /// The targets in the order of the call.
    pub fn steps(&self) -> Vec<StepName> {
        match self {
            Next::None => Vec::new(),
            Next::Steps(steps) | Next::Invalid { steps } => steps.clone(),
            Next::Foreach { step, .. } | Next::Parallel { step, .. } => vec![step.clone()],
            Next::Switch { cases, .. } => cases.iter().map(|case| case.step.clone()).collect(),
        }
    }
}

/// One entry of a switch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SwitchCase {
    pub key: CaseKey,
    pub step: StepName,
}

/// The key of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKey {
    Text(String),
    Bool(bool),
    Int(i64),
    /// Any other literal (float, bytes, big number), as written.
    Other(String),
    /// `self.<config>.<key>`, a value that is known when the flow runs.
    Config {
        config: String,
        key: String,
    },
}

impl CaseKey {
    /// Whether a Python dictionary takes the two for the same key: `True` is 1 there.
    fn equals(&self, other: &CaseKey) -> bool {
        let number = |key: &CaseKey| match key {
            CaseKey::Bool(value) => Some(i64::from(*value)),
            CaseKey::Int(value) => Some(*value),
            _ => None,
        };
        match (number(self), number(other)) {
            (Some(a), Some(b)) => a == b,
            _ => self == other,
        }
    }
}

impl std::fmt::Display for CaseKey {
    /// The key as Metaflow's graph has it, booleans as Python writes them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CaseKey::Text(text) | CaseKey::Other(text) => f.write_str(text),
            CaseKey::Bool(true) => f.write_str("True"),
            CaseKey::Bool(false) => f.write_str("False"),
            CaseKey::Int(number) => write!(f, "{number}"),
            CaseKey::Config { config, key } => write!(f, "config:{config}.{key}"),
        }
    }
}

/// Reads the transition of a function's body, and where it stands.
pub(in crate::flow) fn read(body: Node<'_>, source: &str) -> (Next, Option<Position>) {
    let none = (Next::None, None);
    let Some(last) = children(body).last().copied() else {
        return none;
    };
    let Some(call) = sole_expression(last).filter(|node| node.kind() == "call") else {
        return none;
    };
    if !is_self_next(call, source) {
        return none;
    }
    (transition(call, source), Some(position(last, source)))
}

/// Whether a call is one of `self.next`.
pub(in crate::flow) fn is_self_next(call: Node<'_>, source: &str) -> bool {
    field(call, "function").is_some_and(|function| {
        function.kind() == "attribute"
            && field(function, "object")
                .is_some_and(|o| o.kind() == "identifier" && text(o, source) == "self")
            && field(function, "attribute").is_some_and(|a| text(a, source) == "next")
    })
}

fn transition(call: Node<'_>, source: &str) -> Next {
    let Some(list) = field(call, "arguments").filter(|list| list.kind() == "argument_list") else {
        return Next::Invalid { steps: Vec::new() };
    };
    let mut positional = Vec::new();
    let mut keywords = Vec::new();
    let mut odd = false;
    for argument in children(list) {
        match argument.kind() {
            "keyword_argument" => {
                let name = field(argument, "name").map_or("", |name| text(name, source));
                keywords.push((name, field(argument, "value").map(unparenthesised)));
            }
            "list_splat" | "dictionary_splat" => odd = true,
            _ => positional.push(unparenthesised(argument)),
        }
    }
    let condition = keywords.iter().find(|(name, _)| *name == "condition");
    if let ([dictionary], Some((_, value))) = (positional.as_slice(), condition)
        && dictionary.kind() == "dictionary"
    {
        return switch(*dictionary, *value, source).unwrap_or(Next::Invalid { steps: Vec::new() });
    }
    let steps: Vec<StepName> = positional
        .iter()
        .filter(|argument| argument.kind() == "attribute")
        .filter_map(|argument| field(*argument, "attribute"))
        .map(|name| StepName::from(text(name, source)))
        .collect();
    let all_known = !odd && steps.len() == positional.len();
    match (keywords.as_slice(), steps.as_slice()) {
        ([], [_, ..]) if all_known => Next::Steps(steps),
        ([("foreach", value)], [step]) if all_known => Next::Foreach {
            step: step.clone(),
            var: value.and_then(|value| literal::string(value, source)),
        },
        ([("num_parallel", value)], [step]) if all_known => Next::Parallel {
            step: step.clone(),
            nodes: value
                .filter(|value| value.kind() == "integer")
                .and_then(|value| text(value, source).replace('_', "").parse().ok()),
        },
        _ => Next::Invalid { steps },
    }
}

fn switch(dictionary: Node<'_>, condition: Option<Node<'_>>, source: &str) -> Option<Next> {
    let condition = literal::string(condition?, source).filter(|name| !name.is_empty())?;
    let mut cases: Vec<SwitchCase> = Vec::new();
    for pair in children(dictionary) {
        if pair.kind() != "pair" {
            return None;
        }
        let key = case_key(unparenthesised(field(pair, "key")?), source)?;
        let step = self_attribute(unparenthesised(field(pair, "value")?), source)?;
        let step = StepName::from(step);
        match cases.iter_mut().find(|case| case.key.equals(&key)) {
            // As in any Python dictionary, the last value of a key counts.
            Some(case) => case.step = step,
            None => cases.push(SwitchCase { key, step }),
        }
    }
    (!cases.is_empty()).then_some(Next::Switch { cases, condition })
}

fn case_key(node: Node<'_>, source: &str) -> Option<CaseKey> {
    match node.kind() {
        "string" | "concatenated_string" => match literal::string(node, source) {
            Some(value) => Some(CaseKey::Text(value)),
            None if literal::is_bytes(node, source) => {
                Some(CaseKey::Other(text(node, source).to_owned()))
            }
            None => None,
        },
        "true" => Some(CaseKey::Bool(true)),
        "false" => Some(CaseKey::Bool(false)),
        "integer" => {
            let written = text(node, source);
            let number = written.replace('_', "").parse().ok();
            Some(number.map_or_else(|| CaseKey::Other(written.to_owned()), CaseKey::Int))
        }
        "float" => Some(CaseKey::Other(text(node, source).to_owned())),
        "attribute" => {
            let config = self_attribute(field(node, "object")?, source)?;
            Some(CaseKey::Config {
                config: config.to_owned(),
                key: text(field(node, "attribute")?, source).to_owned(),
            })
        }
        _ => None,
    }
}

/// The attribute of `self.<attribute>`.
pub(in crate::flow) fn self_attribute<'a>(node: Node<'_>, source: &'a str) -> Option<&'a str> {
    if node.kind() != "attribute" {
        return None;
    }
    let object = field(node, "object")?;
    if object.kind() != "identifier" || text(object, source) != "self" {
        return None;
    }
    Some(text(field(node, "attribute")?, source))
}
