//! The flow as the screen needs it: steps with their places in the source, the rows of the graph, the texts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::graph_rows::{GraphRow, graph_rows};

/// How a step branches, as far as the drawing cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepKind {
    #[default]
    Linear,
    Join,
    /// Several static branches.
    Split,
    /// One branch per item, up to its matching join.
    Foreach,
    Switch,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepView {
    pub name: String,
    pub kind: StepKind,
    /// Steps that follow, in source order.
    pub next: Vec<String>,
    /// Words on the edges to `next`, for a switch; else empty.
    pub cases: Vec<String>,
    /// The join that closes this split or foreach.
    pub join: Option<String>,
    pub file: PathBuf,
    /// Lines, 1-based and inclusive: first decorator, `def`, last.
    pub first_line: u32,
    pub def_line: u32,
    pub last_line: u32,
    pub doc: String,
    /// What the source says of the step today, to compare with what a task recorded.
    pub fingerprint: Option<String>,
}

/// A parameter or config that a run can not do without, and that has no default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The name of the option.
    pub name: String,
    pub is_config: bool,
    pub help: String,
}

/// Something wrong in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// False: a warning.
    pub error: bool,
    pub message: String,
    pub hint: Option<String>,
    pub file: PathBuf,
    /// 1-based.
    pub line: u32,
    pub column: u32,
}

/// One source text at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    pub text: Arc<str>,
    /// Byte ranges of the lines, without their ends.
    lines: Arc<[(usize, usize)]>,
}

impl SourceText {
    /// Splits the text into lines.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let mut lines = Vec::new();
        let mut start = 0;
        for piece in text.split_inclusive('\n') {
            let end = start + piece.trim_end_matches(['\n', '\r']).len();
            lines.push((start, end));
            start += piece.len();
        }
        Self {
            text,
            lines: lines.into(),
        }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line with that index, counted from 0; empty beyond the end.
    pub fn line(&self, index: usize) -> &str {
        let range = self.lines.get(index);
        range
            .and_then(|(start, end)| self.text.get(*start..*end))
            .unwrap_or("")
    }
}

/// The flow at its last good version, with the newest texts.
#[derive(Debug, Clone, Default)]
pub struct FlowView {
    /// Counts the snapshots, from 1; 0 is "nothing loaded yet".
    pub version: u64,
    pub file: PathBuf,
    pub class: String,
    pub steps: Vec<StepView>,
    pub rows: Vec<GraphRow>,
    /// The flow's own file and every project module.
    pub sources: BTreeMap<PathBuf, SourceText>,
    pub problems: Vec<Problem>,
    pub needed: Vec<Needed>,
}

impl FlowView {
    /// A view with the graph's rows worked out.
    pub fn new(file: PathBuf, class: String, steps: Vec<StepView>) -> Self {
        let rows = graph_rows(&steps);
        Self {
            version: 1,
            file,
            class,
            steps,
            rows,
            sources: BTreeMap::new(),
            problems: Vec::new(),
            needed: Vec::new(),
        }
    }

    /// The step called `name`.
    pub fn step(&self, name: &str) -> Option<&StepView> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// The step whose source covers the line, counted from 1.
    pub fn step_at(&self, file: &Path, line: u32) -> Option<&StepView> {
        self.steps
            .iter()
            .find(|step| step.file == file && (step.first_line..=step.last_line).contains(&line))
    }

    /// Index of the graph's row of the step.
    pub fn row_of(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.step == name)
    }

    /// All steps that run after `name`, in the order of the graph's rows; without `name` itself.
    pub fn descendants(&self, name: &str) -> Vec<String> {
        let mut reached = vec![name.to_owned()];
        let mut at = 0;
        while let Some(current) = reached.get(at).cloned() {
            if let Some(step) = self.step(&current) {
                for next in &step.next {
                    if !reached.contains(next) {
                        reached.push(next.clone());
                    }
                }
            }
            at += 1;
        }
        self.rows
            .iter()
            .map(|row| row.step.clone())
            .filter(|step| step != name && reached.contains(step))
            .collect()
    }

    /// Steps whose `next` names this one.
    pub fn parents(&self, name: &str) -> impl Iterator<Item = &StepView> {
        self.steps
            .iter()
            .filter(move |step| step.next.iter().any(|next| next == name))
    }

    /// The first syntax or lint error.
    pub fn first_error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.error)
    }
}
