//! What went wrong, where the user can see it: in the output, at the line of the source, in the status line.

use std::path::Path;

use crate::{
    app::{
        Effect,
        records::{RunKey, TaskKey},
        state::{ErrorMark, State, Tone},
    },
    engine::{Failure, Frame, listed},
};

use super::{navigate, select};

/// A failure in one sentence.
pub fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Exception { error } | Failure::Import { error } => {
            let first = error.message.lines().next().unwrap_or("");
            // As Python prints it: builtins go without their module.
            let name = error.type_name.trim_start_matches("builtins.");
            if first.is_empty() {
                name.to_owned()
            } else {
                format!("{name}: {first}")
            }
        }
        Failure::Signal { name, signal } => {
            format!("the process was ended by {name} (signal {signal})")
        }
        Failure::Exit { code, .. } => format!("the process left with exit code {code}"),
        Failure::Unpicklable {
            name,
            type_name,
            reason,
        } => format!("artifact {name} ({type_name}) can not be stored: {reason}"),
        Failure::Invalid { findings } => listed(findings),
        Failure::Message { message, .. } | Failure::Usage { message, .. } => message.clone(),
    }
}

/// The user's frames, innermost last; none where there is no traceback.
fn frames(failure: &Failure) -> &[Frame] {
    match failure {
        Failure::Exception { error } | Failure::Import { error } => &error.frames,
        Failure::Signal { .. }
        | Failure::Exit { .. }
        | Failure::Unpicklable { .. }
        | Failure::Invalid { .. }
        | Failure::Usage { .. }
        | Failure::Message { .. } => &[],
    }
}

/// Writes the failure below the task's output, unless the task wrote the same traceback itself.
pub(super) fn append(state: &mut State, task: &TaskKey, failure: &Failure) {
    let sentence = sentence(failure);
    let buffer = select::output_of(state, task);
    let count = buffer.len();
    let told =
        (count.saturating_sub(40)..count).any(|index| buffer.line(index).text.contains(&sentence));
    if !told {
        if let Failure::Exception { error } | Failure::Import { error } = failure {
            let text = error.traceback.trim_end().replace('\n', "\r\n");
            if !text.is_empty() {
                buffer.write(format!("{text}\r\n").as_bytes());
            }
            // A traceback ends with the error itself; a syntax error's says it without the place.
            let name = error.type_name.trim_start_matches("builtins.");
            if name.is_empty() || !text.contains(name) {
                buffer.write(format!("\x1b[31m{sentence}\x1b[0m\n").as_bytes());
            }
        } else {
            buffer.write(format!("\x1b[31m{sentence}\x1b[0m\n").as_bytes());
        }
    }
    if let Some(hint) = failure.hint() {
        buffer.write(format!("hint: {hint}\n").as_bytes());
    }
    if state.subject.as_ref() == Some(task) {
        navigate::follow_output(state);
    }
}

/// Marks the innermost line of the project that the traceback names, and goes there if the step is on screen.
pub(super) fn mark(state: &mut State, step: Option<&str>, failure: &Failure) {
    state.say(Tone::Error, sentence(failure));
    let place = frames(failure)
        .iter()
        .rev()
        .find(|frame| state.flow.sources.contains_key(Path::new(&frame.file)));
    let Some(frame) = place else {
        return;
    };
    let mark = ErrorMark {
        file: frame.file.clone().into(),
        line: frame.line,
        message: sentence(failure),
        step: step.map(str::to_owned),
    };
    let on_screen = step.is_none() || state.selected.as_deref() == step;
    if on_screen && state.edit.is_none() {
        select::show_line(state, &mark.file, mark.line);
    }
    state.error = Some(mark);
}

/// A failure that no task has: the flow does not import, a run cannot start. It gets an output of its own.
pub(super) fn show(state: &mut State, step: Option<&str>, failure: &Failure) -> Vec<Effect> {
    let task = TaskKey {
        run: RunKey {
            root: Default::default(),
            run: "-".to_owned(),
        },
        step: step.unwrap_or("flow").to_owned(),
        task: "-".to_owned(),
    };
    state.outputs.shift_remove(&task);
    append(state, &task, failure);
    mark(state, step, failure);
    if step.is_some() && step != state.selected.as_deref() {
        return Vec::new();
    }
    // What is shown of the last good task stays; only the output makes room for the failure.
    state.subject = Some(task);
    state.follow = true;
    navigate::follow_output(state);
    Vec::new()
}

/// Workers cannot come up. The user's own error is shown at length; the engine's is a remark, since nothing was asked yet.
pub(super) fn cold(state: &mut State, failure: &Failure) -> Vec<Effect> {
    match failure {
        Failure::Exception { .. } | Failure::Import { .. } => show(state, None, failure),
        Failure::Signal { .. }
        | Failure::Exit { .. }
        | Failure::Unpicklable { .. }
        | Failure::Invalid { .. }
        | Failure::Usage { .. }
        | Failure::Message { .. } => {
            state.say(Tone::Error, sentence(failure));
            Vec::new()
        }
    }
}

/// File and line of a traceback's line: `File "/abs/flow.py", line 12, in train`.
pub(super) fn place_in(text: &str) -> Option<(String, u32)> {
    let (file, rest) = text.split_once("File \"")?.1.split_once('"')?;
    let digits: String = rest
        .strip_prefix(", line ")?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Some((file.to_owned(), digits.parse().ok()?))
}
