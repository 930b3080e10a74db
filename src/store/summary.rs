//! What a list of runs shows of each.

use jiff::Timestamp;

use super::{Result, RunStore, StoreKind, TaskStore};

/// Tasks that are looked at for a failure, at most. A failure ends the run, so it is among the newest.
const LOOKED_AT: usize = 256;

/// How a run stands, as far as the store can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// A process works on it now. Metaflow's own launchers can not be seen.
    Running,
    /// The last step succeeded.
    Successful,
    /// The last step ended, but did not succeed.
    Finished,
    /// A task failed, and nothing follows.
    Failed,
    /// No failure and no end: stopped, killed, or running elsewhere.
    Unfinished,
}

/// One line of a list of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The run's id.
    pub id: String,
    /// Who started it; empty where unknown.
    pub user: String,
    /// Tags of the user, sorted.
    pub tags: Vec<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How it stands.
    pub status: RunStatus,
    /// Number of steps that have tasks.
    pub steps: usize,
}

impl RunStore {
    /// Reads what a list of runs shows. A dozen small files for a run that ended well, more for others.
    pub fn summary(&self) -> Result<RunSummary> {
        let info = self.info()?.unwrap_or_default();
        let steps = self.steps()?;
        Ok(RunSummary {
            id: self.id().to_owned(),
            user: info.user,
            tags: info.tags,
            created: info.created,
            status: self.status_of(&steps)?,
            steps: steps.len(),
        })
    }

    /// How the run stands.
    pub fn status(&self) -> Result<RunStatus> {
        self.status_of(&self.steps()?)
    }

    /// Whether nothing can follow any more. Of a run that has no end and was claimed by nobody, that is not known.
    pub fn is_over(&self) -> Result<bool> {
        Ok(match self.status()? {
            RunStatus::Running => false,
            RunStatus::Successful | RunStatus::Finished => true,
            // Who had claimed it is gone.
            RunStatus::Failed | RunStatus::Unfinished => self.was_claimed(),
        })
    }

    fn status_of(&self, steps: &[String]) -> Result<RunStatus> {
        if self.is_claimed() {
            return Ok(RunStatus::Running);
        }
        if let Some(task) = self.last_task(steps)?
            && let Some(manifest) = task.latest_manifest()?
        {
            let control = task.control(&manifest)?;
            // A spin that keeps no artifacts has no verdict either; then only a failure counts.
            let unknown = control.success.is_none() && !task.has_failed()?;
            if control.success == Some(true) || unknown {
                return Ok(RunStatus::Successful);
            }
            if control.task_ok != Some(false) {
                return Ok(RunStatus::Finished);
            }
        }
        if self.has_failure(steps)? {
            Ok(RunStatus::Failed)
        } else {
            Ok(RunStatus::Unfinished)
        }
    }

    /// The task that ends the run: the newest of the last step, or the only one of a spin.
    fn last_task(&self, steps: &[String]) -> Result<Option<TaskStore>> {
        let last = match (self.flow().store().kind(), steps) {
            (StoreKind::Spin, [only]) => only.clone(),
            _ if steps.iter().any(|step| step == "end") => "end".to_owned(),
            _ => self.terminal_steps()?.1,
        };
        Ok(self.tasks(&last)?.pop())
    }

    fn has_failure(&self, steps: &[String]) -> Result<bool> {
        let mut left = LOOKED_AT;
        for step in steps {
            for task in self.tasks(step)?.iter().rev() {
                if left == 0 {
                    return Ok(false);
                }
                left -= 1;
                if task.has_failed()? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl TaskStore {
    /// Whether the newest attempt ended, and not well: its process failed, or it left before its end (`sys.exit`).
    pub fn has_failed(&self) -> Result<bool> {
        let files = self.attempt_files()?;
        let Some(latest) = files.latest() else {
            return Ok(false);
        };
        if files.ended.contains(&latest)
            && self.exit_info(latest)?.is_some_and(|exit| !exit.success)
        {
            return Ok(true);
        }
        if !files.done.contains(&latest) {
            return Ok(false);
        }
        let manifest = self.manifest(latest)?;
        let verdict = self.read_simple_in(&manifest, "_task_ok")?;
        Ok(verdict.is_some_and(|verdict| verdict.as_bool() != Some(true)))
    }
}

#[cfg(test)]
mod tests;
