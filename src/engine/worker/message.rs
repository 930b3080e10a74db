//! The messages of docs/WORKER.md as types.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::engine::after::Ended;
use crate::engine::event::PyError;
use crate::engine::installed::Files;
use crate::engine::request::Configs;
use crate::engine::timing::Timing;
use crate::flow::Description;
use crate::store::BlobKey;

/// Engine to forkserver or template.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Command<'a> {
    Preload(&'a Preload),
    Template {
        id: &'a str,
        fds: usize,
    },
    Load(&'a Load),
    /// As `Load`, but only the imports at the top of the file.
    Import(&'a Load),
    Hot {
        blobs: &'a str,
        shas: &'a [String],
        drop: &'a [String],
        project: &'a Around,
    },
    Task {
        id: &'a str,
        fds: usize,
        fork: bool,
        spec: &'a Spec,
    },
}

/// What is to be imported ahead, unless it turns out to be a part of the project.
#[derive(Debug, Clone, Serialize)]
pub struct Preload {
    pub modules: Vec<String>,
    pub project: Around,
}

/// Where the files of a project are.
#[derive(Debug, Clone, Serialize)]
pub struct Around {
    /// That of the flow file.
    pub directory: String,
    pub cwd: String,
}

impl Around {
    /// Around a flow file, for work in that directory.
    pub fn of(flow: &Path, cwd: &Path) -> Self {
        let directory = flow.parent().unwrap_or(flow);
        Self {
            directory: directory.display().to_string(),
            cwd: cwd.display().to_string(),
        }
    }
}

/// Which flow file a template executes, and how.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Load {
    pub file: String,
    pub cwd: String,
    /// Variables set and removed before the file is executed.
    pub env: BTreeMap<String, String>,
    pub unset: Vec<String>,
    pub argv: Vec<String>,
    /// `--with` specifications.
    pub with: Vec<String>,
    /// The class, when the file has several flows.
    pub flow: Option<String>,
    /// Options of the flow's decorators: a text, or a list of texts.
    pub options: BTreeMap<String, Value>,
    pub configs: Configs,
    /// The `_parameters` task of the run that a resume or spin starts from.
    pub origin: Option<Stored>,
    /// Names under which the flow imports modules of its own, whatever library was imported under them.
    pub own: Vec<String>,
    /// Several tasks will be forked from it: the child of the next one is forked ahead.
    pub spare: bool,
}

/// Artifacts of a task, for who reads them before there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Directory of the blobs.
    pub blobs: String,
    pub objects: Objects,
}

/// An artifact: sha, encoding, type, size in bytes.
pub type Object = (BlobKey, Arc<str>, Arc<str>, u64);

/// Artifacts by name.
pub type Objects = IndexMap<String, Object>;

/// Forkserver or template to engine.
#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Answer {
    /// It begins with what it was asked.
    Taken {},
    Preloaded(Preloaded),
    Imported(Imported),
    Forked {
        id: String,
        pid: u32,
    },
    Exited {
        id: String,
        status: i32,
    },
    Loaded(Box<Loaded>),
    Failed {
        /// The process that was to be forked, if that is what failed.
        #[serde(default)]
        id: Option<String>,
        error: PyError,
    },
    Hot(Held),
}

/// What importing libraries has led to.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Preloaded {
    /// Why the process may not be forked any more, as a clause in the past tense.
    #[serde(default)]
    pub obstacle: Option<String>,
    /// Files of what was imported; at first also the interpreter, and the directories of what is installed there.
    #[serde(default)]
    pub installed: Files,
}

/// Files of the project that were read by code outside of steps: when each was changed last, in nanoseconds since 1970, and its
/// bytes; `None` where it was not there.
pub type DataFiles = BTreeMap<PathBuf, Option<(u64, u64)>>;

/// What importing the modules of a project has led to.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Imported {
    /// Files of the project that were executed.
    #[serde(default)]
    pub modules: Vec<PathBuf>,
    #[serde(default)]
    pub data: DataFiles,
    /// Files of libraries that these have imported.
    #[serde(default)]
    pub installed: Files,
    #[serde(default)]
    pub obstacle: Option<String>,
}

/// What a process holds of the artifacts that it was to hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Held {
    /// Keys, with the bytes of their pickles.
    pub held: BTreeMap<String, u64>,
    /// Why it does not hold the others.
    pub refused: BTreeMap<String, String>,
    /// The one after which the process may not be forked any more, and why.
    #[serde(rename = "unsafe")]
    pub unsafe_after: Option<(String, String)>,
}

/// What a template found when it executed the flow file.
#[derive(Debug, Clone, Deserialize)]
pub struct Loaded {
    pub flow: Description,
    /// Why a fork is not safe now: a clause in the past tense.
    pub obstacle: Option<String>,
    /// Project modules that were imported.
    #[serde(default)]
    pub modules: Vec<PathBuf>,
    #[serde(default)]
    pub data: DataFiles,
    /// Files of libraries that were imported by it, or ahead of it by this process.
    #[serde(default)]
    pub installed: Files,
    /// Modules that a forkserver could import ahead.
    #[serde(default)]
    pub imports: Vec<String>,
    /// `sys.version` of the interpreter.
    #[serde(default)]
    pub python: String,
    /// Modules from outside the project that were imported, by directory.
    #[serde(default)]
    pub libraries: BTreeMap<PathBuf, Vec<String>>,
}

/// What a task process is to do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Spec {
    pub kind: &'static str,
    pub mode: &'static str,
    pub flow: String,
    pub run_id: String,
    pub step: String,
    pub task_id: String,
    pub attempt: u32,
    pub max_user_retries: u32,
    pub user: String,
    pub namespace: String,
    pub tags: Vec<String>,
    pub sys_tags: Vec<String>,
    pub origin_run_id: Option<String>,
    /// `_graph_info`; only the parameters task, which stores it, gets it.
    pub graph: Option<Value>,
    /// The cases of its switches, by step: key and target. Keys of JSON objects are texts, those of a switch need not be.
    pub cases: BTreeMap<String, Vec<(Value, String)>>,
    pub node: Option<NodeSpec>,
    pub inputs: Vec<InputSpec>,
    /// Artifacts that all inputs have alike; those of the inputs are the others. A join may have thousands of inputs.
    pub common: Objects,
    pub split_index: Option<u64>,
    /// How many branches each foreach around the task has in this run, outermost first; empty where nobody knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub splits: Vec<u64>,
    /// `ubf_control` for the control task of an unbounded foreach, `ubf_task` for what it starts.
    pub ubf: Option<String>,
    /// Variables that the task gets beside those of its template.
    pub env: BTreeMap<String, String>,
    /// Variables of its template that it does not get.
    pub unset: Vec<String>,
    pub spool: String,
    /// A directory for what the file system of the spool file has no room for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<String>,
    /// Directory for the content of included files.
    pub files: String,
    /// Option name to text, or list of texts for one that may be repeated.
    pub values: BTreeMap<String, Value>,
    pub set: BTreeMap<String, String>,
    /// Keys of configs whose digests are wanted, as expressions; only for kinds that evaluate parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Where the configs come from of which digests are wanted, if not those that the flow was loaded with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_sources: Option<Configs>,
    /// Overrides are to have what the configs hold today, too.
    pub configs: bool,
    pub artifacts_module: Option<String>,
    pub skip_decorators: bool,
    pub tempdir: String,
    /// How the run ended, for what is done after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// The step's place in the graph.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NodeSpec {
    #[serde(rename = "type")]
    pub kind: String,
    pub join: bool,
    pub next: Vec<String>,
    pub foreach: Option<String>,
    /// The join closes a foreach.
    pub foreach_join: bool,
    pub split_parents: Vec<String>,
}

/// One input task: where its artifacts are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InputSpec {
    pub pathspec: String,
    pub step: String,
    /// Directory of the blobs.
    pub blobs: String,
    /// As [`Objects`], but nobody looks anything up in them, and a join may have ten thousand inputs.
    #[serde(serialize_with = "as_map")]
    pub objects: Box<[(String, Object)]>,
}

fn as_map<S: Serializer>(objects: &[(String, Object)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(objects.iter().map(|(name, object)| (name, object)))
}

/// Task to engine.
#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Report {
    /// The first of all: nothing of the task has been done before.
    Taken {},
    /// About to enter the user's code.
    Begin {
        /// As in [`Done`].
        #[serde(default)]
        meta: BTreeMap<String, Value>,
        #[serde(default)]
        records: Vec<RecordReport>,
    },
    Card(Box<CardReport>),
    Log {
        level: String,
        text: String,
    },
    /// A control task asks for workers.
    Workers {
        workers: Vec<WorkerOrder>,
    },
    Done(Box<Done>),
    /// After `done`: the cards that render themselves have been rendered.
    Rendered {},
}

/// Engine to task.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ToTask {
    /// What the task has made is stored: cards that read it can be rendered.
    Stored {},
    /// A worker that was asked for has ended; `ok` if its output is stored.
    Ended { id: String, ok: bool },
}

/// A worker that a control task wants beside itself.
#[derive(Debug, Deserialize)]
pub struct WorkerOrder {
    /// Its task id.
    pub id: String,
    /// Its place among the children of the split.
    pub index: u64,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// One metadata record.
#[derive(Debug, Deserialize)]
pub struct RecordReport {
    pub field: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub value: Value,
}

/// The state of one `@card`.
#[derive(Debug, Deserialize)]
pub struct CardReport {
    pub uuid: String,
    #[serde(rename = "type")]
    pub card_type: String,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub options: Value,
    #[serde(default)]
    pub rank: Value,
    #[serde(default)]
    pub refresh_interval: Value,
    #[serde(default)]
    pub customize: bool,
    #[serde(default)]
    pub editable: bool,
    /// Its type is one that can change while the task runs.
    #[serde(default)]
    pub updatable: bool,
    #[serde(default, rename = "final")]
    pub last: bool,
    /// The first message of this card that makes a page.
    #[serde(default)]
    pub first: bool,
    /// Names the state that the page shows.
    #[serde(default)]
    pub token: Option<String>,
    /// What is on the card, for the types whose pages are made here.
    #[serde(default)]
    pub components: Option<Vec<Value>>,
    /// What updates the page, as readers of running tasks get it.
    #[serde(default)]
    pub data: Option<Value>,
    /// Why there is no such page.
    #[serde(default)]
    pub error: Option<String>,
    /// The page, from types that render themselves.
    #[serde(default)]
    pub html: Option<String>,
}

/// The end of an attempt.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    /// `_task_ok`.
    pub ok: Option<bool>,
    /// `_success`.
    #[serde(default)]
    pub success: bool,
    #[serde(default)]
    pub exit: i32,
    /// Cards are rendered by the task itself, once it is stored.
    #[serde(default)]
    pub renders: bool,
    #[serde(default)]
    pub objects: IndexMap<String, ObjectReport>,
    /// Next steps and the foreach variable.
    #[serde(default)]
    pub transition: Option<(Vec<String>, Option<String>)>,
    #[serde(default)]
    pub num_splits: Option<u64>,
    /// It splits into a number of tasks that is not known.
    #[serde(default)]
    pub unbounded: bool,
    /// Of a control task: the tasks that the join gets, as `run/step/task`.
    #[serde(default)]
    pub mappers: Vec<String>,
    #[serde(default)]
    pub error: Option<PyError>,
    #[serde(default)]
    pub unpicklable: Option<Unpicklable>,
    /// The spool file could not be written: a sentence.
    #[serde(default)]
    pub no_room: Option<String>,
    /// Metadata that decorators registered.
    #[serde(default)]
    pub records: Vec<RecordReport>,
    /// Extra task metadata: field to value.
    #[serde(default)]
    pub meta: BTreeMap<String, Value>,
    #[serde(default)]
    pub reads: Reads,
    /// Modules that it has imported and a forkserver could import ahead.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Where its own time went.
    #[serde(default)]
    pub timing: Timing,
    /// Of the keys that were asked for.
    #[serde(default)]
    pub digests: IndexMap<String, String>,
    /// The files that these come from.
    #[serde(default)]
    pub config_files: IndexMap<PathBuf, BlobKey>,
}

/// What the code of a task has looked at. What only passes through is no read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reads {
    /// Artifacts with the inputs, by index, that they were read from.
    pub artifacts: IndexMap<String, Vec<usize>>,
    /// The same, of names that these inputs do not have.
    pub absent: IndexMap<String, Vec<usize>>,
    /// Those of the artifacts of which only one item was looked at, that of the task's split: its position.
    pub items: Vec<(usize, String, i64)>,
    /// Artifacts with values that were given for this task.
    pub given: Vec<String>,
    /// Artifacts that a join which merges all of its inputs has not taken over; `None` if it does not.
    pub left: Option<Vec<String>>,
    pub parameters: Vec<String>,
    /// Keys of configs as expressions, `cfg.a.b`, with digests of what they hold.
    pub configs: IndexMap<String, String>,
    /// Names that `current` was asked for, of those that are settled before a task.
    pub current: Vec<String>,
}

/// An artifact that could not be pickled.
#[derive(Debug, Deserialize)]
pub struct Unpicklable {
    pub name: String,
    #[serde(rename = "type", default)]
    pub type_name: String,
    #[serde(default)]
    pub reason: String,
}

/// Where one artifact of the manifest is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ObjectReport {
    /// Taken over from an input.
    From { from: usize },
    /// In the spool file: offset and length in bytes.
    At {
        at: (u64, u64),
        #[serde(rename = "type", default)]
        type_name: String,
        /// How the bytes are serialised, where that is not as a pickle.
        #[serde(default)]
        encoding: Option<String>,
        /// What the serialiser notes for itself.
        #[serde(default)]
        info: Option<Value>,
    },
}
