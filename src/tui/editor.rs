//! The editor in the source pane: the text and the cursor of an edit session.

use std::{path::PathBuf, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect, style::Modifier};
use ratatui_textarea::{CursorMove, TextArea};

use crate::{app::state::EditSession, config::Role};

use super::styles::Styles;

/// The widget, and how its text becomes a file again.
pub struct Editor {
    area: TextArea<'static>,
    file: PathBuf,
    /// What the file said last: to know whether there is something to save.
    base: Arc<str>,
    line_end: &'static str,
}

impl Editor {
    /// An editor for the session's file, at its line.
    pub fn open(session: &EditSession, styles: &Styles) -> Self {
        let line_end = if session.base.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let lines = session.base.split('\n');
        let lines: Vec<String> = lines
            .map(|line| line.trim_end_matches('\r').to_owned())
            .collect();
        let mut area = TextArea::new(lines);
        area.set_tab_length(4);
        area.set_max_histories(1000);
        area.set_style(styles.of(Role::Text));
        area.set_line_number_style(styles.of(Role::Dim));
        area.set_cursor_line_style(styles.of(Role::Selection));
        area.set_cursor_style(styles.of(Role::Text).add_modifier(Modifier::REVERSED));
        area.set_selection_style(styles.of(Role::Match).add_modifier(Modifier::REVERSED));
        area.move_cursor(CursorMove::Jump(
            u16::try_from(session.line).unwrap_or(u16::MAX),
            u16::try_from(session.column).unwrap_or(u16::MAX),
        ));
        Self {
            area,
            file: session.file.clone(),
            base: session.base.clone(),
            line_end,
        }
    }

    /// Whether the widget is of this session.
    pub fn is_of(&self, session: &EditSession) -> bool {
        self.file == session.file
    }

    /// Takes over what the session now holds to be the file's text.
    pub fn rebase(&mut self, session: &EditSession) {
        self.base = session.base.clone();
    }

    /// The text as the file would have it.
    pub fn text(&self) -> String {
        self.area.lines().join(self.line_end)
    }

    /// Whether the text is not the file's.
    pub fn modified(&self) -> bool {
        self.text() != *self.base
    }

    /// The line of the cursor, from 0.
    pub fn line(&self) -> usize {
        self.area.cursor().0
    }

    /// Takes a key press.
    pub fn key(&mut self, event: KeyEvent) {
        if event.code == KeyCode::Enter && event.modifiers.is_empty() {
            self.new_line();
        } else {
            self.area.input(event);
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.area
            .insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    /// A new line starts where the one before does, one level deeper after a colon: Python means it.
    fn new_line(&mut self) {
        let (row, column) = {
            let cursor = self.area.cursor();
            (cursor.0, cursor.1)
        };
        let line = self.area.lines().get(row).cloned().unwrap_or_default();
        let before: String = line.chars().take(column).collect();
        let mut indent: String = before
            .chars()
            .take_while(|c| *c == ' ' || *c == '\t')
            .collect();
        if before.trim_end().ends_with(':') {
            indent.push_str("    ");
        }
        self.area.insert_newline();
        self.area.insert_str(&indent);
    }

    /// Draws the text with its cursor.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        frame.render_widget(&self.area, area.intersection(frame.area()));
    }
}
