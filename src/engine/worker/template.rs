//! A template: a Python process that has executed one version of a flow and forks its tasks.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;
use tokio::sync::oneshot;

use super::forkserver::{Forkserver, explain, lock, pipe, unexpected};
use super::frame;
use super::link::{Forked, Link};
use super::message::{Answer, Command, Load, Loaded, Preload, Spec};
use super::overheard::Overheard;
use super::task::TaskProcess;
use crate::engine::error::EngineError;
use crate::engine::installed::Files;

/// The process. Dropping it closes its control socket, which ends it.
pub struct Template {
    link: Link,
    /// The end of the process itself, until it becomes its one task.
    own: Mutex<Option<Own>>,
    said: Arc<Overheard>,
    /// Files of what it has imported ahead, until that is told.
    installed: Mutex<Files>,
    next_task: AtomicU64,
}

/// From whom the end of a template is learnt.
pub(super) enum Own {
    /// It is an interpreter that we have started.
    Child(Child),
    /// A forkserver has forked it, and tells.
    Forked(Forked),
}

impl Template {
    pub(super) fn new(link: Link, own: Option<Own>, said: Arc<Overheard>) -> Self {
        Self {
            link,
            own: Mutex::new(own),
            said,
            installed: Mutex::default(),
            next_task: AtomicU64::new(0),
        }
    }

    /// Imports modules ahead of the flow.
    ///
    /// # Errors
    /// When the process dies of an import.
    pub async fn preload(&self, preload: &Preload) -> Result<(), EngineError> {
        match self.ask(&Command::Preload(preload)).await? {
            Answer::Preloaded(preloaded) => {
                lock(&self.installed).extend(preloaded.installed);
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Executes the flow file.
    ///
    /// # Errors
    /// [`EngineError::Import`] with the user's traceback if the file raises, [`EngineError::WorkerEnded`] if it ends the
    /// process.
    pub async fn load(&self, load: &Load) -> Result<Loaded, EngineError> {
        match self.ask(&Command::Load(load)).await? {
            Answer::Loaded(mut loaded) => {
                for (directory, mut names) in std::mem::take(&mut *lock(&self.installed)) {
                    loaded
                        .installed
                        .entry(directory)
                        .or_default()
                        .append(&mut names);
                }
                Ok(*loaded)
            }
            Answer::Failed { error, .. } => Err(EngineError::python(error)),
            other => Err(unexpected(&other)),
        }
    }

    /// Makes it a forkserver of its own.
    pub fn into_forkserver(self) -> Forkserver {
        let child = match lock(&self.own).take() {
            Some(Own::Child(child)) => Some(child),
            Some(Own::Forked(_)) | None => None,
        };
        Forkserver::new(self.link, child, self.said)
    }

    /// Starts one attempt. With `fork` the template stays; without, it becomes the task, which it can do once.
    ///
    /// # Errors
    /// When the process is gone, or is a task already.
    pub async fn task(&self, spec: &Spec, fork: bool) -> Result<TaskProcess, EngineError> {
        let id = self.next_task.fetch_add(1, Ordering::Relaxed).to_string();
        let (control, theirs) = frame::pair()?;
        let (stdout, out_write) = pipe()?;
        let (stderr, err_write) = pipe()?;
        let fds: [OwnedFd; 3] = [theirs, out_write, err_write];
        let command = Command::Task {
            id: &id,
            fds: fds.len(),
            fork,
            spec,
        };
        let forked = if fork {
            self.link.fork(&id, &command, &fds).await
        } else {
            self.become_task(&command, &fds).await
        };
        drop(fds);
        let forked = forked.map_err(|error| explain(error, &self.said))?;
        Ok(TaskProcess::new(
            control,
            Receiver::from_owned_fd(stdout)?,
            Receiver::from_owned_fd(stderr)?,
            forked,
        ))
    }

    /// Whether the process is gone.
    pub fn is_closed(&self) -> bool {
        self.link.is_closed()
    }

    /// What was printed while the flow file was executed, since the last call.
    pub fn take_output(&self) -> String {
        self.said.take()
    }

    /// Without forking: the process runs the task itself.
    async fn become_task(
        &self,
        command: &Command<'_>,
        fds: &[OwnedFd],
    ) -> Result<Forked, EngineError> {
        let own = lock(&self.own).take().ok_or(EngineError::WorkerGone)?;
        self.link.send(command, fds).await?;
        let mut child = match own {
            Own::Child(child) => child,
            Own::Forked(forked) => return Ok(forked),
        };
        let pid = child.id().ok_or(EngineError::WorkerGone)?;
        let (tx, exit) = oneshot::channel();
        tokio::spawn(async move {
            if let Ok(status) = child.wait().await {
                let code = status.code().or(status.signal().map(|signal| -signal));
                // Nobody waits any more if the job is over.
                let _ = tx.send(code.unwrap_or_default());
            }
        });
        Ok(Forked { pid, exit })
    }

    async fn ask(&self, command: &Command<'_>) -> Result<Answer, EngineError> {
        let answer = self.link.ask(command).await;
        answer.map_err(|error| explain(error, &self.said))
    }
}
