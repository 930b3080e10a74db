//! `flowdev artifacts`.

use std::path::PathBuf;

use bytes::Bytes;
use serde_json::json;

use super::error::{CliError, ExitKind};
use super::{flow_file, out, pathspec};
use crate::inspect::{self, Summary};
use crate::store::{ArtifactRef, FlowStore, TaskStore};

/// List the artifacts of a task: name, type, shape, size and the beginning of the value
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev artifacts train.py fit                     the step's tasks in the latest run
  flowdev artifacts train.py 1763000000000000/fit/3
  flowdev artifacts train.py fit --all --json")]
pub struct Args {
    /// The flow's file
    flow: PathBuf,
    /// STEP, RUN/STEP or RUN/STEP/TASK
    pathspec: String,
    /// Also the runtime's own artifacts
    #[arg(long)]
    all: bool,
    /// Print JSON, one artifact a line
    #[arg(long)]
    json: bool,
}

/// Characters of a value in a row.
const PREVIEW_CHARS: usize = 60;

/// Larger pickles are described by their recorded type alone: a list should come at once.
const DESCRIBE_UP_TO: u64 = 16 * 1024 * 1024;

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let flow = flow_file::store(Some(&args.flow))?;
    let tasks = pathspec::tasks(&flow, &args.pathspec)?;
    let several = tasks.len() > 1;
    for task in tasks {
        list(&task, args, several)?;
    }
    Ok(ExitKind::Success)
}

fn list(task: &TaskStore, args: &Args, several: bool) -> Result<(), CliError> {
    let place = format!("{}/{}/{}", task.run().id(), task.step().name(), task.id());
    let Some(manifest) = task.latest_manifest()? else {
        out::note(&format!("{place} has not finished, so it has no artifacts"));
        return Ok(());
    };
    let mut names: Vec<(&String, &ArtifactRef)> = manifest
        .objects
        .iter()
        .filter(|(name, _)| args.all || !(name.starts_with('_') || *name == "name"))
        .collect();
    names.sort_by_key(|(name, _)| *name);
    if several && !args.json {
        out::line(&place)?;
    }
    let mut rows = Vec::new();
    for (name, artifact) in names {
        let summary = describe(task.run().flow(), artifact);
        if args.json {
            out::json(&json!({
                "task": place,
                "name": name,
                "type": artifact.class_name(),
                "shape": summary.as_ref().and_then(|summary| summary.shape.clone()),
                "size": artifact.size,
                "sha": artifact.key.to_string(),
                "preview": summary.as_ref().map(|summary| summary.preview.clone()),
            }))?;
        } else {
            rows.push(row(name, artifact, summary.as_ref()));
        }
    }
    if !args.json {
        out::table(&["NAME", "TYPE", "SHAPE", "SIZE", "VALUE"], &rows)?;
    }
    Ok(())
}

fn row(name: &str, artifact: &ArtifactRef, summary: Option<&Summary>) -> Vec<String> {
    let type_name = summary.map_or_else(
        || artifact.class_name().to_owned(),
        |summary| summary.type_name.clone(),
    );
    vec![
        name.to_owned(),
        type_name,
        summary
            .and_then(|summary| summary.shape.clone())
            .unwrap_or_default(),
        out::size(artifact.size),
        summary
            .map(|summary| shortened(&summary.preview))
            .unwrap_or_default(),
    ]
}

/// The beginning of a value, so that a row fits a screen; `peek` and `--json` have the rest.
fn shortened(preview: &str) -> String {
    match preview.char_indices().nth(PREVIEW_CHARS) {
        Some((cut, _)) => format!("{}…", &preview[..cut]),
        None => preview.to_owned(),
    }
}

/// What the value is; `None` if it is too large to look at in a list, or cannot be read.
fn describe(flow: &FlowStore, artifact: &ArtifactRef) -> Option<Summary> {
    if artifact.size > DESCRIBE_UP_TO || !artifact.is_pickle() {
        return None;
    }
    let bytes = Bytes::from(flow.blob(artifact.key).ok()?);
    let described = inspect::describe(&bytes, artifact.size).ok()?;
    Some(described.summary)
}
