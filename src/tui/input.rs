//! From the terminal's events to keys and messages.

use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind,
};

use crate::{
    app::{Msg, State},
    config::{Key, KeyCode},
};

use super::layout::{Layout, Target};

/// Lines that a notch of the wheel scrolls.
const NOTCH: isize = 3;

/// A key press as the key map knows it; `None` for releases and keys that nothing is bound to.
pub fn key(event: &KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let (code, shift) = match event.code {
        Code::Char(c) => (
            KeyCode::Char(if shift {
                c.to_uppercase().next().unwrap_or(c)
            } else {
                c
            }),
            false,
        ),
        Code::F(n) => (KeyCode::F(n), shift),
        Code::Enter => (KeyCode::Enter, shift),
        Code::Esc => (KeyCode::Esc, shift),
        Code::Tab => (KeyCode::Tab, shift),
        Code::BackTab => (KeyCode::Tab, true),
        Code::Backspace => (KeyCode::Backspace, shift),
        Code::Delete => (KeyCode::Delete, shift),
        Code::Insert => (KeyCode::Insert, shift),
        Code::Up => (KeyCode::Up, shift),
        Code::Down => (KeyCode::Down, shift),
        Code::Left => (KeyCode::Left, shift),
        Code::Right => (KeyCode::Right, shift),
        Code::Home => (KeyCode::Home, shift),
        Code::End => (KeyCode::End, shift),
        Code::PageUp => (KeyCode::PageUp, shift),
        Code::PageDown => (KeyCode::PageDown, shift),
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift,
    })
}

/// What a mouse event means, given what lies where.
pub fn mouse(event: MouseEvent, layout: &Layout, state: &State) -> Option<Msg> {
    let (x, y) = (event.column, event.row);
    match event.kind {
        MouseEventKind::Down(_) => match layout.tab_at(x, y) {
            Some(Target::Right(tab)) => Some(Msg::ClickTab(tab)),
            Some(Target::Pane(pane)) => Some(Msg::Focus(pane)),
            None => layout
                .pane_at(x, y)
                .filter(|_| state.popup.is_none())
                .map(|(pane, line, column)| Msg::Click { pane, line, column }),
        },
        MouseEventKind::ScrollDown => wheel(layout, x, y, NOTCH),
        MouseEventKind::ScrollUp => wheel(layout, x, y, -NOTCH),
        _ => None,
    }
}

fn wheel(layout: &Layout, x: u16, y: u16, lines: isize) -> Option<Msg> {
    let (pane, ..) = layout.pane_at(x, y)?;
    Some(Msg::Wheel { pane, lines })
}

/// Messages of events that are neither keys nor mouse.
pub fn other(event: &Event) -> Option<Msg> {
    match event {
        Event::FocusGained => Some(Msg::FocusGained),
        Event::Paste(text) => Some(Msg::Paste(text.clone())),
        _ => None,
    }
}
