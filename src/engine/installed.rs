//! What imported libraries consist of on disk: the files, as they were when they were imported. Once one changes, no process that
//! has imported them is what a new one would be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Names of files by their directory, as workers tell them.
pub(super) type Files = BTreeMap<PathBuf, Vec<String>>;

/// The files with the times of their last changes; `None` for one that is not there. Clones share them until one is added.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    /// Whether all are known, or only those that have no version.
    pub all: bool,
    files: Arc<BTreeMap<PathBuf, Option<SystemTime>>>,
}

impl Installed {
    /// Nothing has been imported; with `all`, it will matter whether any of it changes.
    pub fn new(all: bool) -> Self {
        Self {
            all,
            files: Arc::default(),
        }
    }

    /// These have just been imported.
    pub fn note(&mut self, files: &Files) {
        if files.is_empty() {
            return;
        }
        let known = Arc::make_mut(&mut self.files);
        for path in paths(files).filter(|path| self.all || is_unversioned(path)) {
            known
                .entry(path)
                .or_insert_with_key(|path| changed_at(path));
        }
    }

    /// This is what was started.
    pub fn note_program(&mut self, path: PathBuf) {
        if self.all && !self.files.contains_key(&path) {
            let time = changed_at(&path);
            Arc::make_mut(&mut self.files).insert(path, time);
        }
    }

    /// All processes that have imported something are gone.
    pub fn clear(&mut self) {
        self.files = Arc::default();
    }

    /// Whether they are as they were.
    pub fn is_same(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|(path, time)| changed_at(path) == *time)
    }

    /// Modules that lie where no distribution says its version.
    pub fn unversioned(&self) -> impl Iterator<Item = &Path> {
        let files = self.files.keys();
        files
            .map(PathBuf::as_path)
            .filter(|path| is_unversioned(path))
    }
}

/// Whether a module lies outside the directories that distributions are installed into, as it does if it was installed in place.
pub(super) fn is_unversioned(path: &Path) -> bool {
    let is_installed = |part: std::path::Component<'_>| {
        let name = part.as_os_str();
        name == "site-packages" || name == "dist-packages"
    };
    path.extension().is_some_and(|kind| kind == "py") && !path.components().any(is_installed)
}

fn paths(files: &Files) -> impl Iterator<Item = PathBuf> {
    files
        .iter()
        .flat_map(|(directory, names)| names.iter().map(|name| directory.join(name)))
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::{Files, Installed};

    #[test]
    fn a_file_that_changes_comes_or_goes_is_a_change() {
        let directory = tempfile::tempdir().expect("directory");
        let file = directory.path().join("a.py");
        let write = |seconds: u64| {
            std::fs::write(&file, "x = 1").expect("write");
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let opened = std::fs::File::options().write(true).open(&file);
            opened
                .and_then(|file| file.set_modified(time))
                .expect("time");
        };
        write(1_000_000_000);
        let mut installed = Installed::new(true);
        let names = vec!["a.py".to_owned(), "b.py".to_owned()];
        installed.note(&Files::from([(directory.path().to_owned(), names)]));
        assert!(installed.is_same());
        assert_eq!(installed.unversioned().count(), 2);
        write(1_000_000_001);
        assert!(!installed.is_same());
        write(1_000_000_000);
        assert!(installed.is_same());
        std::fs::write(directory.path().join("b.py"), "").expect("write");
        assert!(!installed.is_same());
    }

    #[test]
    fn what_is_in_site_packages_has_a_version() {
        let is = |path: &str| super::is_unversioned(std::path::Path::new(path));
        assert!(is("/home/me/lib/src/lib/clean.py"));
        assert!(!is("/venv/lib/python3.11/site-packages/lib/clean.py"));
        assert!(!is("/home/me/lib/src/lib/fast.so"));
    }
}
