//! The store's files as they are on disk, read without flowdev or Metaflow.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use sha1::{Digest, Sha1};

/// All files below a directory, sorted.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    found
}

/// Fails unless every file of a flow's part of the store is whole: JSON parses, a blob has the content that its name says.
/// Files whose name starts with a dot are unfinished ones that nobody reads.
#[track_caller]
pub fn expect_whole(root: &Path) {
    for path in files(root) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("readable");
        if name.starts_with('.') {
            continue;
        }
        if name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let mut content = Vec::new();
            MultiGzDecoder::new(&bytes[..])
                .read_to_end(&mut content)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(
                format!("{:x}", Sha1::digest(&content)),
                name,
                "{}",
                path.display()
            );
        } else if ["json", "lock", "task_begin", "task_end", "runtime"]
            .iter()
            .any(|kind| name.ends_with(kind))
            || name.ends_with("_meta")
        {
            let parsed: Result<Value, _> = serde_json::from_slice(&bytes);
            assert!(
                parsed.is_ok(),
                "{} is not JSON: {:?}",
                path.display(),
                String::from_utf8_lossy(&bytes)
            );
        } else if name == "latest_run" {
            assert!(!bytes.is_empty(), "{} is empty", path.display());
        } else if name.ends_with(".log") {
            let text = String::from_utf8(bytes)
                .unwrap_or_else(|_| panic!("{} is not UTF-8", path.display()));
            assert!(
                text.is_empty() || text.ends_with('\n'),
                "{} ends within a line",
                path.display()
            );
        }
    }
}

/// The finished tasks of a step: task id to the artifact manifest of its newest attempt.
pub fn done_tasks(root: &Path, flow: &str, run: &str, step: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root.join(flow).join(run).join(step))
        .into_iter()
        .flatten()
        .flatten()
    {
        let task = entry.path();
        let newest = (0..6)
            .rev()
            .find(|attempt| task.join(format!("{attempt}.attempt.json")).exists());
        let Some(attempt) =
            newest.filter(|attempt| task.join(format!("{attempt}.DONE.lock")).exists())
        else {
            continue;
        };
        let text = fs::read_to_string(task.join(format!("{attempt}.data.json")))
            .expect("a done task has a manifest");
        found.insert(
            entry.file_name().to_string_lossy().into_owned(),
            serde_json::from_str(&text).expect("JSON"),
        );
    }
    found
}

/// The bytes of an artifact in a manifest.
#[track_caller]
pub fn blob(root: &Path, flow: &str, manifest: &Value, artifact: &str) -> Vec<u8> {
    let key = manifest["objects"][artifact]
        .as_str()
        .unwrap_or_else(|| panic!("no {artifact} in {manifest}"));
    let path = root.join(flow).join("data").join(&key[..2]).join(key);
    let mut content = Vec::new();
    let packed = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    MultiGzDecoder::new(&packed[..])
        .read_to_end(&mut content)
        .expect("gzip");
    content
}
