//! `flowdev session`: a session without a screen, for the commands of a project.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::arguments::lasting_for;
use super::console::{describe, now};
use super::error::{CliError, ExitKind};
use super::{job, out};
use crate::engine::Outcome;
use crate::session::{self, Host, HostConfig, Kind, Notice, Status};

/// Stay in the background of a project: run, resume and spin there use its warm Python
///
/// Commands on flows in this directory, and in those below it, give their work to the session; their output, results and exit
/// codes are the same as without it. An open `flowdev FLOW` is such a session, too. A command works alone with --no-session.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev session &                  then: flowdev spin train.py fit
  flowdev session status             what it does, and for which commands
  flowdev session stop
  flowdev session --idle 0           never end by itself")]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The project's directory
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    project: PathBuf,
    /// End when nothing was asked of it for so many minutes; 0: never
    #[arg(long, value_name = "MINUTES", default_value = "30", value_parser = minutes)]
    idle: Duration,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Show the session that serves this project
    Status,
    /// End it
    Stop,
}

/// How long the log may take to end.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Runs, shows or ends the session of a project.
///
/// # Errors
/// When there is one already, or none.
pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let project = args.project.canonicalize();
    let project = project.map_err(|source| CliError::Read {
        path: args.project.clone(),
        source,
    })?;
    let runtime = job::runtime()?;
    let outcome = runtime.block_on(async {
        match args.verb {
            Some(Verb::Status) => show(&session::status(&project).await?, args.json)?,
            Some(Verb::Stop) => {
                let project = session::stop(&project).await?;
                out::line(&format!("the session of {} has ended", project.display()))?;
            }
            None => host(args, project).await?,
        }
        Ok(ExitKind::Success)
    });
    // What a job waits for on disk must not keep the session.
    runtime.shutdown_background();
    outcome
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(60.0 * minutes).map_err(|error| error.to_string())
}

async fn host(args: &Args, project: PathBuf) -> Result<(), CliError> {
    // Before anybody can know of the session: none of them may be missed.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let (notices_tx, notices) = unbounded_channel();
    let config = HostConfig {
        project: project.clone(),
        kind: Kind::Headless,
        idle: Some(args.idle).filter(|limit| !limit.is_zero()),
        settle: lasting_for,
    };
    let host = Host::start(config, notices_tx).await?;
    if args.json {
        out::json(&serde_json::json!({
            "session": "listening", "project": project, "pid": std::process::id(),
        }))?;
    } else {
        out::line(&format!(
            "{} listening for {} (pid {}); ctrl-c ends",
            now(),
            project.display(),
            std::process::id()
        ))?;
    }
    let ended = host.run(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    });
    let json = args.json;
    let log = tokio::spawn(log(notices, json));
    ended.await;
    // Its last lines, unless a connection that hangs keeps them open.
    let _ = tokio::time::timeout(LAST_LINES, log).await;
    Ok(())
}

/// One line for each request when it begins, and when it ends.
async fn log(mut notices: UnboundedReceiver<Notice>, json: bool) {
    while let Some(notice) = notices.recv().await {
        let written = if json {
            out::json(&notice)
        } else {
            out::line(&format!("{} {}", now(), words(&notice)))
        };
        if written.is_err() {
            return;
        }
    }
}

fn words(notice: &Notice) -> String {
    match notice {
        Notice::Began { id, what } => format!("[{id}] {what}"),
        Notice::Ended {
            id,
            outcome,
            millis,
        } => {
            let how = match outcome {
                Some(Outcome::Success) => "done".to_owned(),
                Some(Outcome::Cancelled) => "interrupted".to_owned(),
                Some(Outcome::Failed { failure, .. }) => {
                    let text = describe(failure);
                    format!("failed: {}", text.lines().next().unwrap_or_default())
                }
                None => "ended".to_owned(),
            };
            format!("[{id}] {how} ({millis:.0} ms)")
        }
        Notice::Refused { build } => {
            format!("refused a command of another build of flowdev ({build})")
        }
    }
}

fn show(status: &Status, json: bool) -> Result<(), CliError> {
    if json {
        return Ok(out::json(status)?);
    }
    let kind = match status.kind {
        Kind::Headless => "without a screen",
        Kind::Window => "with a screen",
    };
    out::line(&format!("project   {}", status.project))?;
    out::line(&format!("session   pid {}, {kind}", status.pid))?;
    out::line(&format!("build     {}", status.build))?;
    out::line(&format!("since     {}", when(status.since)))?;
    for engine in &status.engines {
        out::line(&format!("engine    {} in {}", engine.python, engine.cwd))?;
        let Some(holds) = &engine.holds else {
            out::line("          is loading a flow")?;
            continue;
        };
        let (held, budget) = (out::size(holds.bytes), out::size(holds.budget));
        out::line(&format!(
            "          holds {held} of artifacts, {budget} at most"
        ))?;
        for step in &holds.steps {
            let how = match &step.reason {
                Some(why) => format!("a process of its own: {why}"),
                None if step.bytes > 0 => format!("forked, finds {}", out::size(step.bytes)),
                None => "forked".to_owned(),
            };
            out::line(&format!("          {}: {how}", step.step))?;
        }
        for artifact in &holds.artifacts {
            if let Some(why) = &artifact.reason {
                let (name, size) = (&artifact.name, out::size(artifact.bytes));
                out::line(&format!("          {name} ({size}) is not held: {why}"))?;
            }
        }
    }
    if status.jobs.is_empty() {
        out::line("jobs      none")?;
    }
    for job in &status.jobs {
        let pid = job
            .pid
            .map(|pid| format!(", for pid {pid}"))
            .unwrap_or_default();
        let since = when(job.since);
        out::line(&format!(
            "job {:<5} {} since {since}{pid}",
            job.id, job.what
        ))?;
    }
    Ok(())
}

fn when(millis: i64) -> String {
    let Ok(then) = jiff::Timestamp::from_millisecond(millis) else {
        return String::new();
    };
    let here = then.to_zoned(jiff::tz::TimeZone::system());
    here.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
