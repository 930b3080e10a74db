//! Helpers that the tests of this room share.

mod broken;
mod changes;
mod check;
mod code;
mod edits;
mod graph;
mod idioms;
mod modules;
mod parse;
mod properties;
mod reach;
mod truth;

use std::path::{Path, PathBuf};

use super::*;

/// A project of files under `/p`, the first of which is the flow file.
fn project(files: &[(&str, &str)]) -> Project {
    let read = |path: &Path| {
        let name = path.strip_prefix("/p").ok()?.to_str()?;
        let found = files.iter().find(|(file, _)| *file == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    Project::load(&Path::new("/p").join(files[0].0), &read)
}

/// The changes between two states of a project, one per line.
fn diff(old: &[(&str, &str)], new: &[(&str, &str)]) -> String {
    let changed = self::changes::changes_of(&project(old), &project(new));
    changed.join("\n")
}
