//! The Python and the libraries that a flow runs with: versions of the distributions whose modules it has imported.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::BlobKey;

/// What is recorded of it with a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct Versions {
    /// Version of Python.
    pub python: String,
    /// Versions of distributions by name.
    pub libraries: BTreeMap<String, String>,
    /// Hashes of modules that belong to no version: those of packages that are installed in place, and of the project as far as
    /// nothing says what reaches them.
    pub files: BTreeMap<String, BlobKey>,
}

/// Of a file list that long only the beginning is read: the names of its modules are there.
const FILE_LIST: u64 = 32 * 1024;

impl Versions {
    /// Looks the modules up beside the `.dist-info` directories of where they come from. A module that belongs to no
    /// distribution there has no version; what it says itself takes its place.
    pub fn read(
        python: &str,
        modules: &BTreeMap<PathBuf, Vec<String>>,
        unversioned: &[PathBuf],
    ) -> Self {
        let mut libraries = BTreeMap::new();
        for (directory, names) in modules {
            let installed = installed(directory);
            let mut unclear = Vec::new();
            for name in names {
                match installed.get(&normal(name)) {
                    Some(found) => _ = libraries.insert(found.name.clone(), found.version.clone()),
                    None => unclear.push(name.as_str()),
                }
            }
            if unclear.is_empty() {
                continue;
            }
            // The module has another name than its distribution, as `yaml` has.
            for found in installed.values() {
                if !libraries.contains_key(&found.name) && found.provides(&unclear) {
                    libraries.insert(found.name.clone(), found.version.clone());
                }
            }
        }
        Self {
            python: python.split(' ').next().unwrap_or_default().to_owned(),
            libraries,
            files: unversioned.iter().filter_map(|path| hashed(path)).collect(),
        }
    }

    /// What is not as it was, as far as both know it; a library that is not used any more is a matter of the code.
    pub fn change_since(&self, before: &Self) -> Option<String> {
        let python = ("Python", Some(&self.python), &before.python);
        let libraries = before
            .libraries
            .iter()
            .map(|(name, version)| (name.as_str(), self.libraries.get(name), version));
        let version = std::iter::once(python)
            .chain(libraries)
            .find_map(|(name, now, then)| {
                let now = now.filter(|now| *now != then)?;
                Some(format!("{name} changed from {then} to {now}"))
            });
        let is_other = |(path, then): &(&String, &BlobKey)| {
            self.files.get(*path).is_some_and(|now| now != *then)
        };
        version.or_else(|| {
            let (path, _) = before.files.iter().find(is_other)?;
            Some(format!("{path} changed"))
        })
    }
}

fn hashed(path: &Path) -> Option<(String, BlobKey)> {
    let bytes = std::fs::read(path).ok()?;
    Some((path.display().to_string(), BlobKey::of(&bytes)))
}

/// A distribution, as the name of its directory says.
struct Distribution {
    name: String,
    version: String,
    info: PathBuf,
}

impl Distribution {
    fn provides(&self, modules: &[&str]) -> bool {
        if let Ok(names) = std::fs::read_to_string(self.info.join("top_level.txt")) {
            return names.lines().any(|name| modules.contains(&name.trim()));
        }
        let mut files = Vec::new();
        let read = File::open(self.info.join("RECORD"))
            .and_then(|file| file.take(FILE_LIST).read_to_end(&mut files));
        if read.is_err() {
            return false;
        }
        String::from_utf8_lossy(&files).lines().any(|line| {
            let top = line.split(['/', ',']).next().unwrap_or_default();
            let module = top.split('.').next().unwrap_or_default();
            modules.contains(&module)
        })
    }
}

fn installed(directory: &Path) -> BTreeMap<String, Distribution> {
    // A directory that is gone has nothing installed.
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let info = entry.path();
            let file = info.file_name()?.to_str()?;
            let stem = file
                .strip_suffix(".dist-info")
                .or_else(|| file.strip_suffix(".egg-info"))?;
            let (name, version) = stem.split_once('-')?;
            // `six-1.16.0-py3.11.egg-info`
            let version = version.split("-py").next().unwrap_or(version);
            let found = Distribution {
                name: name.to_owned(),
                version: version.to_owned(),
                info: info.clone(),
            };
            Some((normal(name), found))
        })
        .collect()
}

/// Names of distributions are compared like this.
fn normal(name: &str) -> String {
    name.replace(['-', '.'], "_").to_lowercase()
}
