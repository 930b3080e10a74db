//! The manner of `flowdev run`: local time, then `[run/step/task (pid n)]`, as Metaflow has made people used to; failures with
//! their reason and what to do.

use std::io;

use super::text::{Tasks, describe, is_in_log, now, stamped};
use crate::cli::out;
use crate::engine::{Event, Failure, JobKind, Level, Outcome, TaskRef};

/// What must be remembered between events.
#[derive(Default)]
pub struct Console {
    tasks: Tasks,
    spin: bool,
    quiet: bool,
}

impl Console {
    /// Prints all; `quiet` leaves out notes that are no warnings.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            ..Self::default()
        }
    }

    /// Says that the user has asked for the end.
    pub fn interrupted(&self) {
        out::note("Interrupted: asking the running tasks to end (ctrl-c again kills them).");
    }

    /// Prints what there is to say about an event.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn show(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::JobStarted {
                job,
                run,
                origin,
                part,
                ..
            } => {
                self.spin = *job == JobKind::Spin;
                let from = origin
                    .as_ref()
                    .map(|origin| format!(", from run {origin}"))
                    .unwrap_or_default();
                match job {
                    JobKind::Run => stamped(&format!("Workflow starting (run-id {run}):")),
                    JobKind::Resume => stamped(&format!("Workflow resuming (run-id {run}{from}):")),
                    JobKind::Spin => {
                        let part = part
                            .as_ref()
                            .map(|it| format!(" {} of {}: {}", it.number, it.of, it.step));
                        let part = part.unwrap_or_default();
                        stamped(&format!("Spinning{part} (spin-id {run}{from}):"))
                    }
                }
            }
            Event::Queued { .. } | Event::Card { .. } => Ok(()),
            Event::TaskStarted { task, pid, .. } => {
                self.tasks.started(task, *pid);
                self.about(task, started(task.attempt))
            }
            Event::Output {
                task,
                stream,
                text,
                partial,
            } => match self.tasks.hear(task, *stream, text, *partial) {
                Some(line) => self.about(task, &line),
                None => Ok(()),
            },
            Event::Printed { text, .. } => out::line(text),
            Event::Note {
                level: Level::Info, ..
            } if self.quiet => Ok(()),
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
                if !is_in_log(failure) {
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
        self.tasks.ended(task);
        Ok(())
    }

    fn over(&mut self, outcome: &Outcome, millis: f64) -> io::Result<()> {
        match outcome {
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

    /// A task that has ended may have left a line without an end.
    fn flush(&mut self, task: &TaskRef) -> io::Result<()> {
        for line in self.tasks.left_over(task) {
            self.about(task, &line)?;
        }
        Ok(())
    }

    fn about(&self, task: &TaskRef, text: &str) -> io::Result<()> {
        stamped(&format!("{} {text}", self.tasks.head(task)))
    }
}

fn started(attempt: u32) -> &'static str {
    if attempt == 0 {
        "Task is starting."
    } else {
        "Task is starting (retry)."
    }
}
