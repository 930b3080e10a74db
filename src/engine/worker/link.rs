//! A connection to a forkserver or a template: questions with one answer each, and forks with a pid now and an exit status
//! later. Knows the protocol, not what is asked for.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{Mutex as AsyncMutex, oneshot};

use super::frame;
use super::message::{Answer, Command};
use crate::engine::error::EngineError;

/// A forked process, seen from its parent's connection.
pub struct Forked {
    pub pid: u32,
    /// Exit code, or minus the signal. An error means that the parent died first.
    pub exit: oneshot::Receiver<i32>,
}

/// Who waits for what on this connection.
#[derive(Default)]
struct Waiters {
    answer: Option<oneshot::Sender<Answer>>,
    forks: HashMap<String, oneshot::Sender<u32>>,
    exits: HashMap<String, oneshot::Sender<i32>>,
    closed: bool,
}

/// One connection. Questions are asked one at a time, forks may overlap.
pub struct Link {
    write: AsyncMutex<OwnedWriteHalf>,
    asking: AsyncMutex<()>,
    waiters: Arc<Mutex<Waiters>>,
}

impl Link {
    /// Starts reading answers from the socket.
    pub fn new(stream: UnixStream) -> Self {
        let (read, write) = stream.into_split();
        let waiters = Arc::new(Mutex::new(Waiters::default()));
        tokio::spawn(dispatch(frame::Reader::new(read), Arc::clone(&waiters)));
        Self {
            write: AsyncMutex::new(write),
            asking: AsyncMutex::new(()),
            waiters,
        }
    }

    /// Whether the peer is gone.
    pub fn is_closed(&self) -> bool {
        lock(&self.waiters).closed
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// [`EngineError::WorkerGone`] if the peer closes first.
    pub async fn ask(&self, command: &Command<'_>) -> Result<Answer, EngineError> {
        let _turn = self.asking.lock().await;
        let (tx, rx) = oneshot::channel();
        lock(&self.waiters).answer = Some(tx);
        self.send(command, &[]).await?;
        rx.await.map_err(|_| EngineError::WorkerGone)
    }

    /// Sends a command that forks a process named `id`, with the descriptors that the process gets.
    ///
    /// # Errors
    /// [`EngineError::WorkerGone`] if the peer closes before it has forked.
    pub async fn fork(
        &self,
        id: &str,
        command: &Command<'_>,
        fds: &[OwnedFd],
    ) -> Result<Forked, EngineError> {
        let (pid_tx, pid_rx) = oneshot::channel();
        let (exit_tx, exit) = oneshot::channel();
        {
            let mut waiters = lock(&self.waiters);
            if waiters.closed {
                return Err(EngineError::WorkerGone);
            }
            waiters.forks.insert(id.to_owned(), pid_tx);
            waiters.exits.insert(id.to_owned(), exit_tx);
        }
        self.send(command, fds).await?;
        let pid = pid_rx.await.map_err(|_| EngineError::WorkerGone)?;
        Ok(Forked { pid, exit })
    }

    /// Sends a command without waiting for anything.
    pub async fn send(&self, command: &Command<'_>, fds: &[OwnedFd]) -> Result<(), EngineError> {
        let mut write = self.write.lock().await;
        frame::write(&mut write, command, fds)
            .await
            .map_err(|_| EngineError::WorkerGone)
    }
}

async fn dispatch(mut read: frame::Reader, waiters: Arc<Mutex<Waiters>>) {
    // An unreadable frame ends the connection like a closed one: the waiters learn that the worker is gone.
    while let Ok(Some(answer)) = read.next::<Answer>().await {
        let mut waiters = lock(&waiters);
        match answer {
            Answer::Forked { id, pid } => {
                if let Some(waiter) = waiters.forks.remove(&id) {
                    // A receiver that was dropped no longer wants to know.
                    let _ = waiter.send(pid);
                }
            }
            Answer::Exited { id, status } => {
                if let Some(waiter) = waiters.exits.remove(&id) {
                    let _ = waiter.send(status);
                }
            }
            Answer::Preloaded(_)
            | Answer::Imported(_)
            | Answer::Loaded(_)
            | Answer::Failed { .. }
            | Answer::Hot(_) => {
                if let Some(waiter) = waiters.answer.take() {
                    let _ = waiter.send(answer);
                }
            }
        }
    }
    let mut waiters = lock(&waiters);
    waiters.closed = true;
    waiters.answer = None;
    waiters.forks.clear();
    waiters.exits.clear();
}

/// The guarded maps are valid after any panic: each change is one insert or remove.
fn lock(waiters: &Mutex<Waiters>) -> std::sync::MutexGuard<'_, Waiters> {
    waiters.lock().unwrap_or_else(PoisonError::into_inner)
}
