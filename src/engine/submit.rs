//! The engine as its faces see it: submit a request, read events, cancel.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, mpsc, watch};

use super::environment::Environment;
use super::error::EngineError;
use super::event::{Event, Failure, Level};
use super::load::Workers;
use super::loaded::{Before, LoadedFlow};
use super::memory;
use super::request::{FlowRequest, Request, StatusRequest};
use super::scratch::Scratch;
use super::staleness::{self, FlowStatus};
use super::status::Status;
use super::timing::Clock;
use super::{resume, run, spin, warm};
use crate::store::{Located, Store};

/// Events that may wait for a face before the task that writes them has to: back-pressure, nothing is dropped.
const EVENT_BUFFER: usize = 1024;

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The interpreter, if the user named one.
    pub python: Option<PathBuf>,
    /// Working directory of tasks, and where the store is looked for.
    pub cwd: PathBuf,
    /// What its work finds in the environment.
    pub env: Environment,
    /// Why tasks are never forked, if so: the user says it, or the system cannot do it safely.
    pub never_fork: Option<String>,
    /// Whether more requests will follow: then what they will need is prepared after each.
    pub keep_warm: bool,
    /// Bytes of artifacts that are held unpickled for spins at most, counted as pickles.
    pub hot_memory: u64,
}

impl EngineConfig {
    /// The usual settings for a working directory, in this process's environment.
    pub fn new(cwd: PathBuf) -> Self {
        Self::within(cwd, Environment::own())
    }

    /// The usual settings for a working directory and an environment.
    pub fn within(cwd: PathBuf, env: Environment) -> Self {
        Self {
            python: None,
            cwd,
            never_fork: never_fork(&env),
            env,
            keep_warm: false,
            hot_memory: memory::default_budget(),
        }
    }
}

fn never_fork(env: &Environment) -> Option<String> {
    if env.filled("FLOWDEV_FORK").is_some_and(|value| value == "0") {
        return Some("FLOWDEV_FORK is 0".to_owned());
    }
    let unsafe_here = !cfg!(target_os = "linux");
    unsafe_here.then(|| "libraries of this system do not survive a fork".to_owned())
}

/// What all jobs share.
pub(super) struct Shared {
    pub config: EngineConfig,
    pub workers: Mutex<Workers>,
    /// Held by who prepares for the next spin.
    pub warming: Mutex<()>,
    /// The number of the newest request.
    newest: AtomicU64,
    pub scratch: Scratch,
    /// What was read of finished tasks to judge them.
    pub memory: staleness::Memory,
}

impl Shared {
    /// The number of the newest request.
    pub fn newest(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// A number for a new request: what is prepared for older ones ends.
    pub fn next(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The flow, loaded from its present source.
    pub async fn load(
        &self,
        request: &FlowRequest,
        before: Option<&Before>,
        clock: &Clock,
    ) -> Result<Arc<LoadedFlow>, EngineError> {
        let mut workers = self.workers.lock().await;
        workers.load(&self.config, request, before, clock).await
    }

    /// What the user of a session should hear about the processes of the flow's tasks, unless it is their own choice.
    pub async fn notice(&self, flow: &LoadedFlow) -> Option<String> {
        if !self.config.keep_warm || self.config.never_fork.is_some() {
            return None;
        }
        self.workers.lock().await.notice(flow)
    }

    /// The store that the request names, else the one that the working directory belongs to.
    pub fn store(&self, request: &FlowRequest) -> Located {
        let cwd = &self.config.cwd;
        let env = |name: &str| self.config.env.get(name);
        if let Some(root) = &request.store_root {
            let store = Store::open(&cwd.join(root), cwd, &env);
            let found = store.root_path().is_some_and(|root| root.is_dir());
            return Located { store, found };
        }
        Store::locate(cwd, &env)
    }
}

/// The engine. Clones are handles to the same one.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    next_job: Arc<AtomicU64>,
}

/// A request that is being carried out.
pub struct Job {
    /// Counted from 1 in this engine.
    pub id: u64,
    /// Ends after `JobFinished`.
    pub events: mpsc::Receiver<Event>,
    pub cancel: CancelHandle,
}

impl Job {
    /// A job that is carried out by somebody else than an engine of this process, who is given the other ends.
    pub fn elsewhere() -> (Self, Elsewhere) {
        let (events_tx, events) = mpsc::channel(EVENT_BUFFER);
        let (stop_tx, stop) = watch::channel(Stop::No);
        let job = Self {
            id: 0,
            events,
            cancel: CancelHandle(stop_tx),
        };
        let elsewhere = Elsewhere {
            events: events_tx,
            stop,
        };
        (job, elsewhere)
    }
}

/// Where a job that is carried out elsewhere says what happens, and hears that it should end.
pub struct Elsewhere {
    pub events: mpsc::Sender<Event>,
    stop: watch::Receiver<Stop>,
}

impl Elsewhere {
    /// Waits until the job is to end more urgently than this.
    pub async fn asked(&mut self, than: Stop) -> Stop {
        let asked = self.stop.wait_for(|stop| *stop > than).await;
        match asked.map(|stop| *stop) {
            Ok(stop) => stop,
            // All handles are gone: nobody will ever ask.
            Err(_) => std::future::pending().await,
        }
    }
}

/// How urgently a job is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    No,
    Politely,
    Now,
}

/// Ends a job. Dropping the handle changes nothing.
#[derive(Debug, Clone)]
pub struct CancelHandle(watch::Sender<Stop>);

impl CancelHandle {
    /// Interrupts the running tasks (as ctrl-c does) and starts no more; those that do not end in time are killed.
    pub fn cancel(&self) {
        self.raise(Stop::Politely);
    }

    /// Kills the running tasks.
    pub fn kill(&self) {
        self.raise(Stop::Now);
    }

    fn raise(&self, to: Stop) {
        self.0.send_if_modified(|stop| {
            let higher = *stop < to;
            *stop = (*stop).max(to);
            higher
        });
    }
}

/// Where a job says what happens, and hears that it should end.
#[derive(Clone)]
pub(super) struct Wires {
    pub events: mpsc::Sender<Event>,
    pub stop: watch::Receiver<Stop>,
    /// Bytes that are stored of each stream of a task.
    pub max_log_size: usize,
    /// Where the job's time goes.
    pub clock: Clock,
    /// The number of its request.
    pub request: u64,
}

impl Wires {
    /// Says what happened. A face that does not listen any more is no reason to stop: the run goes on.
    pub async fn say(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// Says so if the store is about to be made.
    pub async fn greet(&self, located: &Located) {
        if !located.found {
            let root = located.store.root();
            let text = format!("Creating local datastore in current directory ({root})");
            self.note(None, Level::Info, text).await;
        }
    }

    /// Passes on a line that user code wrote outside of any task.
    pub async fn printed(&self, step: Option<&str>, text: String) {
        let step = step.map(str::to_owned);
        self.say(Event::Printed { step, text }).await;
    }

    /// Says a sentence.
    pub async fn note(&self, step: Option<&str>, level: Level, text: String) {
        let step = step.map(str::to_owned);
        self.say(Event::Note { step, level, text }).await;
    }

    /// Whether the job is to end.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow() > Stop::No
    }

    /// Waits until someone wants at least this.
    pub async fn stopped(&mut self, at_least: Stop) {
        if self.stop.wait_for(|stop| *stop >= at_least).await.is_err() {
            // All handles are gone: nobody will ever ask.
            std::future::pending::<()>().await;
        }
    }
}

/// The limit in bytes, of which Metaflow's default is 10 megabytes.
fn max_log_size(request: &FlowRequest) -> usize {
    let megabytes = usize::try_from(request.max_log_size.unwrap_or(10)).unwrap_or(usize::MAX);
    megabytes.saturating_mul(1024 * 1024)
}

impl Engine {
    /// Prepares an engine; no Python is started yet.
    ///
    /// # Errors
    /// When no private directory can be made.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        let memory = match config.keep_warm {
            true => staleness::Memory::kept(),
            false => staleness::Memory::default(),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                workers: Mutex::new(Workers::new(config.hot_memory, config.keep_warm)),
                config,
                warming: Mutex::default(),
                newest: AtomicU64::new(0),
                scratch: Scratch::new()?,
                memory,
            }),
            next_job: Arc::new(AtomicU64::new(1)),
        })
    }

    /// Starts carrying out a request. Must be called on a tokio runtime.
    pub fn submit(&self, request: Request) -> Job {
        let (events_tx, events) = mpsc::channel(EVENT_BUFFER);
        let (stop_tx, stop) = watch::channel(Stop::No);
        let wires = Wires {
            events: events_tx,
            stop,
            max_log_size: max_log_size(request.flow()),
            clock: Clock::default(),
            request: self.shared.next(),
        };
        let shared = Arc::clone(&self.shared);
        let work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = match request {
            Request::Run(request) => Box::pin(run::run(shared, request, wires)),
            Request::Resume(request) => Box::pin(resume::resume(shared, request, wires)),
            Request::Spin(request) => Box::pin(spin::spin(shared, request, wires)),
        };
        tokio::spawn(work);
        Job {
            id: self.next_job.fetch_add(1, Ordering::Relaxed),
            events,
            cancel: CancelHandle(stop_tx),
        }
    }

    /// Starts Python and loads the flow ahead of the first request, and prepares for a spin of the step that was spun last.
    ///
    /// # Errors
    /// The failure that a request would meet, too.
    pub async fn warm(&self, request: &FlowRequest) -> Result<Arc<LoadedFlow>, Failure> {
        let number = self.shared.next();
        let flow = self.ahead(request).await?;
        let (shared, store) = (Arc::clone(&self.shared), self.shared.store(request).store);
        let loaded = Arc::clone(&flow);
        tokio::spawn(async move {
            let step = warm::last_spun(&store, &loaded).await;
            warm::step(&shared, &store, loaded, step, number).await;
        });
        Ok(flow)
    }

    /// Prepares for a spin of this step: what it reads is loaded into memory, unless something newer is asked for meanwhile.
    /// What is wrong with the flow, or keeps the step from being spun, is said when it is spun.
    pub async fn warm_step(&self, request: &FlowRequest, step: &str) {
        let number = self.shared.next();
        if let Ok(flow) = self.ahead(request).await {
            let store = self.shared.store(request).store;
            warm::step(&self.shared, &store, flow, Some(step.to_owned()), number).await;
        }
    }

    /// What there is in the processes between requests.
    pub async fn status(&self) -> Status {
        Status::of(&*self.shared.workers.lock().await)
    }

    async fn ahead(&self, request: &FlowRequest) -> Result<Arc<LoadedFlow>, Failure> {
        let before = Before {
            store: self.shared.store(request).store,
            run: None,
        };
        let clock = Clock::default();
        let loaded = self.shared.load(request, Some(&before), &clock);
        loaded.await.map_err(EngineError::into_failure)
    }

    /// Which steps of the flow are stale, and why.
    ///
    /// # Errors
    /// The flow does not load, there is no such run, or a value does not fit.
    pub async fn judge(&self, request: StatusRequest) -> Result<FlowStatus, EngineError> {
        let (status, _) = staleness::status(Arc::clone(&self.shared), request, None).await?;
        Ok(status)
    }

    /// Ends the Python processes that run nothing; what runs ends with its job.
    pub async fn shutdown(&self) {
        self.shared.workers.lock().await.clear();
    }
}
