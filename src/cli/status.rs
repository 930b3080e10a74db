//! `flowdev status`.

use std::path::PathBuf;

use serde_json::json;

use super::arguments::{Common, assignment, pairs, settings};
use super::error::{CliError, ExitKind};
use super::job::runtime;
use super::{flow_file, out};
use crate::engine::{Configs, FlowRequest, FlowStatus, StatusRequest, StepState};

/// Say which steps are stale, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev status train.py
  flowdev status train.py --alpha 3      as if the steps were to run with this parameter
  flowdev status train.py --check && echo \"nothing to do\"
  flowdev status train.py --json

States:
  fresh      its newest result, of the run or of a spin on it, is what it would give today
  stale      its code, a parameter, a config key, an input or a library has changed; or a step before it is stale
  never run  the run has not come to it
  failed     its tasks in the run did not end well
  not taken  a switch before it has led elsewhere
  unknown    Metaflow or an older flowdev ran it, and recorded nothing that could be compared")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// The run to judge, with the spins on it [default: the latest]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Exit with 1 unless there is nothing to run again
    #[arg(long)]
    check: bool,
    /// The class, if the file has more than one flow
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Read a config from a file
    #[arg(long, num_args = 2, value_names = ["NAME", "FILE"], action = clap::ArgAction::Append, allow_hyphen_values = true)]
    config: Vec<String>,
    /// Give a config as text
    #[arg(long, num_args = 2, value_names = ["NAME", "TEXT"], action = clap::ArgAction::Append, allow_hyphen_values = true)]
    config_value: Vec<String>,
    /// Give a parameter of the flow, as its own option does [default: as in the run]
    #[arg(long = "parameter", value_name = "NAME=TEXT", value_parser = assignment)]
    parameters: Vec<(String, String)>,
    /// The store's directory, `.metaflow` included [default: the nearest one]
    #[arg(long, value_name = "DIR")]
    datastore_root: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Prints the state of every step; `parameters` are those given by options of their own.
///
/// # Errors
/// When the command line makes no sense, the flow does not load, or there is no such run.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    parameters.extend(args.parameters);
    let request = StatusRequest {
        flow: FlowRequest {
            file: flow_file::find(args.flow.as_deref())?,
            class: args.class,
            configs: Configs {
                files: pairs(args.config)?,
                values: pairs(args.config_value)?,
            },
            store_root: args.datastore_root,
            ..FlowRequest::default()
        },
        run: args.run,
        without_spins: false,
        parameters,
    };
    let common = args.common.settled(&settings(&request.flow.file));
    let status = runtime()?.block_on(async {
        let engine = common.engine()?;
        let status = engine.judge(request).await;
        engine.shutdown().await;
        status.map_err(CliError::from)
    })?;
    if args.common.json {
        print_json(&status)?;
    } else {
        print_table(&status)?;
    }
    let is_due = status.steps.iter().any(|step| step.state.is_due());
    Ok(if args.check && is_due {
        ExitKind::Failed
    } else {
        ExitKind::Success
    })
}

fn print_json(status: &FlowStatus) -> Result<(), CliError> {
    for step in &status.steps {
        out::json(&json!({
            "step": step.step,
            "state": step.state,
            "sentence": step.sentence(),
            "reason": step.reason,
            "first": step.is_first,
            "tasks": step.tasks,
            "stale": step.stale,
            "run": status.run,
        }))?;
    }
    Ok(())
}

fn print_table(status: &FlowStatus) -> Result<(), CliError> {
    let Some(run) = &status.run else {
        out::line("The flow has never been run.")?;
        return Ok(());
    };
    let rows: Vec<Vec<String>> = status
        .steps
        .iter()
        .map(|step| {
            vec![
                step.step.to_string(),
                step.state.as_str().to_owned(),
                step.sentence().unwrap_or_default(),
            ]
        })
        .collect();
    out::table(&["STEP", "STATE", "REASON"], &rows)?;
    out::line("")?;
    let is_judged = status
        .steps
        .iter()
        .all(|step| step.state != StepState::Unknown);
    out::line(&match status.offer() {
        Some(offer) => offer,
        None if is_judged => {
            format!("Nothing to run again: this is what run {run} and the spins on it have.")
        }
        None => "Nothing is known to be stale. What was recorded of some steps cannot be judged."
            .to_owned(),
    })?;
    Ok(())
}
