//! What a task has read, as it is kept with the task: names, with digests of what stood under them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::BasisKeys;
use crate::engine::origin::Output;
use crate::engine::worker::message::{ObjectReport, Reads};
use crate::store::BlobKey;

/// Artifacts that the runtime writes for each task. No other task's code looks at them.
const SYSTEM: [&str; 11] = [
    "_configs_processed",
    "_current_step",
    "_exception",
    "_foreach_num_splits",
    "_foreach_stack",
    "_foreach_var",
    "_iteration_stack",
    "_success",
    "_task_ok",
    "_transition",
    "name",
];

/// What the code of a task has read and written. It is complete in itself: the inputs need not be there any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct Record {
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub artifacts: IndexMap<String, Seen>,
    /// Names that were asked for and not there, with the inputs that were asked.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub absent: IndexMap<String, Vec<usize>>,
    /// Names of artifacts that had values of the user's in the place of those of the inputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// What a join that merges all of its inputs has left in them; `None` if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Vec<String>>,
    /// Parameters, with the names of their blobs.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, String>,
    /// Keys of configs as expressions (`cfg.a.b`), with digests of their values.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub configs: IndexMap<String, String>,
    /// Names that `current` was asked for, with digests of what stood under them.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub current: IndexMap<String, String>,
    /// Options of the run that may have a part in what came out, as they are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What the task has stored itself; all else it has handed on as it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    /// The blobs that say what code it ran, and with what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blobs: Option<BasisKeys>,
}

/// An artifact of the inputs that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Seen {
    /// As [`digest`] has it.
    pub sha: String,
    /// The inputs, by index, that it was read from; `None` for all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<Vec<usize>>,
    /// Only this item of the collection was looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<i64>,
}

impl Record {
    /// From what the task reported. `written` are the objects of its manifest.
    pub fn new(
        reads: &Reads,
        written: &IndexMap<String, ObjectReport>,
        inputs: &[Output],
        basis: Option<BasisKeys>,
    ) -> Self {
        let mut artifacts = IndexMap::new();
        for (name, of) in &reads.artifacts {
            if reads.given.contains(name) {
                continue;
            }
            let sha = digest(of.iter().map(|index| held(inputs, *index, name)));
            let item = reads.items.iter().find(|(_, item, _)| item == name);
            let seen = Seen {
                sha,
                of: (of.len() < inputs.len()).then(|| of.clone()),
                item: item.map(|(_, _, position)| *position),
            };
            artifacts.insert(name.clone(), seen);
        }
        let parameter = |name: &String| {
            let sha = digest([held(inputs, 0, name)].into_iter());
            (name.clone(), sha)
        };
        let is_own = |(name, object): &(&String, &ObjectReport)| {
            matches!(object, ObjectReport::At { .. }) && !SYSTEM.contains(&name.as_str())
        };
        Self {
            artifacts,
            absent: reads.absent.clone(),
            given: reads.given.clone(),
            left: reads.left.clone(),
            parameters: reads.parameters.iter().map(parameter).collect(),
            configs: reads.configs.clone(),
            current: IndexMap::new(),
            options: Vec::new(),
            written: written
                .iter()
                .filter(is_own)
                .map(|(name, _)| name.clone())
                .collect(),
            blobs: basis,
        }
    }

    /// Whether the task has stored this artifact itself.
    pub fn is_own(&self, name: &str) -> bool {
        SYSTEM.contains(&name) || self.written.iter().any(|own| own == name)
    }

    /// `None` for a text that is no record, as another version may have left it.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

fn held(inputs: &[Output], index: usize, name: &str) -> Option<BlobKey> {
    inputs.get(index)?.artifacts.get(name).map(|held| held.key)
}

/// One name for the blobs that several inputs hold under one name, in the order of the inputs: that of the blob, if there is
/// but one.
pub(in crate::engine) fn digest(mut keys: impl Iterator<Item = Option<BlobKey>>) -> String {
    let text =
        |key: Option<BlobKey>| key.map_or_else(|| "absent".to_owned(), |key| key.to_string());
    let first = text(keys.next().flatten());
    let Some(second) = keys.next() else {
        return first;
    };
    let mut all = first;
    for key in std::iter::once(second).chain(keys) {
        all.push(' ');
        all.push_str(&text(key));
    }
    BlobKey::of(all.as_bytes()).to_string()
}
