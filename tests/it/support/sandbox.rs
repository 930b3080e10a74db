//! A directory of its own for a test: flows, store and home, and commands that see nothing else of the machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{fixture, repository, venv};

/// A temporary directory with `work` (current directory, with an empty store) and `home`.
pub struct Sandbox {
    // Deletes the directory when the test is over.
    _guard: TempDir,
    top: PathBuf,
}

impl Sandbox {
    /// A new one.
    pub fn new() -> Self {
        let guard = TempDir::new().expect("temporary directory");
        // Metaflow records real paths.
        let top = guard.path().canonicalize().expect("temporary directory");
        for name in ["work/.metaflow", "home"] {
            fs::create_dir_all(top.join(name)).expect("sandbox");
        }
        Self { _guard: guard, top }
    }

    /// Where commands run.
    pub fn dir(&self) -> PathBuf {
        self.top.join("work")
    }

    /// The store.
    pub fn root(&self) -> PathBuf {
        self.dir().join(".metaflow")
    }

    /// A path in the working directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes a file in the working directory in place, as most editors of today do not.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("directory");
        }
        fs::write(&path, text).expect("write");
        path
    }

    /// Writes a file beside its place and renames it, as vim and others do.
    pub fn replace(&self, name: &str, text: &str) {
        let beside = self.path(&format!("{name}.new~"));
        fs::write(&beside, text).expect("write");
        fs::rename(&beside, self.path(name)).expect("rename");
    }

    /// Edits a file in place: a piece of its text, which must be there, is another one afterwards.
    #[track_caller]
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        self.write(name, &self.edited(name, old, new));
    }

    /// The same by [`Sandbox::replace`].
    #[track_caller]
    pub fn edit_by_rename(&self, name: &str, old: &str, new: &str) {
        self.replace(name, &self.edited(name, old, new));
    }

    #[track_caller]
    fn edited(&self, name: &str, old: &str, new: &str) -> String {
        let text = self.read(name);
        assert!(text.contains(old), "{old:?} is not in {name}: {text}");
        text.replace(old, new)
    }

    /// Copies a flow of `tests/fixtures/flows` here.
    pub fn flow(&self, name: &str) -> PathBuf {
        let text = fs::read_to_string(fixture("flows").join(name)).expect("fixture");
        self.write(name, &text)
    }

    /// Text of a file in the working directory.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Lines of a file that tasks append to.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.read(name).lines().map(str::to_owned).collect()
    }

    /// The binary with arguments.
    pub fn flowdev<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_flowdev")));
        command.args(arguments);
        command
    }

    /// A Python program with our package: `python FILE arguments`.
    pub fn python<I: AsRef<OsStr>>(
        &self,
        file: &str,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let mut command = self.command(&venv::python_or_any());
        command
            .arg(file)
            .args(arguments)
            .env("PYTHONPATH", repository().join("assets/python"))
            .env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The real Metaflow: `python FLOW arguments`.
    pub fn metaflow<I: AsRef<OsStr>>(
        &self,
        flow: &Path,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let python = venv::python();
        let mut command = self.command(&python);
        // It starts the workers of a gang with whatever PATH calls python.
        let own = python.parent().expect("directory").display().to_string();
        command.env("PATH", format!("{own}:{}", self.search_path()));
        command.arg(flow).args(arguments);
        command
    }

    /// A program in the environment of this sandbox.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir())
            .env_clear()
            .envs(self.environment());
        command
    }

    /// The whole environment: what is not here, such as METAFLOW_ variables of the user, can not change a result.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut pairs = vec![
            ("HOME".to_owned(), text(self.top.join("home"))),
            ("USERNAME".to_owned(), "tester".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
            // Metaflow's inputs of a static join come in the order of a set of strings.
            ("PYTHONHASHSEED".to_owned(), "0".to_owned()),
            // Of one Client only, so that a broken file in the store is not hidden by an older copy.
            (
                "METAFLOW_CLIENT_CACHE_PATH".to_owned(),
                text(self.top.join("client")),
            ),
            // The unpacked Python side is the same for all tests.
            (
                "XDG_CACHE_HOME".to_owned(),
                text(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache")),
            ),
            ("FLOWDEV_PYTHON".to_owned(), text(venv::python_or_any())),
            ("PATH".to_owned(), self.search_path()),
        ];
        pairs.extend(
            ["LD_LIBRARY_PATH", "TMPDIR"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))),
        );
        pairs
    }

    /// PATH with the binary's directory in front, for the commands of the documentation.
    fn search_path(&self) -> String {
        let own = Path::new(env!("CARGO_BIN_EXE_flowdev"))
            .parent()
            .expect("directory");
        let rest = std::env::var("PATH").unwrap_or_default();
        format!("{}:{rest}", own.display())
    }
}
