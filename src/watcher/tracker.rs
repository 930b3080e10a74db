//! The state machine of the watcher: notices and the clock go in, changes come out. It reads files only through a trait, so
//! tests can play any sequence.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::change::Change;
use super::notice::{Happened, Notice};
use crate::flow::{Diagnostic, Files, FlowFile, Graph, Project, Severity, changes, check};

/// How long a file that looks unfinished (broken, cut short, just created) is given to become whole.
pub(super) const SETTLE: Duration = Duration::from_millis(150);

/// How long a file that went away is given to come back.
pub(super) const GONE: Duration = Duration::from_millis(500);

/// How long a file that is being written is waited for. Where the system tells of the end of writing, that comes long before.
#[cfg(target_os = "linux")]
pub(super) const WRITING: Duration = Duration::from_secs(5);
#[cfg(not(target_os = "linux"))]
pub(super) const WRITING: Duration = Duration::from_millis(80);

/// How long an empty file is waited for: a program that writes a file often empties it first.
pub(super) const EMPTY: Duration = Duration::from_secs(2);

type Text = Option<Arc<str>>;

/// A path that something happened to.
struct Pending {
    /// When to look at it.
    due: Instant,
    /// Whether it was already looked at and found unfinished.
    suspected: bool,
    seen: Instant,
}

/// Follows one project.
pub(super) struct Tracker {
    /// The last state without syntax errors: what changes are measured against.
    base: Arc<Project>,
    /// The texts as last read; `None` for files that do not exist.
    texts: HashMap<PathBuf, Text>,
    /// Directories any module of which can be part of the project, since the names of some are computed.
    open: BTreeSet<PathBuf>,
    pending: BTreeMap<PathBuf, Pending>,
}

impl Tracker {
    /// Reads the project.
    pub(super) fn new(flow: &Path, class: Option<String>, files: &dyn Files) -> Self {
        let mut tracker = Self {
            base: Arc::new(Project::load(flow, &|_: &Path| None)),
            texts: HashMap::new(),
            open: BTreeSet::new(),
            pending: BTreeMap::new(),
        };
        let mut project = tracker.load(files);
        project.class = class;
        tracker.base = Arc::new(project);
        tracker
    }

    /// The last state without syntax errors.
    pub(super) fn project(&self) -> Arc<Project> {
        Arc::clone(&self.base)
    }

    /// The directories of all files that are or could become part of the project.
    pub(super) fn directories(&self) -> BTreeSet<PathBuf> {
        let parents = self.texts.keys().filter_map(|path| path.parent());
        parents
            .map(Path::to_owned)
            .chain(self.open.iter().cloned())
            .collect()
    }

    /// Takes in what happened to a path. Paths that have nothing to do with the project are ignored.
    pub(super) fn notice(&mut self, notice: &Notice, now: Instant) {
        let Notice { path, happened } = notice;
        let files: Vec<PathBuf> = if self.texts.contains_key(path) || self.could_be_module(path) {
            vec![path.clone()]
        } else if *happened == Happened::Complete || *happened == Happened::Gone {
            // A directory that came or went takes the files in it along.
            let inside = self.texts.keys().filter(|file| file.starts_with(path));
            inside.cloned().collect()
        } else {
            Vec::new()
        };
        for file in files {
            let wait = match happened {
                Happened::Complete => Duration::ZERO,
                Happened::Written => WRITING,
                Happened::Created => SETTLE,
                Happened::Gone => GONE,
            };
            let seen = self.pending.get(&file).map_or(now, |pending| pending.seen);
            self.pending.insert(
                file,
                Pending {
                    due: now + wait,
                    suspected: false,
                    seen,
                },
            );
        }
    }

    /// Whether a file is a module of a directory whose modules are all taken.
    fn could_be_module(&self, path: &Path) -> bool {
        let is_python = path.extension().is_some_and(|kind| kind == "py");
        is_python
            && path
                .parent()
                .is_some_and(|directory| self.open.contains(directory))
    }

    /// Events were lost: every file has to be looked at.
    pub(super) fn rescan(&mut self, now: Instant) {
        let paths: Vec<PathBuf> = self.texts.keys().cloned().collect();
        for path in paths {
            self.notice(
                &Notice {
                    path,
                    happened: Happened::Complete,
                },
                now,
            );
        }
    }

    /// When `poll` has something to do next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.pending.values().map(|pending| pending.due).min()
    }

    /// Looks at the files whose time has come. Nothing if they say what they said before, or are not finished.
    pub(super) fn poll(&mut self, now: Instant, files: &dyn Files) -> Option<Change> {
        let due = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.due <= now);
        let due: Vec<PathBuf> = due.map(|(path, _)| path.clone()).collect();
        let mut fresh: Vec<(PathBuf, Text)> = Vec::new();
        for path in due {
            let text: Text = files.read(&path).map(Arc::from);
            if self.texts.get(&path) == Some(&text) {
                self.pending.remove(&path);
            } else {
                fresh.push((path, text));
            }
        }
        // One unfinished file keeps the others waiting: they are parts of the same save.
        let waits = fresh
            .iter()
            .map(|(path, text)| self.patience(path, text.as_deref()));
        if let Some(wait) = waits.flatten().max() {
            self.postpone(&fresh, now + wait);
            return None;
        }
        fresh.retain(|(path, text)| {
            let keep = !self.is_emptied_flow(path, text.as_deref());
            if !keep {
                self.pending.remove(path);
            }
            keep
        });
        if fresh.is_empty() {
            return None;
        }
        let before = self.texts.clone();
        self.texts.extend(fresh.iter().cloned());
        let project = self.load(files);
        let is_broken = project.files().any(FlowFile::is_broken);
        if is_broken && !fresh.iter().all(|(path, _)| self.is_suspected(path)) {
            self.texts = before;
            self.postpone(&fresh, now + SETTLE);
            return None;
        }
        self.accept(Arc::new(project), &fresh)
    }

    fn is_suspected(&self, path: &Path) -> bool {
        self.pending
            .get(path)
            .is_some_and(|pending| pending.suspected)
    }

    /// An empty flow file is one that is about to be written, however long that takes.
    fn is_emptied_flow(&self, path: &Path, text: Option<&str>) -> bool {
        path == self.base.main.path && text.is_some_and(|text| text.trim().is_empty())
    }

    fn postpone(&mut self, files: &[(PathBuf, Text)], due: Instant) {
        for (path, _) in files {
            if let Some(pending) = self.pending.get_mut(path) {
                pending.due = due;
                pending.suspected = true;
            }
        }
    }

    /// How much longer to wait for a file that looks cut short; `None` if it looks whole, or was waited for already.
    fn patience(&self, path: &Path, text: Option<&str>) -> Option<Duration> {
        let text = text.filter(|_| !self.is_suspected(path))?;
        if text.trim().is_empty() {
            return Some(EMPTY);
        }
        let known = self
            .texts
            .get(path)
            .and_then(Option::as_deref)
            .unwrap_or("");
        let is_cut = known.starts_with(text) || (known.ends_with('\n') && !text.ends_with('\n'));
        is_cut.then_some(SETTLE)
    }

    fn accept(&mut self, project: Arc<Project>, fresh: &[(PathBuf, Text)]) -> Option<Change> {
        let saved = fresh
            .iter()
            .filter_map(|(path, _)| Some((path, self.pending.remove(path)?.seen)));
        let (cause, seen) = saved.min_by_key(|(_, seen)| *seen)?;
        let mut diagnostics: Vec<Diagnostic> = project
            .files()
            .flat_map(|file| file.diagnostics.clone())
            .collect();
        diagnostics.extend(self.missing_flow());
        let broken = !diagnostics.is_empty();
        let mut steps = Vec::new();
        if !broken {
            steps = changes(&self.base, &project);
            if let Some(flow) = project.flow() {
                diagnostics = check(&Graph::build(&flow.steps));
            }
            self.base = Arc::clone(&project);
        }
        Some(Change {
            project,
            steps,
            diagnostics,
            cause: cause.clone(),
            broken,
            seen,
        })
    }

    fn missing_flow(&self) -> Option<Diagnostic> {
        let path = &self.base.main.path;
        let is_there = self.texts.get(path).is_some_and(Option::is_some);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (!is_there).then(|| Diagnostic {
            severity: Severity::Error,
            code: "missing-file".to_owned(),
            message: format!("{name} is gone"),
            hint: Some("put the file back; flowdev goes on as soon as it is there".to_owned()),
            file: path.clone(),
            line: 1,
            column: 1,
        })
    }

    /// The project as the known texts have it. Texts that are not known yet are read, and remembered with those that do not
    /// exist: each of them would change the project by appearing. What no import leads to any more is forgotten.
    fn load(&mut self, files: &dyn Files) -> Project {
        let remembering = Remembering {
            files,
            known: std::mem::take(&mut self.texts),
            texts: RefCell::default(),
            open: RefCell::default(),
        };
        let project = self.base.reload(&remembering);
        self.texts = remembering.texts.into_inner();
        self.open = remembering.open.into_inner();
        project
    }

    /// The files that are part of the project.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let there = self.texts.iter().filter(|(_, text)| text.is_some());
        there.map(|(path, _)| path.clone()).collect()
    }
}

/// Files of which some are known already, and all that are asked for are remembered.
struct Remembering<'a> {
    files: &'a dyn Files,
    known: HashMap<PathBuf, Text>,
    texts: RefCell<HashMap<PathBuf, Text>>,
    open: RefCell<BTreeSet<PathBuf>>,
}

impl Files for Remembering<'_> {
    fn read(&self, path: &Path) -> Option<String> {
        let text = match self.known.get(path) {
            Some(Some(text)) => Some(Arc::clone(text)),
            _ => self.files.read(path).map(Arc::from),
        };
        self.texts
            .borrow_mut()
            .insert(path.to_owned(), text.clone());
        text.map(|text| text.to_string())
    }

    fn list(&self, directory: &Path) -> Vec<PathBuf> {
        self.open.borrow_mut().insert(directory.to_owned());
        self.files.list(directory)
    }
}
