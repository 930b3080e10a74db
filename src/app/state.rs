//! The whole session as data. `update` is the only one that changes it; drawing only reads it.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    cards::TextLine,
    config::{KeyMap, Settings},
    engine::{FlowRequest, Status, StepState},
};

use super::{
    flow_view::{FlowView, SourceText, StepKind},
    highlight::Highlights,
    inputs::InputPick,
    jobs::{Job, LastResult, SpinTiming},
    list::ListCursor,
    output::TermBuffer,
    popup::Popup,
    records::{Progress, RunKey, RunRow, StepTasks, TableSource, TaskFacts, TaskKey, ValueNode},
    table::Grid,
    tree::TreeRow,
};

/// A place on the screen that can have the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    Graph,
    Runs,
    Source,
    Output,
    Right,
}

impl Pane {
    /// All panes, in the order of the tab key.
    pub const ALL: [Pane; 5] = [
        Self::Graph,
        Self::Runs,
        Self::Source,
        Self::Output,
        Self::Right,
    ];
}

/// What the right pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RightTab {
    #[default]
    Artifacts,
    Data,
    Card,
}

impl RightTab {
    /// All tabs, from the left.
    pub const ALL: [RightTab; 3] = [Self::Artifacts, Self::Data, Self::Card];

    /// The word on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Artifacts => "Artifacts",
            Self::Data => "Data",
            Self::Card => "Card",
        }
    }
}

/// Columns and lines inside each pane's frame, as last laid out; what is not visible keeps its last size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewports {
    pub graph: (u16, u16),
    pub runs: (u16, u16),
    pub source: (u16, u16),
    pub output: (u16, u16),
    pub right: (u16, u16),
}

impl Default for Viewports {
    fn default() -> Self {
        let size = (40, 10);
        Self {
            graph: size,
            runs: size,
            source: size,
            output: size,
            right: size,
        }
    }
}

/// A run's tasks, from the store or as its events tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunDetail {
    pub steps: IndexMap<String, StepTasks>,
    /// The run is under way in this session.
    pub live: bool,
    pub succeeded: bool,
}

/// What is said of a step's newest result, beyond how its task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub state: StepState,
    /// Why it is stale.
    pub reason: Option<String>,
}

impl Verdict {
    /// Of a result that is not what it would be today.
    pub fn stale(reason: impl Into<String>) -> Self {
        Self {
            state: StepState::Stale,
            reason: Some(reason.into()),
        }
    }
}

/// The newest spin of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct SpinResult {
    pub task: TaskKey,
    pub progress: Progress,
    pub millis: Option<f64>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub generation: u64,
}

/// Where in the source the cursor is. Lines and columns count from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceCursor {
    pub file: PathBuf,
    pub list: ListCursor,
    /// In characters.
    pub column: usize,
    /// First visible column.
    pub left: usize,
}

/// A line of source with something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMark {
    pub file: PathBuf,
    /// 1-based.
    pub line: u32,
    pub message: String,
    /// The step whose task failed there; `None` for a syntax error.
    pub step: Option<String>,
}

/// A search in a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub pane: Pane,
    pub query: String,
    /// The query is being typed.
    pub typing: bool,
}

/// The editor in the source pane; its text lives with the widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditSession {
    pub file: PathBuf,
    /// Where to put the cursor: line and column, from 0.
    pub line: usize,
    pub column: usize,
    /// The file's text as the editor knows it.
    pub base: Arc<str>,
    pub modified: bool,
}

/// How loud the status line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Warning,
    Error,
}

/// The session.
#[derive(Debug)]
pub struct State {
    pub settings: Settings,
    pub key_map: KeyMap,
    /// What every request about the flow starts from.
    pub request: FlowRequest,
    /// Parameters of all that is started: option name and text.
    pub parameters: Vec<(String, String)>,
    /// Milliseconds since 1970; set by whoever runs `update`.
    pub now_ms: i64,
    /// Counts ticks, for the spinner.
    pub ticks: u64,
    pub auto_spin: bool,

    pub flow: FlowView,
    pub highlights: HashMap<PathBuf, Arc<Highlights>>,
    /// The step everything is about.
    pub selected: Option<String>,
    pub source: SourceCursor,
    pub error: Option<ErrorMark>,
    pub edit: Option<EditSession>,

    pub runs: Vec<RunRow>,
    pub runs_problem: Option<String>,
    pub runs_cursor: ListCursor,
    /// The run whose steps the graph shows.
    pub base: Option<RunKey>,
    /// The generation at which the user chose `base`: its steps then hide older spins. A new run of ours takes its place.
    pub pinned: Option<u64>,
    /// A row of the runs pane that was opened and is being read.
    pub opening: Option<RunKey>,
    pub details: HashMap<RunKey, RunDetail>,
    pub spins: HashMap<String, SpinResult>,
    /// Whether what the steps have is what they would give today: as the engine has judged; of what was saved since, by the code.
    pub verdicts: HashMap<String, Verdict>,
    /// Generation of the last change of each step.
    pub changed_at: HashMap<String, u64>,
    pub inputs: Option<InputPick>,

    /// The task that output, artifacts, data and card show.
    pub subject: Option<TaskKey>,
    /// The task that `facts` are of: the one before, until those of the subject have come.
    pub facts_of: Option<TaskKey>,
    pub facts: TaskFacts,
    /// Per step: task and artifact hashes last shown, and those shown before them.
    pub hashes: HashMap<String, (TaskKey, HashMap<String, String>)>,
    /// Artifacts that differ from those shown before.
    pub changed: HashSet<String>,
    pub outputs: IndexMap<TaskKey, TermBuffer>,
    pub output_cursor: ListCursor,
    pub output_left: usize,
    pub follow: bool,

    /// Values of opened artifacts, by artifact name.
    pub values: HashMap<String, Result<Arc<ValueNode>, String>>,
    /// Opened nodes of the tree: artifact name, then indices joined by `/`.
    pub open: HashSet<String>,
    pub tree: Vec<TreeRow>,
    pub tree_cursor: ListCursor,
    pub table: Option<Grid>,
    pub table_source: Option<TableSource>,
    pub card: Option<Result<Arc<Vec<TextLine>>, String>>,
    pub card_index: usize,
    pub card_cursor: ListCursor,

    pub jobs: Vec<Job>,
    pub last: Option<LastResult>,
    /// Of the last spin that came to a result.
    pub timing: Option<SpinTiming>,
    /// What the engine had in memory when it was asked last.
    pub engine: Option<Status>,
    /// Counts saves and manual spins; the newest spin carries the newest one.
    pub generation: u64,
    /// Source of tokens and tickets.
    pub counter: u64,
    pub tickets: Tickets,
    /// Workers are being warmed.
    pub warming: bool,

    pub focus: Pane,
    /// The last pane in focus that is not at the left: what a narrow screen shows beside the graph.
    pub main: Pane,
    pub tab: RightTab,
    pub zoomed: bool,
    pub popup: Option<Popup>,
    pub search: Option<Search>,
    pub status: Option<(Tone, String)>,
    /// One ctrl-c was pressed.
    pub armed: bool,
    pub viewports: Viewports,
    pub quitting: bool,
}

/// The newest question of each sort; older answers are dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tickets {
    pub runs: u64,
    pub judgement: u64,
    pub task: u64,
    pub table: u64,
    pub card: u64,
}

impl State {
    /// A session that knows nothing yet.
    pub fn new(request: FlowRequest, settings: Settings) -> Self {
        Self {
            key_map: settings.key_map(),
            auto_spin: settings.auto_spin.value,
            status: settings
                .warnings
                .first()
                .map(|warning| (Tone::Warning, warning.to_string())),
            settings,
            source: SourceCursor {
                file: request.file.clone(),
                ..SourceCursor::default()
            },
            request,
            parameters: Vec::new(),
            now_ms: 0,
            ticks: 0,
            flow: FlowView::default(),
            highlights: HashMap::new(),
            selected: None,
            error: None,
            edit: None,
            runs: Vec::new(),
            runs_problem: None,
            runs_cursor: ListCursor::default(),
            base: None,
            pinned: None,
            opening: None,
            details: HashMap::new(),
            spins: HashMap::new(),
            verdicts: HashMap::new(),
            changed_at: HashMap::new(),
            inputs: None,
            subject: None,
            facts_of: None,
            facts: TaskFacts::default(),
            hashes: HashMap::new(),
            changed: HashSet::new(),
            outputs: IndexMap::new(),
            output_cursor: ListCursor::default(),
            output_left: 0,
            follow: true,
            values: HashMap::new(),
            open: HashSet::new(),
            tree: Vec::new(),
            tree_cursor: ListCursor::default(),
            table: None,
            table_source: None,
            card: None,
            card_index: 0,
            card_cursor: ListCursor::default(),
            jobs: Vec::new(),
            last: None,
            timing: None,
            engine: None,
            generation: 0,
            counter: 0,
            tickets: Tickets::default(),
            warming: false,
            focus: Pane::Graph,
            main: Pane::Source,
            tab: RightTab::Artifacts,
            zoomed: false,
            popup: None,
            search: None,
            armed: false,
            viewports: Viewports::default(),
            quitting: false,
        }
    }

    /// The text in the source pane.
    pub fn source_text(&self) -> Option<&SourceText> {
        self.flow.sources.get(&self.source.file)
    }

    /// Output of the subject.
    pub fn output(&self) -> Option<&TermBuffer> {
        self.outputs.get(self.subject.as_ref()?)
    }

    /// Whether some step before this one is a switch: then not running may be meant.
    pub fn behind_switch(&self, step: &str) -> bool {
        let switches = self.flow.steps.iter();
        switches
            .filter(|other| other.kind == StepKind::Switch)
            .any(|switch| {
                self.flow
                    .descendants(&switch.name)
                    .iter()
                    .any(|name| name == step)
            })
    }

    /// Why a step's result is not what it would give today.
    pub fn stale_reason(&self, step: &str) -> Option<&str> {
        let verdict = self.verdicts.get(step)?;
        let is_stale = matches!(verdict.state, StepState::Stale | StepState::Upstream);
        is_stale.then(|| verdict.reason.as_deref().unwrap_or_default())
    }

    /// Whether the screen moves by itself: a spinner turns.
    pub fn is_busy(&self) -> bool {
        !self.jobs.is_empty() || self.warming
    }

    /// Whether the facts on screen are of the task on screen, and not of the one before.
    pub fn facts_are_current(&self) -> bool {
        self.facts_of == self.subject
    }

    /// A fresh number for a token or a ticket.
    pub(super) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Puts a sentence on the status line.
    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.status = Some((tone, text.into()));
    }
}
