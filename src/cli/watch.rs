//! `flowdev watch`: the session without a screen.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Common, Given, Manner, settings};
use super::console::Console;
use super::error::{CliError, ExitKind};
use super::{flow_file, job, out};
use crate::engine::{Engine, Event, Job, Request, SpinRequest};
use crate::flow::{Graph, StepName};
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
        let settings = settings(&template.flow.file);
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
    // One listener for the whole session: one made anew for each wait would miss what comes between two of them.
    let mut interrupt = signal(SignalKind::interrupt())?;
    out::note("watching; ctrl-c ends");
    let mut console = Console::new(Manner::Flowdev, false);
    let mut spins = Spins::default();
    loop {
        let event = tokio::select! {
            change = changes.recv() => {
                let Some(change) = change else {
                    return Ok(ExitKind::Failed);
                };
                tell(&change);
                // What an older save asked for is of no use any more.
                if let Some(job) = &spins.job {
                    job.cancel.kill();
                }
                spins = Spins::of(&change);
                continue;
            }
            event = spins.next(engine, template) => event,
            _ = interrupt.recv() => return Ok(ExitKind::Success),
        };
        if json {
            out::json(&event)?;
        } else {
            console.show(&event)?;
        }
    }
}

/// What a save asks for, one after the other: a step is spun on what those before it have left.
#[derive(Default)]
struct Spins {
    /// The one that is under way.
    job: Option<Job>,
    /// Those that follow it.
    rest: VecDeque<StepName>,
    /// When the save was seen, for the first of them.
    saved: Option<Instant>,
}

impl Spins {
    /// Those of the steps that the save changed, in the order of the graph.
    fn of(change: &Change) -> Self {
        let mut rest: Vec<StepName> = change.steps.iter().map(|it| it.step.clone()).collect();
        if let Some(flow) = change.project.flow().filter(|_| rest.len() > 1) {
            let graph = Graph::build(&flow.steps);
            let order = graph.in_order();
            rest.sort_by_key(|step| order.iter().position(|other| *other == step));
        }
        Self {
            job: None,
            rest: rest.into(),
            saved: Some(change.seen),
        }
    }

    /// The next event; forever nothing when all are over. May be dropped at any time.
    async fn next(&mut self, engine: &Engine, template: &SpinRequest) -> Event {
        loop {
            if let Some(job) = &mut self.job {
                if let Some(event) = job.events.recv().await {
                    return event;
                }
                self.job = None;
            }
            let Some(step) = self.rest.pop_front() else {
                return std::future::pending().await;
            };
            self.job = Some(engine.submit(Request::Spin(SpinRequest {
                step: step.to_string(),
                saved: self.saved.take(),
                ..template.clone()
            })));
        }
    }
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
