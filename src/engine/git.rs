//! Which version of the code a run has, where its flow lies in a git work tree: the record `git-info` of its tasks.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Map, Value};
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::environment::Environment;

/// The question, while git is being asked.
pub(super) struct Asked(Option<JoinHandle<Option<Value>>>);

impl Asked {
    /// Asks about the work tree that a flow file lies in; costs nothing where there is none.
    pub fn about(flow: &Path, env: &Environment) -> Self {
        let dir = flow.parent().filter(|dir| {
            let mut above = dir.ancestors();
            above.any(|dir| dir.join(".git").exists())
        });
        Self(dir.map(|dir| tokio::spawn(info(dir.to_owned(), env.clone()))))
    }

    /// The record, as JSON text; `None` outside of a work tree and where git is not installed.
    pub async fn answer(self) -> Option<String> {
        let info = self.0?.await.ok()??;
        Some(info.to_string())
    }
}

async fn info(dir: std::path::PathBuf, env: Environment) -> Option<Value> {
    let head = [
        "rev-parse",
        "--is-inside-work-tree",
        "HEAD",
        "--abbrev-ref",
        "HEAD",
    ];
    let (head, url, clean) = tokio::join!(
        git(&dir, &env, &head),
        git(&dir, &env, &["config", "--get", "remote.origin.url"]),
        git(&dir, &env, &["diff-index", "--quiet", "HEAD", "--"]),
    );
    // Without a commit the command fails after its first line.
    let (_, head) = head?;
    if !head.starts_with("true") {
        return None;
    }
    let mut lines = head.lines().skip(1);
    let mut found = Map::new();
    if let Some((true, url)) = url {
        found.insert("repo_url".to_owned(), https(&url).into());
    }
    if let (Some(commit), Some(branch)) = (lines.next(), lines.next()) {
        found.insert("branch_name".to_owned(), branch.into());
        found.insert("commit_sha".to_owned(), commit.into());
    }
    if let Some((false, _)) = clean {
        found.insert("has_uncommitted_changes".to_owned(), true.into());
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

/// Whether the command was successful, and what it printed; `None` if it could not be started.
async fn git(dir: &Path, env: &Environment, arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(dir);
    env.apply(&mut command);
    command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Some((output.status.success(), text))
}

/// `git@host:owner/name` as a link that a browser opens.
fn https(url: &str) -> String {
    match url
        .strip_prefix("git@")
        .and_then(|rest| rest.split_once(':'))
    {
        Some((host, path)) => format!("https://{host}/{path}"),
        None => url.to_owned(),
    }
}
