//! One task: its record, its attempts and what they left. Reading only; see `writer` for the other direction.

use std::sync::Arc;

use super::{
    ExitInfo, LogLine, LogStream, Manifest, ObjectInfo, Result, RunStore, Simple, StepStore,
    Storage, StoreError, Sysmeta,
    attempt::AttemptFiles,
    log::{LogSource, merge_logs, parse_log},
    records::Names,
    run::read_json,
};

/// One task.
#[derive(Debug, Clone)]
pub struct TaskStore {
    step: StepStore,
    id: Arc<str>,
}

impl TaskStore {
    pub(super) fn new(step: StepStore, id: &str) -> Self {
        Self {
            step,
            id: id.into(),
        }
    }

    /// The task's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The step that it belongs to.
    pub fn step(&self) -> &StepStore {
        &self.step
    }

    /// The run that it belongs to.
    pub fn run(&self) -> &RunStore {
        self.step.run()
    }

    /// `flow/run/step/task`.
    pub fn pathspec(&self) -> String {
        self.key()
    }

    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.step.key(), self.id)
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.run().storage()
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names {
            flow: self.run().flow().name(),
            run: self.run().id(),
            step: Some(self.step.name()),
            task: Some(&self.id),
        }
    }

    pub(super) fn file(&self, attempt: u32, name: &str) -> String {
        format!("{}/{attempt}.{name}", self.key())
    }

    pub(super) fn meta_file(&self, name: &str) -> String {
        format!("{}/_meta/{name}", self.key())
    }

    /// The files of the task's cards (`cards/…`, `runtime/…`): the storage, and the directory in it.
    pub fn cards(&self) -> (Arc<dyn Storage>, String) {
        let (storage, prefix) = self.run().flow().store().cards();
        let (flow, run) = (self.run().flow().name(), self.run().id());
        let (step, task) = (self.step.name(), &self.id);
        let directory = format!("{prefix}{flow}/runs/{run}/steps/{step}/tasks/{task}");
        (storage, directory)
    }

    /// Whether the task is registered.
    pub fn exists(&self) -> Result<bool> {
        self.storage().exists(&self.meta_file("_self.json"))
    }

    /// User, tags and time; `None` if the task is not registered.
    pub fn info(&self) -> Result<Option<ObjectInfo>> {
        let json = read_json(self.storage(), &self.meta_file("_self.json"))?;
        Ok(json.as_ref().map(ObjectInfo::from_json))
    }

    pub(super) fn attempt_files(&self) -> Result<AttemptFiles> {
        let listing = self.storage().list(&self.key())?;
        Ok(AttemptFiles::of(&listing.files))
    }

    /// Attempts that started, ascending.
    pub fn attempts(&self) -> Result<Vec<u32>> {
        Ok(self.attempt_files()?.started)
    }

    /// The newest attempt, done or not.
    pub fn latest_attempt(&self) -> Result<Option<u32>> {
        Ok(self.attempt_files()?.latest())
    }

    /// Whether an attempt has a final manifest.
    pub fn done(&self, attempt: u32) -> Result<bool> {
        self.storage().exists(&self.file(attempt, "DONE.lock"))
    }

    /// The newest attempt, if it is done: the one that readers use. A newer attempt that crashed hides an older good one.
    pub fn latest_done(&self) -> Result<Option<u32>> {
        Ok(self.attempt_files()?.latest_done())
    }

    /// The artifacts of an attempt.
    pub fn manifest(&self, attempt: u32) -> Result<Manifest> {
        let key = self.file(attempt, "data.json");
        let text = self
            .storage()
            .get(&key)?
            .ok_or_else(|| StoreError::Absent {
                pathspec: self.pathspec(),
                reason: "has no artifacts for this attempt",
            })?;
        Manifest::from_json(&text).map_err(|reason| StoreError::malformed(key, reason))
    }

    /// The artifacts of the newest attempt, if it is done.
    pub fn latest_manifest(&self) -> Result<Option<Manifest>> {
        match self.latest_done()? {
            Some(attempt) => self.manifest(attempt).map(Some),
            None => Ok(None),
        }
    }

    /// Decodes an artifact of the closed set of plain values that the runtime writes, from the newest attempt; `None`
    /// if that is not done or has no such artifact.
    pub fn read_simple(&self, name: &str) -> Result<Option<Simple>> {
        match self.latest_manifest()? {
            Some(manifest) => self.read_simple_in(&manifest, name),
            None => Ok(None),
        }
    }

    /// All metadata records, oldest first.
    pub fn all_sysmeta(&self) -> Result<Vec<Sysmeta>> {
        self.sysmeta_files(|_| true)
    }

    /// The last record of a field.
    pub fn sysmeta(&self, field: &str) -> Result<Option<Sysmeta>> {
        let [record] = self.sysmeta_of([field])?;
        Ok(record)
    }

    /// The last record of each of these fields.
    pub fn sysmeta_of<const N: usize>(&self, fields: [&str; N]) -> Result<[Option<Sysmeta>; N]> {
        let is_of = |name: &str, field: &str| {
            name.strip_prefix(field)
                .and_then(|rest| rest.strip_prefix('_'))
                .is_some_and(|time| time.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let named = |name: &str| fields.iter().any(|field| is_of(name, field));
        let mut last = [const { None }; N];
        for record in self.sysmeta_files(named)? {
            if let Some(at) = fields.iter().position(|field| *field == record.field) {
                last[at] = Some(record);
            }
        }
        Ok(last)
    }

    /// Reads the records whose name (`field_milliseconds`) is wanted.
    fn sysmeta_files(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Sysmeta>> {
        let files = self.storage().list(&format!("{}/_meta", self.key()))?.files;
        let mut records = Vec::new();
        for file in files {
            let name = file
                .strip_prefix("sysmeta_")
                .and_then(|rest| rest.strip_suffix(".json"));
            if name.is_some_and(&wanted)
                && let Some(json) = read_json(self.storage(), &self.meta_file(&file))?
            {
                records.push(Sysmeta::from_json(&json));
            }
        }
        records.sort_by_key(|record| record.time_ms);
        Ok(records)
    }

    /// The task that this one was cloned from by a resume.
    pub fn origin(&self) -> Result<Option<TaskStore>> {
        let (Some(run), Some(task)) = (
            self.sysmeta("origin-run-id")?,
            self.sysmeta("origin-task-id")?,
        ) else {
            return Ok(None);
        };
        let run = self.run().flow().run(&run.text());
        Ok(Some(run.task(self.step.name(), &task.text())))
    }

    /// The lines of a stream of an attempt, in order of time; empty while the task runs and for clones.
    pub fn log(&self, stream: LogStream, attempt: u32) -> Result<Vec<LogLine>> {
        let mut logs = Vec::new();
        for source in [LogSource::Runtime, LogSource::Task] {
            if let Some(text) = self
                .storage()
                .get(&self.log_file(stream, &source, attempt))?
            {
                logs.push(parse_log(&text));
            }
        }
        Ok(merge_logs(logs))
    }

    pub(super) fn log_file(&self, stream: LogStream, source: &LogSource, attempt: u32) -> String {
        self.file(attempt, &format!("{source}_{stream}.log"))
    }

    /// How the attempt's process ended; `None` while it runs, for clones, and if the launcher died first.
    pub fn exit_info(&self, attempt: u32) -> Result<Option<ExitInfo>> {
        let key = self.file(attempt, "runtime");
        let Some(text) = self.storage().get(&key)? else {
            return Ok(None);
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| StoreError::malformed(key, error))
    }
}

#[cfg(test)]
mod tests;
