//! `flowdev spin`.

use std::path::PathBuf;

use super::arguments::Common;
use super::error::{CliError, ExitKind};
use super::{flow_file, job};
use crate::engine::{FlowRequest, Request, SpinRequest};

/// Run one step on its parents' stored artifacts, without a trace in the tracked runs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev spin train.py fit
  flowdev spin train.py fit --set 'rate=0.5' --set 'names=[\"a\", \"b\"]'
  flowdev spin train.py fit --pathspec 1763000000000000/fit/3
  flowdev spin train.py fit --split 2 --json")]
pub struct Args {
    /// The flow's file
    flow: PathBuf,
    /// The step
    step: String,
    /// The task to run again: RUN, RUN/STEP or RUN/STEP/TASK [default: the latest run]
    #[arg(long, value_name = "PATHSPEC")]
    pathspec: Option<String>,
    /// Which split of a foreach [default: the first]
    #[arg(long, value_name = "N")]
    split: Option<u64>,
    /// Replace an input artifact by a Python literal or, where it is none, by the text
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Python file with a dict ARTIFACTS whose values replace input artifacts
    #[arg(long, value_name = "FILE")]
    artifacts_module: Option<PathBuf>,
    /// Run the step without its decorators
    #[arg(long)]
    skip_decorators: bool,
    /// Write the spin's id to this file before the task starts
    #[arg(long, value_name = "FILE")]
    run_id_file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

pub fn main(args: Args) -> Result<ExitKind, CliError> {
    let artifacts_module = match args.artifacts_module {
        Some(path) => Some(
            path.canonicalize()
                .map_err(|source| CliError::Read { path, source })?,
        ),
        None => None,
    };
    let request = Request::Spin(SpinRequest {
        flow: FlowRequest {
            file: flow_file::find(Some(&args.flow))?,
            run_id_file: args.run_id_file,
            ..FlowRequest::default()
        },
        step: args.step,
        pathspec: args.pathspec,
        split: args.split,
        set: args.set,
        artifacts_module,
        skip_decorators: args.skip_decorators,
        generation: 0,
    });
    job::execute(&args.common, request)
}
