//! Events as lines for a person, in the manner of Metaflow's console: local time, then `[run/step/task (pid n)]`.

use std::collections::HashMap;
use std::io;

use super::arguments::Manner;
use super::out;
use crate::engine::{Event, Failure, JobKind, Level, Outcome, PyError, Stream, TaskRef};

/// What must be remembered between events.
#[derive(Default)]
pub struct Console {
    pids: HashMap<TaskRef, u32>,
    /// Output that has no line end yet.
    unfinished: HashMap<(TaskRef, Stream), String>,
    spin: bool,
    manner: Manner,
}

impl Console {
    /// Prints in this manner.
    pub fn new(manner: Manner) -> Self {
        Self {
            manner,
            ..Self::default()
        }
    }

    /// Prints what there is to say about an event.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn show(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::JobStarted {
                job, run, origin, ..
            } => {
                self.spin = *job == JobKind::Spin;
                let from = origin
                    .as_ref()
                    .map(|origin| format!(", from run {origin}"))
                    .unwrap_or_default();
                match job {
                    JobKind::Run => stamped(&format!("Workflow starting (run-id {run}):")),
                    JobKind::Resume => stamped(&format!("Workflow resuming (run-id {run}{from}):")),
                    JobKind::Spin => stamped(&format!("Spinning (spin-id {run}{from}):")),
                }
            }
            Event::Queued { .. } | Event::Card { .. } => Ok(()),
            Event::TaskStarted { task, pid, .. } => {
                self.pids.insert(task.clone(), *pid);
                self.about(task, started(task.attempt))
            }
            Event::Output {
                task,
                stream,
                text,
                partial,
            } => self.output(task, *stream, text, *partial),
            Event::Note { text, level, .. } => {
                let mark = match level {
                    Level::Info => "",
                    Level::Warning => "Warning: ",
                    Level::Error => "Error: ",
                };
                out::note(&format!("{} {mark}{text}", now()));
                Ok(())
            }
            Event::TaskFinished {
                task,
                artifacts,
                splits,
                millis,
                ..
            } => self.finished(task, artifacts, *splits, *millis),
            Event::TaskFailed {
                task,
                failure,
                retry,
                ..
            } => {
                self.flush(task)?;
                if !matches!(failure, Failure::Exception { .. }) {
                    // The traceback of an exception is part of the task's own output.
                    self.about(task, &describe(failure))?;
                }
                let then = if *retry {
                    " It will be tried again."
                } else {
                    ""
                };
                self.about(task, &format!("Task failed.{then}"))
            }
            Event::TaskCloned { task, origin } => {
                stamped(&format!("[{}] Cloned from {origin}.", task.pathspec()))
            }
            Event::JobFinished {
                outcome, millis, ..
            } => self.over(outcome, *millis),
        }
    }

    fn finished(
        &mut self,
        task: &TaskRef,
        artifacts: &[String],
        splits: Option<u64>,
        millis: f64,
    ) -> io::Result<()> {
        self.flush(task)?;
        if let Some(splits) = splits {
            self.about(task, &format!("Foreach yields {splits} child steps."))?;
        }
        if self.spin {
            self.about(
                task,
                &format!(
                    "Task finished successfully in {millis:.0} ms. Artifacts: {}.",
                    artifacts.join(", ")
                ),
            )?;
        } else {
            self.about(task, "Task finished successfully.")?;
        }
        self.pids.remove(task);
        Ok(())
    }

    fn over(&mut self, outcome: &Outcome, millis: f64) -> io::Result<()> {
        match outcome {
            Outcome::Success if self.manner == Manner::Metaflow => stamped("Done!"),
            Outcome::Success => stamped(&format!("Done! ({:.2} s)", millis / 1000.0)),
            Outcome::Cancelled => {
                out::note(&format!("{} Interrupted.", now()));
                Ok(())
            }
            Outcome::Failed {
                step,
                task,
                place,
                failure,
            } => {
                match (step, task) {
                    (Some(step), Some(task)) => {
                        out::note(&format!("{} Step failure:", now()));
                        out::note(&format!("    Step {step} (task-id {task}) failed."));
                    }
                    (Some(step), None) => out::note(&format!("{} Step {step} failed.", now())),
                    (None, _) => out::note(&format!("{} Failed.", now())),
                }
                for line in describe(failure).lines() {
                    out::note(&format!("    {line}"));
                }
                // An exception names its own line.
                if let (Some(place), false) = (place, matches!(failure, Failure::Exception { .. }))
                {
                    out::note(&format!("    at {place}"));
                }
                Ok(())
            }
        }
    }

    fn output(
        &mut self,
        task: &TaskRef,
        stream: Stream,
        text: &str,
        partial: bool,
    ) -> io::Result<()> {
        let rest = self.unfinished.entry((task.clone(), stream)).or_default();
        rest.push_str(text);
        if partial {
            return Ok(());
        }
        let whole = std::mem::take(rest);
        self.about(task, last_drawn(&whole))
    }

    /// A task that has ended may have left a line without an end.
    fn flush(&mut self, task: &TaskRef) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(rest) = self.unfinished.remove(&(task.clone(), stream))
                && !rest.is_empty()
            {
                self.about(task, last_drawn(&rest))?;
            }
        }
        Ok(())
    }

    fn about(&self, task: &TaskRef, text: &str) -> io::Result<()> {
        let pid = self.pids.get(task).copied().unwrap_or(0);
        stamped(&format!("[{} (pid {pid})] {text}", task.pathspec()))
    }
}

fn started(attempt: u32) -> &'static str {
    if attempt == 0 {
        "Task is starting."
    } else {
        "Task is starting (retry)."
    }
}

/// What a terminal would show of a line that was drawn several times.
fn last_drawn(line: &str) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.rsplit('\r').next().unwrap_or(line)
}

/// A failure in sentences.
pub fn describe(failure: &Failure) -> String {
    match failure {
        Failure::Exception { error } => place_of(error),
        Failure::Import { error } => format!(
            "The flow does not import.\n{}\nhint: mend the file, then run it again",
            error.traceback.trim_end()
        ),
        Failure::Signal { name, .. } => format!("The task's process was killed by {name}."),
        Failure::Exit { code, clean: true } => format!(
            "The step called sys.exit({code}) before it reached self.next.\nhint: return from the step, or raise an exception if it failed"
        ),
        Failure::Exit { code, clean: false } => format!(
            "The task's process ended with code {code} (os._exit, or native code that called exit), so its artifacts are lost."
        ),
        Failure::Unpicklable {
            name,
            type_name,
            reason,
        } => format!(
            "The artifact self.{name} ({type_name}) cannot be pickled: {reason}\nhint: keep it in a local variable, or store something that it can be made from"
        ),
        Failure::Message { message, hint } | Failure::Usage { message, hint } => match hint {
            Some(hint) => format!("{message}\nhint: {hint}"),
            None => message.clone(),
        },
    }
}

fn place_of(error: &PyError) -> String {
    let name = error.type_name.trim_start_matches("builtins.");
    let what = if error.message.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {}", error.message)
    };
    match error.frames.last() {
        Some(frame) => format!("{}:{}: {what}", frame.file, frame.line),
        None => what,
    }
}

fn stamped(text: &str) -> io::Result<()> {
    out::line(&format!("{} {text}", now()))
}

fn now() -> String {
    jiff::Zoned::now()
        .strftime("%Y-%m-%d %H:%M:%S%.3f")
        .to_string()
}
