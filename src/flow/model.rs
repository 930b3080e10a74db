//! What a source file declares: flows, steps, decorators, parameters, constants.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use tree_sitter::Tree;

use crate::flow::diagnostic::Diagnostic;
use crate::flow::name::StepName;
use crate::flow::reach::units::ModuleIndex;
use crate::flow::source::class::Class;
use crate::flow::source::imports::Import;
use crate::flow::source::next::Next;

/// A place in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

/// Lines of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRange {
    /// The first line, counted from 1.
    pub start_line: u32,
    /// The last line, included.
    pub end_line: u32,
}

impl SourceRange {
    /// Whether the line is one of these.
    pub fn contains(&self, line: u32) -> bool {
        (self.start_line..=self.end_line).contains(&line)
    }
}

/// One parsed file.
#[derive(Debug, Clone)]
pub struct FlowFile {
    pub path: PathBuf,
    /// The text that was parsed.
    pub text: Arc<str>,
    /// Classes that derive from `FlowSpec`, in source order. After `Project::load` they also hold what they inherit from other files.
    pub flows: Vec<FlowDef>,
    /// Every import anywhere in the file, in source order.
    pub imports: Vec<Import>,
    /// Syntax errors.
    pub diagnostics: Vec<Diagnostic>,
    /// All module-level classes, flows or not.
    pub(in crate::flow) classes: Vec<Class>,
    /// Names that are called at module level, such as the flow in `MyFlow()`.
    pub(in crate::flow) called: Vec<String>,
    /// The syntax tree of the text if it is not broken, so that the next version need not be parsed from scratch.
    pub(in crate::flow) tree: Option<Tree>,
    /// What its texts name, once somebody has asked, see `source::paths::named`.
    pub(in crate::flow) named: OnceLock<Vec<String>>,
    /// What the file is made of for fingerprints.
    pub(in crate::flow) index: ModuleIndex,
}

impl FlowFile {
    /// Whether the file has syntax errors.
    pub fn is_broken(&self) -> bool {
        !self.diagnostics.is_empty()
    }

    /// The flow called `name`.
    pub fn flow(&self, name: &str) -> Option<&FlowDef> {
        self.flows.iter().find(|flow| flow.name == name)
    }

    /// The flow that running the file would run: the first one that the module calls, else the last one that is nobody's base
    /// and has steps, else the last one.
    pub fn main_flow(&self) -> Option<&FlowDef> {
        let called = self.called.iter().find_map(|name| self.flow(name));
        let leaf = || {
            self.flows.iter().rev().find(|flow| {
                let is_base = self
                    .flows
                    .iter()
                    .any(|other| other.bases.contains(&flow.name));
                !flow.steps.is_empty() && !is_base
            })
        };
        called.or_else(leaf).or(self.flows.last())
    }
}

/// A class that derives from `FlowSpec`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowDef {
    pub name: String,
    /// The docstring without its indentation; empty if there is none.
    pub doc: String,
    /// From the first decorator to the end of the class.
    pub range: SourceRange,
    /// Where the class name stands.
    pub position: Position,
    /// The bases as written.
    pub bases: Vec<String>,
    /// Flow decorators, from the top down.
    pub decorators: Vec<Decorator>,
    /// Own and inherited steps: those of base classes first, else in source order.
    pub steps: Vec<Step>,
    /// Own and inherited parameters, files and configs.
    pub parameters: Vec<ParameterDef>,
    /// Own and inherited class attributes that are not parameters.
    pub constants: Vec<ConstantDef>,
}

impl FlowDef {
    /// The step called `name`.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == *name)
    }

    /// The step of the flow's own file whose source (decorators included) covers the line, counted from 1.
    pub fn step_at(&self, file: &Path, line: u32) -> Option<&Step> {
        self.steps
            .iter()
            .find(|step| step.file == file && step.range.contains(line))
    }
}

/// A function with `@step`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub name: StepName,
    /// The docstring without its indentation; empty if there is none.
    pub doc: String,
    /// The file that the step is written in: a base class may live in another one than the flow.
    pub file: PathBuf,
    /// From the first decorator to the end of the function.
    pub range: SourceRange,
    /// The line of `def`.
    pub def_line: u32,
    /// The line of the first decorator.
    pub line: u32,
    /// Where the function's name stands.
    pub position: Position,
    /// Decorators without `@step` itself, from the top down.
    pub decorators: Vec<Decorator>,
    /// Names of the positional arguments, `self` included.
    pub args: Vec<String>,
    /// Whether the step takes a second argument (`inputs`).
    pub is_join: bool,
    pub next: Next,
    /// Where the last statement stands if it calls `self.next`.
    pub next_position: Option<Position>,
    /// `@step(start=True)`.
    pub start: bool,
    /// `@step(end=True)`.
    pub end: bool,
    /// The text of `@step(node_info=…)`.
    pub node_info: Option<String>,
}

impl Step {
    /// Whether a decorator of this name is written on the step.
    pub fn has_decorator(&self, name: &str) -> bool {
        self.decorators.iter().any(|d| d.short_name() == name)
    }
}

/// A decorator as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decorator {
    /// What stands between `@` and the parenthesis: `retry`, `metaflow.card`.
    pub name: String,
    /// The text inside the parentheses, `None` without parentheses.
    pub arguments: Option<String>,
    /// Positional arguments as written.
    pub positional: Vec<String>,
    /// Keyword arguments: name and value as written.
    pub keywords: Vec<(String, String)>,
    /// The line of the `@`.
    pub line: u32,
}

impl Decorator {
    /// The last part of the dotted name.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// The value of a keyword argument, as written.
    pub fn keyword(&self, name: &str) -> Option<&str> {
        self.keywords
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Which class declares a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParameterKind {
    Parameter,
    IncludeFile,
    Config,
}

/// A class attribute that is a `Parameter`, an `IncludeFile` or a `Config`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterDef {
    /// The attribute that steps read, `self.<attr>`.
    pub attr: String,
    /// The name of the option.
    pub name: String,
    pub kind: ParameterKind,
    /// `type=…` as written.
    pub type_text: Option<String>,
    /// `default=…` (or `default_value=…` of a config) as written.
    pub default: Option<String>,
    /// `help=…`, without quotes.
    pub help: Option<String>,
    /// `required=True`.
    pub required: bool,
    /// `separator=…`, without quotes.
    pub separator: Option<String>,
    pub file: PathBuf,
    pub range: SourceRange,
}

/// A class attribute with a plain value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConstantDef {
    pub name: String,
    /// The value as written.
    pub text: String,
    pub file: PathBuf,
    pub range: SourceRange,
}

impl Step {
    /// A step that code made, so that no source says more about it than where.
    pub(in crate::flow) fn without_source(file: &Path, line: u32) -> Step {
        Step {
            name: StepName::from(""),
            doc: String::new(),
            file: file.to_owned(),
            range: SourceRange {
                start_line: line,
                end_line: line,
            },
            def_line: line,
            line,
            position: Position { line, column: 1 },
            decorators: Vec::new(),
            args: vec!["self".to_owned()],
            is_join: false,
            next: Next::None,
            next_position: None,
            start: false,
            end: false,
            node_info: None,
        }
    }
}
