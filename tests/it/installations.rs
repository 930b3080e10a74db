//! Libraries that change under a session: those that are installed, and those that are installed in place (`pip install -e`).
//! The next spin runs with what is there, and the status says what has changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::events::parse;
use crate::support::session::{Session, status};
use crate::support::{Sandbox, run, venv};

const FLOW: &str = r#"
from metaflow import FlowSpec, step
import thing

class Uses(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print("user:", thing.word())

if __name__ == "__main__":
    Uses()
"#;

/// A flow with a package that Python finds in a directory beside, or in, the project.
struct Project {
    sandbox: Sandbox,
    place: &'static str,
}

impl Project {
    fn new(place: &'static str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("flows/flow.py", FLOW);
        let project = Self { sandbox, place };
        project.write("__init__.py", "from .words import word\n");
        project.say("first");
        project.spin_needs_a_run();
        project
    }

    fn write(&self, name: &str, text: &str) {
        self.sandbox
            .write(&format!("{}/thing/{name}", self.place), text);
    }

    /// Has the package say something else, by a file of another time.
    fn say(&self, word: &str) {
        self.write("words.py", &format!("def word():\n    return '{word}'\n"));
    }

    fn flowdev(&self, words: &[&str], variables: &[(&str, &str)]) -> std::process::Command {
        let mut command = self.sandbox.flowdev(words);
        let path = self.sandbox.path(self.place).canonicalize();
        command
            .env("PYTHONPATH", path.expect("written"))
            .envs(variables.iter().copied());
        command
    }

    fn spin_needs_a_run(&self) {
        run(self.flowdev(&["run", "flows/flow.py", "--no-session"], &[])).expect_code(0);
    }

    #[track_caller]
    fn spin(&self, variables: &[(&str, &str)]) -> String {
        let done = run(self.flowdev(&["spin", "flows/flow.py", "end"], variables));
        let done = done.expect_code(0);
        let line = done
            .stdout
            .lines()
            .find_map(|line| line.split_once("user: "));
        line.expect("its output").1.to_owned()
    }

    /// State of the last step, and why.
    #[track_caller]
    fn judged(&self) -> (String, String) {
        let done = run(self.flowdev(&["status", "flows/flow.py", "--json"], &[])).expect_code(0);
        let lines = parse(&done.stdout);
        let end = lines.iter().find(|line| line["step"] == "end");
        let end = end.expect("the step");
        let text = |name: &str| end[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("sentence"))
    }
}

/// What the session's process with the libraries is.
fn forkserver(project: &Project) -> Value {
    status(&project.sandbox)["engines"][0]["holds"]["forkserver"].clone()
}

#[test]
fn an_installed_library_that_is_edited_in_place_is_imported_anew() {
    let project = Project::new("../venv/site-packages");
    let session = Session::start(&project.sandbox);
    assert_eq!(project.spin(&[]), "first");
    let before = forkserver(&project);
    assert_eq!(project.spin(&[]), "first");
    assert_eq!(forkserver(&project), before, "nothing has changed");
    project.say("second, edited");
    assert_eq!(project.spin(&[]), "second, edited");
    assert_ne!(forkserver(&project), before);
    session.stop(&project.sandbox);
}

#[test]
fn a_new_version_of_a_library_is_imported_and_told() {
    let project = Project::new("../venv/site-packages");
    let installed = |version: &str| {
        let info = format!("../venv/site-packages/thing-{version}.dist-info");
        project
            .sandbox
            .write(&format!("{info}/RECORD"), "thing/__init__.py,,\n");
        project.sandbox.path(&info)
    };
    let old = installed("1.0");
    project.spin_needs_a_run();
    let session = Session::start(&project.sandbox);
    assert_eq!(project.spin(&[]), "first");
    assert_eq!(project.judged().0, "fresh");
    fs::remove_dir_all(old).expect("installed");
    installed("2.0");
    project.say("of the new version");
    let (state, told) = project.judged();
    assert_eq!(state, "stale");
    assert!(told.contains("thing changed from 1.0 to 2.0"), "{told}");
    assert_eq!(project.spin(&[]), "of the new version");
    session.stop(&project.sandbox);
}

#[test]
fn a_library_that_is_installed_in_place_is_imported_anew_and_makes_steps_stale() {
    // Beside the project, and in it.
    for place in ["../lib/src", "src"] {
        let project = Project::new(place);
        let session = Session::start(&project.sandbox);
        assert_eq!(project.spin(&[]), "first");
        assert_eq!(project.judged().0, "fresh", "{place}");
        for word in ["second", "the third"] {
            project.say(word);
            let (state, told) = project.judged();
            assert_eq!(state, "stale", "{place}: {told}");
            assert!(told.contains("thing/words.py changed"), "{told}");
            assert_eq!(project.spin(&[]), word, "{place}");
        }
        session.stop(&project.sandbox);
    }
}

#[test]
fn processes_of_their_own_have_the_libraries_as_they_are_too() {
    for place in ["../venv/site-packages", "src"] {
        let project = Project::new(place);
        let session = Session::start(&project.sandbox);
        let variables = [("FLOWDEV_FORK", "0")];
        for word in ["first", "second", "the third"] {
            project.say(word);
            assert_eq!(project.spin(&variables), word, "{place}");
        }
        session.stop(&project.sandbox);
    }
}

#[test]
fn an_interpreter_that_is_another_one_under_the_same_path_is_started_anew() {
    let project = Project::new("src");
    project.write(
        "__init__.py",
        "import os\n\n\ndef word():\n    return os.environ['WORD']\n",
    );
    // A link would do as well.
    let script = |word: &str| {
        let python = venv::python_or_any();
        let text = format!(
            "#!/bin/sh\nWORD='{word}' exec '{}' \"$@\"\n",
            python.display()
        );
        let path = project.sandbox.write("../bin/python", &text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        path.display().to_string()
    };
    let session = Session::start(&project.sandbox);
    for (word, fork) in [
        ("first", "1"),
        ("second", "1"),
        ("third", "0"),
        ("fourth", "0"),
    ] {
        let python = script(word);
        let variables = [("FLOWDEV_PYTHON", python.as_str()), ("FLOWDEV_FORK", fork)];
        assert_eq!(project.spin(&variables), word);
    }
    session.stop(&project.sandbox);
}
