//! What the worker says about a flow after importing it (docs/WORKER.md, "Description"): the truth where the source alone
//! leaves something open, such as decorators that code attaches.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::flow::model::{Decorator, Step};
use crate::flow::name::StepName;
use crate::flow::source::parse::step_from_source;

/// A flow as imported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    pub name: String,
    pub doc: Option<String>,
    /// Absolute.
    pub file: PathBuf,
    pub decorators: Vec<DecoratorDescription>,
    /// In source order, base classes first.
    pub steps: Vec<StepDescription>,
    pub parameters: Vec<ParameterDescription>,
    pub constants: Vec<ConstantDescription>,
}

/// A step as imported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepDescription {
    pub name: String,
    pub doc: Option<String>,
    /// Absolute.
    pub file: PathBuf,
    /// That of the first decorator, counted from 1.
    pub line: u32,
    pub start: bool,
    pub end: bool,
    pub node_info: Map<String, Value>,
    /// Innermost first.
    pub decorators: Vec<DecoratorDescription>,
    /// Retries of user code, and retries that only record the failure.
    pub retry: (u32, u32),
    /// Variables that the task's process gets.
    pub environment: Map<String, Value>,
}

/// A decorator with its evaluated attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecoratorDescription {
    pub name: String,
    /// As `_graph_info` records them.
    pub attributes: Map<String, Value>,
    pub statically_defined: bool,
    pub inserted_by: Value,
}

/// A parameter, file or config as imported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterDescription {
    /// The attribute of the flow.
    pub attr: String,
    /// The option's name.
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// `Parameter`, `IncludeFile` or `Config`.
    pub kind: String,
    pub help: Option<String>,
    pub required: bool,
    /// The default if JSON can say it.
    pub default: Value,
    pub default_repr: Option<String>,
    /// Whether the default is computed when the run starts.
    pub deploy_time: bool,
    pub multiple: bool,
    pub separator: Option<String>,
}

/// A class attribute that is stored as an artifact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConstantDescription {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
}

impl Description {
    /// The steps as their sources have them, with the names, terminals and further decorators that the import gave. A step whose source cannot be
    /// read (it was generated) has no transition.
    pub fn steps_from_source(&self, read: &dyn Fn(&Path) -> Option<String>) -> Vec<Step> {
        let mut texts: Vec<(&Path, Option<String>)> = Vec::new();
        let mut steps = Vec::new();
        for described in &self.steps {
            let known = texts.iter().position(|(path, _)| *path == described.file);
            let at = known.unwrap_or_else(|| {
                texts.push((&described.file, read(&described.file)));
                texts.len() - 1
            });
            let text = texts.get(at).and_then(|(_, text)| text.as_deref());
            let source = text.and_then(|text| {
                step_from_source(text, &described.file, &described.name, described.line)
            });
            steps.push(merged(described, source));
        }
        steps
    }
}

fn merged(described: &StepDescription, source: Option<Step>) -> Step {
    let line = described.line;
    let mut step = source.unwrap_or_else(|| Step::without_source(&described.file, line));
    for attached in &described.decorators {
        if !step.has_decorator(&attached.name) {
            step.decorators.push(Decorator {
                name: attached.name.clone(),
                arguments: None,
                positional: Vec::new(),
                keywords: Vec::new(),
                line: step.line,
            });
        }
    }
    Step {
        name: StepName::from(described.name.as_str()),
        doc: crate::flow::source::literal::dedent(described.doc.as_deref().unwrap_or("")),
        start: described.start,
        end: described.end,
        ..step
    }
}
