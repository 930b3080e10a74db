use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::super::{Change, Watcher};
use super::{FLOW, UTILS};

/// Far more than a loaded machine needs; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Stage {
    directory: TempDir,
    changes: UnboundedReceiver<Change>,
    watcher: Watcher,
    edits: u32,
}

impl Stage {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("flow.py"), FLOW).unwrap();
        fs::write(directory.path().join("utils.py"), UTILS).unwrap();
        let (sender, changes) = unbounded_channel();
        let watcher = Watcher::start(&directory.path().join("flow.py"), sender).unwrap();
        Self {
            directory,
            changes,
            watcher,
            edits: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn next(&mut self) -> Change {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let next = async { tokio::time::timeout(PATIENCE, self.changes.recv()).await };
        runtime
            .block_on(next)
            .expect("a change in time")
            .expect("a watcher")
    }

    /// The next change is the one that `save` makes, and it is the only one: a save of another file follows it directly.
    fn expect_one(&mut self, save: impl FnOnce(&Path, &str)) {
        self.edits += 1;
        let edited = FLOW.replace("clean(1)", &format!("clean({})", 100 + self.edits));
        save(self.directory.path(), &edited);
        let change = self.next();
        assert_eq!(change.cause, self.path("flow.py"));
        assert_eq!(&*change.project.main.text, edited);
        assert_eq!(change.steps.len(), 1, "{:?}", change.steps);
        self.expect_quiet();
    }

    /// Nothing more comes before the change of another file.
    fn expect_quiet(&mut self) {
        self.edits += 1;
        let text = format!("{UTILS}# {}\n", self.edits);
        fs::write(self.path("utils.py"), text).unwrap();
        assert_eq!(self.next().cause, self.path("utils.py"));
    }
}

#[test]
fn each_way_to_save_is_one_change() {
    let mut stage = Stage::new();
    // In place, in several writes.
    stage.expect_one(|dir, text| {
        let mut file = fs::File::create(dir.join("flow.py")).unwrap();
        let (first, second) = text.as_bytes().split_at(100);
        file.write_all(first).unwrap();
        file.flush().unwrap();
        file.write_all(second).unwrap();
    });
    // Another file renamed over it.
    stage.expect_one(|dir, text| {
        fs::write(dir.join(".flow.py.tmp"), text).unwrap();
        fs::rename(dir.join(".flow.py.tmp"), dir.join("flow.py")).unwrap();
    });
    // The old file renamed away, a new one written, the old one removed.
    stage.expect_one(|dir, text| {
        fs::rename(dir.join("flow.py"), dir.join("flow.py~")).unwrap();
        fs::write(dir.join("flow.py"), text).unwrap();
        fs::remove_file(dir.join("flow.py~")).unwrap();
    });
    // Deleted and written again.
    stage.expect_one(|dir, text| {
        fs::remove_file(dir.join("flow.py")).unwrap();
        fs::write(dir.join("flow.py"), text).unwrap();
    });
    // Renamed into place from another directory.
    stage.expect_one(|dir, text| {
        let other = tempfile::tempdir_in(dir).unwrap();
        fs::write(other.path().join("new.py"), text).unwrap();
        fs::rename(other.path().join("new.py"), dir.join("flow.py")).unwrap();
    });
    // As Emacs does: a lock that is a dangling link, a backup by renaming, and the lock goes.
    #[cfg(unix)]
    stage.expect_one(|dir, text| {
        std::os::unix::fs::symlink("me@host.1:2", dir.join(".#flow.py")).unwrap();
        fs::write(dir.join("#flow.py#"), text).unwrap();
        fs::rename(dir.join("flow.py"), dir.join("flow.py~")).unwrap();
        fs::write(dir.join("flow.py"), text).unwrap();
        fs::remove_file(dir.join("#flow.py#")).unwrap();
        fs::remove_file(dir.join(".#flow.py")).unwrap();
    });
    // As JetBrains' editors do: both files are renamed.
    stage.expect_one(|dir, text| {
        fs::write(dir.join("flow.py___jb_tmp___"), text).unwrap();
        fs::rename(dir.join("flow.py"), dir.join("flow.py___jb_old___")).unwrap();
        fs::rename(dir.join("flow.py___jb_tmp___"), dir.join("flow.py")).unwrap();
        fs::remove_file(dir.join("flow.py___jb_old___")).unwrap();
    });
    // As vim does: it tries whether it may write, keeps a swap file and writes in place.
    stage.expect_one(|dir, text| {
        fs::write(dir.join(".flow.py.swp"), "b0VIM").unwrap();
        fs::write(dir.join("4913"), "").unwrap();
        fs::remove_file(dir.join("4913")).unwrap();
        fs::copy(dir.join("flow.py"), dir.join("flow.py~")).unwrap();
        fs::write(dir.join("flow.py"), text).unwrap();
        fs::remove_file(dir.join("flow.py~")).unwrap();
        fs::remove_file(dir.join(".flow.py.swp")).unwrap();
    });
    // Linked into place: nobody closes such a file.
    stage.expect_one(|dir, text| {
        fs::write(dir.join("new.py"), text).unwrap();
        fs::remove_file(dir.join("flow.py")).unwrap();
        fs::hard_link(dir.join("new.py"), dir.join("flow.py")).unwrap();
    });
}

#[test]
fn noise_is_no_change() {
    let mut stage = Stage::new();
    let flow = stage.path("flow.py");
    fs::write(&flow, FLOW).unwrap();
    let mut permissions = fs::metadata(&flow).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&flow, permissions.clone()).unwrap();
    fs::write(stage.path("other.py"), "x = 1\n").unwrap();
    fs::read(&flow).unwrap();
    stage.expect_quiet();
}

#[test]
fn modules_that_appear_are_watched() {
    let mut stage = Stage::new();
    let edited = FLOW
        .replace("import utils", "import utils, pkg.more")
        .replace("utils.clean(1)", "pkg.more.f()");
    fs::write(stage.path("flow.py"), &edited).unwrap();
    assert_eq!(stage.next().steps.len(), 1);
    fs::create_dir(stage.path("pkg")).unwrap();
    fs::write(stage.path("pkg/more.py"), "def f():\n    return 1\n").unwrap();
    let change = stage.next();
    assert_eq!(change.steps[0].reason, "pkg.more.f changed at line 1");
    fs::write(stage.path("pkg/more.py"), "def f():\n    return 2\n").unwrap();
    let change = stage.next();
    assert_eq!(change.steps[0].reason, "pkg.more.f changed at line 2");
}

#[test]
fn several_files_of_one_checkout_all_count() {
    let mut stage = Stage::new();
    let flow = FLOW
        .replace("utils.clean(1)", "utils.clean(more.VALUE)")
        .replace("import utils", "import utils, more");
    let utils = UTILS.replace("return x", "return x + 1");
    // Each file is removed and written anew, one after the other.
    for (name, text) in [
        ("flow.py", &flow),
        ("more.py", &"VALUE = 1\n".to_owned()),
        ("utils.py", &utils),
    ] {
        let _ = fs::remove_file(stage.path(name));
        fs::write(stage.path(name), text).unwrap();
    }
    let is_all = |change: &Change| {
        let texts: Vec<&str> = change.project.files().map(|file| &*file.text).collect();
        texts == [&*flow, &*utils, "VALUE = 1\n"]
    };
    while !is_all(&stage.next()) {}
}

#[test]
fn modules_with_computed_names_are_watched() {
    let mut stage = Stage::new();
    fs::create_dir(stage.path("plugins")).unwrap();
    fs::write(stage.path("plugins/one.py"), "def f(x):\n    return 1\n").unwrap();
    let edited = FLOW
        .replace("import utils", "import utils, importlib")
        .replace(
            "utils.clean(1)",
            "importlib.import_module('plugins.' + KIND).f(1)",
        );
    fs::write(stage.path("flow.py"), &edited).unwrap();
    assert_eq!(stage.next().steps.len(), 1);
    fs::write(stage.path("plugins/one.py"), "def f(x):\n    return 2\n").unwrap();
    assert_eq!(
        stage.next().steps[0].reason,
        "plugins.one.f changed at line 2"
    );
    fs::write(stage.path("plugins/two.py"), "def g(x):\n    return 3\n").unwrap();
    assert_eq!(
        stage.next().steps[0].reason,
        "plugins.two.g changed at line 1"
    );
    fs::remove_file(stage.path("plugins/two.py")).unwrap();
    assert_eq!(stage.next().steps[0].reason, "plugins.two.g was removed");
}

#[cfg(unix)]
#[test]
fn a_linked_file_is_watched_where_it_lives() {
    let mut stage = Stage::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().canonicalize().unwrap().join("real.py");
    fs::write(&target, FLOW.replace("clean(1)", "clean(2)")).unwrap();
    fs::remove_file(stage.path("flow.py")).unwrap();
    std::os::unix::fs::symlink(&target, stage.path("flow.py")).unwrap();
    assert_eq!(stage.next().steps.len(), 1);
    fs::write(&target, FLOW.replace("clean(1)", "clean(3)")).unwrap();
    let change = stage.next();
    assert_eq!(change.cause, stage.path("flow.py"));
    assert_eq!(change.steps.len(), 1);
}

#[test]
fn a_directory_that_is_replaced_is_found_again() {
    let mut stage = Stage::new();
    let home = stage.path("");
    fs::remove_dir_all(&home).unwrap();
    // The modules in it may be missed first.
    while !stage.next().broken {}
    fs::create_dir(&home).unwrap();
    fs::write(stage.path("flow.py"), FLOW.replace("clean(1)", "clean(2)")).unwrap();
    let change = stage.next();
    assert!(!change.broken);
    assert!(!change.steps.is_empty());
}

#[test]
fn dropping_the_watcher_ends_the_stream() {
    let Stage {
        directory,
        mut changes,
        watcher,
        ..
    } = Stage::new();
    assert_eq!(watcher.project().main.flows.len(), 1);
    drop(watcher);
    fs::write(directory.path().join("flow.py"), "x = 1\n").unwrap();
    assert!(changes.blocking_recv().is_none());
}
