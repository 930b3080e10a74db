//! `flowdev watch`: the session without a screen.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Common, Given, Manner};
use super::console::Console;
use super::error::{CliError, ExitKind};
use super::{flow_file, job, out};
use crate::config;
use crate::engine::{Engine, Job, Request, SpinRequest};
use crate::watcher::{Change, Watcher};

/// Watch a flow and spin each step that a save changes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev watch train.py
  flowdev watch train.py --alpha 3 --config cfg config.json
  flowdev watch train.py --json | jq .event")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Watches the flow; `parameters` are those given by options of their own.
///
/// # Errors
/// When there is no flow, or the engine cannot start.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let file = flow_file::find(args.flow.as_deref())?;
    parameters.extend(args.given.parameters.iter().cloned());
    let template = SpinRequest {
        flow: args.given.request(file)?,
        parameters,
        ..SpinRequest::default()
    };
    let runtime = job::runtime()?;
    runtime.block_on(async {
        let settings = config::for_flow(&template.flow.file);
        let engine = args.common.settled(&settings).lasting_engine(&settings)?;
        let outcome = watch(&engine, &template, args.common.json).await;
        engine.shutdown().await;
        outcome
    })
}

async fn watch(engine: &Engine, template: &SpinRequest, json: bool) -> Result<ExitKind, CliError> {
    let (changes_tx, mut changes) = tokio::sync::mpsc::unbounded_channel();
    let request = &template.flow;
    let _watcher = Watcher::start_class(&request.file, request.class.clone(), changes_tx)?;
    // What is wrong with the flow is said when a step is spun.
    let _ = engine.warm(request).await;
    out::note("watching; ctrl-c ends");
    let mut console = Console::new(Manner::Flowdev, false);
    let mut spins: Vec<Job> = Vec::new();
    // One listener for the whole session: one made anew for each wait would miss what comes between two of them.
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        let event = tokio::select! {
            change = changes.recv() => {
                let Some(change) = change else {
                    return Ok(ExitKind::Failed);
                };
                tell(&change);
                // What an older save started is of no use any more.
                for job in spins.drain(..) {
                    job.cancel.kill();
                }
                spins = spin(engine, template, &change);
                continue;
            }
            event = next(&mut spins) => event,
            _ = interrupt.recv() => return Ok(ExitKind::Success),
        };
        if json {
            out::json(&event)?;
        } else {
            console.show(&event)?;
        }
    }
}

/// The next event of the first spin that is not over; forever nothing if there is none.
async fn next(spins: &mut Vec<Job>) -> crate::engine::Event {
    while let Some(job) = spins.first_mut() {
        match job.events.recv().await {
            Some(event) => return event,
            None => {
                spins.remove(0);
            }
        }
    }
    std::future::pending().await
}

fn spin(engine: &Engine, template: &SpinRequest, change: &Change) -> Vec<Job> {
    change
        .steps
        .iter()
        .map(|step| {
            engine.submit(Request::Spin(SpinRequest {
                step: step.step.to_string(),
                saved: Some(change.seen),
                ..template.clone()
            }))
        })
        .collect()
}

fn tell(change: &Change) {
    for error in &change.diagnostics {
        out::note(&format!(
            "{}:{}:{}: {}",
            error.file.display(),
            error.line,
            error.column,
            error.message
        ));
    }
    if change.steps.is_empty() && !change.broken {
        out::note("saved; no step changed");
    }
    for step in &change.steps {
        out::note(&format!("{}: {}", step.step, step.reason));
    }
}
