//! Where texts come from: this room reads no files itself.

use std::path::{Path, PathBuf};

/// The files around a flow, on a disk or in a test.
pub trait Files {
    /// The text of a file; `None` if there is none.
    fn read(&self, path: &Path) -> Option<String>;

    /// The paths of what is directly inside a directory, for modules whose names are computed when the flow runs.
    fn list(&self, directory: &Path) -> Vec<PathBuf>;
}

/// Files that are found by their names alone.
impl<F: Fn(&Path) -> Option<String>> Files for F {
    fn read(&self, path: &Path) -> Option<String> {
        self(path)
    }

    fn list(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}
