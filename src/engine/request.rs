//! What a face can ask of the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::environment::Variables;

/// What all requests about a flow file share.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FlowRequest {
    /// The flow's file.
    pub file: PathBuf,
    /// The class, if the file has more than one flow.
    pub class: Option<String>,
    /// `--with` specifications.
    pub with: Vec<String>,
    /// Tags of the user.
    pub tags: Vec<String>,
    /// Namespace; the default is `user:<name>`.
    pub namespace: Option<String>,
    /// File that gets the run id before the first task starts.
    pub run_id_file: Option<PathBuf>,
    /// File, or named pipe, that gets the run's coordinates as JSON once it is registered.
    pub attribute_file: Option<PathBuf>,
    /// The store's directory, `.metaflow` included; otherwise it is looked for.
    pub store_root: Option<PathBuf>,
    /// Options that the flow's decorators define (`branch`): name and text, in order, repeated for those that take several.
    pub options: Vec<(String, String)>,
    /// Where the flow's `Config`s come from.
    pub configs: Configs,
    /// Tasks at once; the default is the number of cores.
    pub max_workers: Option<usize>,
    /// Children of one foreach at most; the default is 100, as with Metaflow.
    pub max_num_splits: Option<u64>,
    /// Megabytes of one stream of a task that are stored; the default is 10, as with Metaflow.
    pub max_log_size: Option<u64>,
    /// Variables that its tasks have otherwise than the engine.
    pub variables: Variables,
}

/// Files and texts given for configs, by the name of the config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configs {
    pub files: BTreeMap<String, String>,
    pub values: BTreeMap<String, String>,
}

/// Run the whole flow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RunRequest {
    pub flow: FlowRequest,
    /// Take over from the latest run what is fresh.
    pub only_stale: bool,
    /// Option name (as on the command line) and text.
    pub parameters: Vec<(String, String)>,
}

/// Run what an earlier run did not finish.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ResumeRequest {
    pub flow: FlowRequest,
    /// Run this step and what follows it again.
    pub step: Option<String>,
    /// Run the earliest stale steps and what follows them again, with the configs of today.
    pub auto: bool,
    /// Say at the end which steps are stale.
    pub offer: bool,
    /// The run to take over; the default is the flow's latest.
    pub origin: Option<String>,
    /// The new run's id; the default is a fresh one.
    pub run_id: Option<String>,
    /// Parameters that differ from the origin's: option name and text.
    pub parameters: Vec<(String, String)>,
    /// Take over what there is, and run nothing.
    pub clone_only: bool,
}

/// Judge which steps of a flow are stale.
#[derive(Debug, Clone, Default)]
pub struct StatusRequest {
    pub flow: FlowRequest,
    /// The run whose results are judged; the default is the flow's latest.
    pub run: Option<String>,
    /// Judge what the run itself has, whatever was spun on it.
    pub without_spins: bool,
    /// Parameters that differ from that run's: option name and text.
    pub parameters: Vec<(String, String)>,
}

/// Run one step on its parents' stored artifacts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SpinRequest {
    pub flow: FlowRequest,
    pub step: String,
    /// `step`, `run/step`, `run/step/task`, with or without the flow's name in front: the task to run again.
    pub pathspec: Option<String>,
    /// Which split of a foreach, when no task is named.
    pub split: Option<u64>,
    /// The splits around the task, outermost first, when neither is named.
    #[serde(skip)]
    pub indices: Option<Vec<u64>>,
    /// Spin the stale steps before it first.
    pub with_stale_inputs: bool,
    /// Spin what follows it and is stale then, too.
    pub with_stale_descendants: bool,
    /// Whoever asks knows which steps are stale, and need not be told.
    pub silent: bool,
    /// Artifacts to replace in the inputs: name and Python literal (or plain text).
    pub set: Vec<(String, String)>,
    /// Python file with a dict `ARTIFACTS`.
    pub artifacts_module: Option<PathBuf>,
    /// Run without step decorators.
    pub skip_decorators: bool,
    /// Parameters that differ from the origin's: option name and text.
    pub parameters: Vec<(String, String)>,
    /// When the first sign of the save that this answers was seen, to tell how long it took.
    #[serde(skip)]
    pub saved: Option<Instant>,
    /// Which save this answers; echoed nowhere, newer generations cancel older ones at the caller.
    pub generation: u64,
}

impl SpinRequest {
    /// Whether other steps are to be spun, too.
    pub fn is_chained(&self) -> bool {
        self.with_stale_inputs || self.with_stale_descendants
    }
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    Run(RunRequest),
    Resume(ResumeRequest),
    Spin(SpinRequest),
}

impl Request {
    /// What it shares with the others.
    pub fn flow(&self) -> &FlowRequest {
        match self {
            Self::Run(request) => &request.flow,
            Self::Resume(request) => &request.flow,
            Self::Spin(request) => &request.flow,
        }
    }

    /// The same, to be changed.
    pub fn flow_mut(&mut self) -> &mut FlowRequest {
        match self {
            Self::Run(request) => &mut request.flow,
            Self::Resume(request) => &mut request.flow,
            Self::Spin(request) => &mut request.flow,
        }
    }
}
