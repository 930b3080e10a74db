//! The files that a Python process was made from, and whether it would be made from the same now.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::worker::message::DataFiles;
use crate::flow::{FlowFile, Project};

/// The project as it was read, and what only the process knew of.
pub(super) struct Sources {
    project: Arc<Project>,
    /// Where the flow file really is: Python imports from there, whatever link leads to it.
    place: Option<PathBuf>,
    /// Files of the project that the process has executed.
    executed: HashSet<PathBuf>,
    /// Further files that it told of, and a hash of each.
    others: Vec<(PathBuf, Option<u64>)>,
    /// What it has read, however large: told apart by time and size.
    data: DataFiles,
}

impl Sources {
    /// Of a process that tells that it has executed these files, and read those.
    pub fn new(project: &Arc<Project>, files: &[PathBuf], data: &DataFiles) -> Self {
        let known = as_imported(project);
        let executed = files.iter().filter_map(|file| known.get(file));
        let others = files.iter().filter(|file| !known.contains_key(*file));
        Self {
            place: project.main.path.canonicalize().ok(),
            executed: executed.map(|file| file.path.clone()).collect(),
            others: others
                .map(|file| (file.clone(), source_hash(file)))
                .collect(),
            data: data.clone(),
            project: Arc::clone(project),
        }
    }

    /// Whether a process that executes the flow of this project would have executed the same.
    pub fn are_those_of(&self, now: &Project) -> bool {
        self.project.reads_as(now) && self.are_left()
    }

    /// The same of a process that has only done the imports: what they have not executed may read differently.
    pub fn are_imports_of(&self, now: &Project) -> bool {
        let mut files = self.project.files().zip(now.files());
        self.project.has_imports_of(now)
            && files.all(|(then, now)| then.text == now.text || !self.executed.contains(&then.path))
            && self.are_left()
    }

    /// Whether what is not in the text of the project is as it was.
    fn are_left(&self) -> bool {
        let mut others = self.others.iter();
        self.project.main.path.canonicalize().ok() == self.place
            && others.all(|(path, hash)| source_hash(path) == *hash)
            && self
                .data
                .iter()
                .all(|(path, state)| data_state(path) == *state)
    }
}

/// The files of a project by the paths that they have in Python, which knows the real one of the flow's directory.
pub(super) fn as_imported(project: &Project) -> HashMap<PathBuf, &FlowFile> {
    let root = project.main.path.parent().unwrap_or(Path::new(""));
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let path = |file: &FlowFile| {
        let inside = file.path.strip_prefix(root);
        inside.map_or_else(|_| file.path.clone(), |inside| real.join(inside))
    };
    project.files().map(|file| (path(file), file)).collect()
}

/// A hash of a file's text; `None` where it cannot be read.
pub(super) fn source_hash(path: &Path) -> Option<u64> {
    let text = std::fs::read(path).ok()?;
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    Some(hash.finish())
}

/// As workers tell it.
fn data_state(path: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(path).ok()?;
    let time = found.modified().ok()?.duration_since(UNIX_EPOCH);
    let nanoseconds = time.unwrap_or_default().as_nanos();
    Some((u64::try_from(nanoseconds).unwrap_or_default(), found.len()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::disk::Disk;
    use super::*;

    /// A flow in a directory, and what was made from it.
    struct Case {
        directory: tempfile::TempDir,
        flow: PathBuf,
    }

    impl Case {
        fn new(files: &[(&str, &str)]) -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let flow = directory.path().join("flow.py");
            let case = Self { directory, flow };
            for (name, text) in files {
                case.write(name, text);
            }
            case
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().expect("in it")).expect("made");
            fs::write(path, text).expect("written");
        }

        fn path(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        fn project(&self) -> Arc<Project> {
            Arc::new(Project::load(&self.flow, &Disk))
        }

        /// By a process that told of these files, under the real path of the directory.
        fn sources(&self, told: &[&str]) -> Sources {
            let real = self.directory.path().canonicalize().expect("a path");
            let told: Vec<PathBuf> = told.iter().map(|name| real.join(name)).collect();
            Sources::new(&self.project(), &told, &DataFiles::new())
        }

        /// Whether a flow is current that was loaded before the change, and the imports that were done then.
        fn after(&self, told: &[&str], change: impl Fn(&Path)) -> (bool, bool) {
            let sources = self.sources(told);
            let now = self.project();
            assert!(sources.are_those_of(&now) && sources.are_imports_of(&now));
            change(self.directory.path());
            let now = self.project();
            (sources.are_those_of(&now), sources.are_imports_of(&now))
        }
    }

    #[test]
    fn a_file_that_was_read_half_written_is_known_to_have_changed() {
        let case = Case::new(&[("flow.py", "import os\n")]);
        let half = case.sources(&[]);
        case.write("flow.py", "import os\nimport sys\n");
        assert!(!half.are_those_of(&case.project()));
        assert!(case.sources(&[]).are_those_of(&case.project()));
    }

    #[test]
    fn an_edit_outdates_imports_where_it_was_executed_by_them() {
        let files = [
            ("flow.py", "import a\ndef f(): import lazy\n"),
            ("a.py", "V = 1\n"),
            ("lazy.py", "V = 1\n"),
            ("found.py", "V = 1\n"),
        ];
        let edit = |name: &'static str| {
            let told = ["a.py", "found.py"];
            let case = Case::new(&files);
            case.after(&told, |_| case.write(name, "V = 2\n"))
        };
        assert_eq!(edit("a.py"), (false, false));
        assert_eq!(edit("lazy.py"), (false, true));
        assert_eq!(edit("found.py"), (false, false));
        assert_eq!(edit("nobodys.py"), (true, true));
    }

    #[test]
    fn what_comes_to_stand_before_a_module_or_in_its_place_is_a_change() {
        let files = [
            ("flow.py", "import a, six, ns.one\n"),
            (
                "a.py",
                "try:\n    import settings\nexcept ImportError: pass\n",
            ),
            ("ns/one.py", "V = 1\n"),
        ];
        for came in ["a/__init__.py", "settings.py", "six.py", "ns/__init__.py"] {
            let case = Case::new(&files);
            let (flow, imports) =
                case.after(&["a.py", "ns/one.py"], |_| case.write(came, "V = 2\n"));
            assert!(!flow && !imports, "{came}");
        }
    }

    #[test]
    fn what_was_read_is_a_part_of_it() {
        let case = Case::new(&[("flow.py", "import a\n"), ("a.json", "1")]);
        let (here, gone) = (case.path("a.json"), case.path("b.json"));
        let data = DataFiles::from([(here.clone(), data_state(&here)), (gone, None)]);
        let sources = Sources::new(&case.project(), &[], &data);
        assert!(sources.are_those_of(&case.project()));
        case.write("b.json", "1");
        assert!(!sources.are_those_of(&case.project()));
        fs::remove_file(case.path("b.json")).expect("removed");
        assert!(sources.are_imports_of(&case.project()));
        case.write("a.json", "10");
        assert!(!sources.are_imports_of(&case.project()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_is_a_change() {
        use std::os::unix::fs::symlink;

        let files = [
            ("flow.py", "import cur.m\n"),
            ("v1/m.py", "V = 1\n"),
            ("v2/m.py", "V = 2\n"),
        ];
        let case = Case::new(&files);
        let point = |to: &str| {
            let _ = fs::remove_file(case.path("cur"));
            symlink(to, case.path("cur")).expect("a link");
        };
        point("v1");
        assert_eq!(case.after(&["cur/m.py"], |_| point("v2")), (false, false));
        // The flow's own directory, with modules that its source does not name.
        let files = [
            ("v1/flow.py", "V = 1\n"),
            ("v2/flow.py", "V = 1\n"),
            ("v1/found.py", "V = 1\n"),
        ];
        let mut case = Case::new(&files);
        case.flow = case.path("cur/flow.py");
        let point = |to: &str| {
            let _ = fs::remove_file(case.path("cur"));
            symlink(to, case.path("cur")).expect("a link");
        };
        point("v1");
        assert_eq!(
            case.after(&["v1/found.py"], |_| point("v2")),
            (false, false)
        );
    }
}
