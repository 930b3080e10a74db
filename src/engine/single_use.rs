//! Processes that run one task each, for flows whose process cannot be forked. They are started ahead of the task:
//! interpreters with the imports done, and of these one with the flow loaded.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::EngineError;
use super::worker::message::{Load, Spec};
use super::worker::{Forkserver, PythonSetup, TaskProcess, Template};

/// A process that is being made ready.
type Ahead = Mutex<Option<JoinHandle<Result<Template, EngineError>>>>;

/// Where processes with the imports done come from.
#[derive(Clone)]
pub(super) enum Source {
    /// The imports are harmless, what the flow itself does is not: a fork of the process that has the imports.
    Forks(Arc<Forkserver>),
    /// The imports themselves stand against a fork.
    Interpreters(Arc<Interpreters>, Vec<String>),
}

impl Source {
    pub async fn template(&self) -> Result<Template, EngineError> {
        match self {
            Self::Forks(forkserver) => forkserver.template().await,
            Self::Interpreters(interpreters, preload) => interpreters.take(preload).await,
        }
    }
}

/// Interpreters of their own.
pub(super) struct Interpreters {
    setup: PythonSetup,
    /// Whether one more is to be there before it is asked for.
    keep_warm: bool,
    next: Ahead,
}

impl Interpreters {
    pub fn new(setup: PythonSetup, keep_warm: bool) -> Self {
        Self {
            setup,
            keep_warm,
            next: Mutex::default(),
        }
    }

    pub fn python(&self) -> &PathBuf {
        &self.setup.python
    }

    async fn take(&self, preload: &[String]) -> Result<Template, EngineError> {
        let ahead = self.next.lock().await.take();
        let template = match taken(ahead).await {
            Some(template) => {
                // Since it was started, the flow may have come to import more.
                template.preload(preload).await?;
                template
            }
            None => start(&self.setup, preload).await?,
        };
        if self.keep_warm {
            let (setup, preload) = (self.setup.clone(), preload.to_vec());
            let next = tokio::spawn(async move { start(&setup, &preload).await });
            *self.next.lock().await = Some(next);
        }
        Ok(template)
    }
}

async fn start(setup: &PythonSetup, preload: &[String]) -> Result<Template, EngineError> {
    let template = Forkserver::start(setup)?.into_template();
    template.preload(preload).await?;
    Ok(template)
}

/// What has been made ready, if it is still there; what went wrong meanwhile, the next attempt meets again.
async fn taken(ahead: Option<JoinHandle<Result<Template, EngineError>>>) -> Option<Template> {
    let template = ahead?.await.ok()?.ok()?;
    (!template.is_closed()).then_some(template)
}

/// The processes of one version of a flow.
pub(super) struct SingleUse {
    source: Source,
    load: Load,
    /// Why it cannot be forked.
    pub why: String,
    next: Ahead,
}

impl SingleUse {
    /// `first` has loaded the flow already, and is there for the first task.
    pub fn new(source: Source, load: Load, why: String, first: Template) -> Self {
        Self {
            source,
            load,
            why,
            next: Mutex::new(Some(tokio::spawn(async { Ok(first) }))),
        }
    }

    /// Starts a task, and makes the next process ready.
    pub async fn task(&self, spec: &Spec) -> Result<TaskProcess, EngineError> {
        let ahead = self.next.lock().await.take();
        let template = match taken(ahead).await {
            Some(template) => template,
            None => loaded(&self.source, &self.load).await?,
        };
        let task = template.task(spec, false).await?;
        let (source, load) = (self.source.clone(), self.load.clone());
        // A task beside this one may have been quicker.
        let mut next = self.next.lock().await;
        next.get_or_insert_with(|| tokio::spawn(async move { loaded(&source, &load).await }));
        Ok(task)
    }
}

async fn loaded(source: &Source, load: &Load) -> Result<Template, EngineError> {
    let template = source.template().await?;
    template.load(load).await?;
    Ok(template)
}
