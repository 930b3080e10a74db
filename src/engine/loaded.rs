//! A flow, loaded: what is known of one version of it, and the processes that run its tasks.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::Value;

use super::environment::{Environment, is_of_terminal};
use super::error::EngineError;
use super::installed::{Files, is_unversioned};
use super::processes::{Processes, Turn};
use super::request::{Configs, FlowRequest};
use super::resume::{origin_run, parameters_of};
use super::sources::{Sources, as_imported};
use super::staleness::{Basis, Digests};
use super::worker::TaskProcess;
use super::worker::message::{Load, Loaded, Spec, Stored};
use crate::flow::{
    self, Description, Diagnostic, Fingerprint, Graph, Project, Severity, StepCode, StepName,
};
use crate::store::{BlobKey, Store};

/// One version of a flow, in memory and in a Python process.
pub struct LoadedFlow {
    pub description: Description,
    pub graph: Graph,
    /// `_graph_info`, as Metaflow stores it.
    pub graph_info: serde_json::Value,
    /// What the checks found.
    pub diagnostics: Vec<Diagnostic>,
    /// What each step reaches, and hashes of that.
    pub(super) code: Arc<IndexMap<StepName, StepCode>>,
    pub fingerprints: IndexMap<StepName, Fingerprint>,
    pub(super) basis: Basis,
    /// `sys.version` of its Python.
    pub python: String,
    /// What the flow file printed when it was executed.
    pub printed: String,
    /// Files of libraries that were imported with it.
    pub(super) installed: Files,
    /// Modules that it has imported and a forkserver could import ahead.
    pub(super) imports: Vec<String>,
    key: Key,
    /// The artifacts that its configs come from; `None` where it has no configs, or they come from the request.
    origin: Option<Stored>,
    sources: Sources,
    /// The source that it was loaded from.
    pub(super) project: Arc<Project>,
    pub(super) processes: Processes,
    /// What it was asked last of the values of parameters and configs.
    answered: Mutex<Option<Answered>>,
}

/// Parameters that are given, and keys of configs.
pub(super) type DigestsAsked = (Vec<(String, String)>, Vec<String>);

/// What parameters and configs held.
struct Answered {
    asked: DigestsAsked,
    digests: Digests,
}

/// How the tasks of a flow get their processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode<'a> {
    /// Forked from one that has loaded the flow.
    Fork,
    /// A fork is not safe: each has a process that was started and has loaded the flow ahead.
    SingleUse {
        /// The reason, as a clause.
        why: &'a str,
    },
}

/// What makes two loads of the same file different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    file: PathBuf,
    class: Option<String>,
    with: Vec<String>,
    options: Vec<(String, String)>,
    configs: Configs,
}

impl Key {
    pub fn of(request: &FlowRequest) -> Self {
        Self {
            file: request.file.clone(),
            class: request.class.clone(),
            with: request.with.clone(),
            options: request.options.clone(),
            configs: request.configs.clone(),
        }
    }
}

/// Decorators that say where, when and how often a step runs, and not what comes out.
const CIRCUMSTANTIAL: [&str; 6] = [
    "batch",
    "card",
    "kubernetes",
    "resources",
    "retry",
    "timeout",
];

/// The run whose `_parameters` task a load starts from: configs keep the values that they have there.
pub(super) struct Before {
    pub store: Store,
    /// Its id; otherwise the flow's latest run.
    pub run: Option<String>,
}

impl Before {
    /// The artifacts; `None` where there is no such run. What is wrong with it is said by whoever needs more of it.
    pub fn artifacts(&self, flow: &str) -> Option<Stored> {
        let run = origin_run(&self.store.flow(flow), self.run.as_deref()).ok()?;
        let spec = parameters_of(&run).ok()?.spec();
        Some(Stored {
            blobs: spec.blobs,
            objects: spec.objects.into_iter().collect(),
        })
    }
}

impl LoadedFlow {
    /// Errors of the checks, as one failure; `None` if the flow can run.
    pub fn check_error(&self) -> Option<EngineError> {
        let found = self.diagnostics.iter();
        let errors: Vec<_> = found
            .filter(|found| found.severity == Severity::Error)
            .cloned()
            .collect();
        (!errors.is_empty()).then_some(EngineError::Invalid(errors))
    }

    /// Starts a task process.
    ///
    /// # Errors
    /// When the workers are gone.
    pub(super) async fn task(&self, spec: &Spec, turn: Turn) -> Result<TaskProcess, EngineError> {
        self.processes.task(spec, turn).await
    }

    /// How its tasks get their processes.
    pub fn mode(&self) -> Mode<'_> {
        match self.processes.why() {
            None => Mode::Fork,
            Some(why) => Mode::SingleUse { why },
        }
    }

    /// The answer to this question, if it was the last one and no file is another since.
    pub(super) fn answered(&self, asked: &DigestsAsked) -> Option<Digests> {
        let known = self.answered.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| known.asked == *asked)?;
        let mut files = known.digests.files.iter();
        let is_same = |(path, key): (&PathBuf, &BlobKey)| {
            std::fs::read(path).is_ok_and(|it| BlobKey::of(&it) == *key)
        };
        files.all(is_same).then(|| known.digests.clone())
    }

    pub(super) fn remember_answer(&self, asked: DigestsAsked, digests: Digests) {
        let mut known = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Answered { asked, digests });
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// The options of a run that may have a part in what comes out: decorators that `--with` adds, a branch, production.
    pub(super) fn options(&self) -> Vec<String> {
        let has_part = |spec: &&String| {
            let name = spec.split(':').next().unwrap_or(spec);
            !CIRCUMSTANTIAL.contains(&name)
        };
        let with = self.key.with.iter().filter(has_part);
        let options = self.key.options.iter();
        let mut found: Vec<String> = with
            .map(|spec| format!("--with {spec}"))
            .chain(options.map(|(name, text)| format!("--{name} {text}")))
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether this is what a load would give now, of the project as it is now.
    pub(super) fn is_current(&self, key: &Key, now: &Project, before: Option<&Before>) -> bool {
        self.processes.is_alive()
            && self.key == *key
            && self.sources.are_those_of(now)
            && (!self.has_configs()
                || self.origin == before.and_then(|it| it.artifacts(&self.description.name)))
    }

    /// Whether what it is depends on more than its sources.
    fn has_configs(&self) -> bool {
        let mut parameters = self.description.parameters.iter();
        parameters.any(|parameter| parameter.kind == "Config")
    }
}

/// What a process that has executed the flow says of it, with what its source says.
pub(super) struct Made {
    pub key: Key,
    pub loaded: Loaded,
    /// What it printed.
    pub printed: String,
    /// The artifacts that its configs come from.
    pub origin: Option<Stored>,
    /// Modules of libraries that no version tells of.
    pub unversioned: Vec<PathBuf>,
    pub project: Arc<Project>,
    pub processes: Processes,
}

impl Made {
    /// `env`: the variables that its tasks are given.
    pub fn describe(self, env: &Environment) -> LoadedFlow {
        let Self {
            key,
            loaded,
            printed,
            origin,
            mut unversioned,
            project,
            processes,
        } = self;
        // Neither does anything tell what reaches modules that only the worker knows of, such as those imported dynamically.
        let known = as_imported(&project);
        let is_only_there = |path: &&PathBuf| is_unversioned(path) && !known.contains_key(*path);
        unversioned.extend(loaded.modules.iter().filter(is_only_there).cloned());
        let steps = loaded
            .flow
            .steps_in(&project, &|path: &Path| std::fs::read_to_string(path).ok());
        let graph = Graph::build(&steps);
        let code = code_in(&project, env);
        let fingerprint = |(step, code): (&StepName, &StepCode)| (step.clone(), code.fingerprint());
        LoadedFlow {
            diagnostics: flow::check(&graph),
            graph_info: flow::graph_info(&graph, &loaded.flow),
            graph,
            description: loaded.flow,
            fingerprints: code.iter().map(fingerprint).collect(),
            code,
            basis: Basis::new(&loaded.python, loaded.libraries, unversioned),
            python: loaded.python,
            installed: loaded.installed,
            imports: loaded.imports,
            printed,
            key,
            origin,
            sources: Sources::new(&project, &loaded.modules, &loaded.data),
            project,
            processes,
            answered: Mutex::default(),
        }
    }
}

/// What the steps reach, with the values of the variables that they ask for. What only tells terminals apart means nothing.
fn code_in(project: &Project, env: &Environment) -> Arc<IndexMap<StepName, StepCode>> {
    let code = project.code();
    if code.values().all(|code| code.variables.is_empty()) {
        return code;
    }
    let value = |name: &str| env.get(name).filter(|_| !is_of_terminal(name));
    let steps = code.iter();
    Arc::new(
        steps
            .map(|(step, code)| (step.clone(), code.with_variables(value)))
            .collect(),
    )
}

/// How the flow is to be loaded; with `spare`, so that the child of each task is forked ahead.
pub(super) fn load_of(
    request: &FlowRequest,
    project: &Project,
    cwd: &Path,
    origin: Option<Stored>,
    spare: bool,
) -> Load {
    Load {
        file: request.file.display().to_string(),
        cwd: cwd.display().to_string(),
        argv: vec![request.file.display().to_string(), "run".to_owned()],
        with: request.with.clone(),
        flow: request.class.clone(),
        options: options(&request.options),
        configs: request.configs.clone(),
        origin,
        own: project.own_names().map(str::to_owned).collect(),
        spare,
        ..Load::default()
    }
}

/// Options of decorators that take a list, however often they are given.
const LISTS: [&str; 1] = ["trigger"];

/// Options by name: a text, or the list of texts of one that was given several times.
fn options(given: &[(String, String)]) -> BTreeMap<String, Value> {
    let mut options: BTreeMap<String, Value> = BTreeMap::new();
    for (name, text) in given {
        let text = Value::from(text.as_str());
        match options.entry(name.clone()) {
            Entry::Vacant(free) => {
                let is_list = LISTS.contains(&name.as_str());
                free.insert(if is_list { vec![text].into() } else { text });
            }
            Entry::Occupied(mut held) => match held.get_mut() {
                Value::Array(texts) => texts.push(text),
                single => *single = vec![single.take(), text].into(),
            },
        }
    }
    options
}

/// A process that ends while it imports the flow was ended by the flow.
pub(super) fn ended_at_import(error: EngineError, file: &Path) -> EngineError {
    match error {
        EngineError::WorkerEnded { begun: true, .. } => EngineError::request(
            format!(
                "{}: the Python process ended while it imported this file",
                file.display()
            ),
            "code at the file's top level called os._exit or crashed in a native library, or the process was killed (often by the system, when memory runs out)",
        ),
        other => other,
    }
}
