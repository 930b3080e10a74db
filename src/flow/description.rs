//! What the worker says about a flow after importing it (docs/WORKER.md, "Description"): the truth where the source alone
//! leaves something open, such as decorators that code attaches.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::flow::model::{Decorator, Step};
use crate::flow::name::StepName;
use crate::flow::project::Project;
use crate::flow::source::{functions, syntax};

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
    /// Tags that decorators give to the run.
    pub tags: Vec<String>,
    /// Such as users cannot change.
    pub sys_tags: Vec<String>,
    /// What decorators have to say to the user, once for a run.
    pub notices: Vec<String>,
    /// Something is to be done in Python when the run is over.
    pub after_run: bool,
    /// The extension packages, as `_graph_info` records them.
    pub extensions: Option<Value>,
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
    /// Minutes between the retries, where the flow states them.
    pub retry_minutes: f64,
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

impl ParameterDescription {
    /// Whether this is the parameter's name as an option: case and the kind of dash make no difference.
    pub fn is_called(&self, option: &str) -> bool {
        let same = |c: char| {
            if c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        };
        self.name.chars().map(same).eq(option.chars().map(same))
    }
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
    /// The steps as their sources have them, with the names, terminals and further decorators that the import gave. Only files
    /// that are no part of the project are read. A step whose source cannot be read (it was generated) has no transition.
    pub fn steps_in(&self, project: &Project, read: &dyn Fn(&Path) -> Option<String>) -> Vec<Step> {
        self.steps_from(&|path, wanted| {
            let known = project.files().find(|file| file.path == path);
            if let Some((file, tree)) = known.and_then(|file| Some((file, file.tree.as_ref()?))) {
                return Some(functions::steps(tree, &file.text, path, wanted));
            }
            let text = read(path)?;
            Some(functions::steps(&syntax::tree(&text)?, &text, path, wanted))
        })
    }

    /// Asks for the steps of one file after the other.
    fn steps_from(&self, ask: &Ask<'_>) -> Vec<Step> {
        let mut files: IndexMap<&Path, Vec<usize>> = IndexMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            files.entry(&step.file).or_default().push(at);
        }
        let mut found: Vec<Option<Step>> = vec![None; self.steps.len()];
        for (path, members) in files {
            let described = members.iter().filter_map(|at| self.steps.get(*at));
            let wanted: Vec<(&str, u32)> = described
                .map(|step| (step.name.as_str(), step.line))
                .collect();
            for (at, step) in members.iter().zip(ask(path, &wanted).unwrap_or_default()) {
                if let Some(place) = found.get_mut(*at) {
                    *place = step;
                }
            }
        }
        let pairs = self.steps.iter().zip(found);
        pairs
            .map(|(described, source)| merged(described, source))
            .collect()
    }
}

/// Gives the steps of a file that have these names and lines.
type Ask<'a> = dyn Fn(&Path, &[(&str, u32)]) -> Option<Vec<Option<Step>>> + 'a;

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
