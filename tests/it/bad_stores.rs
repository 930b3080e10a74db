//! Stores that are damaged or half written, and command lines that make no sense: a sentence and a code, never a panic of
//! ours, never a traceback of the runtime.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::process::Finished;
use crate::support::store::files;
use crate::support::{Sandbox, repository, run, venv};

const FLOW: &str = r#"from metaflow import FlowSpec, Parameter, step


class StoredFlow(FlowSpec):
    alpha = Parameter("alpha", default=3)

    @step
    def start(self):
        print("user: started")
        self.table = {"rows": [1, 2, 3], "note": "a value that is not shared with any other"}
        self.next(self.end)

    @step
    def end(self):
        print("user: alpha", self.alpha, self.table["rows"])


if __name__ == "__main__":
    StoredFlow()
"#;

/// The flow, with one finished run.
fn stored() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.write("flow.py", FLOW);
    run(sandbox.flowdev(["run", "flow.py"])).expect_code(0);
    let id = sandbox.read(".metaflow/StoredFlow/latest_run");
    (sandbox, id)
}

/// `python flow.py ...` with our package.
fn python(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut command = sandbox.command(&venv::python_or_any());
    command
        .arg("flow.py")
        .args(arguments)
        .env("PYTHONPATH", repository().join("assets/python"))
        .env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"));
    run(command)
}

/// What is wrong with the words of a command, whatever its outcome.
fn complaint(done: &Finished) -> Option<&'static str> {
    let said = done.text();
    if said.contains("panicked at") {
        return Some("a panic");
    }
    if said
        .lines()
        .any(|line| line.contains("File \"") && line.contains("/metaflow/"))
    {
        return Some("a traceback of the runtime");
    }
    if done.code < 0 {
        return Some("a signal");
    }
    (done.code != 0 && done.stderr.trim().is_empty() && done.stdout.trim().is_empty())
        .then_some("no word about what is wrong")
}

/// Fails with all that is wrong.
#[track_caller]
fn judge(wrong: &[String], all: usize) {
    assert!(
        wrong.is_empty(),
        "{} of {all}:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

fn report(what: &str, problem: &str, done: &Finished) -> String {
    format!(
        "{what}: {problem} (code {})\n{}",
        done.code,
        done.text().trim()
    )
}

/// Files of the run, one of each kind: name to path.
fn kinds(sandbox: &Sandbox, id: &str) -> Vec<(&'static str, PathBuf)> {
    let flow = sandbox.root().join("StoredFlow");
    let start = flow.join(id).join("start/1");
    let table = fs::read_to_string(start.join("0.data.json")).expect("manifest");
    let manifest: serde_json::Value = serde_json::from_str(&table).expect("manifest");
    let key = manifest["objects"]["table"].as_str().expect("table");
    let transition = manifest["objects"]["_transition"].as_str().expect("key");
    let blob = |key: &str| flow.join("data").join(&key[..2]).join(key);
    let record = |prefix: &str| {
        files(&start.join("_meta"))
            .into_iter()
            .find(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
            })
            .expect("record")
    };
    vec![
        ("manifest", start.join("0.data.json")),
        ("blob", blob(key)),
        ("blob of the transition", blob(transition)),
        ("mark of the end", start.join("0.DONE.lock")),
        ("mark of the attempt", start.join("0.attempt.json")),
        ("task", start.join("_meta/_self.json")),
        ("step", flow.join(id).join("start/_meta/_self.json")),
        ("run", flow.join(id).join("_meta/_self.json")),
        ("flow", flow.join("_meta/_self.json")),
        ("latest run", flow.join("latest_run")),
        (
            "parameters",
            flow.join(id).join("_parameters/0/0.data.json"),
        ),
        ("record of an artifact", record("0_artifact_table")),
        ("record of the attempt", record("sysmeta_attempt-done")),
        ("log", start.join("0.runtime_stdout.log")),
    ]
}

type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 5] = [
    ("is gone", |path| fs::remove_file(path).expect("remove")),
    ("is empty", |path| fs::write(path, "").expect("write")),
    ("is no text", |path| {
        fs::write(path, b"\xff\xfe\0{garbage").expect("write");
    }),
    ("is cut off", |path| {
        let content = fs::read(path).expect("read");
        fs::write(path, &content[..content.len() / 2]).expect("write");
    }),
    ("is something else", |path| {
        fs::write(path, "[1, {\"a\": null}]").expect("write");
    }),
];

#[test]
fn damaged_files_are_reported_by_every_command() {
    let (sandbox, id) = stored();
    let task = format!("{id}/start/1");
    let (mut wrong, mut all) = (Vec::new(), 0);
    for (kind, path) in kinds(&sandbox, &id) {
        let before = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (how, damage) in DAMAGES {
            damage(&path);
            for arguments in [
                vec!["runs", "flow.py"],
                vec!["tasks", "flow.py", &id],
                vec!["artifacts", "flow.py", &task],
                vec!["logs", "flow.py", &task],
                vec!["spin", "flow.py", "end"],
            ] {
                all += 1;
                let done = run(sandbox.flowdev(&arguments));
                if let Some(problem) = complaint(&done) {
                    let what = format!("the {kind} {how}, flowdev {arguments:?}");
                    wrong.push(report(&what, problem, &done));
                }
            }
            fs::write(&path, &before).expect("write");
        }
    }
    judge(&wrong, all);
}

#[test]
fn damaged_files_are_reported_by_the_flows_own_command_line() {
    let (sandbox, id) = stored();
    let task = format!("{id}/start/1");
    let (mut wrong, mut all) = (Vec::new(), 0);
    for (kind, path) in kinds(&sandbox, &id) {
        let before = fs::read(&path).expect("read");
        for (how, damage) in &DAMAGES[2..4] {
            damage(&path);
            for arguments in [
                vec!["dump", &task],
                vec!["logs", &task],
                vec!["tag", "list", "--run-id", &id],
            ] {
                all += 1;
                let done = python(&sandbox, &arguments);
                if let Some(problem) = complaint(&done) {
                    let what = format!("the {kind} {how}, python flow.py {arguments:?}");
                    wrong.push(report(&what, problem, &done));
                }
            }
            fs::write(&path, &before).expect("write");
        }
    }
    judge(&wrong, all);
}

/// What a spin or resume starts from must be whole.
#[test]
fn what_is_needed_and_damaged_stops_a_command() {
    for (kind, arguments) in [
        ("manifest", ["spin", "flow.py", "end"]),
        ("blob", ["spin", "flow.py", "end"]),
        ("parameters", ["resume", "flow.py", "end"]),
    ] {
        let (sandbox, id) = stored();
        let (_, path) = kinds(&sandbox, &id)
            .into_iter()
            .find(|(name, _)| *name == kind)
            .expect("kind");
        fs::write(&path, b"\xff\xfe\0{garbage").expect("write");
        let done = run(sandbox.flowdev(arguments)).expect_code(1);
        assert_eq!(complaint(&done), None, "{}", done.text());
        let name = path.file_name().expect("name").to_string_lossy();
        assert!(done.text().contains(&*name), "the {kind}: {}", done.text());
    }
}

#[test]
fn command_lines_that_make_no_sense() {
    let (sandbox, id) = stored();
    let ours: [&[&str]; 21] = [
        &["run", "flow.py", "--nothing", "3"],
        &["run", "flow.py", "--alpha", "three"],
        &["run", "flow.py", "--alpha"],
        &["run", "flow.py", "--max-workers", "none"],
        &["run", "flow.py", "--max-workers", "0"],
        &["run", "flow.py", "--tag", ""],
        &["run", "flow.py", "--with", "nothing"],
        &["run", "flow.py", "--with", "retry:nothing=3"],
        &["run", "flow.py", "--config", "settings", "nowhere.json"],
        &["run", "flow.py", "--config-value", "settings", "{}"],
        &["run", "flow.py", "--datastore", "s3"],
        &["run", "nowhere.py"],
        &["resume", "flow.py", "nowhere"],
        &["resume", "flow.py", "--origin-run-id", "17"],
        &["spin", "flow.py", "nowhere"],
        &["spin", "flow.py"],
        &["spin", "flow.py", "end", "--pathspec", "17/end"],
        &["spin", "flow.py", "end", "--artifacts-module", "nowhere.py"],
        &["spin", "flow.py", "end", "--set", "no equals sign"],
        &["logs", "flow.py", "17/start/1"],
        &["nothing"],
    ];
    let theirs: [&[&str]; 25] = [
        &["nothing"],
        &["--nothing", "run"],
        &["--datastore", "nothing", "run"],
        &["--metadata", "nothing", "run"],
        &["--with", "nothing", "run"],
        &["--config", "settings", "nowhere.json", "run"],
        &["--config-value", "settings", "{", "run"],
        &["run", "--nothing"],
        &["run", "--alpha", "three"],
        &["run", "--alpha"],
        &["run", "--max-workers", "none"],
        &["run", "--tag", ""],
        &["run", "surplus"],
        &["resume", "nowhere"],
        &["resume", "--origin-run-id", "17"],
        &["spin"],
        &["spin", "nowhere"],
        &["spin", "17/end"],
        &["spin", "end", "--artifacts-module", "nowhere.py"],
        &["dump"],
        &["dump", "a/b/c/d/e"],
        &["logs", "17/start"],
        &["tag", "add", "x"],
        &["tag", "add", "--run-id", "17", "x"],
        &["card", "get", "17/start"],
    ];
    let mut wrong = Vec::new();
    let mut look = |what: String, done: Finished| {
        let problem = complaint(&done).or((done.code == 0).then_some("success"));
        if let Some(problem) = problem {
            wrong.push(report(&what, problem, &done));
        }
    };
    for arguments in ours {
        look(
            format!("flowdev {arguments:?}"),
            run(sandbox.flowdev(arguments)),
        );
    }
    for arguments in theirs {
        look(
            format!("python flow.py {arguments:?}"),
            python(&sandbox, arguments),
        );
    }
    judge(&wrong, ours.len() + theirs.len());
    let latest = sandbox.read(".metaflow/StoredFlow/latest_run");
    assert_eq!(latest, id, "a command that was refused left a run behind");
}
