//! A connection to a forkserver or a template: questions with one answer each, and forks with a pid now and an exit status
//! later. Knows the protocol, not what is asked for.

use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{Mutex as AsyncMutex, oneshot};

use super::frame;
use super::message::{Answer, Command};
use crate::engine::error::EngineError;
use crate::engine::event::PyError;

/// A forked process, seen from its parent's connection.
pub struct Forked {
    pub pid: u32,
    /// Exit code, or minus the signal. An error means that the parent died first.
    pub exit: oneshot::Receiver<i32>,
}

/// Who waits for what on this connection.
#[derive(Default)]
struct Waiters {
    /// Of all questions whose answers are to come, in their order: one that nobody waits for any more is answered, too. `None`
    /// for one that the peer was at when it closed.
    answers: VecDeque<oneshot::Sender<Option<Answer>>>,
    /// The peer is at the first of them.
    taken: bool,
    forks: HashMap<String, oneshot::Sender<Result<u32, PyError>>>,
    exits: HashMap<String, oneshot::Sender<i32>>,
    closed: bool,
}

impl Waiters {
    /// Whether an answer can come; it goes here.
    fn expect(&mut self, answer: oneshot::Sender<Option<Answer>>) -> bool {
        if !self.closed {
            self.answers.push_back(answer);
        }
        !self.closed
    }

    /// Hands an answer to who waits for it.
    fn answer(&mut self, answer: Option<Answer>) {
        self.taken = false;
        if let Some(waiter) = self.answers.pop_front() {
            // A receiver that was dropped no longer wants to know.
            let _ = waiter.send(answer);
        }
    }

    /// Nothing comes any more.
    fn close(&mut self) {
        if self.taken {
            self.answer(None);
        }
        *self = Self {
            closed: true,
            ..Self::default()
        };
    }
}

/// One connection. Questions are answered in their order, forks may overlap.
pub struct Link {
    write: Arc<AsyncMutex<OwnedWriteHalf>>,
    waiters: Arc<Mutex<Waiters>>,
}

impl Link {
    /// Starts reading answers from the socket.
    pub fn new(stream: UnixStream) -> Self {
        let (read, write) = stream.into_split();
        let waiters = Arc::new(Mutex::new(Waiters::default()));
        tokio::spawn(dispatch(frame::Reader::new(read), Arc::clone(&waiters)));
        Self {
            write: Arc::new(AsyncMutex::new(write)),
            waiters,
        }
    }

    /// Whether the peer is gone.
    pub fn is_closed(&self) -> bool {
        lock(&self.waiters).closed
    }

    /// Asks and waits for the answer. Whoever has asked may stop waiting.
    ///
    /// # Errors
    /// [`EngineError::WorkerGone`] if the peer closes before it has begun with it, [`EngineError::WorkerEnded`] if it closes later.
    pub async fn ask(&self, command: &Command<'_>) -> Result<Answer, EngineError> {
        let mut frame = Vec::new();
        frame::encode(command, &mut frame)?;
        let (tx, rx) = oneshot::channel();
        let (write, waiters) = (Arc::clone(&self.write), Arc::clone(&self.waiters));
        // Apart, so that a question is sent whole, and its answer expected, whatever becomes of who asks.
        tokio::spawn(async move {
            let mut write = write.lock().await;
            if lock(&waiters).expect(tx) && write.write_all(&frame).await.is_err() {
                lock(&waiters).close();
            }
        });
        let ended = || EngineError::WorkerEnded {
            said: String::new(),
            begun: true,
        };
        rx.await
            .map_err(|_| EngineError::WorkerGone)?
            .ok_or_else(ended)
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
        let forked = pid_rx.await.map_err(|_| EngineError::WorkerGone)?;
        let pid = forked.map_err(|error| {
            EngineError::request(
                format!("a process could not be forked: {}", error.message),
                "there may be too many processes, or too little memory",
            )
        })?;
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
                    let _ = waiter.send(Ok(pid));
                }
            }
            Answer::Failed {
                id: Some(id),
                error,
            } => {
                waiters.exits.remove(&id);
                if let Some(waiter) = waiters.forks.remove(&id) {
                    let _ = waiter.send(Err(error));
                }
            }
            Answer::Exited { id, status } => {
                if let Some(waiter) = waiters.exits.remove(&id) {
                    let _ = waiter.send(status);
                }
            }
            Answer::Taken {} => waiters.taken = true,
            Answer::Preloaded(_)
            | Answer::Imported(_)
            | Answer::Loaded(_)
            | Answer::Failed { .. }
            | Answer::Hot(_) => waiters.answer(Some(answer)),
        }
    }
    lock(&waiters).close();
}

/// The guarded maps are valid after any panic: each change is one insert or remove.
fn lock(waiters: &Mutex<Waiters>) -> std::sync::MutexGuard<'_, Waiters> {
    waiters.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream as Peer;

    use super::*;
    use crate::engine::worker::message::{Around, Held, Preload};

    /// Reads one frame.
    fn asked(peer: &mut Peer) -> String {
        let mut length = [0; 4];
        peer.read_exact(&mut length).unwrap();
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        peer.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    fn answer(peer: &mut Peer, sha: &str) {
        let body = format!(r#"{{"t":"hot","held":{{"{sha}":1}},"refused":{{}},"unsafe":null}}"#);
        say(peer, &body);
    }

    fn say(peer: &mut Peer, body: &str) {
        let length = u32::try_from(body.len()).unwrap();
        peer.write_all(&length.to_be_bytes()).unwrap();
        peer.write_all(body.as_bytes()).unwrap();
    }

    fn preload() -> Preload {
        Preload {
            modules: Vec::new(),
            project: Around {
                directory: String::new(),
                cwd: String::new(),
            },
        }
    }

    fn block_on(work: impl Future<Output = ()>) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(work);
    }

    #[test]
    fn a_question_that_was_not_begun_is_told_from_one_that_its_answerer_died_of() {
        for begun in [false, true] {
            block_on(async {
                let (ours, theirs) = frame::pair().unwrap();
                let mut peer = Peer::from(theirs);
                let link = Link::new(ours);
                let dies = tokio::task::spawn_blocking(move || {
                    // The first is answered; that it was begun says nothing of the second.
                    asked(&mut peer);
                    say(&mut peer, r#"{"t":"taken"}"#);
                    answer(&mut peer, "first");
                    asked(&mut peer);
                    if begun {
                        say(&mut peer, r#"{"t":"taken"}"#);
                    }
                });
                let preload = preload();
                let question = Command::Preload(&preload);
                assert!(matches!(link.ask(&question).await, Ok(Answer::Hot(_))));
                let error = link.ask(&question).await.unwrap_err();
                assert_eq!(error.is_lost(), !begun, "{error:?}");
                dies.await.unwrap();
            });
        }
    }

    #[test]
    fn a_fork_that_fails_is_told_to_who_waits_for_it() {
        block_on(async {
            let (ours, theirs) = frame::pair().unwrap();
            let mut peer = Peer::from(theirs);
            let link = Link::new(ours);
            let fails = tokio::task::spawn_blocking(move || {
                asked(&mut peer);
                say(
                    &mut peer,
                    r#"{"t":"failed","id":"7","error":{"type":"BlockingIOError","message":"no process","traceback":""}}"#,
                );
                peer
            });
            let command = Command::Template { id: "7", fds: 0 };
            let error = link.fork("7", &command, &[]).await.map(|it| it.pid);
            assert!(error.unwrap_err().to_string().contains("no process"));
            drop(fails.await.unwrap());
        });
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_not_that_to_the_next_question() {
        block_on(async {
            let (ours, theirs) = frame::pair().unwrap();
            let mut peer = Peer::from(theirs);
            let link = Link::new(ours);
            let preload = preload();
            let question = Command::Preload(&preload);
            // Asked, and given up.
            tokio::select! {
                biased;
                _ = link.ask(&question) => panic!("nobody has answered"),
                () = std::future::ready(()) => {}
            }
            let replies = tokio::task::spawn_blocking(move || {
                for sha in ["first", "second"] {
                    asked(&mut peer);
                    answer(&mut peer, sha);
                }
                peer
            });
            let held = match link.ask(&question).await {
                Ok(Answer::Hot(Held { held, .. })) => held.into_keys().collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            };
            assert_eq!(held, ["second"]);
            drop(replies.await.unwrap());
        });
    }
}
