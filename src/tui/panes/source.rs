//! The source, read-only: highlighted, with line numbers, the selected step marked at the left, the line of an error marked.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthChar;

use crate::{
    app::{GUTTER, State, highlight::Token, state::Pane},
    config::Role,
};

use super::super::draw::{Canvas, cut, put, row, shade};

/// `train  recommend.py:42`.
pub fn title(state: &State) -> String {
    let name = state
        .source
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let line = state.source.list.cursor + 1;
    let edited = match &state.edit {
        Some(edit) if edit.modified => "  [editing, unsaved]",
        Some(_) => "  [editing]",
        None => "",
    };
    match &state.selected {
        Some(step) => format!("{step}  {name}:{line}{edited}"),
        None => format!("{name}:{line}{edited}"),
    }
}

/// Draws the text.
pub fn source(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    let Some(text) = state.source_text() else {
        let text = if state.flow.version == 0 {
            "reading the flow …"
        } else {
            "no source"
        };
        put(frame, area, Line::from(canvas.span(text, Role::Dim)));
        return;
    };
    let step = state
        .selected
        .as_deref()
        .and_then(|name| state.flow.step(name))
        .filter(|step| step.file == state.source.file);
    let highlights = state
        .highlights
        .get(&state.source.file)
        .filter(|highlights| highlights.text_len == text.text.len());
    let list = state.source.list;
    let query = state
        .search
        .as_ref()
        .filter(|search| search.pane == Pane::Source && !search.query.is_empty())
        .map(|search| search.query.to_lowercase());
    for index in list.offset..text.len() {
        let Some(place) = row(area, index - list.offset) else {
            break;
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let error = state
            .error
            .as_ref()
            .filter(|error| error.line == number && error.file == state.source.file);
        let inside = step.is_some_and(|step| (step.first_line..=step.last_line).contains(&number));
        let def = step.is_some_and(|step| step.def_line == number);
        let (mark, mark_role) = match (error, def, inside) {
            (Some(_), ..) => ("✗", Role::Bad),
            (None, true, _) => ("▸", Role::Focus),
            (None, false, true) => ("│", Role::Focus),
            (None, false, false) => (" ", Role::Dim),
        };
        let cursor = index == list.cursor;
        let number_role = if cursor { Role::Title } else { Role::Dim };
        let mut spans = vec![
            canvas.span(format!("{number:>4}"), number_role),
            canvas.span(mark, mark_role),
            Span::raw(" "),
        ];
        let line = text.line(index);
        let classes = highlights.and_then(|highlights| highlights.lines.get(index));
        let width = usize::from(area.width).saturating_sub(GUTTER);
        let found = query
            .as_deref()
            .is_some_and(|query| line.to_lowercase().contains(query));
        let mut pieces = pieces(line, classes, canvas);
        if found {
            let style = canvas.style(Role::Match);
            for (_, own) in &mut pieces {
                *own = own.patch(style);
            }
        }
        spans.extend(window(&pieces, state.source.left, width));
        if let Some(error) = error {
            let used: usize = spans.iter().map(|span| span.width()).sum();
            let room = usize::from(area.width).saturating_sub(used + 2);
            if room > 8 {
                let text = format!("  {}", cut(&error.message, room));
                spans.push(Span::styled(
                    text,
                    canvas.style(Role::Bad).add_modifier(Modifier::ITALIC),
                ));
            }
        }
        put(frame, place, Line::from(spans));
        if error.is_some() {
            shade(
                frame,
                place,
                canvas.style(Role::Bad).add_modifier(Modifier::UNDERLINED),
            );
        }
        if cursor {
            shade(frame, place, canvas.style(Role::Selection));
            if state.focus == Pane::Source {
                block_cursor(frame, place, state, line);
            }
        }
    }
}

/// The line cut into stretches of one style each.
fn pieces<'t>(
    line: &'t str,
    classes: Option<&Vec<(usize, Token)>>,
    canvas: &Canvas<'_>,
) -> Vec<(&'t str, Style)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (length, token) in classes.into_iter().flatten() {
        let end = (at + length).min(line.len());
        if let Some(piece) = line.get(at..end) {
            pieces.push((piece, canvas.styles.token(*token)));
            at = end;
        }
    }
    if let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        pieces.push((rest, canvas.style(Role::Text)));
    }
    pieces
}

/// The part of a line from a column on, in at most `width` cells. Tabs become four spaces; other control characters vanish.
pub fn window(pieces: &[(&str, Style)], left: usize, width: usize) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let (mut column, mut used) = (0, 0);
    for (text, style) in pieces {
        let mut out = String::new();
        for c in text.chars() {
            column += 1;
            if column <= left {
                continue;
            }
            let cells = if c == '\t' { 4 } else { c.width().unwrap_or(0) };
            if used + cells > width {
                if !out.is_empty() {
                    spans.push(Span::styled(out, *style));
                }
                return spans;
            }
            used += cells;
            if c == '\t' {
                out.push_str("    ");
            } else if cells > 0 {
                out.push(c);
            }
        }
        if !out.is_empty() {
            spans.push(Span::styled(out, *style));
        }
    }
    spans
}

fn block_cursor(frame: &mut Frame<'_>, place: Rect, state: &State, line: &str) {
    let before = line.chars().skip(state.source.left);
    let before = before.take(state.source.column.saturating_sub(state.source.left));
    let cells: usize = before
        .map(|c| if c == '\t' { 4 } else { c.width().unwrap_or(0) })
        .sum();
    let x = u16::try_from(GUTTER + cells).unwrap_or(u16::MAX);
    if x < place.width {
        let cell = Rect {
            x: place.x + x,
            width: 1,
            ..place
        };
        shade(frame, cell, Style::new().add_modifier(Modifier::REVERSED));
    }
}
