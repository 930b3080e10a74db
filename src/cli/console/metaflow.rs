//! Metaflow's manner, line for line, since people and programs search for these lines: what happens goes to standard output,
//! what the launcher itself says and the last word about a failure to standard error.

use std::io;

use super::text::{Tasks, describe, is_in_log, stamped};
use crate::cli::out;
use crate::engine::{Event, Failure, JobKind, Level, Outcome, TaskRef};
use crate::flow::Diagnostic;

/// The signal that has a line of its own.
const SEGMENTATION_FAULT: i32 = 11;

/// What must be remembered between events.
#[derive(Default)]
pub struct Console {
    tasks: Tasks,
    flow: String,
    /// The run whose tasks are being taken over.
    cloning: Option<String>,
    spin: bool,
    quiet: bool,
    /// The end has been announced.
    ending: bool,
}

impl Console {
    /// Prints all; `quiet` leaves out what the launcher says.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
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
                job,
                flow,
                run,
                origin,
                ..
            } => self.begin(*job, flow, run, origin.as_deref()),
            Event::Queued { .. } | Event::Card { .. } => Ok(()),
            Event::TaskStarted {
                task,
                pid,
                fallback,
                ..
            } => {
                self.cloned()?;
                self.tasks.started(task, *pid);
                let text = match (fallback, task.attempt) {
                    (true, _) => "Task fallback is starting to handle the failure.",
                    (false, 0) => "Task is starting.",
                    (false, _) => "Task is starting (retry).",
                };
                self.about(task, text)
            }
            Event::Output {
                task,
                stream,
                text,
                partial,
            } => match self.tasks.hear(task, *stream, text, *partial) {
                Some(line) => self.about(task, line.trim()),
                None => Ok(()),
            },
            // The flow file has been imported before, by the process that has called for us.
            Event::Printed { step: None, .. } => Ok(()),
            Event::Printed { text, .. } => out::line(text),
            Event::Note { text, level, .. } => {
                match level {
                    Level::Info if self.quiet => {}
                    Level::Info => out::note(text),
                    Level::Warning | Level::Error => out::note(&format!("[Warning] {text}")),
                }
                Ok(())
            }
            Event::TaskFinished { task, splits, .. } => {
                self.flush(task)?;
                if let Some(splits) = splits {
                    self.about(task, &format!("Foreach yields {splits} child steps."))?;
                }
                if self.spin {
                    stamped("Task finished successfully.")?;
                } else {
                    self.about(task, "Task finished successfully.")?;
                }
                self.tasks.ended(task);
                Ok(())
            }
            Event::TaskFailed {
                task,
                failure,
                retry,
                ..
            } => self.failed(task, failure, *retry),
            Event::TaskCloned { task, origin } => stamped(&format!(
                "[{}] Cloning previously run task {origin}",
                task.pathspec()
            )),
            Event::JobFinished { outcome, .. } => self.over(outcome),
        }
    }

    /// Says that the user has asked for the end.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn interrupted(&mut self) -> io::Result<()> {
        // That the tasks end is no failure of theirs, and is announced here.
        self.ending = true;
        stamped(
            "Workflow interrupted. The running tasks are asked to end; ctrl-c again kills them.",
        )?;
        self.terminating()
    }

    fn begin(
        &mut self,
        job: JobKind,
        flow: &str,
        run: &str,
        origin: Option<&str>,
    ) -> io::Result<()> {
        flow.clone_into(&mut self.flow);
        match job {
            JobKind::Run => stamped(&format!("Workflow starting (run-id {run}):")),
            JobKind::Resume => {
                stamped("Gathering required information to resume run...")?;
                stamped(&format!("Workflow starting (run-id {run}):"))?;
                let Some(origin) = origin else {
                    return Ok(());
                };
                self.cloning = Some(origin.to_owned());
                stamped(&format!("Cloning {flow}/{origin}"))
            }
            JobKind::Spin => {
                self.spin = true;
                Ok(())
            }
        }
    }

    /// Tasks are taken over before the first one runs.
    fn cloned(&mut self) -> io::Result<()> {
        match self.cloning.take() {
            Some(origin) => stamped(&format!("{}/{origin} cloned!", self.flow)),
            None => Ok(()),
        }
    }

    fn failed(&mut self, task: &TaskRef, failure: &Failure, retry: bool) -> io::Result<()> {
        self.flush(task)?;
        if !is_in_log(failure) {
            for line in describe(failure).lines() {
                self.about(task, line)?;
            }
        }
        let crashed =
            matches!(failure, Failure::Signal { signal, .. } if *signal == SEGMENTATION_FAULT);
        self.about(
            task,
            if crashed {
                "Task failed with a segmentation fault."
            } else {
                "Task failed."
            },
        )?;
        self.tasks.ended(task);
        if retry || std::mem::replace(&mut self.ending, true) {
            return Ok(());
        }
        if self.spin {
            return stamped("Task failed.");
        }
        stamped("Workflow failed.")?;
        self.terminating()
    }

    fn terminating(&self) -> io::Result<()> {
        stamped(&format!(
            "Terminating {} active tasks...",
            self.tasks.running()
        ))
    }

    fn over(&mut self, outcome: &Outcome) -> io::Result<()> {
        match outcome {
            Outcome::Success if self.spin => Ok(()),
            Outcome::Success => {
                self.cloned()?;
                stamped("Done!")
            }
            Outcome::Cancelled => {
                stamped("Flushing logs...")?;
                out::note("\nAborted!");
                Ok(())
            }
            Outcome::Failed {
                failure: Failure::Usage { message, .. },
                ..
            } => {
                out::note(&format!("Error: {message}"));
                Ok(())
            }
            Outcome::Failed {
                failure: Failure::Invalid { findings },
                ..
            } => {
                for found in findings {
                    out::note(&invalid(found));
                }
                Ok(())
            }
            Outcome::Failed {
                step,
                task,
                failure,
                ..
            } => {
                let began = !self.flow.is_empty();
                if began && !self.spin {
                    if !std::mem::replace(&mut self.ending, true) {
                        stamped("Workflow failed.")?;
                        self.terminating()?;
                    }
                    stamped("Flushing logs...")?;
                }
                last_word(step.as_deref(), task.as_deref(), failure);
                Ok(())
            }
        }
    }

    /// A task that has ended may have left a line without an end.
    fn flush(&mut self, task: &TaskRef) -> io::Result<()> {
        for line in self.tasks.left_over(task) {
            self.about(task, line.trim())?;
        }
        Ok(())
    }

    fn about(&self, task: &TaskRef, text: &str) -> io::Result<()> {
        stamped(&format!("{} {text}", self.tasks.head(task)))
    }
}

/// A finding about the flow's source, as `check` of the flow's own command line prints it.
fn invalid(found: &Diagnostic) -> String {
    let (file, line) = (found.file.display(), found.line);
    let mut text = format!("    Validity checker found an issue in file {file} on line {line}:");
    for line in [Some(&found.message), found.hint.as_ref()]
        .into_iter()
        .flatten()
    {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text.push('\n');
    text
}

/// A headline, what it is, and an empty line.
fn last_word(step: Option<&str>, task: Option<&str>, failure: &Failure) {
    let (headline, message) = match (step, task) {
        (Some(step), Some(task)) => {
            let failed = format!("Step {step} (task-id {task}) failed");
            let message = match failure {
                Failure::Message { message, .. } => format!("{failed}: {message}"),
                _ => format!("{failed}."),
            };
            ("Step failure", message)
        }
        (Some(step), None) => (
            "Step failure",
            format!("Step {step} failed: {}", describe(failure)),
        ),
        (None, _) => ("Flow failed", describe(failure)),
    };
    out::note(&format!("    {headline}:"));
    for line in message.lines() {
        out::note(&format!("    {line}"));
    }
    out::note("");
}
