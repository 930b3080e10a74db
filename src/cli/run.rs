//! `flowdev run`.

use std::path::PathBuf;

use super::arguments::{Common, RunOptions};
use super::error::{CliError, ExitKind};
use super::job;
use crate::engine::{Request, RunRequest};

/// Run the whole flow
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev run train.py
  flowdev run train.py --alpha 0.5 --tag experiment --max-workers 4
  flowdev run train.py --only-stale    take over what has not changed
  flowdev run train.py --with retry:times=2 --json")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// Take over from the latest run what is fresh, and run the rest
    #[arg(long)]
    only_stale: bool,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    common: Common,
}

/// Runs the flow; `parameters` are those given by options of their own.
///
/// # Errors
/// When the command line makes no sense, or the engine cannot start.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let voice = args.options.flow.voice();
    parameters.extend(args.options.flow.given.parameters.iter().cloned());
    let request = Request::Run(RunRequest {
        flow: args.options.request(args.flow.as_deref())?,
        only_stale: args.only_stale,
        parameters,
    });
    job::execute(&args.common, voice, request)
}
