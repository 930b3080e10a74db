//! The card of the task in view, in cells.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use crate::config::Role;

use super::super::draw::{Canvas, cut, put, row};

/// Draws the visible lines.
pub fn card(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    let lines = match &state.card {
        None => {
            let text = match (state.facts.cards.is_empty(), &state.subject) {
                (true, Some(_)) => "no card: add @card to the step",
                (true, None) => "nothing has run yet",
                (false, _) => "reading …",
            };
            put(frame, area, Line::from(canvas.span(text, Role::Dim)));
            return;
        }
        Some(Err(problem)) => {
            let text = cut(problem, usize::from(area.width));
            put(frame, area, Line::from(canvas.span(text, Role::Bad)));
            return;
        }
        Some(Ok(lines)) => lines,
    };
    for (at, line) in lines.iter().enumerate().skip(state.card_cursor.offset) {
        let Some(place) = row(area, at - state.card_cursor.offset) else {
            break;
        };
        let spans = line
            .spans
            .iter()
            .map(|span| Span::styled(span.text.as_str(), canvas.styles.card(span.style)));
        put(frame, place, Line::from_iter(spans));
    }
}
