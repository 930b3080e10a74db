//! The Python processes of an engine, and the flows that are loaded in them until a source file changes.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::disk::Disk;
use super::error::EngineError;
use super::hot::{Heat, Home};
use super::installed::Installed;
use super::interpreters::Interpreters;
use super::loaded::{Before, Key, LoadedFlow, Mode, load_of};
use super::loading::{Begun, Loading};
use super::processes::{Source, TRIES};
use super::request::FlowRequest;
use super::sources::Sources;
use super::submit::EngineConfig;
use super::timing::{Clock, Phase};
use super::worker::message::{Around, Imported, Preload};
use super::worker::{Forkserver, PythonSetup};
use super::{assets, python};
use crate::flow::Project;

/// The Python processes of an engine.
pub(super) struct Workers {
    base: Option<Base>,
    interpreters: Option<Arc<Interpreters>>,
    /// The flow whose tasks are not forked, and why, as the user has been told.
    told: Option<(PathBuf, String)>,
    /// The process that has imported the modules of a project, where one was made.
    project: Option<ProjectProcess>,
    loaded: Vec<Arc<LoadedFlow>>,
    /// Sources as they were parsed last.
    projects: Vec<Arc<Project>>,
    /// What is held in these processes.
    pub heat: Heat,
    /// What they have imported.
    pub installed: Installed,
    /// What flows and steps have imported is not imported ahead any more: it has once started threads.
    never_learn: bool,
}

/// The forkserver, and what it has been asked for.
struct Base {
    python: PathBuf,
    process: Arc<Forkserver>,
    /// Modules that it has imported already.
    preloaded: Vec<String>,
    /// Why it may not be forked any more.
    obstacle: Option<String>,
    /// It has imported nothing yet.
    is_new: bool,
}

/// A process between the forkserver and the templates: it has imported the modules of a project, but not the flow file.
struct ProjectProcess {
    /// What it has executed.
    sources: Sources,
    process: Arc<Forkserver>,
}

/// Versions of flows that stay loaded: one in use, one before it.
const KEEP_LOADED: usize = 2;

impl Workers {
    /// No process yet; `budget` are the bytes of artifacts that may be held, `keep_warm` says whether more than one request is
    /// to come.
    pub fn new(budget: u64, keep_warm: bool) -> Self {
        Self {
            base: None,
            interpreters: None,
            told: None,
            project: None,
            loaded: Vec::new(),
            projects: Vec::new(),
            heat: Heat::new(budget),
            installed: Installed::new(keep_warm),
            never_learn: false,
        }
    }

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
        let mut loaded = self.load_now(config, request, before, clock).await;
        for _ in 1..TRIES {
            if !loaded.as_ref().is_err_and(EngineError::is_lost) {
                break;
            }
            loaded = self.load_now(config, request, before, clock).await;
        }
        loaded
    }

    /// The same by the processes that there are, of which one may have been killed.
    async fn load_now(
        &mut self,
        config: &EngineConfig,
        request: &FlowRequest,
        before: Option<&Before>,
        clock: &Clock,
    ) -> Result<Arc<LoadedFlow>, EngineError> {
        if self
            .base
            .as_ref()
            .is_some_and(|base| base.process.is_closed())
        {
            self.lose_forkserver();
        }
        // Beside the load, which it hardly ever stops.
        let check = self.check();
        let loaded = self.load_as_installed(config, request, before, clock).await;
        if check.await.unwrap_or(true) {
            return loaded;
        }
        self.lose_imports();
        self.load_as_installed(config, request, before, clock).await
    }

    /// Whether what was imported is still what is installed.
    fn check(&self) -> JoinHandle<bool> {
        let installed = self.installed.clone();
        tokio::task::spawn_blocking(move || installed.is_same())
    }

    /// Nothing that was imported holds.
    fn lose_imports(&mut self) {
        self.lose_forkserver();
        self.interpreters = None;
    }

    async fn load_as_installed(
        &mut self,
        config: &EngineConfig,
        request: &FlowRequest,
        before: Option<&Before>,
        clock: &Clock,
    ) -> Result<Arc<LoadedFlow>, EngineError> {
        match self.begin(config, request, before, clock).await? {
            Begun::Known(flow) => Ok(flow),
            Begun::New(loading) => {
                let flow = Arc::new(loading.carry_out(clock).await?);
                self.keep(Arc::clone(&flow));
                Ok(flow)
            }
        }
    }

    fn keep(&mut self, flow: Arc<LoadedFlow>) {
        self.installed.note(&flow.installed);
        self.loaded.retain(|other| other.key() != flow.key());
        self.loaded.insert(0, flow);
        self.loaded.truncate(KEEP_LOADED);
    }

    /// The flow if it is loaded already, else what its load needs.
    ///
    /// # Errors
    /// When Python does not start, or a file cannot be read.
    async fn begin(
        &mut self,
        config: &EngineConfig,
        request: &FlowRequest,
        before: Option<&Before>,
        clock: &Clock,
    ) -> Result<Begun, EngineError> {
        let mut lap = clock.lap();
        let key = Key::of(request);
        let is_known = self.loaded.iter().any(|flow| *flow.key() == key);
        let read = is_known.then(|| self.project(request)).transpose()?;
        if let Some(now) = &read {
            let mut known = self.loaded.iter();
            let found = known.find(|flow| flow.is_current(&key, now, before));
            lap.mark(Phase::Parse);
            if let Some(found) = found {
                return Ok(Begun::Known(Arc::clone(found)));
            }
        }
        let setup = PythonSetup {
            python: python::choose(config.python.as_deref(), &config.env, &request.file),
            assets: assets::python_path(&config.env)?,
            cwd: config.cwd.clone(),
            env: config.env.clone(),
        };
        // Python starts while the source is read for the first time.
        let is_forked = config.never_fork.is_none() && config.keep_warm;
        let interpreters = self.interpreters(&setup, config.keep_warm);
        match is_forked {
            true => self.start(&setup)?,
            false => interpreters.begin().await,
        }
        lap.mark(Phase::Start);
        let project = match read {
            Some(project) => project,
            None => self.project(request)?,
        };
        let name = project.flow().map(|flow| flow.name.as_str());
        let origin = before
            .zip(name)
            .and_then(|(before, name)| before.artifacts(name));
        let load = load_of(
            request,
            &project,
            &config.cwd,
            origin.clone(),
            !config.keep_warm,
        );
        lap.mark(Phase::Parse);
        let preload = Preload {
            modules: project.third_party_imports(),
            project: Around::of(&request.file, &config.cwd),
        };
        let instead = Source::Interpreters(interpreters, preload.clone());
        let (source, obstacle) = match is_forked {
            true => self.source(&setup, &project, preload).await?,
            false => (instead.clone(), config.never_fork.clone()),
        };
        lap.mark(Phase::Start);
        // Under its path there may be another one later: a link, or a script.
        let program = python::interpreter(
            config.python.as_deref(),
            &config.env,
            &request.file,
            &config.cwd,
        );
        self.installed.note_program(program);
        Ok(Begun::New(Box::new(Loading {
            key,
            file: request.file.clone(),
            installed: self.installed.clone(),
            project,
            origin,
            load,
            source,
            env: config.env.clone(),
            instead,
            obstacle,
        })))
    }

    /// Ends all processes that run nothing.
    pub fn clear(&mut self) {
        *self = Self::new(self.heat.budget(), self.installed.all);
    }

    /// The process that all templates come from, if there is one and a fork of it is safe.
    pub fn forkserver(&self) -> Option<Arc<Forkserver>> {
        let base = self.base.as_ref().filter(|base| base.obstacle.is_none())?;
        (!base.process.is_closed()).then(|| Arc::clone(&base.process))
    }

    /// The process that templates of this source come from, beside the forkserver.
    pub fn project_process(&self, source: &Project) -> Option<Arc<Forkserver>> {
        let found = self.project.as_ref()?;
        found.is_current(source).then(|| Arc::clone(&found.process))
    }

    /// Puts a process in the place of the last one, if there was one: it has done the imports of this source.
    pub fn set_project_process(
        &mut self,
        source: &Arc<Project>,
        imported: &Imported,
        process: &Arc<Forkserver>,
    ) {
        self.lose_project();
        self.project = Some(ProjectProcess {
            sources: Sources::new(source, &imported.modules, &imported.data),
            process: Arc::clone(process),
        });
    }

    /// The process of a project is of no use any more.
    pub fn lose_project(&mut self) {
        if self.project.take().is_some() {
            self.heat.lost(Home::Project);
        }
    }

    /// The forkserver is of no use any more, with all that comes from it.
    pub fn lose_forkserver(&mut self) {
        self.base = None;
        self.project = None;
        self.installed.clear();
        self.loaded.clear();
        self.heat.lost(Home::Forkserver);
    }

    /// Which of these modules are worth importing ahead, and are not imported yet.
    pub fn to_learn(&self, modules: &[String]) -> Vec<String> {
        let Some(base) = self.base.as_ref().filter(|_| !self.never_learn) else {
            return Vec::new();
        };
        let new = modules
            .iter()
            .filter(|module| !base.preloaded.contains(module));
        new.cloned().collect()
    }

    /// The forkserver has imported these; it may be that it cannot be forked any more.
    pub fn learned(&mut self, modules: Vec<String>, is_unsafe: bool) {
        if is_unsafe {
            // What the flow itself imports decides whether it can be forked, not what a step does later.
            self.never_learn = true;
            self.lose_forkserver();
        } else if let Some(base) = &mut self.base {
            base.preloaded.extend(modules);
        }
    }

    /// The flows that are loaded, the newest first.
    pub fn flows(&self) -> &[Arc<LoadedFlow>] {
        &self.loaded
    }

    /// The flow's project as it is on disk: the one that was read last, if it is that; else what has not changed since is not
    /// parsed again.
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
        if let Some(known) = known
            && known.class == project.class
            && known.reads_as(&project)
        {
            return Ok(Arc::clone(known));
        }
        let project = Arc::new(project);
        self.projects.retain(|known| known.main.path != *file);
        self.projects.push(Arc::clone(&project));
        Ok(project)
    }

    /// Starts the forkserver if there is none of that interpreter.
    fn start(&mut self, setup: &PythonSetup) -> Result<(), EngineError> {
        if let Some(base) = &self.base
            && base.python == setup.python
        {
            return Ok(());
        }
        let process = Arc::new(Forkserver::start(setup)?);
        self.lose_forkserver();
        self.base = Some(Base {
            python: setup.python.clone(),
            process,
            preloaded: Vec::new(),
            obstacle: None,
            is_new: true,
        });
        Ok(())
    }

    /// Where processes with the imports done come from, and why they may not be forked, if that is known already.
    async fn source(
        &mut self,
        setup: &PythonSetup,
        project: &Arc<Project>,
        preload: Preload,
    ) -> Result<(Source, Option<String>), EngineError> {
        let wanted = &preload.modules;
        let is_left = |base: &Base| base.preloaded.iter().all(|it| wanted.contains(it));
        // Where a library stands against it the forkserver stays, as the one that knows, while that is imported.
        let stands = self.base.as_ref().filter(|base| base.obstacle.is_some());
        if stands.is_some_and(|base| !is_left(base)) {
            self.lose_forkserver();
            self.start(setup)?;
        }
        let is_new = self.preload(&preload).await?;
        let Some(forkserver) = self.forkserver() else {
            let obstacle = self.base.as_ref().and_then(|base| base.obstacle.clone());
            let interpreters = self.interpreters(setup, true);
            return Ok((Source::Interpreters(interpreters, preload), obstacle));
        };
        if is_new || self.project_process(project).is_none() {
            // It was forked before, or has imported other modules.
            self.lose_project();
        }
        let from = self.project_process(project).unwrap_or(forkserver);
        Ok((Source::Forks(from), None))
    }

    fn interpreters(&mut self, setup: &PythonSetup, keep_warm: bool) -> Arc<Interpreters> {
        let known = self.interpreters.take();
        let same = known.filter(|known| *known.python() == setup.python);
        let found = same.unwrap_or_else(|| Arc::new(Interpreters::new(setup.clone(), keep_warm)));
        self.interpreters = Some(Arc::clone(&found));
        found
    }

    /// What to tell about a flow whose tasks are not forked: once, for it stays so.
    pub fn notice(&mut self, flow: &LoadedFlow) -> Option<String> {
        let now = match flow.mode() {
            Mode::Fork => None,
            Mode::SingleUse { why } => Some((flow.project.main.path.clone(), why.to_owned())),
        };
        let is_known = self.told == now;
        self.told = now;
        let (_, why) = self.told.as_ref().filter(|_| !is_known)?;
        Some(format!(
            "each task has a process of its own, not a fork: {why}"
        ))
    }

    /// Has the forkserver import libraries; says whether there were new ones among them.
    async fn preload(&mut self, wanted: &Preload) -> Result<bool, EngineError> {
        let Some(base) = &mut self.base else {
            return Ok(false);
        };
        let mut new = wanted.clone();
        new.modules
            .retain(|module| !base.preloaded.contains(module));
        if new.modules.is_empty() && !base.is_new {
            return Ok(false);
        }
        let answer = base.process.preload(&new).await?;
        base.is_new = false;
        let told = |it: String| format!("{it} while its libraries were imported");
        base.obstacle = answer.obstacle.map(told);
        base.preloaded.extend(new.modules);
        self.installed.note(&answer.installed);
        Ok(true)
    }
}

impl ProjectProcess {
    /// Whether a flow file with this source would import the same, in the same order.
    fn is_current(&self, source: &Project) -> bool {
        !self.process.is_closed() && self.sources.are_imports_of(source)
    }
}
