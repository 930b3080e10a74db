//! A task process: one attempt, seen as a stream of what it says and writes.

use std::collections::VecDeque;
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot;

use super::forkserver::Forkserver;
use super::frame;
use super::link::Forked;
use super::message::{Report, ToTask};
use super::template::Template;
use crate::engine::event::Stream;

/// Bytes read from a stream at once.
const CHUNK: usize = 64 * 1024;

/// What a task process does next.
#[derive(Debug)]
pub enum Said {
    Report(Report),
    Wrote(Stream, Vec<u8>),
    /// All is said: exit code, or minus the signal; `None` if the template died and nobody knows.
    Exited(Option<i32>),
}

/// The process of one attempt.
pub struct TaskProcess {
    pub pid: u32,
    control: Option<frame::Reader>,
    /// Kept open: a task that could not write would notice a closed engine.
    answers: OwnedWriteHalf,
    stdout: Option<Receiver>,
    stderr: Option<Receiver>,
    /// Until it is known, or nobody is left who would tell.
    exit: Option<oneshot::Receiver<i32>>,
    status: Option<i32>,
    ended: bool,
    queue: VecDeque<Said>,
    /// What forked it: it alone learns how the task ends, and would end with the last who holds it.
    _forked_by: (Option<Arc<Template>>, Option<Arc<Forkserver>>),
    /// Where reads arrive; on the heap, for the futures around them are moved about.
    buffers: [Vec<u8>; 2],
}

impl TaskProcess {
    pub(super) fn new(
        control: UnixStream,
        stdout: Receiver,
        stderr: Receiver,
        forked: Forked,
    ) -> Self {
        let (read, write) = control.into_split();
        Self {
            pid: forked.pid,
            control: Some(frame::Reader::new(read)),
            answers: write,
            stdout: Some(stdout),
            stderr: Some(stderr),
            exit: Some(forked.exit),
            status: None,
            ended: false,
            queue: VecDeque::new(),
            _forked_by: (None, None),
            buffers: [vec![0; CHUNK], vec![0; CHUNK]],
        }
    }

    /// The same, with the processes that it comes from, which stay as long as it is looked at.
    pub fn forked_by(
        self,
        template: Option<Arc<Template>>,
        forkserver: Option<Arc<Forkserver>>,
    ) -> Self {
        Self {
            _forked_by: (template, forkserver),
            ..self
        }
    }

    /// Waits until the process has begun with the task. If it ends before, nothing of the task was done.
    pub async fn is_taken(&mut self) -> bool {
        // The socket alone tells: a process may outlive the one that would tell how it ends.
        matches!(read_report(&mut self.control).await, Some(Report::Taken {}))
    }

    /// Waits for the next thing; after [`Said::Exited`] there is none.
    ///
    /// What the process wrote before it ended is delivered before its end, also when a process that it left behind still
    /// holds its streams.
    pub async fn next(&mut self) -> Option<Said> {
        if let Some(said) = self.queue.pop_front() {
            return Some(said);
        }
        if self.ended {
            return None;
        }
        let [out, err] = &mut self.buffers;
        // Without the process that it was forked from nobody tells of its end but its socket.
        while self.exit.is_some() || self.control.is_some() {
            tokio::select! {
                biased;
                n = read_some(&mut self.stdout, out), if self.stdout.is_some() => match n {
                    Some(n) => return Some(Said::Wrote(Stream::Stdout, out[..n].to_vec())),
                    None => self.stdout = None,
                },
                n = read_some(&mut self.stderr, err), if self.stderr.is_some() => match n {
                    Some(n) => return Some(Said::Wrote(Stream::Stderr, err[..n].to_vec())),
                    None => self.stderr = None,
                },
                report = read_report(&mut self.control), if self.control.is_some() => match report {
                    Some(report) => return Some(Said::Report(report)),
                    None => self.control = None,
                },
                status = ended(&mut self.exit), if self.exit.is_some() => {
                    self.exit = None;
                    self.status = status;
                    if status.is_some() {
                        break;
                    }
                }
            }
        }
        self.ended = true;
        self.drain();
        self.queue.push_back(Said::Exited(self.status));
        self.queue.pop_front()
    }

    /// Takes what is already in the pipes and the socket, without waiting for processes that were left behind.
    fn drain(&mut self) {
        for (stream, bytes) in self.written() {
            self.queue.push_back(Said::Wrote(stream, bytes));
        }
        self.stdout = None;
        self.stderr = None;
        if let Some(mut control) = self.control.take() {
            while let Ok(Some(report)) = control.ready() {
                self.queue.push_back(Said::Report(report));
            }
        }
    }

    /// What the process has written so far and nobody has read.
    pub fn written(&mut self) -> Vec<(Stream, Vec<u8>)> {
        let mut written = Vec::new();
        for (stream, pipe) in [
            (Stream::Stdout, &self.stdout),
            (Stream::Stderr, &self.stderr),
        ] {
            let Some(pipe) = pipe else { continue };
            let buffer = &mut self.buffers[0];
            while let Ok(n @ 1..) = rustix::io::read(pipe, buffer.as_mut_slice()) {
                written.push((stream, buffer[..n].to_vec()));
            }
        }
        written
    }

    /// Tells the process something. One that is gone no longer wants to know.
    pub async fn tell(&mut self, message: &ToTask) {
        let _ = frame::write(&mut self.answers, message, &[]).await;
    }

    /// Sends a signal to the process and all that it started.
    pub fn signal(&self, signal: Signal) {
        kill_group(self.pid, signal);
    }
}

/// Sends a signal to a process group; one that is gone already is fine.
fn kill_group(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

async fn read_some(pipe: &mut Option<Receiver>, buffer: &mut [u8]) -> Option<usize> {
    match pipe.as_mut()?.read(buffer).await {
        Ok(n @ 1..) => Some(n),
        Ok(_) | Err(_) => None,
    }
}

async fn ended(exit: &mut Option<oneshot::Receiver<i32>>) -> Option<i32> {
    exit.as_mut()?.await.ok()
}

async fn read_report(control: &mut Option<frame::Reader>) -> Option<Report> {
    // A frame that makes no sense ends the conversation; the exit status then tells how the task ended.
    control.as_mut()?.next().await.ok().flatten()
}
