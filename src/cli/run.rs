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
  flowdev run train.py --with retry:times=2 --json")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    common: Common,
}

pub fn main(args: Args, parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let request = Request::Run(RunRequest {
        flow: args.options.request(args.flow.as_ref())?,
        parameters,
    });
    job::execute(&args.common, request)
}
