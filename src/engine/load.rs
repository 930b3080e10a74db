//! A flow, loaded: its template process, and what is known of it. Loaded flows are kept until a source file changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::disk::Disk;
use super::error::EngineError;
use super::request::{Configs, FlowRequest};
use super::resume::{origin_run, parameters_of};
use super::single_use::{Interpreters, SingleUse, Source};
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
    /// Forking is not safe: each has a process of its own.
    SingleUse(SingleUse),
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
            Processes::SingleUse(processes) => processes.task(spec).await,
        }
    }

    /// How its tasks get their processes.
    pub fn mode(&self) -> Mode<'_> {
        match &self.processes {
            Processes::Fork(_) => Mode::Fork,
            Processes::SingleUse(processes) => Mode::SingleUse {
                why: &processes.why,
            },
        }
    }

    fn is_current(&self, key: &Key, before: Option<&Before>) -> bool {
        let alive = match &self.processes {
            Processes::Fork(template) => !template.is_closed(),
            Processes::SingleUse(_) => true,
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
    /// Why the forkserver may not be forked any more.
    obstacle: Option<String>,
    interpreters: Option<Arc<Interpreters>>,
    /// The flow whose tasks are not forked, and why, as the user has been told.
    told: Option<(PathBuf, String)>,
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
        let interpreter = python::choose(config.python.as_deref(), &config.env, &request.file);
        let setup = PythonSetup {
            python: interpreter,
            assets: assets::python_path(&config.env)?,
            cwd: config.cwd.clone(),
            env: config.env.clone(),
        };
        // Python starts while the source is read.
        let forkserver = match config.never_fork {
            None => Some(self.forkserver(&setup)?),
            Some(_) => None,
        };
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
        let (source, obstacle) = self.source(config, setup, forkserver, preload).await?;
        lap.mark(Phase::Start);
        let template = source.template().await?;
        lap.mark(match source {
            Source::Forks(_) => Phase::Fork,
            Source::Interpreters(..) => Phase::Start,
        });
        let loaded = template.load(&load).await;
        lap.mark(Phase::Exec);
        let loaded = loaded.map_err(|error| ended_at_import(error, &request.file))?;
        let printed = template.take_output();
        let at_import = |found: &String| format!("{found} while the flow was imported");
        let why = obstacle.or_else(|| loaded.obstacle.as_ref().map(at_import));
        let processes = match why {
            None => Processes::Fork(template),
            Some(why) => Processes::SingleUse(SingleUse::new(source, load, why, template)),
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

    /// What to tell about a flow whose tasks are not forked: once, for it stays so.
    pub fn notice(&mut self, flow: &LoadedFlow) -> Option<String> {
        let now = match flow.mode() {
            Mode::Fork => None,
            Mode::SingleUse { why } => Some((flow.key.file.clone(), why.to_owned())),
        };
        let is_known = self.told == now;
        self.told = now;
        let (_, why) = self.told.as_ref().filter(|_| !is_known)?;
        Some(format!(
            "each task has a process of its own, not a fork: {why}"
        ))
    }

    /// Lets the forkserver hold artifacts that need no project code, so that they outlive the next edit.
    ///
    /// # Errors
    /// When the forkserver has died of it.
    pub async fn keep_artifacts(&mut self, artifacts: &Artifacts) -> Result<(), EngineError> {
        let Some((_, forkserver)) = &self.forkserver else {
            return Ok(());
        };
        if self.never_hold || self.obstacle.is_some() || self.held == artifacts.shas {
            return Ok(());
        }
        let obstacle = forkserver.hold(&artifacts.blobs, &artifacts.shas).await?;
        self.held.clone_from(&artifacts.shas);
        // Templates are born with what the forkserver holds: those that were there before have nothing of it.
        self.loaded.clear();
        if obstacle.is_some() {
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
        let known = self.projects.iter().find(|known| known.main.path == *file);
        let mut project = match known {
            Some(known) => known.reload(&Disk),
            None => Project::load(file, &Disk),
        };
        project.class.clone_from(&request.class);
        let project = Arc::new(project);
        self.projects.retain(|known| known.main.path != *file);
        self.projects.push(Arc::clone(&project));
        Ok(project)
    }

    fn forkserver(&mut self, setup: &PythonSetup) -> Result<Arc<Forkserver>, EngineError> {
        if let Some((python, forkserver)) = &self.forkserver
            && *python == setup.python
            && !forkserver.is_closed()
        {
            return Ok(Arc::clone(forkserver));
        }
        let forkserver = Arc::new(Forkserver::start(setup)?);
        self.forkserver = Some((setup.python.clone(), Arc::clone(&forkserver)));
        self.preloaded.clear();
        self.obstacle = None;
        self.held.clear();
        Ok(forkserver)
    }

    /// Where processes with the imports done come from, and why they may not be forked, if that is known already.
    async fn source(
        &mut self,
        config: &EngineConfig,
        setup: PythonSetup,
        forkserver: Option<Arc<Forkserver>>,
        preload: Vec<String>,
    ) -> Result<(Source, Option<String>), EngineError> {
        let obstacle = match forkserver {
            None => config.never_fork.clone(),
            Some(mut forkserver) => {
                // Where a library stands against it the forkserver stays, as the one that knows, while that is imported.
                if self.obstacle.is_some() && !self.preloaded.iter().all(|it| preload.contains(it))
                {
                    self.forkserver = None;
                    forkserver = self.forkserver(&setup)?;
                }
                match self.preload(&forkserver, &preload).await? {
                    None => return Ok((Source::Forks(forkserver), None)),
                    found => found,
                }
            }
        };
        let interpreters = self.interpreters(setup, config.keep_warm);
        Ok((Source::Interpreters(interpreters, preload), obstacle))
    }

    fn interpreters(&mut self, setup: PythonSetup, keep_warm: bool) -> Arc<Interpreters> {
        let known = self.interpreters.take();
        let same = known.filter(|known| *known.python() == setup.python);
        let found = same.unwrap_or_else(|| Arc::new(Interpreters::new(setup, keep_warm)));
        self.interpreters = Some(Arc::clone(&found));
        found
    }

    /// Has the forkserver import modules; why it may not be forked any more, if so.
    async fn preload(
        &mut self,
        forkserver: &Forkserver,
        modules: &[String],
    ) -> Result<Option<String>, EngineError> {
        let new: Vec<String> = modules
            .iter()
            .filter(|module| !self.preloaded.contains(module))
            .cloned()
            .collect();
        if !new.is_empty() {
            let obstacle = forkserver.preload(&new).await?;
            self.obstacle = obstacle.map(|it| format!("{it} while its libraries were imported"));
            self.preloaded.extend(new);
        }
        Ok(self.obstacle.clone())
    }
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
