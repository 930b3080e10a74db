//! What a task's output holds once what it only handed on is taken from its inputs as they are today.

use std::collections::HashMap;
use std::sync::Arc;

use super::memory::Memory;
use super::past::{Past, PastTask};
use super::read;
use crate::engine::error::EngineError;
use crate::engine::origin::Output;
use crate::engine::scheduler::Place;
use crate::flow::{Graph, NodeKind};
use crate::store::{Manifest, RunStore};

/// The artifacts of a task with these inputs: what it has stored itself, and of all else what they hand on. `None` of a task that
/// recorded nothing.
pub(super) fn renewed(graph: &Graph, task: &PastTask, inputs: &[Output]) -> Option<Manifest> {
    let record = task.record.as_ref()?;
    let before = task.outputs.first()?.artifacts.manifest();
    let node = graph.node(&task.place.step);
    let is_join = node.is_some_and(|node| node.kind == NodeKind::Join);
    let from = |name: &str| {
        let chosen = record.artifacts.get(name);
        let chosen = chosen.and_then(|seen| inputs.get(*seen.of.as_ref()?.first()?));
        let mut inputs = chosen.into_iter().chain(inputs);
        inputs.find_map(|input| input.artifacts.get(name))
    };
    let mut objects = before.objects;
    objects.retain(|name, _| record.is_own(name) || from(name).is_some());
    for (name, artifact) in &mut objects {
        if !record.is_own(name)
            && let Some(now) = from(name)
        {
            *artifact = now.clone();
        }
    }
    if !is_join {
        for (name, artifact) in inputs.iter().flat_map(|input| input.artifacts.iter()) {
            objects
                .entry(name.clone())
                .or_insert_with(|| artifact.clone());
        }
    }
    Some(Manifest {
        objects,
        python_version: before.python_version,
    })
}

/// The inputs of a spin with what has been spun before them, however far: what came through steps that did not look at it
/// included. Their blobs are then all in the store of spins.
///
/// # Errors
/// When the store cannot be read, or no blob be linked.
pub(in crate::engine) fn inputs(
    memory: &Memory,
    run: &RunStore,
    graph: &Graph,
    outputs: Vec<Output>,
) -> Result<Vec<Output>, EngineError> {
    let past = memory.run(run, None)?;
    let Some(past) = read::with_spins(memory, &past, run, None)? else {
        return Ok(outputs);
    };
    let mut renewal = Renewal {
        past: &past,
        graph,
        known: HashMap::new(),
    };
    let spins = run.flow().store().spin_sibling().flow(run.flow().name());
    let renew = |output: Output| {
        let pathspec = output.pathspec();
        let is_it = |task: &&Arc<PastTask>| task.outputs.iter().any(|of| of.pathspec() == pathspec);
        let Some(now) = past.tasks().find(is_it).map(|task| renewal.of(task)) else {
            return Ok(output);
        };
        let Some(now) = now.into_iter().find(|of| of.pathspec() == pathspec) else {
            return Ok(output);
        };
        if now.artifacts.iter().eq(output.artifacts.iter()) {
            return Ok(output);
        }
        for artifact in now.artifacts.iter().map(|(_, artifact)| artifact) {
            if !spins.has_blob(artifact.key)? {
                spins.link_blob_from(run.flow(), artifact.key)?;
            }
        }
        Ok(Output {
            blobs: Some(spins.clone()),
            ..now
        })
    };
    outputs.into_iter().map(renew).collect()
}

struct Renewal<'a> {
    past: &'a Past,
    graph: &'a Graph,
    known: HashMap<Place, Vec<Output>>,
}

impl Renewal<'_> {
    fn of(&mut self, task: &PastTask) -> Vec<Output> {
        if let Some(known) = self.known.get(&task.place) {
            return known.clone();
        }
        // Steps that lead to each other in turn end here.
        self.known.insert(task.place.clone(), task.outputs.clone());
        let inputs: Vec<Output> = self
            .past
            .inputs_of(self.graph, &task.place)
            .into_iter()
            .flat_map(|input| self.of(input))
            .collect();
        let [only] = task.outputs.as_slice() else {
            return task.outputs.clone();
        };
        if inputs.is_empty() {
            return task.outputs.clone();
        }
        let Some(manifest) = renewed(self.graph, task, &inputs) else {
            return task.outputs.clone();
        };
        let outputs = vec![Output {
            artifacts: manifest.into(),
            ..only.clone()
        }];
        self.known.insert(task.place.clone(), outputs.clone());
        outputs
    }
}
