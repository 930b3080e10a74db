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
pub fn editor_has_keys(state: &State) -> bool {
    state.edit.is_some() && state.focus == Pane::Source && state.popup.is_none()
}

/// Whether this key belongs to the editor's text, and not to the session.
pub fn belongs_to_editor(state: &State, key: Key) -> bool {
    editor_has_keys(state) && state.key_map.command(&[Context::Editor], key).is_none()
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
    let palette = matches!(state.popup, Some(Popup::Palette { .. }));
    let mut effects = Vec::new();
    if typing || palette {
        for c in text.chars().filter(|c| !c.is_control()) {
            effects.extend(key(state, Key::plain(KeyCode::Char(c))));
        }
    }
    effects
}
