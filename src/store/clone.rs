//! Takes finished tasks over into another run, as a resume does: the blobs are shared, the records are new.

use super::{FINGERPRINT, Manifest, READS, Result, TaskStore, TaskWriter, run::PARAMETERS};

impl TaskWriter {
    /// Makes this task a copy of `origin`'s newest attempt, which must be done, with these artifacts: its own, as a rule. The
    /// attempt must be 0 and the flow the same. Logs and cards stay with the origin.
    pub fn clone_from(&self, origin: &TaskStore, manifest: &Manifest) -> Result<()> {
        self.register()?;
        if self.task().step().name() == PARAMETERS {
            self.seal(manifest)?;
            // Metaflow forgets these on resume, and then can not tell how flows with other names for them ended.
            let (start, end) = origin.run().terminal_steps()?;
            self.terminal_steps(&start, &end)?;
        } else {
            for (field, value) in [
                ("origin-run-id", origin.run().id()),
                ("origin-task-id", origin.id()),
                ("attempt", &self.attempt().to_string()),
            ] {
                self.record(field, field, &value.into())?;
            }
            // Metaflow leaves these out, and then finds no parents of a resumed run's tasks.
            for field in [
                "foreach-stack",
                "foreach-execution-path",
                FINGERPRINT,
                READS,
            ] {
                if let Some(place) = origin.sysmeta(field)? {
                    self.record(field, field, &place.value)?;
                }
            }
            self.record("attempt_ok", "internal_attempt_status", &"True".into())?;
            self.seal(manifest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
