//! `flowdev resume`.

use std::path::PathBuf;

use super::arguments::{Common, Manner, RunOptions};
use super::error::{CliError, ExitKind};
use super::job;
use crate::engine::{Request, ResumeRequest};

/// Finish what an earlier run did not, taking over its finished tasks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev resume train.py
  flowdev resume train.py evaluate     run `evaluate` and what follows it again
  flowdev resume train.py --auto       run what is stale again, as `flowdev status` says it
  flowdev resume train.py --origin-run-id 1763000000000000")]
pub struct Args {
    /// The flow's file, then optionally the step to run again with all that follows it
    #[arg(num_args = 0..=2, value_names = ["FLOW", "STEP"])]
    what: Vec<String>,
    /// Run the earliest stale step, and what follows it, again; with configs as they are today
    #[arg(long)]
    auto: bool,
    /// The run to take over [default: the latest]
    #[arg(long, value_name = "RUN")]
    origin_run_id: Option<String>,
    /// The new run's id, for whoever gives ids out: no number
    #[arg(long, value_name = "ID", hide = true)]
    run_id: Option<String>,
    /// Take over what was finished, and run nothing
    #[arg(long, hide = true)]
    clone_only: bool,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    common: Common,
}

/// Resumes the run; `parameters` are those given by options of their own.
///
/// # Errors
/// When the command line makes no sense, or the engine cannot start.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let (flow, step) = split(args.what);
    let options = &args.options.flow;
    if !(options.given.config.is_empty() && options.given.config_value.is_empty()) {
        return Err(CliError::usage(
            "--config and --config-value cannot be given to resume: a resumed run keeps its configs",
            "leave them out, or start a new run",
        ));
    }
    if let Some(id) = &args.run_id
        && id.parse::<i128>().is_ok()
    {
        return Err(CliError::usage(
            format!("--run-id {id} is a number, and numbers are given out by the store"),
            "choose an id with a letter in it",
        ));
    }
    if args.auto && (step.is_some() || args.clone_only) {
        return Err(CliError::usage(
            "--auto finds the step to run from, so that none can be named",
            "leave out one of them",
        ));
    }
    let voice = options.voice();
    parameters.extend(options.given.parameters.iter().cloned());
    let request = Request::Resume(ResumeRequest {
        flow: args.options.request(flow.as_deref())?,
        offer: step.is_none() && !args.auto && voice.manner == Manner::Flowdev,
        step,
        auto: args.auto,
        origin: args.origin_run_id,
        run_id: args.run_id,
        parameters,
        clone_only: args.clone_only,
    });
    job::execute(&args.common, voice, request)
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
