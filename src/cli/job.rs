//! Runs a request in the foreground: in a session if there is one, else alone. Prints its events, passes ctrl-c on.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::arguments::{Common, Manner, Voice, settings};
use super::console::Console;
use super::error::{CliError, ExitKind};
use super::out;
use super::timings::Timings;
use crate::engine::{Event, Failure, Job, Outcome, Request};
use crate::session::{self, Progress, Submitted};

/// Submits the request and prints what happens until it is over.
///
/// # Errors
/// When the engine cannot start or standard output cannot be written.
pub fn execute(common: &Common, voice: Voice, request: Request) -> Result<ExitKind, CliError> {
    let common = common.settled(&settings(&request.flow().file));
    let runtime = runtime()?;
    runtime.block_on(async {
        let mut face = Face::new(common.json, voice)?;
        let request = match in_session(&common, &mut face, request).await? {
            InSession::Done(kind) => return Ok(kind),
            InSession::Left(request) => *request,
        };
        let engine = common.engine()?;
        let ended = face.follow(engine.submit(request)).await;
        engine.shutdown().await;
        Ok(match ended? {
            Ended::Over(kind) => kind,
            Ended::Lost => ExitKind::Failed,
        })
    })
}

/// The runtime of a command: a few threads are plenty, the work is in Python and in blocking file operations.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

enum InSession {
    Done(ExitKind),
    /// What is to be done alone.
    Left(Box<Request>),
}

async fn in_session(
    common: &Common,
    face: &mut Face,
    request: Request,
) -> Result<InSession, CliError> {
    if !face.voice.session {
        return Ok(InSession::Left(Box::new(request)));
    }
    let job = match session::submit(request.clone(), common.python.clone()).await {
        Submitted::Job(job) => job,
        Submitted::Alone => return Ok(InSession::Left(Box::new(request))),
        Submitted::Refused(why) => {
            out::note(&format!("flowdev: {why}"));
            return Ok(InSession::Left(Box::new(request)));
        }
    };
    match face.follow(job).await? {
        Ended::Over(kind) => Ok(InSession::Done(kind)),
        Ended::Lost if face.interrupts > 0 => {
            out::note("flowdev: the session has ended, and what it did with it");
            Ok(InSession::Done(face.cancelled()))
        }
        Ended::Lost => {
            let cwd = std::env::current_dir()?;
            let (request, what) = session::carry_on(request, &face.progress, &cwd);
            out::note(&format!("flowdev: {what}"));
            Ok(InSession::Left(Box::new(request)))
        }
    }
}

/// How the events of a job ended.
enum Ended {
    Over(ExitKind),
    /// Without a last word.
    Lost,
}

/// What stands between a job and the user.
struct Face {
    voice: Voice,
    json: bool,
    console: Console,
    progress: Progress,
    timings: Timings,
    interrupts: u32,
    // One listener for the whole command: one made anew for each wait would miss what comes between two of them.
    interrupt: Signal,
    terminate: Signal,
}

impl Face {
    fn new(json: bool, voice: Voice) -> Result<Self, CliError> {
        // Standard output belongs to the events then: sentences go to standard error, as is our own manner.
        let manner = if json { Manner::Flowdev } else { voice.manner };
        Ok(Self {
            voice,
            json,
            console: Console::new(manner, voice.quiet),
            progress: Progress::default(),
            timings: Timings::default(),
            interrupts: 0,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn follow(&mut self, mut job: Job) -> Result<Ended, CliError> {
        loop {
            let event = tokio::select! {
                event = job.events.recv() => event,
                _ = self.interrupt.recv() => {
                    self.interrupts += 1;
                    if self.interrupts == 1 {
                        self.console.interrupted()?;
                        job.cancel.cancel();
                    } else {
                        job.cancel.kill();
                    }
                    continue;
                }
                _ = self.terminate.recv() => {
                    self.interrupts += 1;
                    job.cancel.kill();
                    continue;
                }
            };
            let Some(event) = event else {
                return Ok(Ended::Lost);
            };
            self.progress.hear(&event);
            self.timings.hear(&event);
            if self.json {
                out::json(&event)?;
            } else {
                self.console.show(&event)?;
            }
            if let Event::JobFinished { outcome, .. } = event {
                if self.voice.timings && !self.json {
                    self.timings.print()?;
                }
                return Ok(Ended::Over(self.exit_kind(&outcome)));
            }
        }
    }

    fn exit_kind(&self, outcome: &Outcome) -> ExitKind {
        match outcome {
            Outcome::Success => ExitKind::Success,
            Outcome::Failed {
                failure: Failure::Usage { .. },
                ..
            } => ExitKind::Usage,
            Outcome::Failed { .. } => ExitKind::Failed,
            Outcome::Cancelled => self.cancelled(),
        }
    }

    fn cancelled(&self) -> ExitKind {
        match self.voice.manner {
            Manner::Metaflow => ExitKind::Failed,
            Manner::Flowdev => ExitKind::Cancelled,
        }
    }
}
