//! `flowdev logs`.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, ExitKind};
use super::{flow_file, out, pathspec};
use crate::store::{LogLine, LogStream, TaskStore};

/// Print what the tasks of a step wrote
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev logs train.py fit
  flowdev logs train.py 1763000000000000/fit/3 --stderr
  flowdev logs train.py fit --json")]
pub struct Args {
    /// The flow's file
    flow: PathBuf,
    /// STEP, RUN/STEP or RUN/STEP/TASK
    pathspec: String,
    /// Only standard output
    #[arg(long)]
    stdout: bool,
    /// Only standard error
    #[arg(long)]
    stderr: bool,
    /// Print when each line was written
    #[arg(long)]
    timestamps: bool,
    /// Which attempt [default: the newest]
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
    /// Print JSON, one line of output a line
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let flow = flow_file::store(Some(&args.flow))?;
    let tasks = pathspec::tasks(&flow, &args.pathspec)?;
    let several = tasks.len() > 1;
    for task in tasks {
        print(&task, args, several)?;
    }
    Ok(ExitKind::Success)
}

fn print(task: &TaskStore, args: &Args, several: bool) -> Result<(), CliError> {
    let short = format!("{}/{}/{}", task.run().id(), task.step().name(), task.id());
    let attempt = match args.attempt {
        Some(attempt) => Some(attempt),
        None => task.latest_attempt()?,
    };
    let Some(attempt) = attempt else {
        return Ok(());
    };
    let both = args.stdout == args.stderr;
    let mut lines: Vec<(LogStream, LogLine)> = Vec::new();
    for (stream, wanted) in [
        (LogStream::Stdout, both || args.stdout),
        (LogStream::Stderr, both || args.stderr),
    ] {
        if wanted {
            let log = task.log(stream, attempt)?;
            lines.extend(log.into_iter().map(|line| (stream, line)));
        }
    }
    // Lines of both streams as they came; those without a time stay behind.
    lines.sort_by_key(|(_, line)| line.time.unwrap_or(jiff::Timestamp::MAX));
    for (stream, line) in lines {
        let time = line.time.map(|time| time.to_string()).unwrap_or_default();
        if args.json {
            out::json(&json!({
                "task": short,
                "attempt": attempt,
                "stream": stream.to_string(),
                "time": line.time.map(|time| time.to_string()),
                "text": line.text,
            }))?;
            continue;
        }
        let mut text = String::new();
        if args.timestamps {
            text.push_str(&time);
            text.push(' ');
        }
        if several {
            text.push_str(&format!("[{short}] "));
        }
        text.push_str(&line.text);
        out::line(&text)?;
    }
    Ok(())
}
