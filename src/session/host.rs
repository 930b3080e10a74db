//! The side of the session: listens, judges who may be served, and carries out requests with an engine of the command's place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::circumstances;
use super::client;
use super::engines::{Engines, Numbered, Settle};
use super::error::SessionError;
use super::place::Place;
use super::protocol::{Answer, Ask, BUILD, JobStatus, Kind, Refusal, Status};
use super::socket::Listening;
use crate::engine::frame::{self, Reader};
use crate::engine::{CancelHandle, Engine, Event, Outcome, Request};

/// How long jobs may take to end politely when the session ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// How long who asks for the status waits for an engine.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long nobody is let in after that has failed.
const BREATH: Duration = Duration::from_millis(100);

/// What a session is to be.
pub struct HostConfig {
    /// The directory whose flows, and those below it, are served.
    pub project: PathBuf,
    pub kind: Kind,
    /// Ends by itself when nothing was asked of it for so long.
    pub idle: Option<Duration>,
    /// What the user's settings make of an engine for a flow, in the environment that the engine has.
    pub settle: Settle,
}

/// What happens in a session, for who watches it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "session", rename_all = "snake_case")]
pub enum Notice {
    /// A request is being carried out.
    Began { id: u64, what: String },
    Ended {
        id: u64,
        outcome: Option<Outcome>,
        millis: f64,
    },
    /// A command of another build has come.
    Refused { build: String },
}

/// A session that listens.
pub struct Host {
    listening: Listening,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
}

/// What all connections share.
struct Shared {
    config: HostConfig,
    since: i64,
    circumstances: String,
    state: Mutex<State>,
    stop: watch::Sender<bool>,
    notices: mpsc::UnboundedSender<Notice>,
}

struct State {
    engines: Engines,
    jobs: BTreeMap<u64, Running>,
    begun: u64,
    last_used: Option<Instant>,
}

struct Running {
    status: JobStatus,
    cancel: CancelHandle,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notice(&self, notice: Notice) {
        // Whoever does not listen does not want to know.
        let _ = self.notices.send(notice);
    }

    /// What there is to know of the engines.
    async fn engines(&self) -> Vec<Numbered> {
        let listed = self.state().engines.listed();
        let mut known = Vec::new();
        for (engine, mut one) in listed {
            // An engine that loads a flow answers when that is done, which may be long.
            one.status.holds = timeout(PATIENCE, engine.status()).await.ok();
            known.push(one);
        }
        known
    }

    async fn status(&self) -> Status {
        let jobs = {
            let state = self.state();
            state.jobs.values().map(|job| job.status.clone()).collect()
        };
        let engines = self.engines().await.into_iter();
        Status {
            pid: std::process::id(),
            build: BUILD.to_owned(),
            kind: self.config.kind,
            project: self.config.project.display().to_string(),
            since: self.since,
            jobs,
            engines: engines.map(|one| one.status).collect(),
        }
    }

    fn refusal(&self, why: Refusal) -> Answer {
        Answer::Refused {
            why,
            pid: std::process::id(),
            build: BUILD.to_owned(),
        }
    }
}

impl Host {
    /// Starts to listen. Must be called on a tokio runtime; commands are served while [`Host::run`] runs.
    ///
    /// # Errors
    /// [`SessionError::Taken`] where another session serves the directory.
    pub async fn start(
        mut config: HostConfig,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Result<Self, SessionError> {
        if let Ok(real) = config.project.canonicalize() {
            config.project = real;
        }
        let listening = match Listening::start(&config.project) {
            Ok(listening) => listening,
            Err(SessionError::Taken { project, .. }) => {
                let pid = client::status(&project).await.ok().map(|status| status.pid);
                return Err(SessionError::Taken { project, pid });
            }
            Err(error) => return Err(error),
        };
        let (stop_tx, stop) = watch::channel(false);
        let state = State {
            engines: Engines::new(config.settle),
            jobs: BTreeMap::new(),
            begun: 0,
            last_used: None,
        };
        let shared = Shared {
            config,
            since: now(),
            circumstances: circumstances::own(),
            state: Mutex::new(state),
            stop: stop_tx,
            notices,
        };
        Ok(Self {
            listening,
            shared: Arc::new(shared),
            stop,
        })
    }

    /// Lets commands of this place use an engine that is there already.
    pub fn share(&self, engine: Engine, place: &Place, flow: &Path) {
        self.shared.state().engines.own(engine, place, flow);
    }

    /// Serves until the session is asked to stop, has been idle for too long, or `end` is there; then ends what runs, and all
    /// processes.
    pub async fn run(mut self, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            tokio::select! {
                stream = accepted(&self.listening.listener) => {
                    tokio::spawn(connection(stream, Arc::clone(&self.shared)));
                }
                _ = self.stop.wait_for(|stop| *stop) => break,
                () = idle(&self.shared) => break,
                () = &mut end => break,
            }
        }
        self.farewell().await;
    }

    async fn farewell(self) {
        let handles = |shared: &Shared| -> Vec<CancelHandle> {
            let state = shared.state();
            state.jobs.values().map(|job| job.cancel.clone()).collect()
        };
        self.shared.stop.send_replace(true);
        let patience = Instant::now() + FAREWELL;
        for handle in handles(&self.shared) {
            handle.cancel();
        }
        while !self.shared.state().jobs.is_empty() && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for handle in handles(&self.shared) {
            handle.kill();
        }
        let engines = self.shared.state().engines.take_all();
        for engine in engines {
            engine.shutdown().await;
        }
    }
}

/// The next command.
async fn accepted(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // There are no descriptors left: it would fail again at once.
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
}

/// Ends when nothing was asked for too long.
async fn idle(shared: &Shared) {
    let Some(limit) = shared.config.idle else {
        return std::future::pending().await;
    };
    let began = Instant::now();
    loop {
        let (is_busy, last) = {
            let state = shared.state();
            (!state.jobs.is_empty(), state.last_used.unwrap_or(began))
        };
        let now = Instant::now();
        let until = if is_busy { now + limit } else { last + limit };
        if until <= now {
            return;
        }
        tokio::time::sleep_until(until).await;
    }
}

async fn connection(stream: UnixStream, shared: Arc<Shared>) {
    let Ok(peer) = stream.peer_cred() else { return };
    if peer.uid() != rustix::process::getuid().as_raw() {
        return;
    }
    let (read, mut write) = stream.into_split();
    let mut read = Reader::new(read);
    // What it says that is not understood ends the connection.
    while let Ok(Some(ask)) = read.next::<Ask>().await {
        let answer = match ask {
            Ask::Status => Answer::Status {
                status: Box::new(shared.status().await),
            },
            Ask::Stop if shared.config.kind == Kind::Window => Answer::Window,
            Ask::Stop => {
                let _ = say(&mut write, &Answer::Stopping).await;
                shared.stop.send_replace(true);
                drop(shared);
                // Closed by the end of the process: then it is gone.
                return std::future::pending().await;
            }
            Ask::Hello { build, .. } if build != BUILD => {
                shared.notice(Notice::Refused { build });
                let _ = say(&mut write, &shared.refusal(Refusal::Build)).await;
                return;
            }
            Ask::Hello { circumstances, .. } if circumstances != shared.circumstances => {
                let _ = say(&mut write, &shared.refusal(Refusal::Circumstances)).await;
                return;
            }
            Ask::Hello { .. } => continue,
            Ask::Submit { place, request } => {
                return work(&shared, read, write, place, *request, peer.pid()).await;
            }
            // Of a job that is over.
            Ask::Cancel | Ask::Kill => continue,
        };
        if say(&mut write, &answer).await.is_err() {
            return;
        }
    }
}

/// Carries out one request; the connection is its command's.
async fn work(
    shared: &Arc<Shared>,
    mut read: Reader,
    mut write: OwnedWriteHalf,
    place: Place,
    mut request: Request,
    pid: Option<i32>,
) {
    let flow = request.flow().file.clone();
    let lent = shared.state().engines.lend(&place, &flow);
    let Ok(lent) = lent else {
        let _ = say(&mut write, &shared.refusal(Refusal::Unable)).await;
        return;
    };
    // A command that has gone away in the meantime works alone: its request must not be carried out twice.
    if *shared.stop.borrow() || say(&mut write, &Answer::Welcome).await.is_err() {
        shared.state().engines.give_back(lent.number);
        return;
    }
    let what = words(&request);
    request.flow_mut().variables = lent.variables;
    let mut job = lent.engine.submit(request);
    let began = Instant::now();
    let id = {
        let mut state = shared.state();
        state.begun += 1;
        let id = state.begun;
        let running = Running {
            status: JobStatus {
                id,
                what: what.clone(),
                pid,
                since: now(),
            },
            cancel: job.cancel.clone(),
        };
        state.jobs.insert(id, running);
        id
    };
    shared.notice(Notice::Began { id, what });
    let cancel = job.cancel.clone();
    let listener = tokio::spawn(async move {
        while let Ok(Some(ask)) = read.next::<Ask>().await {
            match ask {
                Ask::Cancel => cancel.cancel(),
                Ask::Kill => cancel.kill(),
                _ => {}
            }
        }
        // The command is gone, and with it who wanted this.
        cancel.cancel();
    });
    let mut outcome = None;
    let mut is_heard = true;
    let mut bytes = Vec::new();
    while let Some(event) = job.events.recv().await {
        let mut next = Some(event);
        while let Some(event) = next {
            if let Event::JobFinished { outcome: end, .. } = &event {
                outcome = Some(end.clone());
            }
            // That the session takes its jobs with it is no word of the user's: the command is to carry on.
            let is_ours = *shared.stop.borrow() && outcome == Some(Outcome::Cancelled);
            if !is_ours {
                let event = Box::new(event);
                let _ = frame::encode(&Answer::Event { event }, &mut bytes);
            }
            next = (bytes.len() < FULL)
                .then(|| job.events.try_recv().ok())
                .flatten();
        }
        is_heard = is_heard && write.write_all(&bytes).await.is_ok();
        bytes.clear();
        if outcome.is_some() {
            break;
        }
    }
    listener.abort();
    {
        let mut state = shared.state();
        state.jobs.remove(&id);
        state.last_used = Some(Instant::now());
        state.engines.give_back(lent.number);
    }
    shared.notice(Notice::Ended {
        id,
        outcome,
        millis: began.elapsed().as_secs_f64() * 1000.0,
    });
    let known = shared.engines().await;
    let surplus = shared.state().engines.surplus(&known);
    for engine in surplus {
        engine.shutdown().await;
    }
}

/// Bytes of events that are collected before they are sent.
const FULL: usize = 64 * 1024;

async fn say(to: &mut OwnedWriteHalf, answer: &Answer) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    frame::encode(answer, &mut bytes)?;
    to.write_all(&bytes).await
}

/// The request as a command line would say it.
fn words(request: &Request) -> String {
    let (verb, step) = match request {
        Request::Run(_) => ("run", None),
        Request::Resume(request) => ("resume", request.step.as_deref()),
        Request::Spin(request) => ("spin", Some(request.step.as_str())),
    };
    let file = request.flow().file.file_name().unwrap_or_default();
    let step = step.map(|step| format!(" {step}")).unwrap_or_default();
    format!("{verb} {}{step}", file.to_string_lossy())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
