//! Keys while a popup is open.

use crate::{
    app::{
        Effect, palette,
        popup::{Chosen, Confirmed, Popup},
        state::State,
    },
    config::{Key, KeyCode},
};

use super::{command, edit, engine, quit, select};

/// What the popup's keys mean to it.
enum Act {
    Stay,
    Close,
    Accept,
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let height = usize::from(state.viewports.source.1).max(5);
    let Some(popup) = &mut state.popup else {
        return Vec::new();
    };
    let act = match popup {
        Popup::Help { offset } => help_key(offset, key),
        Popup::Timings => match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 't') => Act::Close,
            _ => Act::Stay,
        },
        Popup::Palette { query, cursor } => palette_key(query, cursor, key),
        Popup::Prompt { text, .. } => prompt_key(text, key),
        Popup::Choice(choice) => {
            let count = choice.entries.len();
            let act = list_key(&mut choice.cursor, count, key);
            let mut list = crate::app::list::ListCursor {
                cursor: choice.cursor,
                offset: choice.offset,
            };
            list.clamp(count, height);
            choice.offset = list.offset;
            act
        }
        Popup::Confirm { .. } => match key.code {
            KeyCode::Enter | KeyCode::Char('y' | 'Y') => Act::Accept,
            KeyCode::Esc | KeyCode::Char('n' | 'N' | 'q') => Act::Close,
            _ => Act::Stay,
        },
    };
    match act {
        Act::Stay => Vec::new(),
        Act::Close => {
            state.popup = None;
            Vec::new()
        }
        Act::Accept => match state.popup.take() {
            Some(popup) => accept(state, popup),
            None => Vec::new(),
        },
    }
}

fn help_key(offset: &mut usize, key: Key) -> Act {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') | KeyCode::F(1) => {
            return Act::Close;
        }
        KeyCode::Down | KeyCode::Char('j') => *offset += 1,
        KeyCode::Up | KeyCode::Char('k') => *offset = offset.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => *offset += 10,
        KeyCode::PageUp => *offset = offset.saturating_sub(10),
        KeyCode::Home | KeyCode::Char('g') => *offset = 0,
        _ => {}
    }
    // The longest help is a line per command and a few headings.
    *offset = (*offset).min(crate::config::COMMANDS.len() + 10);
    Act::Stay
}

fn palette_key(query: &mut String, cursor: &mut usize, key: Key) -> Act {
    match key.code {
        KeyCode::Esc => return Act::Close,
        KeyCode::Enter => return Act::Accept,
        KeyCode::Down => *cursor += 1,
        KeyCode::Up => *cursor = cursor.saturating_sub(1),
        KeyCode::Char('n') if key.ctrl => *cursor += 1,
        KeyCode::Char('p') if key.ctrl => *cursor = cursor.saturating_sub(1),
        KeyCode::Char('u') if key.ctrl => query.clear(),
        KeyCode::Backspace => {
            if query.pop().is_none() {
                return Act::Close;
            }
            *cursor = 0;
        }
        _ => {
            if let Some(c) = key.typed() {
                query.push(c);
                *cursor = 0;
            }
        }
    }
    let count = palette::matches(query).len();
    *cursor = (*cursor).min(count.saturating_sub(1));
    Act::Stay
}

fn prompt_key(text: &mut String, key: Key) -> Act {
    match key.code {
        KeyCode::Esc => return Act::Close,
        // Nothing typed is no answer.
        KeyCode::Enter if !text.is_empty() => return Act::Accept,
        KeyCode::Char('u') if key.ctrl => text.clear(),
        KeyCode::Backspace => {
            text.pop();
        }
        _ => text.extend(key.typed()),
    }
    Act::Stay
}

fn list_key(cursor: &mut usize, count: usize, key: Key) -> Act {
    let last = count.saturating_sub(1);
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => return Act::Close,
        KeyCode::Enter | KeyCode::Char('l') => return Act::Accept,
        KeyCode::Down | KeyCode::Char('j') => *cursor += 1,
        KeyCode::Up | KeyCode::Char('k') => *cursor = cursor.saturating_sub(1),
        KeyCode::PageDown => *cursor += 10,
        KeyCode::PageUp => *cursor = cursor.saturating_sub(10),
        KeyCode::Home | KeyCode::Char('g') => *cursor = 0,
        KeyCode::End | KeyCode::Char('G') => *cursor = last,
        _ => {}
    }
    *cursor = (*cursor).min(last);
    Act::Stay
}

fn accept(state: &mut State, popup: Popup) -> Vec<Effect> {
    match popup {
        Popup::Help { .. } | Popup::Timings => Vec::new(),
        Popup::Palette { query, cursor } => match palette::matches(&query).get(cursor) {
            Some(spec) => command::run(state, spec.command),
            None => Vec::new(),
        },
        Popup::Prompt { needed, text } => engine::answer(state, needed, text),
        Popup::Choice(choice) => match choice.entries.into_iter().nth(choice.cursor) {
            Some(entry) => choose(state, entry.action),
            None => Vec::new(),
        },
        Popup::Confirm { action, .. } => match action {
            Confirmed::Quit => quit(state),
            Confirmed::DiscardEdit => edit::close(state),
            Confirmed::Overwrite(text) => edit::write(state, text),
        },
    }
}

fn choose(state: &mut State, action: Chosen) -> Vec<Effect> {
    match action {
        Chosen::Spin(step) => {
            let mut effects = select::select_step(state, &step, true);
            effects.extend(engine::spin(state, &step, "chosen".to_owned(), None));
            effects
        }
        Chosen::Inputs(pick) => {
            state.inputs = pick;
            Vec::new()
        }
        Chosen::Card(index) => {
            state.card_index = index;
            select::load_card(state)
        }
    }
}
