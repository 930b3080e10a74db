//! From a key press to a command, through whatever has the keys: a popup, a search being typed, the editor, a pane.

use crate::{
    app::state::{Pane, State},
    app::{Effect, popup::Popup},
    config::{Command, Context, Key, KeyCode},
};

use super::{command, popup, search};

/// The contexts whose keys hold, narrowest first.
pub fn contexts(state: &State) -> Vec<Context> {
    if state.popup.is_some() {
        return vec![Context::Popup];
    }
    pane_contexts(state)
}

/// The contexts without regard to popups: what help explains.
pub fn pane_contexts(state: &State) -> Vec<Context> {
    if editor_has_keys(state) {
        return vec![Context::Editor];
    }
    let own = match state.focus {
        Pane::Graph => Context::Graph,
        Pane::Runs => Context::Runs,
        Pane::Source => Context::Source,
        Pane::Output => Context::Output,
        Pane::Right => Context::Right,
    };
    vec![own, Context::Global]
}

/// Whether keys that mean no command belong to the editor in the source pane.
fn editor_has_keys(state: &State) -> bool {
    state.edit.is_some() && state.focus == Pane::Source
}

/// Whose a key is while the editor is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorKey {
    /// It is typed into the text.
    Typed,
    Save,
    Leave,
    /// The session's, as ever.
    Other,
}

/// Whether typing goes into the editor in the source pane.
pub fn editor_is_open(state: &State) -> bool {
    let free = state.popup.is_none() && state.search.as_ref().is_none_or(|search| !search.typing);
    free && editor_has_keys(state)
}

/// Whose this key is.
pub fn editor_key(state: &State, key: Key) -> EditorKey {
    if !editor_is_open(state) {
        return EditorKey::Other;
    }
    match state.key_map.command(&[Context::Editor], key) {
        None => EditorKey::Typed,
        Some(Command::Save) => EditorKey::Save,
        Some(Command::LeaveEditor) => EditorKey::Leave,
        Some(_) => EditorKey::Other,
    }
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let interrupt = state.key_map.command(&[Context::Global], key) == Some(Command::Interrupt);
    if !interrupt {
        state.armed = false;
    }
    if state.popup.is_some() && !interrupt {
        return popup::key(state, key);
    }
    if state.search.as_ref().is_some_and(|search| search.typing) && !interrupt {
        return search::key(state, key);
    }
    if interrupt {
        return command::run(state, Command::Interrupt);
    }
    // What the status line said was about the key before.
    state.status = None;
    match state.key_map.command(&contexts(state), key) {
        Some(command) => command::run(state, command),
        None => Vec::new(),
    }
}

/// Pasted text goes where typed text would.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let typing = state.search.as_ref().is_some_and(|search| search.typing);
    let in_popup = matches!(
        state.popup,
        Some(Popup::Palette { .. } | Popup::Prompt { .. })
    );
    let mut effects = Vec::new();
    if typing || in_popup {
        for c in text.chars().filter(|c| !c.is_control()) {
            effects.extend(key(state, Key::plain(KeyCode::Char(c))));
        }
    }
    effects
}
