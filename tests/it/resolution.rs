//! What the imports of a project lead to while a session holds what they led to before: files that come to stand before others,
//! links that lead elsewhere, files that are read by modules.

use crate::support::events::{output, parse};
use crate::support::session::Session;
use crate::support::{Sandbox, run};

/// A flow whose step prints what it finds through a module.
fn project(module: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "flow.py",
        r#"import found
from metaflow import FlowSpec, step

class Finds(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print("user:", found.WHAT)

if __name__ == "__main__":
    Finds()
"#,
    );
    sandbox.write("found.py", module);
    for (name, text) in files {
        sandbox.write(name, text);
    }
    run(sandbox.flowdev(["run", "flow.py", "--no-session"])).expect_code(0);
    sandbox
}

#[track_caller]
fn spin(sandbox: &Sandbox) -> String {
    let done = run(sandbox.flowdev(["spin", "flow.py", "end", "--json"])).expect_code(0);
    let printed = output(&parse(&done.stdout), "end");
    let found = printed.lines().find_map(|line| line.strip_prefix("user: "));
    found.expect("its output").to_owned()
}

/// Spins before and after a change of something else than a module that was imported.
#[track_caller]
fn check(sandbox: &Sandbox, before: &str, change: impl Fn(), after: &str) {
    let session = Session::start(sandbox);
    // The second one has the imports done ahead.
    assert_eq!(spin(sandbox), before);
    assert_eq!(spin(sandbox), before);
    change();
    assert_eq!(spin(sandbox), after);
    assert_eq!(spin(sandbox), after);
    sandbox.edit("flow.py", "\"user:\",", "\"user:\", *(),");
    assert_eq!(spin(sandbox), after);
    assert_eq!(session.stop(sandbox).len(), 5);
}

#[test]
fn a_module_that_was_not_there_is_found_once_it_is() {
    let module = "try:\n    from settings import WHAT\nexcept ImportError:\n    WHAT = 'default'\n";
    let sandbox = project(module, &[]);
    let change = || drop(sandbox.write("settings.py", "WHAT = 'mine'\n"));
    check(&sandbox, "default", change, "mine");
}

#[test]
fn a_package_comes_before_the_module_of_its_name() {
    let module = "import part\nWHAT = part.WHAT\n";
    let sandbox = project(module, &[("part.py", "WHAT = 'module'\n")]);
    let change = || drop(sandbox.write("part/__init__.py", "WHAT = 'package'\n"));
    check(&sandbox, "module", change, "package");
}

#[test]
fn a_module_comes_before_the_library_of_its_name() {
    let sandbox = project("import colorsys\nWHAT = colorsys.__name__\n", &[]);
    let change = || drop(sandbox.write("colorsys.py", "__name__ = 'mine'\n"));
    check(&sandbox, "colorsys", change, "mine");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_elsewhere_is_followed() {
    use std::os::unix::fs::symlink;

    // By a name that the source does not say.
    let module = "import importlib\nWHAT = importlib.import_module('cur' + '.part').WHAT\n";
    let files = [
        ("v1/part.py", "WHAT = 'first'\n"),
        ("v2/part.py", "WHAT = 'second'\n"),
    ];
    let sandbox = project("WHAT = 'none'\n", &files);
    symlink("v1", sandbox.path("cur")).expect("a link");
    sandbox.write("found.py", module);
    let change = || {
        symlink("v2", sandbox.path("next")).expect("a link");
        std::fs::rename(sandbox.path("next"), sandbox.path("cur")).expect("renamed");
    };
    check(&sandbox, "first", change, "second");
}

#[test]
fn a_file_that_a_module_reads_is_read_again_once_it_changes() {
    let module = "import json, pathlib\nBESIDE = pathlib.Path(__file__).with_name('what.json')\n\
         WHAT = json.loads(BESIDE.read_text())\n\
         try:\n    with open(BESIDE.with_name('more.json')) as more:\n        WHAT += json.load(more)\n\
         except FileNotFoundError:\n    pass\n";
    let sandbox = project(module, &[("what.json", "\"first\"")]);
    let change = || drop(sandbox.write("what.json", "\"second\""));
    check(&sandbox, "first", change, "second");
    let change = || drop(sandbox.write("more.json", "\" and more\""));
    sandbox.edit("flow.py", "*(), ", "");
    check(&sandbox, "second", change, "second and more");
}
