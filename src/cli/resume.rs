//! `flowdev resume`.

use std::path::PathBuf;

use super::arguments::{Common, RunOptions};
use super::error::{CliError, ExitKind};
use super::job;
use crate::engine::{Request, ResumeRequest};

/// Finish what an earlier run did not, taking over its finished tasks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev resume train.py
  flowdev resume train.py evaluate     run `evaluate` and what follows it again
  flowdev resume train.py --origin-run-id 1763000000000000")]
pub struct Args {
    /// The flow's file, then optionally the step to run again with all that follows it
    #[arg(num_args = 0..=2, value_names = ["FLOW", "STEP"])]
    what: Vec<String>,
    /// The run to take over [default: the latest]
    #[arg(long, value_name = "RUN")]
    origin_run_id: Option<String>,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    common: Common,
}

pub fn main(args: Args) -> Result<ExitKind, CliError> {
    let (flow, step) = split(args.what);
    let request = Request::Resume(ResumeRequest {
        flow: args.options.request(flow.as_ref())?,
        step,
        origin: args.origin_run_id,
    });
    job::execute(&args.common, request)
}

/// `[FLOW] [STEP]`: a single word is a file if it ends in `.py`.
fn split(what: Vec<String>) -> (Option<PathBuf>, Option<String>) {
    let mut words = what.into_iter();
    match (words.next(), words.next()) {
        (Some(flow), Some(step)) => (Some(flow.into()), Some(step)),
        (Some(word), None) if word.ends_with(".py") => (Some(word.into()), None),
        (step, None) => (None, step),
        (None, Some(step)) => (None, Some(step)),
    }
}
