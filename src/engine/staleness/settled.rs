//! What the code of a task may ask of `current` that is settled before the task, and is the same for all tasks of a run.

use indexmap::IndexMap;
use serde_json::Value;

use super::Record;
use crate::engine::loaded::LoadedFlow;
use crate::engine::origin::Output;
use crate::engine::worker::message::Reads;
use crate::store::{BlobKey, Identity};

/// Names that options of a run have a part in.
const OF_PROJECT: [&str; 5] = [
    "project_name",
    "branch_name",
    "is_production",
    "is_user_branch",
    "project_flow_name",
];

/// Who runs which flow.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Settled<'a> {
    pub flow: &'a LoadedFlow,
    pub identity: &'a Identity,
}

impl Settled<'_> {
    /// The names that a task has asked for, with digests of what they stood for.
    pub fn seen(&self, reads: &Reads, inputs: &[Output]) -> IndexMap<String, String> {
        let digest = |name: &String| {
            let seen = match name.as_str() {
                // It comes with the inputs, which another version of the flow may have made.
                "graph" => inputs.first().and_then(stored_graph),
                _ => self.value(name),
            };
            (name.clone(), digest(seen))
        };
        reads.current.iter().map(digest).collect()
    }

    /// The first of these names that stands for something else than it did for a task. Unless a `run` is to follow, nothing is known
    /// of its tags.
    pub fn change_since<'r>(&self, record: &'r Record, is_run: bool) -> Option<&'r String> {
        let names = record.current.iter().filter(|(name, _)| {
            (is_run || *name != "tags")
                // Of what only other options make different, nothing is said.
                && (!OF_PROJECT.contains(&name.as_str()) || record.options == self.flow.options())
        });
        let mut changed = names.filter(|(name, then)| digest(self.value(name)) != **then);
        changed.next().map(|(name, _)| name)
    }

    /// As text; `None` of what is not there.
    fn value(&self, name: &str) -> Option<String> {
        let described = &self.flow.description;
        let tag = |prefix: &str| {
            let mut tags = described.sys_tags.iter();
            tags.find_map(|tag| tag.strip_prefix(prefix))
        };
        let branch = || tag("project_branch:");
        match name {
            "username" | "namespace" => Some(self.identity.user.clone()),
            "tags" => {
                let mut tags = self.identity.tags.clone();
                tags.sort_unstable();
                tags.dedup();
                Some(tags.join("\n"))
            }
            "parameter_names" => {
                let names = described.parameters.iter();
                let names: Vec<&str> = names.map(|parameter| parameter.attr.as_str()).collect();
                Some(names.join("\n"))
            }
            "graph" => Some(shape(self.flow.graph_info.clone())),
            "project_name" => tag("project:").map(str::to_owned),
            "branch_name" => branch().map(str::to_owned),
            "is_production" => branch().map(|it| it.starts_with("prod").to_string()),
            "is_user_branch" => branch().map(|it| it.starts_with("user.").to_string()),
            "project_flow_name" => Some(format!("{}.{}", tag("project:")?, branch()?)),
            _ => None,
        }
    }
}

fn digest(value: Option<String>) -> String {
    let key = value.map(|text| BlobKey::of(text.as_bytes()));
    key.map_or_else(|| "absent".to_owned(), |key| key.to_string())
}

/// The artifact that holds the graph.
const GRAPH: &str = "_graph_info";

/// Unreadable ones are no reason to lose the task.
fn stored_graph(input: &Output) -> Option<String> {
    let stored = input.artifacts.get(GRAPH)?;
    let graph = input.task.decode(GRAPH, stored).ok()?;
    Some(shape(graph.to_json()))
}

/// A graph without what comments and the place in the file make different.
fn shape(mut graph: Value) -> String {
    let steps = graph.get_mut("steps").and_then(Value::as_object_mut);
    for step in steps.into_iter().flat_map(|steps| steps.values_mut()) {
        if let Some(step) = step.as_object_mut() {
            for name in ["line", "source_file", "doc"] {
                step.shift_remove(name);
            }
        }
    }
    if let Some(graph) = graph.as_object_mut() {
        graph.shift_remove("doc");
    }
    graph.to_string()
}
