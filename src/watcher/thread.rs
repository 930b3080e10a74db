//! The thread that waits for the file system and the clock.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::UnboundedSender;

use super::change::Change;
use super::error::WatcherError;
use super::notice::{Happened, Notice, notices};
use super::tracker::Tracker;
use crate::flow::{Files, Project};

/// How often a directory that has gone is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

enum Signal {
    Notices(Vec<Notice>),
    /// Events were lost.
    Rescan,
    Stop,
}

/// Watches one project until it is dropped.
pub struct Watcher {
    signals: Sender<Signal>,
    thread: Option<JoinHandle<()>>,
    project: Arc<Project>,
}

impl Watcher {
    /// Starts watching the flow file and the project modules that it imports. Each save sends one change, until the receiver is
    /// dropped. A flow file that does not exist yet may appear later, but its directory must exist.
    pub fn start(flow: &Path, changes: UnboundedSender<Change>) -> Result<Watcher, WatcherError> {
        Self::start_class(flow, None, changes)
    }

    /// The same for one class of a file with several flows.
    pub fn start_class(
        flow: &Path,
        class: Option<String>,
        changes: UnboundedSender<Change>,
    ) -> Result<Watcher, WatcherError> {
        let flow = std::path::absolute(flow).map_err(|source| WatcherError::Path {
            path: flow.to_owned(),
            source,
        })?;
        let (signals, inbox) = channel();
        // Watching begins before reading, or a save in between would be missed.
        let parent = flow.parent().unwrap_or(Path::new("/"));
        let mut directories = Directories::new(parent, signals.clone())
            .map_err(|source| watch_error(&flow, source))?;
        directories
            .add(parent)
            .map_err(|source| watch_error(parent, source))?;
        let mut tracker = Tracker::new(&flow, class, &Disk);
        if directories.follow(&tracker) {
            tracker.rescan(Instant::now());
        }
        let project = tracker.project();
        let thread = std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || run(tracker, directories, &inbox, &changes))
            .map_err(WatcherError::Thread)?;
        Ok(Watcher {
            signals,
            thread: Some(thread),
            project,
        })
    }

    /// The project as it was when watching began.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // A thread that has ended needs no telling.
        let _ = self.signals.send(Signal::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch_error(path: &Path, source: notify::Error) -> WatcherError {
    WatcherError::Watch {
        path: path.to_owned(),
        source,
    }
}

/// The files of the project on disk.
struct Disk;

impl Files for Disk {
    /// Bytes that are no UTF-8 are replaced, so that the place is shown as a syntax error rather than hidden.
    fn read(&self, path: &Path) -> Option<String> {
        let bytes = std::fs::read(path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn list(&self, directory: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(directory).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

fn run(
    mut tracker: Tracker,
    mut directories: Directories,
    inbox: &Receiver<Signal>,
    changes: &UnboundedSender<Change>,
) {
    loop {
        let retry = directories
            .is_homeless()
            .then(|| Instant::now() + LOOK_AGAIN);
        let wake = [tracker.due(), retry].into_iter().flatten().min();
        let first = match wake {
            Some(wake) => inbox.recv_timeout(wake.saturating_duration_since(Instant::now())),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let mut signal = match first {
            Ok(signal) => Some(signal),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // All that has already happened is one occasion.
        while let Some(next) = signal {
            let now = Instant::now();
            match next {
                Signal::Notices(list) => {
                    for notice in list {
                        directories.notice(&notice);
                        tracker.notice(&directories.named(notice), now);
                    }
                }
                Signal::Rescan => tracker.rescan(now),
                Signal::Stop => return,
            }
            signal = inbox.try_recv().ok();
        }
        let change = tracker.poll(Instant::now(), &Disk);
        if directories.follow(&tracker) {
            // What happened in a directory before it was watched was not told.
            tracker.rescan(Instant::now());
        }
        if change.is_some_and(|change| changes.send(change).is_err()) {
            return;
        }
    }
}

/// The directories that are watched.
struct Directories {
    watcher: RecommendedWatcher,
    /// The directory of the flow file.
    home: PathBuf,
    watched: BTreeSet<PathBuf>,
    /// Files that the project knows by another name, because of a symbolic link: the real path and the project's.
    links: HashMap<PathBuf, PathBuf>,
}

impl Directories {
    fn new(home: &Path, signals: Sender<Signal>) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let signal = match event.as_ref().map(notices) {
                Ok(Some(list)) if list.is_empty() => return,
                Ok(Some(list)) => Signal::Notices(list),
                Ok(None) | Err(_) => Signal::Rescan,
            };
            // The receiver is gone only when watching ends.
            let _ = signals.send(signal);
        })?;
        Ok(Self {
            watcher,
            home: home.to_owned(),
            watched: BTreeSet::new(),
            links: HashMap::new(),
        })
    }

    fn add(&mut self, directory: &Path) -> notify::Result<()> {
        self.watcher.watch(directory, RecursiveMode::NonRecursive)?;
        self.watched.insert(directory.to_owned());
        Ok(())
    }

    /// Whether the flow's own directory has gone. Nothing tells when it comes back.
    fn is_homeless(&self) -> bool {
        !self.watched.contains(&self.home)
    }

    /// A watched directory that goes takes its watch along.
    fn notice(&mut self, notice: &Notice) {
        if notice.happened == Happened::Gone && self.watched.remove(&notice.path) {
            // It is gone already; only the library's own list is left to clear.
            let _ = self.watcher.unwatch(&notice.path);
        }
    }

    /// A notice under the name that the project uses.
    fn named(&self, notice: Notice) -> Notice {
        let path = self.links.get(&notice.path).cloned().unwrap_or(notice.path);
        Notice { path, ..notice }
    }

    /// Watches the directories of the project's files and no others. Gives whether there are new ones among them.
    fn follow(&mut self, tracker: &Tracker) -> bool {
        let mut wanted = tracker.directories();
        self.links.clear();
        for file in tracker.files() {
            let real = file.canonicalize().unwrap_or_else(|_| file.clone());
            if real.file_name() != file.file_name() || file.is_symlink() {
                wanted.extend(real.parent().map(Path::to_owned));
                self.links.insert(real, file);
            }
        }
        let gone: Vec<PathBuf> = self.watched.difference(&wanted).cloned().collect();
        for directory in gone {
            // A watch that the system dropped by itself needs no removal.
            let _ = self.watcher.unwatch(&directory);
            self.watched.remove(&directory);
        }
        let fresh: Vec<PathBuf> = wanted.difference(&self.watched).cloned().collect();
        let mut added = false;
        for directory in fresh {
            added |= directory.is_dir() && self.add(&directory).is_ok();
        }
        added
    }
}
