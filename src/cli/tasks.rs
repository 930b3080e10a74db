//! `flowdev tasks`.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, ExitKind};
use super::{flow_file, out, pathspec, runs};
use crate::store::{TaskStore, side_by_side};

/// List the tasks of a run, or of one of its steps
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev tasks train.py                        tasks of the latest run
  flowdev tasks train.py 1763000000000000/fit   tasks of one step
  flowdev tasks train.py --json")]
pub struct Args {
    /// The flow's file
    flow: PathBuf,
    /// RUN or RUN/STEP [default: the latest run]
    pathspec: Option<String>,
    /// Print JSON, one task a line
    #[arg(long)]
    json: bool,
}

struct Row {
    pathspec: String,
    attempt: Option<u32>,
    status: &'static str,
    index: Vec<u64>,
    origin: Option<String>,
    created: Option<jiff::Timestamp>,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let flow = flow_file::store(Some(&args.flow))?;
    let given = args.pathspec.as_deref().unwrap_or_default();
    let parts = pathspec::parts(flow.name(), given);
    let run = pathspec::run(&flow, parts.first().copied())?;
    let steps = match parts.get(1) {
        Some(step) => vec![(*step).to_owned()],
        None => run.steps()?,
    };
    let mut rows = Vec::new();
    for step in steps {
        rows.extend(side_by_side(&run.tasks(&step)?, row)?);
    }
    rows.sort_by_key(|row| row.created);
    for row in rows.iter().filter(|_| args.json) {
        out::json(&json!({
            "pathspec": row.pathspec,
            "status": row.status,
            "attempt": row.attempt,
            "index": row.index,
            "origin": row.origin,
            "created": row.created.map(|time| time.to_string()),
        }))?;
    }
    if !args.json {
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        out::table(
            &["TASK", "STATUS", "ATTEMPT", "SPLIT", "STARTED", "ORIGIN"],
            &cells,
        )?;
    }
    Ok(ExitKind::Success)
}

fn cells(row: &Row) -> Vec<String> {
    let index: Vec<String> = row.index.iter().map(u64::to_string).collect();
    vec![
        row.pathspec.clone(),
        row.status.to_owned(),
        row.attempt.map(|n| n.to_string()).unwrap_or_default(),
        index.join(","),
        row.created.map(runs::local).unwrap_or_default(),
        row.origin.clone().unwrap_or_default(),
    ]
}

fn row(task: &TaskStore) -> Result<Row, CliError> {
    let attempt = task.latest_attempt()?;
    let done = attempt.map(|attempt| task.done(attempt)).transpose()?;
    let manifest = match attempt {
        Some(attempt) if done == Some(true) => Some(task.manifest(attempt)?),
        _ => None,
    };
    let facts = manifest
        .as_ref()
        .map(|manifest| task.control(manifest))
        .transpose()?;
    let ended = match attempt {
        Some(attempt) if manifest.is_none() => task.exit_info(attempt)?.is_some(),
        _ => false,
    };
    let status = match facts.as_ref().map(|facts| (facts.task_ok, facts.success)) {
        Some((Some(true), Some(false))) => "caught",
        Some((Some(true), _)) => "done",
        Some(_) => "failed",
        None if ended => "failed",
        None => "unfinished",
    };
    Ok(Row {
        pathspec: format!("{}/{}/{}", task.run().id(), task.step().name(), task.id()),
        attempt,
        status,
        index: facts
            .map(|facts| {
                facts
                    .foreach_stack
                    .iter()
                    .filter_map(|frame| frame.index)
                    .collect()
            })
            .unwrap_or_default(),
        origin: task.origin()?.map(|origin| origin.pathspec()),
        created: task.info()?.and_then(|info| info.created),
    })
}
