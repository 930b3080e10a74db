//! The forkserver: one Python process per environment that has imported third-party modules and forks templates. A process that
//! was forked from it and has imported the modules of a project is one, too.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command as Process};

use super::frame;
use super::link::Link;
use super::message::{Answer, Around, Command, Held, Imported, Load, Preload, Preloaded};
use super::overheard::Overheard;
use super::template::{Own, Template};
use crate::engine::environment::Environment;
use crate::engine::error::EngineError;

/// How to start Python.
#[derive(Debug, Clone)]
pub struct PythonSetup {
    /// The interpreter.
    pub python: PathBuf,
    /// Directory with our `metaflow` package.
    pub assets: PathBuf,
    /// Where Python starts: the user's working directory.
    pub cwd: PathBuf,
    /// Its variables, before those that the worker needs.
    pub env: Environment,
}

/// The running process. Dropping it closes its control socket, which ends it and its templates.
pub struct Forkserver {
    link: Link,
    /// Kept so that the process is reaped; it ends by itself when the link closes. `None` where it was forked itself.
    child: Option<Child>,
    /// The last that it wrote, for the message when it dies.
    said: Arc<Overheard>,
    next_template: AtomicU64,
    /// The next template, forked ahead.
    ahead: Mutex<Option<Template>>,
}

impl Forkserver {
    /// Starts the process. It answers nothing by itself: errors show at the first question.
    ///
    /// # Errors
    /// [`EngineError::Python`] if the interpreter cannot be executed.
    pub fn start(setup: &PythonSetup) -> Result<Self, EngineError> {
        let (ours, theirs) = frame::pair()?;
        let (out_read, out_write) = pipe()?;
        let (err_read, err_write) = pipe()?;
        let main = setup.assets.join("metaflow/_worker/main.py");
        let mut process = Process::new(&setup.python);
        setup.env.apply(&mut process);
        process
            .arg(main)
            .current_dir(&setup.cwd)
            .env("PYTHONPATH", python_path(setup))
            .env("PYTHONUNBUFFERED", "x")
            // What steps start (a flow, a transfer) is to be done by this same program.
            .envs(std::env::current_exe().map(|path| ("FLOWDEV_BIN", path)))
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(out_write))
            .stderr(Stdio::from(err_write))
            // Ctrl-C in the terminal is ours to handle: the worker must not die of it.
            .process_group(0);
        let child = process.spawn().map_err(|source| EngineError::Python {
            python: setup.python.display().to_string(),
            source,
        })?;
        let said = overhear([out_read, err_read])?;
        Ok(Self::new(Link::new(ours), Some(child), said))
    }

    pub(super) fn new(link: Link, child: Option<Child>, said: Arc<Overheard>) -> Self {
        Self {
            link,
            child,
            said,
            next_template: AtomicU64::new(0),
            ahead: Mutex::new(None),
        }
    }

    /// Imports modules ahead.
    ///
    /// # Errors
    /// When the process dies of an import.
    pub async fn preload(&self, preload: &Preload) -> Result<Preloaded, EngineError> {
        self.forget_ahead();
        match self.ask(&Command::Preload(preload)).await? {
            Answer::Preloaded(preloaded) => Ok(preloaded),
            other => Err(unexpected(&other)),
        }
    }

    /// Imports what a flow file imports first, so that every later template has done it already.
    ///
    /// # Errors
    /// When the process dies of an import.
    pub async fn import(&self, load: &Load) -> Result<Imported, EngineError> {
        match self.ask(&Command::Import(load)).await? {
            Answer::Imported(imported) => Ok(imported),
            other => Err(unexpected(&other)),
        }
    }

    /// Unpickles artifacts, so that every later template is born with them, and forgets others.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn hold(
        &self,
        project: &Around,
        blobs: &str,
        shas: &[String],
        drop: &[String],
    ) -> Result<Held, EngineError> {
        let command = Command::Hot {
            blobs,
            shas,
            drop,
            project,
        };
        let held = match self.ask(&command).await? {
            Answer::Hot(held) => held,
            other => return Err(unexpected(&other)),
        };
        // It was forked from the process as it was before.
        self.forget_ahead();
        Ok(held)
    }

    /// A template that has not loaded a flow yet: the one that was forked ahead, else a new one.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn template(&self) -> Result<Template, EngineError> {
        let ahead = lock(&self.ahead).take();
        match ahead.filter(|template| !template.is_closed()) {
            Some(template) => Ok(template),
            None => self.fork().await,
        }
    }

    /// Forks the next template, if that has not been done.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn fork_ahead(&self) -> Result<(), EngineError> {
        if lock(&self.ahead).is_none() {
            let template = self.fork().await?;
            *lock(&self.ahead) = Some(template);
        }
        Ok(())
    }

    fn forget_ahead(&self) {
        *lock(&self.ahead) = None;
    }

    /// Forks a template now.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn fork(&self) -> Result<Template, EngineError> {
        let id = format!("T{}", self.next_template.fetch_add(1, Ordering::Relaxed));
        let (ours, theirs) = frame::pair()?;
        let (out_read, out_write) = pipe()?;
        let (err_read, err_write) = pipe()?;
        let fds: [OwnedFd; 3] = [theirs, out_write, err_write];
        let command = Command::Template {
            id: &id,
            fds: fds.len(),
        };
        let forked = self.link.fork(&id, &command, &fds).await;
        let forked = forked.map_err(|error| self.explain(error))?;
        let said = overhear([out_read, err_read])?;
        Ok(Template::new(
            Link::new(ours),
            Some(Own::Forked(forked)),
            said,
        ))
    }

    /// Without forking the process is its own template.
    pub fn into_template(self) -> Template {
        let own = self.child.map(Own::Child);
        Template::new(self.link, own, self.said)
    }

    /// What modules of a project have printed that it has imported.
    pub fn printed(&self) -> String {
        match self.child {
            Some(_) => String::new(),
            None => self.said.text(),
        }
    }

    /// The process that was started.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref()?.id()
    }

    /// Whether the process is gone.
    pub fn is_closed(&self) -> bool {
        self.link.is_closed()
    }

    async fn ask(&self, command: &Command<'_>) -> Result<Answer, EngineError> {
        let answer = self.link.ask(command).await;
        answer.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: EngineError) -> EngineError {
        explain(error, &self.said)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds what the process said before it went.
pub(super) fn explain(error: EngineError, said: &Overheard) -> EngineError {
    let begun = match error {
        EngineError::WorkerGone => false,
        EngineError::WorkerEnded { begun, .. } => begun,
        other => return other,
    };
    let said = said.text();
    EngineError::WorkerEnded { said, begun }
}

pub(super) fn unexpected(answer: &Answer) -> EngineError {
    EngineError::Io(io::Error::other(format!(
        "a worker answered something else than it was asked: {answer:?}"
    )))
}

/// A pipe that no other process inherits by accident.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?)
}

/// Our package first, then what the user has.
fn python_path(setup: &PythonSetup) -> std::ffi::OsString {
    let mut path = setup.assets.as_os_str().to_owned();
    if let Some(rest) = setup.env.filled("PYTHONPATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

/// Listens to the reading ends of both streams.
fn overhear(pipes: [OwnedFd; 2]) -> io::Result<Arc<Overheard>> {
    let pipes: io::Result<Vec<Receiver>> = pipes.into_iter().map(Receiver::from_owned_fd).collect();
    Ok(Overheard::listen(pipes?))
}
