//! Runs a request in the foreground: prints its events, passes ctrl-c on.

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Common, Manner, Voice};
use super::console::Console;
use super::error::{CliError, ExitKind};
use super::out;
use super::timings::Timings;
use crate::engine::{Engine, Event, Failure, Outcome, Request};

/// Submits the request and prints what happens until it is over.
///
/// # Errors
/// When the engine cannot start or standard output cannot be written.
pub fn execute(common: &Common, voice: Voice, request: Request) -> Result<ExitKind, CliError> {
    let json = common.json;
    let runtime = runtime()?;
    runtime.block_on(async {
        let engine = common.engine()?;
        let outcome = follow(&engine, request, json, voice).await;
        engine.shutdown().await;
        outcome
    })
}

/// The runtime of a command: a few threads are plenty, the work is in Python and in blocking file operations.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

async fn follow(
    engine: &Engine,
    request: Request,
    json: bool,
    voice: Voice,
) -> Result<ExitKind, CliError> {
    // Standard output belongs to the events then: sentences go to standard error, as is our own manner.
    let manner = if json { Manner::Flowdev } else { voice.manner };
    let mut console = Console::new(manner, voice.quiet);
    let mut timings = Timings::default();
    let mut job = engine.submit(request);
    let mut interrupts = 0;
    // One listener for the whole job: one made anew for each wait would miss what comes between two of them.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        let event = tokio::select! {
            event = job.events.recv() => event,
            _ = interrupt.recv() => {
                interrupts += 1;
                if interrupts == 1 {
                    console.interrupted()?;
                    job.cancel.cancel();
                } else {
                    job.cancel.kill();
                }
                continue;
            }
            _ = terminate.recv() => {
                job.cancel.kill();
                continue;
            }
        };
        let Some(event) = event else {
            return Ok(ExitKind::Failed);
        };
        if json {
            out::json(&event)?;
        } else {
            console.show(&event)?;
        }
        timings.hear(&event);
        if let Event::JobFinished { outcome, .. } = event {
            if voice.timings && !json {
                timings.print()?;
            }
            return Ok(match outcome {
                Outcome::Success => ExitKind::Success,
                Outcome::Failed {
                    failure: Failure::Usage { .. },
                    ..
                } => ExitKind::Usage,
                Outcome::Failed { .. } => ExitKind::Failed,
                Outcome::Cancelled if voice.manner == Manner::Metaflow => ExitKind::Failed,
                Outcome::Cancelled => ExitKind::Cancelled,
            });
        }
    }
}
