//! The side of a command: finds the session of a project, gives it a request, and has the same job as from an engine of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::circumstances;
use super::error::SessionError;
use super::place::Place;
use super::protocol::{Answer, Ask, BUILD, Refusal, Status};
use super::socket;
use crate::engine::frame::{self, Reader};
use crate::engine::{Elsewhere, Event, Job, Request, Stop};

/// How long a session may take for its first word: one that is stopped (ctrl-z) says none.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of asking for a session.
pub enum Submitted {
    /// It does the work. Without a `JobFinished`, the session has died.
    Job(Job),
    /// There is none, or none that could do the same as the command alone.
    Alone,
    /// There is one that should be known not to help: a sentence.
    Refused(String),
}

/// A connection to a session.
struct Line {
    read: Reader,
    write: OwnedWriteHalf,
}

impl Line {
    fn new(stream: UnixStream) -> Self {
        let (read, write): (OwnedReadHalf, _) = stream.into_split();
        Self {
            read: Reader::new(read),
            write,
        }
    }

    async fn say(&mut self, asks: &[Ask]) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for ask in asks {
            frame::encode(ask, &mut bytes)?;
        }
        self.write.write_all(&bytes).await
    }

    /// The next answer; `None` when the session is gone, or has nothing to say in time.
    async fn first_word(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read.next()).await.ok()?.ok()?
    }
}

/// Gives the request to the nearest session above the flow's file.
pub async fn submit(request: Request, python: Option<PathBuf>) -> Submitted {
    let directory = request.flow().file.parent();
    let found = match directory {
        Some(directory) => socket::nearest(directory).await,
        None => None,
    };
    let (Some((_, stream)), Some(place)) = (found, Place::own(python)) else {
        return Submitted::Alone;
    };
    let mut line = Line::new(stream);
    let hello = Ask::Hello {
        build: BUILD.to_owned(),
        circumstances: circumstances::own(),
    };
    let submit = Ask::Submit {
        place,
        request: Box::new(request),
    };
    if line.say(&[hello, submit]).await.is_err() {
        return Submitted::Alone;
    }
    match line.first_word().await {
        Some(Answer::Welcome) => {
            let (job, elsewhere) = Job::elsewhere();
            tokio::spawn(pass_on(line, elsewhere));
            Submitted::Job(job)
        }
        Some(Answer::Refused {
            why: Refusal::Build,
            pid,
            build,
        }) => Submitted::Refused(format!(
            "the session (pid {pid}) is another build of flowdev ({build}, this is {BUILD}): working without it; `flowdev session stop` ends it"
        )),
        Some(Answer::Refused { .. }) => Submitted::Alone,
        Some(_) | None => {
            Submitted::Refused("the session does not answer: working without it".to_owned())
        }
    }
}

/// Events one way, the wish to end the other, until the job or the session is over.
async fn pass_on(line: Line, mut elsewhere: Elsewhere) {
    let Line {
        mut read,
        mut write,
    } = line;
    let mut asked = Stop::No;
    loop {
        tokio::select! {
            answer = read.next::<Answer>() => {
                let Ok(Some(Answer::Event { event })) = answer else {
                    return;
                };
                let is_last = matches!(*event, Event::JobFinished { .. });
                if elsewhere.events.send(*event).await.is_err() || is_last {
                    return;
                }
            }
            wish = elsewhere.asked(asked) => {
                asked = wish;
                let ask = if wish == Stop::Now { Ask::Kill } else { Ask::Cancel };
                let mut bytes = Vec::new();
                // A session that is gone is noticed by reading.
                if frame::encode(&ask, &mut bytes).is_ok() {
                    let _ = write.write_all(&bytes).await;
                }
            }
        }
    }
}

async fn ask(directory: &Path, ask: Ask) -> Result<(PathBuf, Line, Answer), SessionError> {
    let nobody = || SessionError::Nobody {
        project: directory.to_owned(),
    };
    let (project, stream) = socket::nearest(directory).await.ok_or_else(nobody)?;
    let mut line = Line::new(stream);
    let silent = || SessionError::Silent {
        project: project.clone(),
    };
    line.say(&[ask]).await.map_err(|_| silent())?;
    let answer = line.first_word().await.ok_or_else(silent)?;
    Ok((project, line, answer))
}

/// What the nearest session from a directory upward does.
///
/// # Errors
/// When there is none, or it does not answer.
pub async fn status(directory: &Path) -> Result<Status, SessionError> {
    match ask(directory, Ask::Status).await? {
        (_, _, Answer::Status { status }) => Ok(*status),
        (project, ..) => Err(SessionError::Silent { project }),
    }
}

/// Ends the nearest session from a directory upward, and waits until it has ended; gives its project.
///
/// # Errors
/// When there is none, it does not answer, or is somebody's window.
pub async fn stop(directory: &Path) -> Result<PathBuf, SessionError> {
    let (project, mut line, answer) = ask(directory, Ask::Stop).await?;
    match answer {
        Answer::Stopping => {
            // Ends with the connection, which ends with the session.
            while let Ok(Some(_)) = line.read.next::<Answer>().await {}
            Ok(project)
        }
        Answer::Window => Err(SessionError::Window { project }),
        _ => Err(SessionError::Silent { project }),
    }
}
