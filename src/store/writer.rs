//! Writes an attempt's files in Metaflow's order, so that a task killed at any moment leaves a store that every reader
//! understands: the marker DONE comes after everything that it promises.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    ArtifactRef, ExitInfo, Identity, LogSource, LogStream, Manifest, Result, Storage, TaskStore,
    ids::{now_ms, now_seconds},
};

/// Artifacts that readers take as "the task is over": recorded after all others.
const VERDICTS: [&str; 2] = ["_success", "_task_ok"];

/// What is known when an attempt begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Begin {
    /// The run that a resume takes over.
    pub origin_run_id: Option<String>,
    /// Items of the splits around the task as `var=item`, outermost first; empty outside.
    pub foreach_stack: Vec<String>,
    /// The splits around the task as `step:index,…`; empty outside.
    pub foreach_execution_path: String,
}

/// Writes one attempt of one task.
#[derive(Debug, Clone)]
pub struct TaskWriter {
    task: TaskStore,
    attempt: u32,
    identity: Arc<Identity>,
    /// A system tag that the task has beside those of the run.
    tag: Option<&'static str>,
}

impl TaskWriter {
    /// A writer for an attempt (from 0). Nothing is written yet.
    pub fn new(task: TaskStore, attempt: u32, identity: Arc<Identity>) -> Self {
        Self {
            task,
            attempt,
            identity,
            tag: None,
        }
    }

    /// Registers the task with one more system tag.
    pub fn with_task_tag(mut self, tag: &'static str) -> Self {
        self.tag = Some(tag);
        self
    }

    /// The task.
    pub fn task(&self) -> &TaskStore {
        &self.task
    }

    /// The attempt, from 0.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Makes step and task known, so that readers find them; nothing changes where they are.
    pub fn introduce(&self) -> Result<()> {
        self.task.step().register(&self.identity)?;
        let mut identity = (*self.identity).clone();
        identity.sys_tags.extend(self.tag.map(str::to_owned));
        let record = self.task.names().self_record(&identity);
        let key = self.task.meta_file("_self.json");
        if self.attempt == 0 || !self.storage().exists(&key)? {
            self.storage().put_if_absent(&key, record.as_bytes())?;
        }
        Ok(())
    }

    /// Makes step, task and attempt known, with the versions that it runs with.
    pub fn register(&self) -> Result<()> {
        self.introduce()?;
        for (field, value) in self.identity.facts() {
            self.record(field, field, &value.into())?;
        }
        self.put("attempt.json", &json!({"time": now_seconds()}).to_string())
    }

    /// Notes that user code is about to run.
    pub fn begin(&self, begin: &Begin) -> Result<()> {
        let flow = self.task.run().flow();
        let origin = begin.origin_run_id.as_deref().unwrap_or("None");
        let facts = [
            ("attempt", self.attempt.to_string()),
            ("origin-run-id", origin.to_owned()),
            ("ds-type", flow.ds_type().to_owned()),
            ("ds-root", flow.root().to_owned()),
        ];
        for (field, value) in facts {
            self.record(field, field, &value.into())?;
        }
        self.foreach_records(&begin.foreach_stack, &begin.foreach_execution_path)?;
        let code = json!({
            "code_package_metadata": "",
            "code_package_sha": null,
            "code_package_ds": null,
            "code_package_url": null,
            "retry_count": self.attempt,
        });
        self.put("task_begin", &code.to_string())
    }

    /// Records the place of the task among its siblings, where that is known only later.
    pub fn foreach_records(&self, stack: &[String], path: &str) -> Result<()> {
        if !stack.is_empty() {
            self.record("foreach-stack", "foreach-stack", &stack.into())?;
        }
        if !path.is_empty() {
            self.record(
                "foreach-execution-path",
                "foreach-execution-path",
                &path.into(),
            )?;
        }
        Ok(())
    }

    /// Notes the end of user code that leaves a manifest; `ok` is whether the process of the task will succeed. All
    /// blobs must be stored already. Afterwards the attempt is done.
    pub fn finish(&self, manifest: &Manifest, ok: bool) -> Result<()> {
        self.fail(ok)?;
        self.put("task_end", "{}")?;
        self.seal(manifest)
    }

    /// Notes the end of user code that leaves no manifest, as when an artifact can not be pickled.
    pub fn abandon(&self) -> Result<()> {
        self.fail(false)
    }

    /// Stores the parameters' manifest; `start` and `end` are the names of the flow's first and last step.
    pub fn finish_parameters(&self, manifest: &Manifest, start: &str, end: &str) -> Result<()> {
        self.seal(manifest)?;
        self.terminal_steps(start, end)
    }

    pub(super) fn terminal_steps(&self, start: &str, end: &str) -> Result<()> {
        self.write_record(("start_step", "graph_structure"), &start.into(), None)?;
        self.write_record(("end_step", "graph_structure"), &end.into(), None)
    }

    /// Stores how the process ended and what it printed.
    pub fn runtime(&self, exit: ExitInfo, stdout: &[u8], stderr: &[u8]) -> Result<()> {
        self.put("runtime", &json!(exit).to_string())?;
        let logs = [(LogStream::Stdout, stdout), (LogStream::Stderr, stderr)];
        for (stream, text) in logs {
            let key = self
                .task
                .log_file(stream, &LogSource::Runtime, self.attempt);
            self.storage().put(&key, text)?;
        }
        Ok(())
    }

    /// Adds a metadata record of this attempt. Two records of a field are never one, however quickly they follow.
    pub fn record(&self, field: &str, kind: &str, value: &Value) -> Result<()> {
        self.write_record((field, kind), value, Some(self.attempt))
    }

    fn write_record(
        &self,
        (field, kind): (&str, &str),
        value: &Value,
        attempt: Option<u32>,
    ) -> Result<()> {
        let mut time = now_ms();
        loop {
            let record = self.task.names().sysmeta_record(
                &self.identity.user,
                (field, kind),
                value,
                attempt,
                time,
            );
            let key = self.task.meta_file(&format!("sysmeta_{field}_{time}.json"));
            if self.storage().put_if_absent(&key, record.as_bytes())? {
                return Ok(());
            }
            // The name is the field and the millisecond: take the next one that is free.
            time += 1;
        }
    }

    fn fail(&self, ok: bool) -> Result<()> {
        let text = if ok { "True" } else { "False" };
        self.record("attempt_ok", "internal_attempt_status", &text.into())
    }

    /// Manifest, marker, and the records that clients look at.
    pub(super) fn seal(&self, manifest: &Manifest) -> Result<()> {
        let ds_type = self.task.run().flow().ds_type();
        self.put("data.json", &manifest.to_json(ds_type, self.attempt))?;
        self.put("DONE.lock", "\"\"")?;
        let attempt = self.attempt.to_string();
        self.record("attempt-done", "attempt-done", &attempt.into())?;
        let is_verdict = |name: &str| VERDICTS.contains(&name);
        let (verdicts, others): (Vec<_>, Vec<_>) = manifest
            .objects
            .iter()
            .partition(|(name, _)| is_verdict(name));
        for (name, artifact) in others.into_iter().chain(verdicts) {
            self.artifact_record(name, artifact)?;
        }
        Ok(())
    }

    fn artifact_record(&self, name: &str, artifact: &ArtifactRef) -> Result<()> {
        let flow = self.task.run().flow();
        let record = self.task.names().artifact_record(
            &self.identity,
            self.attempt,
            (name, artifact),
            (flow.ds_type(), flow.root()),
        );
        let file = format!("{}_artifact_{name}.json", self.attempt);
        let key = self.task.meta_file(&file);
        self.storage().put(&key, record.as_bytes())
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        let key = self.task.file(self.attempt, name);
        self.storage().put(&key, text.as_bytes())
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.task.storage()
    }
}

#[cfg(test)]
mod tests;
