//! From what a task reported to what the store keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::error::EngineError;
use super::event::TaskRef;
use super::loaded::LoadedFlow;
use super::origin::Output;
use super::spool::{Pickle, Spool};
use super::staleness::{BasisKeys, Record, Settled};
use super::worker::message::{Done, ObjectReport, RecordReport};
use crate::flow::StepName;
use crate::store::{
    ArtifactRef, Begin, BlobKey, FINGERPRINT, FlowStore, Identity, Manifest, READS, RunStore,
    TaskStore, TaskWriter,
};

/// How readers find a control task: by this tag, or by a record of this type.
const CONTROL_TASK: &str = "control_task";
const TASK_TYPE: &str = "internal_task_type";

/// Where one attempt is stored, and under whose name.
#[derive(Clone)]
pub(super) struct Attempt {
    pub run: RunStore,
    pub identity: Identity,
    pub flow: Arc<LoadedFlow>,
    pub origin_run: Option<String>,
    pub task_ref: TaskRef,
    /// It controls the tasks of an unbounded foreach.
    pub is_control: bool,
}

impl Attempt {
    pub fn task(&self) -> TaskStore {
        self.run.task(&self.task_ref.step, &self.task_ref.task)
    }

    pub fn writer(&self) -> TaskWriter {
        let identity = Arc::new(self.identity.clone());
        let writer = TaskWriter::new(self.task(), self.task_ref.attempt, identity);
        if self.is_control {
            writer.with_task_tag(CONTROL_TASK)
        } else {
            writer
        }
    }

    /// Makes the task known, so that it finds itself with the client from its first line on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn register(&self) -> Result<(), EngineError> {
        Ok(self.writer().register()?)
    }

    /// Writes what is known before user code runs.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn open(&self) -> Result<(), EngineError> {
        let writer = self.writer();
        writer.begin(&Begin {
            origin_run_id: self.origin_run.clone(),
            ..Begin::default()
        })?;
        if self.is_control {
            writer.record(TASK_TYPE, TASK_TYPE, &CONTROL_TASK.into())?;
        }
        if let Some(fingerprint) = self.flow.fingerprints.get(self.task_ref.step.as_str()) {
            writer.record(FINGERPRINT, FINGERPRINT, &fingerprint.as_str().into())?;
        }
        // While the process starts: at the end of the task there is no time for it.
        self.basis()?;
        Ok(())
    }

    fn basis(&self) -> Result<Option<BasisKeys>, EngineError> {
        let code = self.flow.code.get_key_value(self.task_ref.step.as_str());
        code.map(|(step, code)| self.flow.basis.store(self.run.flow(), step, code))
            .transpose()
    }

    /// Records the task's place among its siblings, and what decorators registered.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn place(
        &self,
        meta: &BTreeMap<String, Value>,
        records: &[RecordReport],
    ) -> Result<(), EngineError> {
        let writer = self.writer();
        let stack: Vec<String> = match meta.get("foreach-stack") {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        let path = meta.get("foreach-execution-path");
        let path = path.and_then(Value::as_str).unwrap_or_default();
        writer.foreach_records(&stack, path)?;
        for record in records {
            writer.record(&record.field, &record.kind, &record.value)?;
        }
        Ok(())
    }

    /// Stores the artifacts of an attempt that came to its end; `None` if it left none that can be read. With `placed` the
    /// task's place is recorded already.
    ///
    /// # Errors
    /// When the store cannot be written or the spool file cannot be read.
    pub fn finish(
        &self,
        done: &Done,
        inputs: &[Output],
        spool: &Spool,
        placed: bool,
    ) -> Result<Option<Output>, EngineError> {
        let writer = self.writer();
        self.place(&BTreeMap::new(), &done.records)?;
        if done.unpicklable.is_some() || done.no_room.is_some() {
            writer.abandon()?;
            return Ok(None);
        }
        let manifest = manifest(self.run.flow(), &self.flow.python, done, inputs, spool)?;
        if !placed {
            self.place(&done.meta, &[])?;
        }
        let settled = Settled {
            flow: &self.flow,
            identity: &self.identity,
        };
        let reads = Record {
            current: settled.seen(&done.reads, inputs),
            options: self.flow.options(),
            ..Record::new(&done.reads, &done.objects, inputs, self.basis()?)
        };
        writer.record(READS, READS, &reads.to_text().into())?;
        writer.finish(&manifest, done.ok == Some(true))?;
        Ok(Some(Output {
            task: self.task(),
            artifacts: manifest.into(),
            blobs: None,
        }))
    }
}

/// Stores the `_parameters` task; the manifest's blobs are stored already.
pub(super) fn parameters(
    run: &RunStore,
    identity: &Identity,
    flow: &LoadedFlow,
    manifest: Manifest,
) -> Result<Output, EngineError> {
    let task = run.task("_parameters", "0");
    let writer = TaskWriter::new(task.clone(), 0, Arc::new(identity.clone()));
    writer.register()?;
    let name = |step: &Option<StepName>| step.as_ref().map(StepName::to_string).unwrap_or_default();
    let (start, end) = (name(&flow.graph.start), name(&flow.graph.end));
    writer.finish_parameters(&manifest, &start, &end)?;
    Ok(Output {
        task,
        artifacts: manifest.into(),
        blobs: None,
    })
}

/// Makes a task of a new run a copy of a finished one.
pub(super) fn clone_task(
    run: &RunStore,
    identity: &Identity,
    origin: &Output,
    task: &TaskRef,
    is_control: bool,
) -> Result<Output, EngineError> {
    let task = run.task(&task.step, &task.task);
    let mut writer = TaskWriter::new(task.clone(), 0, Arc::new(identity.clone()));
    if is_control {
        writer = writer.with_task_tag(CONTROL_TASK);
    }
    writer.clone_from(&origin.task, &origin.artifacts.manifest())?;
    if is_control {
        writer.record(TASK_TYPE, TASK_TYPE, &CONTROL_TASK.into())?;
    }
    Ok(Output {
        task,
        artifacts: origin.artifacts.clone(),
        blobs: None,
    })
}

/// The manifest that a report describes, its new blobs stored.
///
/// # Errors
/// When the store cannot be written or the spool file cannot be read.
pub(super) fn manifest(
    flow: &FlowStore,
    python: &str,
    done: &Done,
    inputs: &[Output],
    spool: &Spool,
) -> Result<Manifest, EngineError> {
    let mut manifest = Manifest {
        python_version: python.to_owned(),
        objects: IndexMap::with_capacity(done.objects.len()),
    };
    let new = done
        .objects
        .iter()
        .filter_map(|(name, object)| match object {
            ObjectReport::At { at, .. } => Some(Pickle {
                at: *at,
                like: same_size(inputs, name, at.1),
            }),
            ObjectReport::From { .. } => None,
        });
    let keys = spool.store(flow, &new.collect::<Vec<_>>())?;
    let mut keys = keys.into_iter();
    for (name, object) in &done.objects {
        let artifact = match object {
            ObjectReport::From { from } => inherited(flow, inputs, *from, name)?,
            ObjectReport::At {
                at: (_, length),
                type_name,
                encoding,
                info,
            } => {
                // One for each of these, in the same order.
                let Some(key) = keys.next() else { break };
                let mut artifact = ArtifactRef::pickle(key, *length, type_name.as_str());
                // A serialiser of an extension says what it has done.
                if let (Some(encoding), Some(info)) = (encoding, info) {
                    artifact.encoding = encoding.as_str().into();
                    artifact.serializer_info = Some(Arc::new(info.clone()));
                }
                artifact
            }
        };
        manifest.objects.insert(name.clone(), artifact);
    }
    Ok(manifest)
}

/// What an input has under this name, if it is that long.
fn same_size<'a>(inputs: &'a [Output], name: &str, size: u64) -> Option<(&'a FlowStore, BlobKey)> {
    inputs.iter().find_map(|input| {
        let artifact = input.artifacts.get(name)?;
        (artifact.size == size).then(|| (input.flow(), artifact.key))
    })
}

/// An artifact that is taken over: by reference, or, between the stores of runs and of spins, with its blob.
fn inherited(
    flow: &FlowStore,
    inputs: &[Output],
    from: usize,
    name: &str,
) -> Result<ArtifactRef, EngineError> {
    let found = inputs
        .get(from)
        .and_then(|input| Some((input, input.artifacts.get(name)?)));
    let Some((input, artifact)) = found else {
        return Err(EngineError::Request {
            message: format!(
                "the task takes over an artifact that its input does not have: {name}"
            ),
            hint: None,
        });
    };
    if input.flow().root() != flow.root() {
        flow.link_blob_from(input.flow(), artifact.key)?;
    }
    Ok(artifact.clone())
}
