//! Running effects: each on a thread that may wait, its answer back as a message.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{
        mpsc::{Sender, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::{MissedTickBehavior, interval},
};

use crate::{
    app::{
        Effect, Msg, Remembered,
        load::{self, Library, Pulse},
    },
    engine::{CancelHandle, Engine, Failure, FlowRequest, StatusRequest},
    watcher::Watcher,
};

use super::highlight::highlight;

/// How long the cursor rests on a step before it is prepared for.
const LOOK: Duration = Duration::from_millis(200);

/// How often the store is looked at.
const PULSE: Duration = Duration::from_secs(1);

/// What effects need.
pub struct Effects {
    engine: Engine,
    library: Arc<Library>,
    messages: UnboundedSender<Msg>,
    /// Events of jobs: bounded, so that a task that prints faster than the screen takes waits for it.
    jobs: Sender<Msg>,
    handles: HashMap<u64, CancelHandle>,
    remembered: Option<PathBuf>,
    /// Watching ends when this is dropped.
    watcher: Option<Watcher>,
    request: FlowRequest,
    /// What is being prepared for the step under the cursor.
    looking: Option<oneshot::Sender<()>>,
}

impl Effects {
    /// Effects of a session.
    pub fn new(
        engine: Engine,
        library: Library,
        request: FlowRequest,
        messages: UnboundedSender<Msg>,
        jobs: Sender<Msg>,
    ) -> Self {
        let env = |name: &str| std::env::var(name).ok();
        Self {
            engine,
            library: Arc::new(library),
            messages,
            jobs,
            handles: HashMap::new(),
            remembered: Remembered::path(&env, &request.file),
            watcher: None,
            request,
            looking: None,
        }
    }

    /// Jobs that have not ended.
    pub fn running(&self) -> usize {
        self.handles.len()
    }

    /// Forgets a job that has ended.
    pub fn ended(&mut self, token: u64) {
        self.handles.remove(&token);
    }

    /// Kills what still runs.
    pub fn kill_all(&self) {
        for handle in self.handles.values() {
            handle.kill();
        }
    }

    /// Starts to watch the flow's files.
    pub fn watch(&mut self) {
        let (changes, mut inbox) = unbounded_channel();
        match Watcher::start_class(&self.request.file, self.request.class.clone(), changes) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(error) => {
                self.send(Msg::Notice(format!("saves are not noticed: {error}")));
                return;
            }
        }
        let messages = self.messages.clone();
        tokio::spawn(async move {
            while let Some(change) = inbox.recv().await {
                let made = tokio::task::spawn_blocking(move || load::changed(&change)).await;
                if let Ok(changed) = made {
                    // A session that is over does not listen.
                    let _ = messages.send(Msg::Changed(Box::new(changed)));
                }
            }
        });
    }

    /// Notices what other processes write to the store, and who saves a config.
    pub fn watch_store(&self) {
        let library = Arc::clone(&self.library);
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let mut ticks = interval(PULSE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut last: Option<Pulse> = None;
            while !messages.is_closed() {
                ticks.tick().await;
                let library = Arc::clone(&library);
                let before = last.clone().unwrap_or_default();
                let asked = tokio::task::spawn_blocking(move || library.pulse(&before)).await;
                let Ok(pulse) = asked else { return };
                if let Some(last) = &last {
                    let runs = (!pulse.is_same_store(last)).then_some(Msg::RunsChanged);
                    let config = pulse.changed_config(last).map(Path::to_owned);
                    for msg in runs.into_iter().chain(config.map(Msg::ConfigChanged)) {
                        // A session that is over does not listen.
                        let _ = messages.send(msg);
                    }
                }
                last = Some(pulse);
            }
        });
    }

    fn send(&self, msg: Msg) {
        // A session that is over does not listen.
        let _ = self.messages.send(msg);
    }

    /// Runs work that waits, and sends what it makes.
    fn blocking(&self, work: impl FnOnce(&Library) -> Msg + Send + 'static) {
        let library = Arc::clone(&self.library);
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let _ = messages.send(work(&library));
        });
    }

    /// Starts an effect. Those that need the terminal come back: they are the loop's.
    pub fn start(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::LoadFlow => {
                let remembered = self.remembered.clone();
                self.blocking(move |library| {
                    let remembered = remembered.as_deref().map(Remembered::load);
                    Msg::Flow(Box::new(library.flow()), remembered.unwrap_or_default())
                });
            }
            Effect::LoadRuns { ticket } => self.blocking(move |library| Msg::Runs {
                ticket,
                runs: library.runs(),
            }),
            Effect::LoadRun(key) => {
                self.blocking(move |library| Msg::Run(Box::new(library.run(&key))))
            }
            Effect::LoadTask { ticket, task } => self.load_task(ticket, task),
            Effect::LoadLog(task) => self.blocking(move |library| Msg::Log {
                bytes: library.log(&task),
                task,
            }),
            Effect::LoadValue { task, name } => self.blocking(move |library| Msg::Value {
                value: library.value(&task, &name).map(Arc::new),
                task,
                name,
            }),
            Effect::LoadTable {
                ticket,
                source,
                from,
                rows,
            } => self.blocking(move |library| Msg::Table {
                ticket,
                page: library.table(&source, from, rows),
            }),
            Effect::LoadCard {
                ticket,
                path,
                width,
            } => self.blocking(move |library| Msg::Card {
                ticket,
                lines: library.card(&path, width).map(Arc::new),
            }),
            Effect::Highlight { file, text } => self.blocking(move |_| Msg::Highlighted {
                file,
                highlights: Arc::new(highlight(&text)),
            }),
            Effect::Submit { token, request } => self.submit(token, *request),
            Effect::Cancel(token) => {
                if let Some(handle) = self.handles.get(&token) {
                    handle.cancel();
                }
            }
            Effect::Kill(token) => {
                if let Some(handle) = self.handles.get(&token) {
                    handle.kill();
                }
            }
            Effect::Warm(request) => self.warm(*request),
            Effect::Follow(files) => self.library.follow(files),
            Effect::Judge { ticket, request } => self.judge(ticket, *request),
            Effect::WarmStep { request, step } => self.warm_step(*request, step),
            Effect::LoadStatus => {
                let (engine, messages) = (self.engine.clone(), self.messages.clone());
                tokio::spawn(async move {
                    let status = Box::new(engine.status().await);
                    // A session that is over does not listen.
                    let _ = messages.send(Msg::Status(status));
                });
            }
            Effect::Save { file, text } => self.blocking(move |_| {
                let written = load::save(&file, &text);
                Msg::Saved(written.map(|()| file))
            }),
            Effect::Remember(remembered) => {
                if let Some(path) = &self.remembered {
                    // A few bytes at the very end: nobody waits for the screen any more. Not remembering is no reason
                    // to say anything.
                    let _ = remembered.save(path);
                }
            }
            terminal @ (Effect::OpenEditor { .. }
            | Effect::Copy(_)
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Quit) => return Some(terminal),
        }
        None
    }

    /// The facts at once; summaries of big artifacts when they are ready.
    fn load_task(&self, ticket: u64, task: crate::app::records::TaskKey) {
        let library = Arc::clone(&self.library);
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let facts = Box::new(library.facts(&task));
            let first = Msg::Task {
                ticket,
                task: task.clone(),
                facts,
            };
            let _ = messages.send(first);
            let artifacts = library.summaries(&task);
            if !artifacts.is_empty() {
                let _ = messages.send(Msg::Summaries {
                    ticket,
                    task,
                    artifacts,
                });
            }
        });
    }

    fn submit(&mut self, token: u64, request: crate::engine::Request) {
        self.stop_looking();
        let mut job = self.engine.submit(request);
        self.handles.insert(token, job.cancel.clone());
        let jobs = self.jobs.clone();
        tokio::spawn(async move {
            while let Some(event) = job.events.recv().await {
                if jobs.send(Msg::Job { token, event }).await.is_err() {
                    return;
                }
            }
            let _ = jobs.send(Msg::JobEnded { token }).await;
        });
    }

    /// Once the step has been looked at for a while. What has begun then gives way to newer requests by itself.
    fn warm_step(&mut self, request: FlowRequest, step: String) {
        let (looking, left) = oneshot::channel::<()>();
        self.looking = Some(looking);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => engine.warm_step(&request, &step).await,
                _ = left => {}
            }
        });
    }

    /// The step is not looked at any more.
    fn stop_looking(&mut self) {
        self.looking = None;
    }

    fn judge(&self, ticket: u64, request: StatusRequest) {
        let engine = self.engine.clone();
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let status = engine.judge(request).await;
            let status = status.map(Box::new).map_err(|error| error.to_string());
            // A session that is over does not listen.
            let _ = messages.send(Msg::Judged { ticket, status });
        });
    }

    fn warm(&self, request: FlowRequest) {
        let engine = self.engine.clone();
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let result: Result<(), Failure> = engine.warm(&request).await.map(|_| ());
            let _ = messages.send(Msg::Warmed(result.map_err(Box::new)));
        });
    }
}
