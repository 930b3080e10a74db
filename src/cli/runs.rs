//! `flowdev runs`.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, ExitKind};
use super::{flow_file, out};
use crate::store::{FlowStore, RunStatus, RunSummary};

/// List the runs of a flow, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev runs train.py
  flowdev runs train.py --limit 3 --json
  flowdev runs train.py --spins")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// List spins instead
    #[arg(long)]
    spins: bool,
    /// Print JSON, one run a line
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let mut flow = flow_file::store(args.flow.as_deref())?;
    if args.spins {
        flow = flow.store().spin_sibling().flow(flow.name());
    }
    let runs = summaries(&flow, args.limit)?;
    if args.json {
        for run in &runs {
            out::json(&json!({
                "run": run.id,
                "status": status(run.status),
                "user": run.user,
                "tags": run.tags,
                "created": run.created.map(|time| time.to_string()),
                "steps": run.steps,
            }))?;
        }
        return Ok(ExitKind::Success);
    }
    if runs.is_empty() {
        out::note(&format!("{} has no runs in {}", flow.name(), flow.root()));
        return Ok(ExitKind::Success);
    }
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            vec![
                run.id.clone(),
                status(run.status).to_owned(),
                run.created.map(local).unwrap_or_default(),
                run.user.clone(),
                run.tags.join(" "),
            ]
        })
        .collect();
    out::table(&["RUN", "STATUS", "STARTED", "USER", "TAGS"], &rows)?;
    Ok(ExitKind::Success)
}

fn summaries(flow: &FlowStore, limit: usize) -> Result<Vec<RunSummary>, CliError> {
    let ids = flow.runs()?;
    let wanted = ids.iter().take(limit);
    Ok(wanted
        .map(|id| flow.run(id).summary())
        .collect::<Result<_, _>>()?)
}

fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Successful => "successful",
        RunStatus::Finished => "finished",
        RunStatus::Failed => "failed",
        RunStatus::Unfinished => "unfinished",
    }
}

/// Local time, to the second.
pub fn local(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}
