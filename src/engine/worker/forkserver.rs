//! The forkserver: one Python process per environment that has imported third-party modules and forks templates.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command as Process};

use super::frame;
use super::link::Link;
use super::message::{Answer, Command};
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
    /// Kept so that the process is reaped; it ends by itself when the link closes.
    child: Child,
    /// The last that it wrote, for the message when it dies.
    said: Arc<Overheard>,
    next_template: AtomicU64,
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
        Ok(Self {
            link: Link::new(ours),
            child,
            said: overhear([out_read, err_read])?,
            next_template: AtomicU64::new(0),
        })
    }

    /// Imports modules ahead; returns why the process may not be forked any more, if so: a clause in the past tense.
    ///
    /// # Errors
    /// When the process dies of an import.
    pub async fn preload(&self, modules: &[String]) -> Result<Option<String>, EngineError> {
        match self.ask(&Command::Preload { modules }).await? {
            Answer::Preloaded { obstacle } => Ok(obstacle),
            other => Err(unexpected(&other)),
        }
    }

    /// Unpickles artifacts that need no project module, so that every later template is born with them; returns
    /// why the process may not be forked any more, if so.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn hold(&self, blobs: &str, shas: &[String]) -> Result<Option<String>, EngineError> {
        match self.ask(&Command::Hot { blobs, shas }).await? {
            Answer::Hot { obstacle } => Ok(obstacle),
            other => Err(unexpected(&other)),
        }
    }

    /// Forks a template; it has not loaded a flow yet.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn template(&self) -> Result<Template, EngineError> {
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
        Ok(Template::new(Link::new(ours), Own::Forked(forked), said))
    }

    /// Without forking the process is its own template.
    pub fn into_template(self) -> Template {
        Template::new(self.link, Own::Child(self.child), self.said)
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

/// Replaces "gone" by what the process said before it went.
pub(super) fn explain(error: EngineError, said: &Overheard) -> EngineError {
    match error {
        EngineError::WorkerGone => EngineError::WorkerEnded { said: said.text() },
        other => other,
    }
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
