//! What the manners of printing have in common: the time, the tasks' unfinished lines, failures in sentences.

use std::collections::HashMap;
use std::io;

use crate::cli::out;
use crate::engine::{Failure, PyError, Stream, TaskRef, listed};

/// Processes and unfinished lines of the tasks that run.
#[derive(Default)]
pub struct Tasks {
    pids: HashMap<TaskRef, u32>,
    /// Output that has no line end yet.
    unfinished: HashMap<(TaskRef, Stream), String>,
}

impl Tasks {
    /// A task's process runs.
    pub fn started(&mut self, task: &TaskRef, pid: u32) {
        self.pids.insert(task.clone(), pid);
    }

    /// A task is over; what comes later is about nobody.
    pub fn ended(&mut self, task: &TaskRef) {
        self.pids.remove(task);
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.pids.len()
    }

    /// `[run/step/task (pid n)]`
    pub fn head(&self, task: &TaskRef) -> String {
        let pid = self.pids.get(task).copied().unwrap_or(0);
        format!("[{} (pid {pid})]", task.pathspec())
    }

    /// Takes a piece of a line; gives the line when it is whole, as a terminal would show it in the end.
    pub fn hear(
        &mut self,
        task: &TaskRef,
        stream: Stream,
        text: &str,
        partial: bool,
    ) -> Option<String> {
        let rest = self.unfinished.entry((task.clone(), stream)).or_default();
        rest.push_str(text);
        (!partial).then(|| last_drawn(&std::mem::take(rest)).to_owned())
    }

    /// The lines that a task has left without an end.
    pub fn left_over(&mut self, task: &TaskRef) -> Vec<String> {
        let streams = [Stream::Stdout, Stream::Stderr];
        streams
            .into_iter()
            .filter_map(|stream| self.unfinished.remove(&(task.clone(), stream)))
            .filter(|rest| !rest.is_empty())
            .map(|rest| last_drawn(&rest).to_owned())
            .collect()
    }
}

/// What a terminal would show of a line that was drawn several times.
fn last_drawn(line: &str) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.rsplit('\r').next().unwrap_or(line)
}

/// Whether the task's own output already says what happened: a traceback, or which artifact cannot be stored.
pub fn is_in_log(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Exception { .. } | Failure::Unpicklable { .. }
    )
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
        Failure::Invalid { findings } => with_hint(listed(findings), failure),
        Failure::Message { message, .. } | Failure::Usage { message, .. } => {
            with_hint(message.clone(), failure)
        }
    }
}

fn with_hint(message: String, failure: &Failure) -> String {
    match failure.hint() {
        Some(hint) => format!("{message}\nhint: {hint}"),
        None => message,
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

/// Prints a line with the time before it.
///
/// # Errors
/// When standard output cannot be written.
pub fn stamped(text: &str) -> io::Result<()> {
    out::line(&format!("{} {text}", now()))
}

/// The local time.
pub fn now() -> String {
    jiff::Zoned::now()
        .strftime("%Y-%m-%d %H:%M:%S%.3f")
        .to_string()
}
