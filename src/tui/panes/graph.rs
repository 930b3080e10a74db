//! The flow as a tree of steps, each with its state in a glyph and in words.

use ratatui::{Frame, layout::Rect, text::Line};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        graph_list,
        state::Pane,
        status::{StepState, StepStatus, step_status},
        words,
    },
    config::Role,
};

use super::super::draw::{Canvas, cut, put, row, shade};

/// Draws the graph.
pub fn graph(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    if state.flow.rows.is_empty() {
        let text = if state.flow.version == 0 {
            "reading the flow …"
        } else {
            "no steps"
        };
        put(frame, area, Line::from(canvas.span(text, Role::Dim)));
        return;
    }
    let list = graph_list(state);
    let width = usize::from(area.width);
    for (at, graph_row) in state.flow.rows.iter().enumerate().skip(list.offset) {
        let Some(place) = row(area, at - list.offset) else {
            break;
        };
        let status = step_status(state, &graph_row.step);
        let selected = at == list.cursor;
        let glyph = match status.state {
            StepState::Running => spinner(state.ticks),
            ref other => other.glyph(),
        };
        let mut name = graph_row.step.clone();
        if graph_row.many {
            name.insert_str(0, "⋮ ");
        }
        let head = format!(" {}", graph_row.rail);
        let room = width.saturating_sub(head.width() + 2);
        let detail = cut(
            &detail(&status, room.saturating_sub(name.width() + 1)),
            room,
        );
        let text = cut(&name, room.saturating_sub(detail.width() + 1));
        let note_room = room.saturating_sub(text.width() + detail.width() + 2);
        let note = match cut(&graph_row.note, note_room) {
            note if note_room > 4 && !note.is_empty() => format!(" {note}"),
            _ => String::new(),
        };
        let gap = room.saturating_sub(text.width() + note.width() + detail.width());
        let style = canvas.styles.state(&status.state);
        let name_role = match (selected, &status.state) {
            (true, _) => Role::Title,
            (false, StepState::NotTaken) => Role::Dim,
            (false, _) => Role::Text,
        };
        let line = Line::from(vec![
            canvas.span(head, Role::Border),
            ratatui::text::Span::styled(format!("{glyph} "), style),
            canvas.span(text, name_role),
            canvas.span(note, Role::Dim),
            " ".repeat(gap).into(),
            ratatui::text::Span::styled(detail, style),
        ]);
        put(frame, place, line);
        if selected {
            shade(frame, place, canvas.style(Role::Selection));
            let mark = if state.focus == Pane::Graph {
                "▌"
            } else {
                "▏"
            };
            put(
                frame,
                Rect { width: 1, ..place },
                Line::from(canvas.span(mark, Role::Focus)),
            );
        }
    }
    reason(frame, area, canvas, state.flow.rows.len());
}

/// What stands at the right of a step: counts, the state in a word, where it comes from, time. What does not fit beside the
/// name goes, the least telling first.
fn detail(status: &StepStatus, room: usize) -> String {
    let settled = matches!(
        status.state,
        StepState::Fresh | StepState::Done | StepState::Failed
    );
    let good = matches!(status.state, StepState::Fresh | StepState::Done);
    let mut parts = [
        status.counts.map(|(over, total)| format!("{over}/{total}")),
        (!good).then(|| status.state.word().to_owned()),
        status.spun.then(|| "spun".to_owned()),
        status.millis.filter(|_| settled).map(words::duration),
    ];
    let join = |parts: &[Option<String>; 4]| {
        parts
            .iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    // Beside a glyph that turns, counts say more than the word.
    let last = if status.counts.is_some() { 1 } else { 0 };
    for least in [2, 3, last] {
        if join(&parts).width() > room
            && let Some(part) = parts.get_mut(least)
        {
            *part = None;
        }
    }
    join(&parts)
}

/// Lines below the graph that a reason may take.
const REASON_LINES: usize = 5;

/// Below the graph, as far as there is room: why the selected step is in its state.
fn reason(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>, rows: usize) {
    let Some(step) = canvas.state.selected.as_deref() else {
        return;
    };
    let state = step_status(canvas.state, step).state;
    let (StepState::Stale(reason) | StepState::Unknown(reason)) = &state else {
        return;
    };
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let room = height.saturating_sub(rows).min(REASON_LINES);
    let mut lines = broken(
        &format!("{}: {reason}", state.word()),
        width.saturating_sub(1),
    );
    if lines.len() > room {
        let rest = lines.split_off(room.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    for (index, line) in lines.iter().enumerate().take(room) {
        if let Some(place) = row(area, height - lines.len() + index) {
            let text = cut(&format!(" {line}"), width);
            put(frame, place, Line::from(canvas.span(text, Role::Warning)));
        }
    }
}

/// Lines of a text, broken between words where they are too wide.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A frame of the spinner.
pub fn spinner(ticks: u64) -> &'static str {
    const FRAMES: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let at = usize::try_from(ticks % 8).unwrap_or(0);
    FRAMES.get(at).copied().unwrap_or("⠋")
}
