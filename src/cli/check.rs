//! `flowdev check`.

use std::path::PathBuf;

use super::error::{CliError, ExitKind};
use super::{flow_file, out};
use crate::flow::{self, Diagnostic, Graph, Severity};

/// Check the graph of a flow, without running it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev check train.py
  flowdev check train.py --json")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// Print JSON, one finding a line
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let path = flow_file::find(args.flow.as_deref())?;
    let project = flow_file::project(&path)?;
    let mut found: Vec<Diagnostic> = project
        .files()
        .flat_map(|file| file.diagnostics.clone())
        .collect();
    if found.is_empty() {
        let flow = flow_file::main_flow(&project)?;
        found = flow::check(&Graph::build(&flow.steps));
    }
    for finding in &found {
        if args.json {
            out::json(finding)?;
        } else {
            show(finding)?;
        }
    }
    if found
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Ok(ExitKind::Failed);
    }
    if !args.json {
        out::line("The graph looks good!")?;
    }
    Ok(ExitKind::Success)
}

fn show(finding: &Diagnostic) -> Result<(), CliError> {
    out::line(&finding.to_string())?;
    if let Some(hint) = &finding.hint {
        out::line(&format!("  hint: {hint}"))?;
    }
    Ok(())
}
