//! The forkserver: one Python process per environment that has imported third-party modules and forks templates.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command as Process};

use super::frame;
use super::link::Link;
use super::message::{Answer, Command};
use super::template::{Own, Template};
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
}

/// The running process. Dropping it closes its control socket, which ends it and its templates.
pub struct Forkserver {
    link: Link,
    /// Kept so that the process is reaped; it ends by itself when the link closes.
    child: Child,
    /// The last that it wrote, for the message when it dies.
    said: Arc<Mutex<String>>,
    next_template: AtomicU64,
}

/// Bytes of a worker's own output that are kept for an error message.
const SAID_LIMIT: usize = 16 * 1024;

impl Forkserver {
    /// Starts the process. It answers nothing by itself: errors show at the first question.
    ///
    /// # Errors
    /// [`EngineError::Python`] if the interpreter cannot be executed.
    pub fn start(setup: &PythonSetup) -> Result<Self, EngineError> {
        let (ours, theirs) = frame::pair()?;
        let main = setup.assets.join("metaflow/_worker/main.py");
        let mut process = Process::new(&setup.python);
        process
            .arg(main)
            .current_dir(&setup.cwd)
            .env("PYTHONPATH", python_path(&setup.assets))
            .env("PYTHONUNBUFFERED", "x")
            // What steps start (a flow, a transfer) is to be done by this same program.
            .envs(std::env::current_exe().map(|path| ("FLOWDEV_BIN", path)))
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in the terminal is ours to handle: the worker must not die of it.
            .process_group(0);
        let mut child = process.spawn().map_err(|source| EngineError::Python {
            python: setup.python.display().to_string(),
            source,
        })?;
        let said = Arc::new(Mutex::new(String::new()));
        if let Some(out) = child.stdout.take() {
            tokio::spawn(listen(out, Arc::clone(&said)));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(listen(err, Arc::clone(&said)));
        }
        Ok(Self {
            link: Link::new(ours),
            child,
            said,
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
        let said = Arc::new(Mutex::new(String::new()));
        for read in [out_read, err_read] {
            let read = tokio::net::unix::pipe::Receiver::from_owned_fd(read)?;
            tokio::spawn(listen(read, Arc::clone(&said)));
        }
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
pub(super) fn explain(error: EngineError, said: &Mutex<String>) -> EngineError {
    match error {
        EngineError::WorkerGone => EngineError::WorkerEnded {
            said: said.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        },
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
fn python_path(assets: &std::path::Path) -> std::ffi::OsString {
    let mut path = assets.as_os_str().to_owned();
    if let Some(rest) = std::env::var_os("PYTHONPATH").filter(|rest| !rest.is_empty()) {
        path.push(":");
        path.push(rest);
    }
    path
}

async fn listen<R: tokio::io::AsyncRead + Unpin>(mut from: R, said: Arc<Mutex<String>>) {
    let mut buffer = [0_u8; 4096];
    while let Ok(n) = from.read(&mut buffer).await {
        if n == 0 {
            break;
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&String::from_utf8_lossy(&buffer[..n]));
        if said.len() > SAID_LIMIT {
            let mut cut = said.len() - SAID_LIMIT;
            while !said.is_char_boundary(cut) {
                cut += 1;
            }
            said.drain(..cut);
        }
    }
}
