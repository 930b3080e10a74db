//! The load of one version of a flow by a process that has its imports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::error::EngineError;
use super::installed::Installed;
use super::loaded::{Key, LoadedFlow, Made, ended_at_import};
use super::processes::{Processes, Source};
use super::timing::{Clock, Phase};
use super::worker::message::{Load, Stored};
use crate::flow::Project;

/// How far a load is.
pub(super) enum Begun {
    /// It was loaded before.
    Known(Arc<LoadedFlow>),
    New(Box<Loading>),
}

/// What is known of the flow before Python has executed it.
pub(super) struct Loading {
    pub key: Key,
    pub file: PathBuf,
    /// What its process will have imported already.
    pub installed: Installed,
    pub project: Arc<Project>,
    pub origin: Option<Stored>,
    pub load: Load,
    pub source: Source,
    /// The variables that its tasks are given.
    pub env: Environment,
    /// Where processes come from when those of the source are lost.
    pub instead: Source,
    /// Why its tasks may not be forked, if that is known already.
    pub obstacle: Option<String>,
}

impl Loading {
    /// Executes the flow file.
    ///
    /// # Errors
    /// When there is no process for it, or the flow does not import.
    pub async fn carry_out(mut self, clock: &Clock) -> Result<LoadedFlow, EngineError> {
        let mut lap = clock.lap();
        let template = self.source.template().await?;
        lap.mark(match self.source {
            Source::Forks(_) => Phase::Fork,
            Source::Interpreters(..) => Phase::Start,
        });
        let loaded = template.load(&self.load).await;
        lap.mark(Phase::Exec);
        let loaded = loaded.map_err(|error| ended_at_import(error, &self.file))?;
        self.installed.note(&loaded.installed);
        // What the modules of the project print when they are imported belongs to it.
        let printed = self.source.printed() + &template.take_output();
        let at_import = |found: &String| format!("{found} while the flow was imported");
        let why = self
            .obstacle
            .or_else(|| loaded.obstacle.as_ref().map(at_import));
        let flow = Made {
            key: self.key,
            loaded,
            printed,
            origin: self.origin,
            unversioned: self.installed.unversioned().map(Path::to_owned).collect(),
            project: self.project,
            processes: Processes::new(self.source, self.instead, self.load, why, template),
        }
        .describe(&self.env);
        lap.mark(Phase::Parse);
        Ok(flow)
    }
}
