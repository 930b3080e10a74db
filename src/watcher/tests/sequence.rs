use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::change::Change;
use super::super::notice::{Happened, Notice};
use super::super::tracker::{EMPTY, GONE, SETTLE, Tracker, WRITING};
use super::{FLOW, UTILS};

/// Files in memory, a clock that only the test moves, and the tracker.
struct Stage {
    files: HashMap<PathBuf, String>,
    now: Instant,
    tracker: Tracker,
}

impl Stage {
    fn new() -> Self {
        let files = HashMap::from([
            (PathBuf::from("/p/flow.py"), FLOW.to_owned()),
            (PathBuf::from("/p/utils.py"), UTILS.to_owned()),
        ]);
        let tracker = Tracker::new(Path::new("/p/flow.py"), None, &|path: &Path| {
            files.get(path).cloned()
        });
        Self {
            files,
            now: Instant::now(),
            tracker,
        }
    }

    fn write(&mut self, path: &str, text: &str) {
        self.files.insert(PathBuf::from(path), text.to_owned());
    }

    fn tell(&mut self, path: &str, happened: Happened) -> Option<Change> {
        let path = PathBuf::from(path);
        self.tracker.notice(&Notice { path, happened }, self.now);
        self.after(Duration::ZERO)
    }

    fn after(&mut self, time: Duration) -> Option<Change> {
        self.now += time;
        self.tracker
            .poll(self.now, &|path: &Path| self.files.get(path).cloned())
    }

    fn save(&mut self, path: &str, text: &str) -> Option<Change> {
        self.write(path, text);
        self.tell(path, Happened::Complete)
    }
}

fn steps(change: Option<Change>) -> Vec<String> {
    let steps = change.expect("a change").steps;
    steps
        .into_iter()
        .map(|s| format!("{}: {}", s.step, s.reason))
        .collect()
}

#[test]
fn a_complete_save_counts_at_once() {
    let mut stage = Stage::new();
    let change = stage.save("/p/flow.py", &FLOW.replace("clean(1)", "clean(2)"));
    assert_eq!(steps(change), ["start: start changed at line 7"]);
    assert_eq!(stage.tracker.due(), None);
}

#[test]
fn a_save_of_a_module_counts_for_the_steps_that_use_it() {
    let mut stage = Stage::new();
    let change = stage.save("/p/utils.py", &UTILS.replace("return x", "return x + 1"));
    let change = change.expect("a change");
    assert_eq!(change.cause, Path::new("/p/utils.py"));
    assert_eq!(
        steps(Some(change)),
        ["start: utils.clean changed at line 2"]
    );
}

#[test]
fn equal_text_and_foreign_files_are_no_change() {
    let mut stage = Stage::new();
    assert!(stage.save("/p/flow.py", FLOW).is_none());
    assert!(stage.save("/p/other.py", "x = 1\n").is_none());
    assert!(stage.save("/p/.flow.py.swp", "x").is_none());
    assert_eq!(stage.tracker.due(), None);
}

#[test]
fn a_comment_is_a_change_without_steps() {
    let mut stage = Stage::new();
    let change = stage.save(
        "/p/flow.py",
        &FLOW.replace("import utils", "import utils  # ours"),
    );
    let change = change.expect("a change");
    assert!(change.steps.is_empty() && !change.broken && change.diagnostics.is_empty());
}

#[test]
fn nothing_is_said_while_a_file_is_written() {
    let mut stage = Stage::new();
    let edited = FLOW.replace("clean(1)", "clean(2)");
    stage.write("/p/flow.py", "");
    assert!(stage.tell("/p/flow.py", Happened::Written).is_none());
    stage.write("/p/flow.py", &edited[..80]);
    assert!(stage.tell("/p/flow.py", Happened::Written).is_none());
    assert!(stage.after(WRITING / 2).is_none());
    stage.write("/p/flow.py", &edited);
    assert!(stage.tell("/p/flow.py", Happened::Written).is_none());
    let change = stage.tell("/p/flow.py", Happened::Complete);
    assert_eq!(steps(change), ["start: start changed at line 7"]);
}

#[test]
fn writing_without_an_end_is_looked_at_in_time() {
    let mut stage = Stage::new();
    stage.write("/p/flow.py", &FLOW.replace("clean(1)", "clean(2)"));
    assert!(stage.tell("/p/flow.py", Happened::Written).is_none());
    assert_eq!(
        steps(stage.after(WRITING)),
        ["start: start changed at line 7"]
    );
}

#[test]
fn a_file_that_is_written_in_two_openings_counts_once() {
    let mut stage = Stage::new();
    let edited = FLOW.replace("clean(1)", "clean(2)");
    for cut in [0, 30, edited.len() - 40] {
        assert!(
            stage.save("/p/flow.py", &edited[..cut]).is_none(),
            "cut at {cut}"
        );
    }
    let change = stage.save("/p/flow.py", &edited);
    assert_eq!(steps(change), ["start: start changed at line 7"]);
    assert_eq!(stage.tracker.due(), None);
}

#[test]
fn an_empty_flow_file_says_nothing_however_long_it_lasts() {
    let mut stage = Stage::new();
    assert!(stage.save("/p/flow.py", "").is_none());
    assert!(stage.after(EMPTY * 10).is_none());
    assert_eq!(stage.tracker.due(), None);
    assert!(stage.save("/p/flow.py", FLOW).is_none());
}

#[test]
fn a_rename_into_place_counts_at_once() {
    let mut stage = Stage::new();
    assert!(stage.tell("/p/flow.py", Happened::Gone).is_none());
    assert!(stage.tell("/p/flow.py~", Happened::Complete).is_none());
    stage.write("/p/flow.py", &FLOW.replace("clean(1)", "clean(2)"));
    assert!(stage.tell("/p/flow.py", Happened::Created).is_none());
    let change = stage.tell("/p/flow.py", Happened::Complete);
    assert_eq!(steps(change), ["start: start changed at line 7"]);
    assert!(stage.after(GONE * 10).is_none());
}

#[test]
fn a_broken_file_keeps_the_last_good_state_as_the_base() {
    let mut stage = Stage::new();
    assert!(
        stage
            .save("/p/flow.py", &FLOW.replace("print(self.x)", "print(self.x"))
            .is_none()
    );
    let change = stage.after(SETTLE).expect("a change");
    assert!(change.broken && change.steps.is_empty());
    assert_eq!(change.diagnostics[0].line, 12);
    let change = stage.save(
        "/p/flow.py",
        &FLOW.replace("print(self.x)", "print(self.x, 1)"),
    );
    assert_eq!(steps(change), ["end: end changed at line 12"]);
}

#[test]
fn a_flow_file_that_is_gone_is_broken_until_it_is_back() {
    let mut stage = Stage::new();
    stage.files.remove(Path::new("/p/flow.py"));
    assert!(stage.tell("/p/flow.py", Happened::Gone).is_none());
    let change = stage.after(GONE).expect("a change");
    assert!(change.broken);
    assert_eq!(change.diagnostics[0].code, "missing-file");
    let change = stage.save("/p/flow.py", FLOW).expect("a change");
    assert!(!change.broken && change.steps.is_empty());
}

#[test]
fn a_module_may_go_and_come() {
    let mut stage = Stage::new();
    stage.files.remove(Path::new("/p/utils.py"));
    assert!(stage.tell("/p/utils.py", Happened::Gone).is_none());
    assert_eq!(steps(stage.after(GONE)), ["start: utils.clean was removed"]);
    stage.write("/p/utils/__init__.py", UTILS);
    let change = stage.tell("/p/utils", Happened::Complete);
    assert_eq!(steps(change), ["start: utils.clean changed at line 1"]);
}

#[test]
fn new_imports_are_followed() {
    let mut stage = Stage::new();
    let edited = FLOW
        .replace("import utils", "import utils, pkg.more")
        .replace("utils.clean(1)", "pkg.more.f()");
    assert!(stage.save("/p/flow.py", &edited).is_some());
    assert!(stage.tracker.directories().contains(Path::new("/p/pkg")));
    let change = stage.save("/p/pkg/more.py", "def f():\n    return 1\n");
    assert_eq!(steps(change), ["start: pkg.more.f changed at line 1"]);
    assert!(
        stage
            .save("/p/utils.py", "def clean(x):\n    return 7\n")
            .expect("a change")
            .steps
            .is_empty()
    );
}

#[test]
fn lost_events_are_made_up_for() {
    let mut stage = Stage::new();
    stage.write("/p/utils.py", &UTILS.replace("return x", "return 2"));
    stage.tracker.rescan(stage.now);
    assert_eq!(
        steps(stage.after(Duration::ZERO)),
        ["start: utils.clean changed at line 2"]
    );
}
