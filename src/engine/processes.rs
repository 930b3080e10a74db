//! Where the tasks of a loaded flow come from: processes that have executed its file at one version.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::EngineError;
use super::interpreters::Interpreters;
use super::worker::message::{Load, Preload, Spec};
use super::worker::{Forkserver, TaskProcess, Template};

/// Whether more tasks are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The process that has executed the flow may become the task itself: nothing is forked while somebody waits.
    Last,
    More,
}

impl Turn {
    /// The spun step is the last task of its job, unless it has others work for it.
    pub fn of(spec: &Spec) -> Self {
        if spec.mode == "spin" && spec.kind == "task" && spec.ubf.is_none() {
            Self::Last
        } else {
            Self::More
        }
    }
}

/// How often something is begun again whose process was killed while it waited.
pub(super) const TRIES: usize = 3;

/// Where processes with the imports done come from.
#[derive(Clone)]
pub(super) enum Source {
    /// Forks of the process that has the imports.
    Forks(Arc<Forkserver>),
    /// Interpreters, which import these modules first.
    Interpreters(Arc<Interpreters>, Preload),
}

impl Source {
    /// The next process for a flow that nobody has loaded yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn template(&self) -> Result<Template, EngineError> {
        match self {
            Self::Forks(forkserver) => forkserver.template().await,
            Self::Interpreters(interpreters, preload) => interpreters.take(preload).await,
        }
    }

    /// A further process, which leaves the one that was made ahead to a newer version of the flow.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn another(&self) -> Result<Template, EngineError> {
        match self {
            Self::Forks(forkserver) => forkserver.fork().await,
            Self::Interpreters(interpreters, preload) => interpreters.another(preload).await,
        }
    }

    /// What was printed by modules of the project that were imported before the flow file.
    pub fn printed(&self) -> String {
        match self {
            Self::Forks(forkserver) => forkserver.printed(),
            Self::Interpreters(..) => String::new(),
        }
    }

    fn forkserver(&self) -> Option<Arc<Forkserver>> {
        match self {
            Self::Forks(forkserver) => Some(Arc::clone(forkserver)),
            Self::Interpreters(..) => None,
        }
    }

    fn is_alive(&self) -> bool {
        match self {
            Self::Forks(forkserver) => !forkserver.is_closed(),
            Self::Interpreters(..) => true,
        }
    }
}

/// The next process, as far as it is there.
enum Next {
    /// Nobody has used it.
    Ready(Arc<Template>),
    /// Tasks are forked from it. It tells of their ends, and so becomes no task itself.
    Forking(Arc<Template>),
    Coming(JoinHandle<Result<Template, EngineError>>),
}

/// The processes of one version of a flow.
pub(super) struct Processes {
    source: StdMutex<Source>,
    /// Where they come from when those of the source are lost.
    instead: Source,
    load: Load,
    /// Why tasks may not be forked from a process that has executed the flow, if so.
    why: Option<String>,
    next: Mutex<Option<Next>>,
}

impl Processes {
    /// The first has executed the flow already.
    pub fn new(
        source: Source,
        instead: Source,
        load: Load,
        why: Option<String>,
        first: Template,
    ) -> Self {
        Self {
            source: StdMutex::new(source),
            instead,
            load,
            why,
            next: Mutex::new(Some(Next::Ready(Arc::new(first)))),
        }
    }

    /// How the flow was loaded.
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// Why its tasks are not forked from a process that has executed the flow, if so.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Starts a task process; it has begun with the task.
    ///
    /// # Errors
    /// When the workers are gone.
    pub async fn task(&self, spec: &Spec, turn: Turn) -> Result<TaskProcess, EngineError> {
        let mut lost = EngineError::WorkerGone;
        for _ in 0..TRIES {
            match self.given(spec, turn).await {
                Ok(mut process) => {
                    if process.is_taken().await {
                        return Ok(process);
                    }
                }
                Err(error) if error.is_lost() => lost = error,
                Err(error) => return Err(error),
            }
        }
        Err(lost)
    }

    /// Gives the task to a process, which may be gone already.
    async fn given(&self, spec: &Spec, turn: Turn) -> Result<TaskProcess, EngineError> {
        let mut next = self.next.lock().await;
        let has_forked = matches!(*next, Some(Next::Forking(_)));
        let template = self.template(next.take()).await?;
        if self.can_fork() && (turn == Turn::More || has_forked || !self.is_watched()) {
            *next = Some(Next::Forking(Arc::clone(&template)));
            let forkserver = self.source().forkserver();
            drop(next);
            let process = template.task(spec, true).await?;
            return Ok(process.forked_by(Some(template), forkserver));
        }
        if turn == Turn::More {
            *next = Some(self.coming());
        }
        let forkserver = self.source().forkserver();
        drop(next);
        let process = template.task(spec, false).await?;
        Ok(process.forked_by(None, forkserver))
    }

    fn can_fork(&self) -> bool {
        self.why.is_none()
    }

    /// Whether somebody ends a process that has become a task, should the engine be killed.
    fn is_watched(&self) -> bool {
        matches!(self.source(), Source::Forks(_))
    }

    /// Has the next process made ahead, if there is none.
    pub async fn renew(&self) {
        let mut next = self.next.lock().await;
        if next.is_none() {
            *next = Some(self.coming());
        }
    }

    /// Lets the next process go: its successor comes from one that has more.
    pub async fn outdate(&self, source: Source) {
        let mut next = self.next.lock().await;
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
        *next = None;
    }

    /// Whether tasks can still be made.
    pub fn is_alive(&self) -> bool {
        self.source().is_alive()
    }

    fn source(&self) -> Source {
        let source = self.source.lock();
        source.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn template(&self, next: Option<Next>) -> Result<Arc<Template>, EngineError> {
        match next {
            Some(Next::Ready(template) | Next::Forking(template)) if !template.is_closed() => {
                return Ok(template);
            }
            Some(Next::Coming(coming)) => {
                // One that did not come is tried again, and then says why.
                if let Ok(Ok(template)) = coming.await
                    && !template.is_closed()
                {
                    return Ok(Arc::new(template));
                }
            }
            Some(Next::Ready(_) | Next::Forking(_)) | None => {}
        }
        let found = loaded(&self.source(), &self.instead, &self.load).await?;
        Ok(Arc::new(found))
    }

    fn coming(&self) -> Next {
        let (source, instead) = (self.source(), self.instead.clone());
        let load = self.load.clone();
        Next::Coming(tokio::spawn(async move {
            loaded(&source, &instead, &load).await
        }))
    }
}

/// A process that has executed the flow.
///
/// # Errors
/// When the process cannot be made, or the flow does not import.
async fn loaded(source: &Source, instead: &Source, load: &Load) -> Result<Template, EngineError> {
    match loaded_from(source, load).await {
        Err(error) if error.is_lost() => loaded_from(instead, load).await,
        found => found,
    }
}

async fn loaded_from(source: &Source, load: &Load) -> Result<Template, EngineError> {
    let template = source.another().await?;
    template.load(load).await?;
    Ok(template)
}
