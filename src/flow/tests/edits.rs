//! The corpus of edits: small changes of realistic flows, and the steps whose results can differ afterwards.
//!
//! `tests/fixtures/edits` has one directory for each project and one file of edits beside it. An edit says what is replaced in
//! which file and which steps change. A step whose result could differ must be among them; where more are, `why` says what
//! cannot be told from the source. All edits go through everything that looks at changes: `changes` and fingerprints, of a
//! project loaded from scratch and of one that was reloaded.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// The flow file, from here. Files of edits are given from its directory.
    flow: String,
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    name: String,
    /// The flow file if it is not said.
    file: Option<String>,
    #[serde(default)]
    find: String,
    #[serde(default)]
    replace: String,
    rewrite: Option<Rewrite>,
    /// Further replacements of the same edit.
    #[serde(default)]
    also: Vec<Also>,
    changes: Steps,
    /// Why it is these, where that is not plain.
    #[serde(default)]
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    file: Option<String>,
    find: String,
    replace: String,
}

/// What is done to a whole file.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rewrite {
    Crlf,
    Bom,
    Tabs,
    /// It is made, with `replace` in it.
    Create,
    Delete,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Steps {
    Names(Vec<String>),
    All(AllSteps),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum AllSteps {
    All,
}

pub(super) type Texts = BTreeMap<PathBuf, String>;

/// Texts as files.
pub(super) struct InMemory<'a>(pub(super) &'a Texts);

impl Files for InMemory<'_> {
    fn read(&self, path: &Path) -> Option<String> {
        self.0.get(path).cloned()
    }

    fn list(&self, directory: &Path) -> Vec<PathBuf> {
        let below = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(directory).ok());
        let mut names: Vec<PathBuf> = below
            .filter_map(|path| Some(directory.join(path.iter().next()?)))
            .collect();
        names.dedup();
        names
    }
}

/// Where the corpus is.
pub(super) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/edits")
}

/// The Python files of a directory and those below it.
pub(super) fn texts_of(directory: &Path) -> Texts {
    let mut found = Texts::new();
    files_below(directory, &mut found);
    found
}

/// The flow files of the corpus.
pub(super) fn flows() -> Vec<PathBuf> {
    let flows = groups().into_iter().map(|group| group.flow);
    flows.map(|flow| corpus().join(flow)).collect()
}

fn groups() -> Vec<Group> {
    let mut paths: Vec<PathBuf> = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        toml::from_str(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn files_below(directory: &Path, found: &mut Texts) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "py") {
            found.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
}

fn substitute(files: &mut Texts, path: &Path, find: &str, replace: &str) {
    let text = files.get_mut(path).expect("the file that is edited");
    assert_eq!(
        text.matches(find).count(),
        1,
        "it must be clear what {find:?} in {} is",
        path.display()
    );
    *text = text.replacen(find, replace, 1);
}

fn apply(edit: &Edit, flow: &Path, files: &Texts) -> Texts {
    let mut edited = files.clone();
    let path = |file: &Option<String>| match file {
        Some(file) => flow.parent().unwrap().join(file),
        None => flow.to_owned(),
    };
    let target = path(&edit.file);
    let rewritten = |change: &dyn Fn(&str) -> String| change(&files[&target]);
    match edit.rewrite {
        None => substitute(&mut edited, &target, &edit.find, &edit.replace),
        Some(Rewrite::Create) => _ = edited.insert(target, edit.replace.clone()),
        Some(Rewrite::Delete) => _ = edited.remove(&target),
        Some(Rewrite::Bom) => {
            _ = edited.insert(target.clone(), rewritten(&|t| format!("\u{feff}{t}")))
        }
        Some(Rewrite::Crlf) => {
            _ = edited.insert(target.clone(), rewritten(&|t| t.replace('\n', "\r\n")))
        }
        Some(Rewrite::Tabs) => {
            _ = edited.insert(target.clone(), rewritten(&|t| t.replace("    ", "\t")))
        }
    }
    for also in &edit.also {
        substitute(&mut edited, &path(&also.file), &also.find, &also.replace);
    }
    edited
}

/// What is wrong with the answer to an edit; empty if nothing is.
fn judge(edit: &Edit, before: &Project, files: &Texts) -> String {
    let flow = &before.main.path;
    let edited = apply(edit, flow, files);
    let now = Project::load(flow, &InMemory(&edited));
    if let Some(file) = now.files().find(|file| file.is_broken()) {
        return format!("breaks {}: {:?}", file.path.display(), file.diagnostics);
    }
    let reasons = super::super::changes(before, &now);
    let found: Vec<&str> = reasons.iter().map(|change| change.step.as_str()).collect();
    let expected: Vec<&str> = match &edit.changes {
        Steps::All(AllSteps::All) => {
            let steps = &now.flow().expect("a flow").steps;
            steps.iter().map(|step| step.name.as_str()).collect()
        }
        Steps::Names(names) => names.iter().map(String::as_str).collect(),
    };
    let (old, new) = (before.fingerprints(), now.fingerprints());
    let differ: Vec<&str> = new
        .iter()
        .filter(|(step, print)| old.get(*step) != Some(*print))
        .map(|(step, _)| step.as_str())
        .collect();
    let mut wrong = String::new();
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names.join(" ")
    };
    if sorted(&found) != sorted(&expected) {
        let missed = expected.iter().filter(|step| !found.contains(step));
        let extra = reasons
            .iter()
            .filter(|change| !expected.contains(&change.step.as_str()));
        for step in missed {
            wrong += &format!("    missed {step}\n");
        }
        for StepChange { step, reason } in extra {
            wrong += &format!("    not expected {step}: {reason}\n");
        }
    }
    if differ != found {
        wrong +=
            &format!("    fingerprints differ for {differ:?}, reasons are given for {found:?}\n");
    }
    if before.reload(&InMemory(&edited)).code() != now.code() {
        wrong += "    a reload says something else than a load\n";
    }
    if !wrong.is_empty() && !edit.why.is_empty() {
        wrong += &format!("    ({})\n", edit.why);
    }
    wrong
}

#[test]
fn every_edit_changes_the_steps_that_it_should() {
    let mut count = 0;
    let mut wrong = String::new();
    for group in groups() {
        let flow = corpus().join(&group.flow);
        let files = texts_of(flow.parent().unwrap());
        let before = Project::load(&flow, &InMemory(&files));
        for edit in &group.edit {
            count += 1;
            let problems = judge(edit, &before, &files);
            if !problems.is_empty() {
                wrong += &format!("{}: {}\n{problems}", group.flow, edit.name);
            }
        }
    }
    assert!(wrong.is_empty(), "of {count} edits:\n{wrong}");
    assert!(count >= 200, "{count} edits are too few to say anything");
}
