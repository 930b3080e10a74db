//! Editing: in the source pane, or in the user's own editor. The text being edited lives with the editor widget; the session
//! knows which file, and what the file said when the editor took it.

use std::{path::PathBuf, sync::Arc};

use crate::app::{
    Effect,
    popup::{Confirmed, Popup},
    state::{EditSession, Pane, State, Tone},
};

use super::select;

/// Opens the editor widget on the file in the source pane, at its cursor.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.focus = Pane::Source;
    if state.edit.is_some() {
        return Vec::new();
    }
    let Some(text) = state.source_text() else {
        state.say(Tone::Warning, "no source to edit yet");
        return Vec::new();
    };
    state.edit = Some(EditSession {
        base: text.text.clone(),
        file: state.source.file.clone(),
        line: state.source.list.cursor,
        column: state.source.column,
        modified: false,
    });
    select::warm_selected(state).into_iter().collect()
}

pub(super) fn open_external(state: &mut State) -> Vec<Effect> {
    if state.edit.as_ref().is_some_and(|edit| edit.modified) {
        state.say(
            Tone::Warning,
            "save or leave the edit in the source pane first",
        );
        return Vec::new();
    }
    state.edit = None;
    let line = u32::try_from(state.source.list.cursor + 1).unwrap_or(1);
    vec![Effect::OpenEditor {
        file: state.source.file.clone(),
        line,
    }]
}

/// Writes the text, unless somebody else has written the file since the editor took it: then it asks.
pub(super) fn save(state: &mut State, text: String) -> Vec<Effect> {
    let Some(edit) = &state.edit else {
        return Vec::new();
    };
    let on_disk = state.flow.sources.get(&edit.file);
    if on_disk.is_some_and(|now| now.text != edit.base) {
        let name = edit.file.file_name().unwrap_or_default().to_string_lossy();
        state.popup = Some(Popup::Confirm {
            question: format!("{name} was changed by another program: overwrite it?"),
            action: Confirmed::Overwrite(text),
        });
        return Vec::new();
    }
    write(state, text)
}

/// Writes the text.
pub(super) fn write(state: &mut State, text: String) -> Vec<Effect> {
    let Some(edit) = &mut state.edit else {
        return Vec::new();
    };
    edit.base = Arc::from(text.as_str());
    vec![Effect::Save {
        file: edit.file.clone(),
        text,
    }]
}

pub(super) fn saved(state: &mut State, result: Result<PathBuf, String>) -> Vec<Effect> {
    match result {
        Ok(file) => {
            if let Some(edit) = state.edit.as_mut().filter(|edit| edit.file == file) {
                edit.modified = false;
            }
        }
        Err(problem) => state.say(Tone::Error, problem),
    }
    Vec::new()
}

pub(super) fn leave(state: &mut State, modified: bool) -> Vec<Effect> {
    if !modified {
        return close(state);
    }
    state.popup = Some(Popup::Confirm {
        question: "leave without saving the changes?".to_owned(),
        action: Confirmed::DiscardEdit,
    });
    Vec::new()
}

pub(super) fn close(state: &mut State) -> Vec<Effect> {
    state.edit = None;
    Vec::new()
}
