//! A flow, loaded: its template process, and what is known of it. Loaded flows are kept until a source file changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use tokio::sync::Mutex;

use super::error::EngineError;
use super::request::{Configs, FlowRequest};
use super::resume::{origin_run, parameters_of};
use super::submit::EngineConfig;
use super::timing::{Clock, Phase};
use super::worker::message::{Load, Spec, Stored};
use super::worker::{Forkserver, PythonSetup, TaskProcess, Template};
use super::{assets, python};
use crate::flow::{self, Description, Diagnostic, Fingerprint, Graph, Project, Severity, StepName};
use crate::store::Store;

/// One version of a flow, in memory and in a Python process.
pub struct LoadedFlow {
    pub description: Description,
    pub graph: Graph,
    /// `_graph_info`, as Metaflow stores it.
    pub graph_info: serde_json::Value,
    /// What the checks found.
    pub diagnostics: Vec<Diagnostic>,
    pub fingerprints: IndexMap<StepName, Fingerprint>,
    /// `sys.version` of its Python.
    pub python: String,
    /// What the flow file printed when it was executed.
    pub printed: String,
    key: Key,
    /// The artifacts that its configs come from; `None` where it has no configs, or they come from the request.
    origin: Option<Stored>,
    /// The files it was made from and a hash of each.
    sources: Vec<(PathBuf, Option<u64>)>,
    processes: Processes,
}

/// What makes two loads of the same file different.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    file: PathBuf,
    class: Option<String>,
    with: Vec<String>,
    options: Vec<(String, String)>,
    configs: Configs,
}

impl Key {
    fn of(request: &FlowRequest) -> Self {
        Self {
            file: request.file.clone(),
            class: request.class.clone(),
            with: request.with.clone(),
            options: request.options.clone(),
            configs: request.configs.clone(),
        }
    }
}

/// The run whose `_parameters` task a load starts from: configs keep the values that they have there.
pub(super) struct Before {
    pub store: Store,
    /// Its id; otherwise the flow's latest run.
    pub run: Option<String>,
}

impl Before {
    /// The artifacts; `None` where there is no such run. What is wrong with it is said by whoever needs more of it.
    fn artifacts(&self, flow: &str) -> Option<Stored> {
        let run = origin_run(&self.store.flow(flow), self.run.as_deref()).ok()?;
        let spec = parameters_of(&run).ok()?.spec();
        Some(Stored {
            blobs: spec.blobs,
            objects: spec.objects,
        })
    }
}

/// Where the flow's tasks come from.
enum Processes {
    /// They are forked from this template.
    Fork(Template),
    /// Forking is not safe: each has a process of its own, and the next one is started ahead.
    Fresh {
        setup: PythonSetup,
        preload: Vec<String>,
        load: Load,
        next: Mutex<Option<tokio::task::JoinHandle<Result<Template, EngineError>>>>,
    },
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
    pub(super) async fn task(&self, spec: &Spec) -> Result<TaskProcess, EngineError> {
        match &self.processes {
            Processes::Fork(template) => template.task(spec, true).await,
            Processes::Fresh {
                setup,
                preload,
                load,
                next,
            } => {
                let ahead = next.lock().await.take();
                let template = match ahead {
                    Some(ahead) => ahead.await.map_err(|_| EngineError::WorkerGone)??,
                    None => fresh_loaded(setup, preload, load).await?,
                };
                let task = template.task(spec, false).await?;
                let (setup, preload, load) = (setup.clone(), preload.clone(), load.clone());
                *next.lock().await = Some(tokio::spawn(async move {
                    fresh_loaded(&setup, &preload, &load).await
                }));
                Ok(task)
            }
        }
    }

    fn is_current(&self, key: &Key, before: Option<&Before>) -> bool {
        let alive = match &self.processes {
            Processes::Fork(template) => !template.is_closed(),
            Processes::Fresh { .. } => true,
        };
        alive
            && self.key == *key
            && self
                .sources
                .iter()
                .all(|(path, hash)| source_hash(path) == *hash)
            && (!self.has_configs()
                || self.origin == before.and_then(|it| it.artifacts(&self.description.name)))
    }

    /// Whether what it is depends on more than its sources.
    fn has_configs(&self) -> bool {
        let mut parameters = self.description.parameters.iter();
        parameters.any(|parameter| parameter.kind == "Config")
    }
}

/// The Python processes of an engine.
#[derive(Default)]
pub(super) struct Workers {
    forkserver: Option<(PathBuf, Arc<Forkserver>)>,
    /// What the forkserver has imported already.
    preloaded: Vec<String>,
    /// Threads in the forkserver with which a fork is not safe.
    threads: u32,
    loaded: Vec<Arc<LoadedFlow>>,
    /// Sources as they were parsed last.
    projects: Vec<Arc<Project>>,
    /// Artifacts that the forkserver holds.
    held: Vec<String>,
    /// Unpickling ahead has started threads once: not again.
    never_hold: bool,
}

/// Artifacts to be unpickled ahead of a task.
pub(super) struct Artifacts {
    /// The directory of their blobs.
    pub blobs: String,
    /// Keys, sorted.
    pub shas: Vec<String>,
}

/// Versions of flows that stay loaded: one in use, one before it.
const KEEP_LOADED: usize = 2;

impl Workers {
    /// The flow, loaded from its present source.
    ///
    /// # Errors
    /// When Python does not start or the flow does not import.
    pub async fn load(
        &mut self,
        config: &EngineConfig,
        request: &FlowRequest,
        before: Option<&Before>,
        clock: &Clock,
    ) -> Result<Arc<LoadedFlow>, EngineError> {
        let mut lap = clock.lap();
        let key = Key::of(request);
        let found = self
            .loaded
            .iter()
            .find(|flow| flow.is_current(&key, before));
        lap.mark(Phase::Parse);
        if let Some(found) = found {
            return Ok(Arc::clone(found));
        }
        let interpreter = python::choose(config.python.as_deref(), &request.file);
        let setup = PythonSetup {
            python: interpreter,
            assets: assets::python_path()?,
            cwd: config.cwd.clone(),
        };
        // Python starts while the source is read.
        let forkserver = self.forkserver(&setup, config.fork)?;
        lap.mark(Phase::Start);
        let project = self.project(request)?;
        let sources = project
            .paths()
            .into_iter()
            .map(|path| {
                let hash = source_hash(&path);
                (path, hash)
            })
            .collect();
        let preload = project.third_party_imports();
        let name = project.flow().map(|flow| flow.name.as_str());
        let origin = before
            .zip(name)
            .and_then(|(before, name)| before.artifacts(name));
        let load = Load {
            file: request.file.display().to_string(),
            cwd: config.cwd.display().to_string(),
            argv: vec![request.file.display().to_string(), "run".to_owned()],
            with: request.with.clone(),
            flow: request.class.clone(),
            options: options(&request.options),
            configs: request.configs.clone(),
            origin: origin.clone(),
            ..Load::default()
        };
        lap.mark(Phase::Parse);
        let safe = forkserver.fork && self.preload(&forkserver, &preload).await? == 0;
        lap.mark(Phase::Start);
        let template = if safe {
            forkserver.template().await?
        } else if forkserver.fork {
            // A library has started threads; the forkserver stays, as the one that knows it.
            fresh(&setup, &preload).await?
        } else {
            self.forkserver = None;
            fresh_from(forkserver, &preload).await?
        };
        lap.mark(if safe { Phase::Fork } else { Phase::Start });
        let loaded = template.load(&load).await;
        lap.mark(Phase::Exec);
        let loaded = loaded.map_err(|error| ended_at_import(error, &request.file))?;
        let printed = template.take_output();
        let processes = if safe && loaded.threads == 0 {
            Processes::Fork(template)
        } else {
            Processes::Fresh {
                setup,
                preload,
                load,
                next: Mutex::new(None),
            }
        };
        let mut flow = describe(key, loaded, printed, &project, sources, processes);
        flow.origin = origin;
        let flow = Arc::new(flow);
        self.loaded.retain(|flow| flow.key != Key::of(request));
        self.loaded.insert(0, Arc::clone(&flow));
        self.loaded.truncate(KEEP_LOADED);
        lap.mark(Phase::Parse);
        Ok(flow)
    }

    /// Lets the forkserver hold artifacts that need no project code, so that they outlive the next edit.
    ///
    /// # Errors
    /// When the forkserver has died of it.
    pub async fn keep_artifacts(&mut self, artifacts: &Artifacts) -> Result<(), EngineError> {
        let Some((_, forkserver)) = &self.forkserver else {
            return Ok(());
        };
        if self.never_hold || !forkserver.fork || self.held == artifacts.shas {
            return Ok(());
        }
        let threads = forkserver.hold(&artifacts.blobs, &artifacts.shas).await?;
        self.held.clone_from(&artifacts.shas);
        // Templates are born with what the forkserver holds: those that were there before have nothing of it.
        self.loaded.clear();
        if threads > 0 {
            self.never_hold = true;
            self.forkserver = None;
        }
        Ok(())
    }

    /// Ends all processes that run nothing.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The flow's project as it is on disk; what has not changed since the last load is not parsed again.
    fn project(&mut self, request: &FlowRequest) -> Result<Arc<Project>, EngineError> {
        let file = &request.file;
        // A project of a file that cannot be read would be an empty one.
        File::open(file).map_err(|source| EngineError::Read {
            path: file.clone(),
            source,
        })?;
        let read = |path: &Path| std::fs::read_to_string(path).ok();
        let known = self.projects.iter().find(|known| known.main.path == *file);
        let mut project = match known {
            Some(known) => known.reload(&read),
            None => Project::load(file, &read),
        };
        project.class.clone_from(&request.class);
        let project = Arc::new(project);
        self.projects.retain(|known| known.main.path != *file);
        self.projects.push(Arc::clone(&project));
        Ok(project)
    }

    fn forkserver(
        &mut self,
        setup: &PythonSetup,
        fork: bool,
    ) -> Result<Arc<Forkserver>, EngineError> {
        if let Some((python, forkserver)) = &self.forkserver
            && *python == setup.python
            && !forkserver.is_closed()
        {
            return Ok(Arc::clone(forkserver));
        }
        let forkserver = Arc::new(Forkserver::start(setup, fork)?);
        self.forkserver = Some((setup.python.clone(), Arc::clone(&forkserver)));
        self.preloaded.clear();
        self.threads = 0;
        self.held.clear();
        Ok(forkserver)
    }

    async fn preload(
        &mut self,
        forkserver: &Forkserver,
        modules: &[String],
    ) -> Result<u32, EngineError> {
        let new: Vec<String> = modules
            .iter()
            .filter(|module| !self.preloaded.contains(module))
            .cloned()
            .collect();
        if !new.is_empty() {
            self.threads = forkserver.preload(&new).await?;
            self.preloaded.extend(new);
        }
        Ok(self.threads)
    }
}

/// A process of its own that has loaded the flow and will run one task.
async fn fresh_loaded(
    setup: &PythonSetup,
    preload: &[String],
    load: &Load,
) -> Result<Template, EngineError> {
    let template = fresh(setup, preload).await?;
    template.load(load).await?;
    Ok(template)
}

/// A process of its own that will run one task.
async fn fresh(setup: &PythonSetup, preload: &[String]) -> Result<Template, EngineError> {
    let process = Arc::new(Forkserver::start(setup, false)?);
    fresh_from(process, preload).await
}

async fn fresh_from(process: Arc<Forkserver>, preload: &[String]) -> Result<Template, EngineError> {
    process.preload(preload).await?;
    Arc::into_inner(process)
        .map(Forkserver::into_template)
        .ok_or(EngineError::WorkerGone)
}

fn describe(
    key: Key,
    loaded: super::worker::message::Loaded,
    printed: String,
    project: &Project,
    mut sources: Vec<(PathBuf, Option<u64>)>,
    processes: Processes,
) -> LoadedFlow {
    // The worker knows also of modules that were imported dynamically.
    for module in &loaded.modules {
        if !sources.iter().any(|(path, _)| path == module) {
            sources.push((module.clone(), source_hash(module)));
        }
    }
    let steps = loaded
        .flow
        .steps_in(project, &|path: &Path| std::fs::read_to_string(path).ok());
    let graph = Graph::build(&steps);
    LoadedFlow {
        diagnostics: flow::check(&graph),
        graph_info: flow::graph_info(&graph, &loaded.flow),
        graph,
        description: loaded.flow,
        fingerprints: project.fingerprints(),
        python: loaded.python,
        printed,
        key,
        origin: None,
        sources,
        processes,
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

fn source_hash(path: &Path) -> Option<u64> {
    let bytes = std::fs::read(path).ok()?;
    let mut hash = DefaultHasher::new();
    bytes.hash(&mut hash);
    Some(hash.finish())
}

/// A process that ends while it imports the flow was ended by the flow.
fn ended_at_import(error: EngineError, file: &Path) -> EngineError {
    match error {
        EngineError::WorkerGone | EngineError::WorkerEnded { .. } => EngineError::request(
            format!(
                "{}: the Python process ended while it imported this file",
                file.display()
            ),
            "code at the file's top level called os._exit, or crashed in a native library",
        ),
        other => other,
    }
}
