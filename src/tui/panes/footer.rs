//! The line at the bottom: a query being typed, the last remark, the keys of the pane in focus. The keys come from the
//! command table, so they are what the keys do.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{State, contexts, inputs::inputs_warning, state::Tone},
    config::{COMMANDS, Command, Role},
};

use super::super::draw::{Canvas, cut, put};

/// Draws the footer.
pub fn footer(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let state = canvas.state;
    if let Some(search) = state.search.as_ref().filter(|search| search.typing) {
        let line = Line::from(vec![
            canvas.span(" /", Role::Focus),
            Span::raw(cut(&search.query, width.saturating_sub(4))),
            canvas.span("▏", Role::Focus),
        ]);
        put(frame, area, line);
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    let mut room = width.saturating_sub(2);
    if let Some((tone, text)) = &state.status {
        let role = match tone {
            Tone::Plain => Role::Text,
            Tone::Warning => Role::Warning,
            Tone::Error => Role::Bad,
        };
        let first = text.lines().next().unwrap_or("");
        let text = cut(first, room);
        room = room.saturating_sub(text.width() + 3);
        spans.push(canvas.span(text, role));
        spans.push(Span::raw("   "));
    }
    let hints = hints(state);
    // The way to help is never the one that is dropped.
    let (help, others): (Vec<_>, Vec<_>) = hints
        .into_iter()
        .partition(|hint| hint.command == Command::Help);
    let reserved: usize = help.iter().map(Hint::width).sum();
    let mut left = room.saturating_sub(reserved);
    for hint in others {
        if hint.width() > left {
            break;
        }
        left -= hint.width();
        hint.push_to(&mut spans, canvas);
    }
    for hint in help {
        if hint.width() <= room {
            hint.push_to(&mut spans, canvas);
        }
    }
    put(frame, area, Line::from(spans));
}

/// A key and its word.
struct Hint {
    command: Command,
    key: String,
    word: &'static str,
}

impl Hint {
    fn width(&self) -> usize {
        self.key.width() + self.word.width() + 3
    }

    fn push_to(self, spans: &mut Vec<Span<'static>>, canvas: &Canvas<'_>) {
        spans.push(canvas.span(self.key, Role::Focus));
        spans.push(canvas.span(format!(" {}  ", self.word), Role::Dim));
    }
}

/// Whether there is something that the command would do: where there is not, its place is another's.
fn is_of_use(state: &State, command: Command) -> bool {
    match command {
        Command::Cancel => !state.jobs.is_empty(),
        Command::SpinInputs => inputs_warning(state).is_some(),
        Command::SpinDescendants => state.selected.as_deref().is_some_and(|step| {
            let mut after = state.flow.descendants(step).into_iter();
            after.any(|later| state.stale_reason(&later).is_some())
        }),
        _ => true,
    }
}

fn hints(state: &State) -> Vec<Hint> {
    let contexts = contexts(state);
    let mut hints = Vec::new();
    // What is special to the pane comes first.
    for context in &contexts {
        for spec in COMMANDS.iter().filter(|spec| spec.context == *context) {
            let Some(word) = spec.hint else {
                continue;
            };
            if !is_of_use(state, spec.command) {
                continue;
            }
            let key = state.key_map.keys(spec).first().copied();
            // A key that a narrower context uses for something else is not this command's here.
            let key =
                key.filter(|key| state.key_map.command(&contexts, *key) == Some(spec.command));
            if let Some(key) = key {
                hints.push(Hint {
                    command: spec.command,
                    key: key.to_string(),
                    word,
                });
            }
        }
    }
    hints
}
