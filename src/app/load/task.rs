//! What a task left: artifacts, cards, output.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use bytes::Bytes;

use crate::{
    app::records::{ArtifactRow, TaskFacts, TaskKey},
    inspect::{self, Limits},
    store::{ArtifactRef, BlobKey, FlowStore, LogLine, LogStream, Manifest, TaskStore},
};

use super::Library;

/// Artifacts up to this size are read for the first look; the others follow.
const FIRST_LOOK: u64 = 4 << 20;
/// Larger pickles are not read for a line of a list; opening one reads it.
const LAST_LOOK: u64 = 512 << 20;
/// So many summaries are kept of what was read.
const MOST_KNOWN: usize = 1000;

impl Library {
    /// Artifacts and cards. Summaries of big artifacts that were not read yet are left for [`Library::summaries`].
    pub fn facts(&self, key: &TaskKey) -> TaskFacts {
        let Some(task) = self.task_store(key) else {
            return TaskFacts::default();
        };
        let manifest = match manifest(&task) {
            Ok(manifest) => manifest,
            Err(problem) => {
                return TaskFacts {
                    problem: Some(problem),
                    ..TaskFacts::default()
                };
            }
        };
        let flow = task.run().flow();
        let artifacts = shown(&manifest)
            .map(|(name, artifact)| {
                if artifact.size <= FIRST_LOOK {
                    summarised(flow, name, artifact)
                } else {
                    let known = self.known(name, artifact);
                    known.unwrap_or_else(|| bare(name, artifact))
                }
            })
            .collect();
        TaskFacts {
            artifacts,
            cards: super::cards::list(&task),
            problem: None,
        }
    }

    /// Summaries of the artifacts that [`Library::facts`] only named.
    pub fn summaries(&self, key: &TaskKey) -> Vec<ArtifactRow> {
        let Some(task) = self.task_store(key) else {
            return Vec::new();
        };
        let Ok(manifest) = manifest(&task) else {
            return Vec::new();
        };
        let flow = task.run().flow();
        shown(&manifest)
            .filter(|(_, artifact)| (FIRST_LOOK + 1..=LAST_LOOK).contains(&artifact.size))
            .filter(|(name, artifact)| self.known(name, artifact).is_none())
            .map(|(name, artifact)| match summary(flow, name, artifact) {
                Ok(row) => {
                    self.learn(artifact.key, &row);
                    row
                }
                Err(problem) => unread(name, artifact, problem),
            })
            .collect()
    }

    fn learn(&self, key: BlobKey, row: &ArtifactRow) {
        let mut big = self.big.lock().unwrap_or_else(PoisonError::into_inner);
        if big.len() >= MOST_KNOWN {
            big.clear();
        }
        big.insert(key, row.clone());
    }

    /// The row of a big artifact whose blob was read before, for this task or another.
    fn known(&self, name: &str, artifact: &ArtifactRef) -> Option<ArtifactRow> {
        let big = self.big.lock().unwrap_or_else(PoisonError::into_inner);
        let row = big.get(&artifact.key)?.clone();
        Some(ArtifactRow {
            name: name.to_owned(),
            ..row
        })
    }

    /// Both streams of the newest attempt, in order of time, as a terminal would get them.
    pub fn log(&self, key: &TaskKey) -> Arc<[u8]> {
        let lines = self.task_store(key).and_then(|task| {
            let attempt = task.latest_attempt().ok()??;
            let mut lines: Vec<LogLine> = Vec::new();
            for stream in [LogStream::Stdout, LogStream::Stderr] {
                // A log that is damaged or still being written is as good as none.
                lines.extend(task.log(stream, attempt).unwrap_or_default());
            }
            // Stable, so that lines of one moment keep their order.
            lines.sort_by_key(|line| line.time);
            Some(lines)
        });
        let mut text = String::new();
        for line in lines.unwrap_or_default() {
            text.push_str(&line.text);
            text.push('\n');
        }
        Arc::from(text.into_bytes())
    }
}

/// The artifacts of the newest attempt; of one that failed, too, as far as it stored them.
pub(super) fn manifest(task: &TaskStore) -> Result<Manifest, String> {
    let newest = task.latest_manifest().map_err(|error| error.to_string())?;
    Ok(newest.unwrap_or_default())
}

/// Artifacts that are the user's: the runtime's own begin with an underscore.
fn shown(manifest: &Manifest) -> impl Iterator<Item = (&String, &ArtifactRef)> {
    let mut artifacts: Vec<_> = manifest
        .objects
        .iter()
        .filter(|(name, _)| !name.starts_with('_') && name.as_str() != "name")
        .collect();
    artifacts.sort_by_key(|(name, _)| name.as_str());
    artifacts.into_iter()
}

/// What the manifest alone says.
fn bare(name: &str, artifact: &ArtifactRef) -> ArtifactRow {
    let class = artifact.class_name();
    ArtifactRow {
        name: name.to_owned(),
        type_name: class.rsplit('.').next().unwrap_or(class).to_owned(),
        shape: String::new(),
        size: artifact.size,
        preview: String::new(),
        hash: artifact.key.to_string(),
        table: class.contains("DataFrame") || class.contains("ndarray") || class.contains("Table"),
        opens: true,
    }
}

fn summarised(flow: &FlowStore, name: &str, artifact: &ArtifactRef) -> ArtifactRow {
    summary(flow, name, artifact).unwrap_or_else(|problem| unread(name, artifact, problem))
}

fn unread(name: &str, artifact: &ArtifactRef, problem: String) -> ArtifactRow {
    ArtifactRow {
        preview: problem,
        opens: false,
        ..bare(name, artifact)
    }
}

/// The row of an artifact that can be read, or why it cannot.
fn summary(flow: &FlowStore, name: &str, artifact: &ArtifactRef) -> Result<ArtifactRow, String> {
    let value = read(flow, artifact)?;
    let root = value.root();
    let summary = inspect::summarise(root, artifact.size);
    let names_a_table = || root.as_str().is_some_and(|text| is_table_file(&text));
    Ok(ArtifactRow {
        type_name: summary.type_name,
        shape: summary.shape.unwrap_or_default(),
        preview: summary.preview,
        opens: inspect::tree_node(String::new(), root).children > 0,
        table: inspect::table_at(root, 0, 1).is_some() || names_a_table(),
        ..bare(name, artifact)
    })
}

/// The pickle as a value.
pub(super) fn read(flow: &FlowStore, artifact: &ArtifactRef) -> Result<inspect::Value, String> {
    if !artifact.is_pickle() {
        return Err(format!(
            "stored as {}, which cannot be read here",
            artifact.encoding
        ));
    }
    if artifact.size <= FIRST_LOOK {
        let bytes = flow.blob(artifact.key).map_err(|error| error.to_string())?;
        return inspect::read_pickle(&Bytes::from(bytes), Limits::default())
            .map_err(|error| error.to_string());
    }
    let mut reader = flow
        .blob_reader(artifact.key)
        .map_err(|error| error.to_string())?;
    inspect::read_pickle_from(&mut reader, Limits::default()).map_err(|error| error.to_string())
}

/// Whether a text is the path of a file with a table in it.
pub(super) fn is_table_file(text: &str) -> bool {
    const ENDINGS: [&str; 7] = ["parquet", "csv", "tsv", "arrow", "feather", "ipc", "jsonl"];
    let path = Path::new(text);
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending)) && path.is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::app::records::RunKey;
    use crate::engine::FlowRequest;
    use crate::store::{Begin, Identity, Store, TaskWriter};

    /// A pickle of so many bytes.
    fn pickle(length: u32) -> Vec<u8> {
        let content = vec![b'x'; length as usize];
        [b"\x80\x04B", &length.to_le_bytes()[..], &content, b"."].concat()
    }

    #[test]
    fn what_is_big_is_read_once() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join(".metaflow");
        let flow = Store::open(&root, directory.path(), &|_| None).flow("F");
        let identity = Arc::new(Identity::default());
        let big = pickle(5 << 20);
        let key = flow.put_blob(&big).unwrap();
        for id in ["1", "2"] {
            let task = flow.run("7").task("start", id);
            task.run().register(&identity).unwrap();
            let writer = TaskWriter::new(task, 0, Arc::clone(&identity));
            writer.register().unwrap();
            writer.begin(&Begin::default()).unwrap();
            let mut manifest = Manifest::default();
            let artifact = ArtifactRef::pickle(key, big.len() as u64, "<class 'bytes'>");
            manifest.objects.insert("big".to_owned(), artifact);
            writer.finish(&manifest, true).unwrap();
        }
        let request = FlowRequest {
            class: Some("F".to_owned()),
            ..FlowRequest::default()
        };
        let library = Library::new(request, directory.path().to_owned());
        let key_of = |id: &str| TaskKey {
            run: RunKey {
                root: Arc::new(root.clone()),
                run: "7".to_owned(),
            },
            step: "start".to_owned(),
            task: id.to_owned(),
        };
        assert_eq!(library.facts(&key_of("1")).artifacts[0].shape, "");
        let read = library.summaries(&key_of("1"));
        assert_eq!(read[0].shape, "5.2M", "{read:?}");
        // It is not needed for another task that has the same.
        fs::remove_file(flow.blob_path(key).unwrap()).unwrap();
        assert_eq!(library.facts(&key_of("2")).artifacts, read);
        assert!(library.summaries(&key_of("2")).is_empty());
    }
}
