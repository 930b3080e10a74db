//! `flowdev spin`.

use std::path::PathBuf;

use super::arguments::{Common, FlowOptions, assignment};
use super::error::{CliError, ExitKind};
use super::{flow_file, job};
use crate::engine::{FlowRequest, Request, SpinRequest};

/// Run one step on its parents' stored artifacts, without a trace in the tracked runs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev spin train.py fit
  flowdev spin train.py fit --set 'rate=0.5' --set 'names=[\"a\", \"b\"]'
  flowdev spin train.py fit --pathspec 1763000000000000/fit/3
  flowdev spin train.py fit --with-stale-inputs       spin what is stale before it first
  flowdev spin train.py fit --with-stale-descendants  spin what is stale after it, too
  flowdev spin train.py fit --split 2 --json
  flowdev spin train.py fit --timings")]
pub struct Args {
    /// The flow's file
    flow: PathBuf,
    /// The step, or the task to run again: RUN/STEP or RUN/STEP/TASK
    step: String,
    /// The task to run again: RUN, RUN/STEP or RUN/STEP/TASK [default: the latest run]
    #[arg(long, value_name = "PATHSPEC")]
    pathspec: Option<String>,
    /// Which split of a foreach [default: the first]
    #[arg(long, value_name = "N")]
    split: Option<u64>,
    /// Spin the stale steps before it first, in order
    #[arg(long)]
    with_stale_inputs: bool,
    /// Spin what follows it and is stale then, in order; the other splits of a foreach, too
    #[arg(long)]
    with_stale_descendants: bool,
    /// Replace an input artifact by a Python literal or, where it is none, by the text
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Python file with a dict ARTIFACTS whose values replace input artifacts
    #[arg(long, value_name = "FILE")]
    artifacts_module: Option<PathBuf>,
    /// Run the step without its decorators
    #[arg(long, overrides_with = "no_skip_decorators")]
    skip_decorators: bool,
    #[arg(long, hide = true, overrides_with = "skip_decorators")]
    no_skip_decorators: bool,
    // A spin's artifacts are always kept, so that its result can be looked at.
    #[arg(long, hide = true, overrides_with = "no_persist")]
    persist: bool,
    #[arg(long, hide = true, overrides_with = "persist")]
    no_persist: bool,
    #[command(flatten)]
    options: FlowOptions,
    #[command(flatten)]
    common: Common,
}

/// Spins the step; `parameters` are those given by options of their own.
///
/// # Errors
/// When the command line makes no sense, or the engine cannot start.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let artifacts_module = match args.artifacts_module {
        Some(path) => Some(
            path.canonicalize()
                .map_err(|source| CliError::Read { path, source })?,
        ),
        None => None,
    };
    let voice = args.options.voice();
    parameters.extend(args.options.given.parameters.iter().cloned());
    let flow = args.options.request(Some(&args.flow))?;
    let (step, pathspec) = step_of(&args.step, &flow)?;
    let request = Request::Spin(SpinRequest {
        flow,
        step,
        pathspec: args.pathspec.or(pathspec),
        split: args.split,
        indices: None,
        with_stale_inputs: args.with_stale_inputs,
        with_stale_descendants: args.with_stale_descendants,
        silent: false,
        set: args.set,
        artifacts_module,
        skip_decorators: args.skip_decorators,
        parameters,
        saved: None,
        generation: 0,
    });
    job::execute(&args.common, voice, request)
}

/// The step that is meant by its name, or by the pathspec of what is to be run again, which is given back, too.
fn step_of(text: &str, flow: &FlowRequest) -> Result<(String, Option<String>), CliError> {
    let parts: Vec<&str> = text.trim_matches('/').split('/').collect();
    let step = match parts.as_slice() {
        [step] => return Ok(((*step).to_owned(), None)),
        [_run, step] | [_, _run, step, _] => step,
        // FLOW/RUN/STEP or RUN/STEP/TASK
        [first, _run, step] if flow_name(flow)? == *first => step,
        [_run, step, _task] => step,
        _ => {
            return Err(CliError::usage(
                format!("{text} names no step or task"),
                "write STEP, RUN/STEP or RUN/STEP/TASK, with or without FLOW/ in front",
            ));
        }
    };
    Ok(((*step).to_owned(), Some(text.to_owned())))
}

fn flow_name(flow: &FlowRequest) -> Result<String, CliError> {
    if let Some(class) = &flow.class {
        return Ok(class.clone());
    }
    let project = flow_file::project(&flow.file)?;
    Ok(flow_file::main_flow(&project)?.name.clone())
}
