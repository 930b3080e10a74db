//! Interpreters that are started for one flow each: where a fork of the process with the imports is not safe, or there is none
//! because only one request is to come. One may be started ahead.

use std::path::PathBuf;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::EngineError;
use super::worker::message::Preload;
use super::worker::{Forkserver, PythonSetup, Template};

/// A process that is being made ready.
pub(super) type Ahead = Mutex<Option<JoinHandle<Result<Template, EngineError>>>>;

/// Interpreters of their own.
pub(super) struct Interpreters {
    setup: PythonSetup,
    /// Whether one more is to be there before it is asked for.
    keep_warm: bool,
    next: Ahead,
}

impl Interpreters {
    /// None yet.
    pub fn new(setup: PythonSetup, keep_warm: bool) -> Self {
        Self {
            setup,
            keep_warm,
            next: Mutex::default(),
        }
    }

    /// The program.
    pub fn python(&self) -> &PathBuf {
        &self.setup.python
    }

    /// Starts one, if none is there already: it is taken next.
    pub async fn begin(&self) {
        let mut next = self.next.lock().await;
        if next.is_none() {
            let started = Forkserver::start(&self.setup).map(Forkserver::into_template);
            *next = Some(tokio::spawn(async { started }));
        }
    }

    /// One with these modules imported.
    ///
    /// # Errors
    /// When Python does not start.
    pub async fn take(&self, preload: &Preload) -> Result<Template, EngineError> {
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
            let (setup, preload) = (self.setup.clone(), preload.clone());
            let next = tokio::spawn(async move { start(&setup, &preload).await });
            *self.next.lock().await = Some(next);
        }
        Ok(template)
    }

    /// A further one, which leaves the one that is there already to whoever cannot wait.
    ///
    /// # Errors
    /// When Python does not start.
    pub async fn another(&self, preload: &Preload) -> Result<Template, EngineError> {
        start(&self.setup, preload).await
    }
}

async fn start(setup: &PythonSetup, preload: &Preload) -> Result<Template, EngineError> {
    let template = Forkserver::start(setup)?.into_template();
    template.preload(preload).await?;
    Ok(template)
}

/// What has been made ready, if it is still there; what went wrong meanwhile, the next attempt meets again.
pub(super) async fn taken(
    ahead: Option<JoinHandle<Result<Template, EngineError>>>,
) -> Option<Template> {
    let template = ahead?.await.ok()?.ok()?;
    (!template.is_closed()).then_some(template)
}
