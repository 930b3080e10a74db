//! Output of the task in view, as a terminal would show it.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    app::{State, output::TermLine, records::Progress, state::Pane},
    config::Role,
};

use super::super::draw::{Canvas, put, row, shade};
use super::source::window;

/// `Output  train[3]  attempt 0`.
pub fn title(state: &State) -> String {
    let Some(subject) = &state.subject else {
        return "Output".to_owned();
    };
    let tasks = state
        .details
        .get(&subject.run)
        .and_then(|detail| detail.steps.get(&subject.step));
    let row = tasks.and_then(|tasks| tasks.tasks.iter().find(|row| row.task == subject.task));
    let mut title = format!("Output  {}", subject.step);
    if let Some(split) = row.and_then(|row| row.split) {
        title.push_str(&format!("[{split}]"));
    }
    title.push_str(&format!("  {}/{}", subject.run.run, subject.task));
    if let Some(row) = row {
        if row.attempt > 0 {
            title.push_str(&format!("  attempt {}", row.attempt));
        }
        let word = match row.progress {
            Progress::Running => "  running",
            Progress::Failed => "  failed",
            Progress::Cancelled => "  cancelled",
            Progress::Cloned => "  cloned",
            Progress::Unknown | Progress::Queued | Progress::Done => "",
        };
        title.push_str(word);
    }
    if !state.follow {
        title.push_str("  [not following]");
    }
    title
}

/// Draws the visible lines.
pub fn output(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    let Some(buffer) = state.output().filter(|buffer| !buffer.is_empty()) else {
        let text = match &state.subject {
            None => "nothing has run yet: s spins the step, r runs the flow",
            Some(_) if state.facts_are_current() => "no output",
            Some(_) => "no output yet",
        };
        put(frame, area, Line::from(canvas.span(text, Role::Dim)));
        return;
    };
    let query = state
        .search
        .as_ref()
        .filter(|search| search.pane == Pane::Output && !search.query.is_empty())
        .map(|search| search.query.to_lowercase());
    let list = state.output_cursor;
    for index in list.offset..buffer.len() {
        let Some(place) = row(area, index - list.offset) else {
            break;
        };
        let line = buffer.line(index);
        let pieces = pieces(&line, canvas);
        let spans = window(&pieces, state.output_left, usize::from(area.width));
        put(frame, place, Line::from(spans));
        if query
            .as_deref()
            .is_some_and(|query| buffer.line_contains(index, query))
        {
            shade(frame, place, canvas.style(Role::Match));
        }
        if index == list.cursor && state.focus == Pane::Output && !state.follow {
            shade(frame, place, canvas.style(Role::Selection));
        }
    }
}

fn pieces<'t>(line: &'t TermLine, canvas: &Canvas<'_>) -> Vec<(&'t str, ratatui::style::Style)> {
    let mut at = 0;
    let mut pieces = Vec::new();
    for (length, style) in &line.spans {
        if let Some(text) = line.text.get(at..at + length) {
            pieces.push((text, canvas.styles.term(*style)));
        }
        at += length;
    }
    pieces
}
