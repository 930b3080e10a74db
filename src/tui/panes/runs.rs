//! Runs and spins, newest first.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        records::{Progress, RunKind},
        state::Pane,
        words,
    },
    config::Role,
};

use super::super::draw::{Canvas, cut, put, row, shade};
use super::graph::spinner;

/// Draws the list.
pub fn runs(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    if state.runs.is_empty() {
        let text = state
            .runs_problem
            .as_deref()
            .unwrap_or("no runs yet: r runs the flow");
        let role = if state.runs_problem.is_some() {
            Role::Bad
        } else {
            Role::Dim
        };
        put(
            frame,
            area,
            Line::from(canvas.span(cut(text, usize::from(area.width)), role)),
        );
        return;
    }
    let list = state.runs_cursor;
    for (at, run) in state.runs.iter().enumerate().skip(list.offset) {
        let Some(place) = row(area, at - list.offset) else {
            break;
        };
        let (glyph, role) = match run.progress {
            Progress::Running | Progress::Queued => (spinner(state.ticks), Role::Busy),
            Progress::Done | Progress::Cloned => ("✓", Role::Good),
            Progress::Failed => ("✗", Role::Bad),
            Progress::Cancelled => ("⊘", Role::Warning),
            Progress::Unknown => ("?", Role::Dim),
        };
        let name = match (run.kind, &run.step) {
            (RunKind::Spin, Some(step)) => format!("spin {step}"),
            (RunKind::Spin, None) => format!("spin {}", run.key.run),
            (RunKind::Run, _) => run.key.run.clone(),
        };
        let width = usize::from(area.width);
        let mut when = match (run.progress, run.millis) {
            (Progress::Running, _) => {
                words::duration((state.now_ms - run.started_ms).max(0) as f64)
            }
            (_, Some(millis)) if run.kind == RunKind::Spin => words::duration(millis),
            _ => words::ago(state.now_ms, run.started_ms),
        };
        when = cut(&when, width.saturating_sub(6));
        let room = width.saturating_sub(when.width() + 4);
        let name = cut(&name, room);
        let gap = room.saturating_sub(name.width());
        let in_view = state.base.as_ref() == Some(&run.key)
            || state
                .subject
                .as_ref()
                .is_some_and(|subject| subject.run == run.key);
        let name_role = if in_view { Role::Title } else { Role::Text };
        let mark = if in_view { "▸" } else { " " };
        let line = Line::from(vec![
            canvas.span(mark, Role::Focus),
            canvas.span(format!("{glyph} "), role),
            canvas.span(name, name_role),
            Span::raw(" ".repeat(gap + 1)),
            canvas.span(when, Role::Dim),
        ]);
        put(frame, place, line);
        if at == list.cursor && state.focus == Pane::Runs {
            shade(frame, place, canvas.style(Role::Selection));
        }
    }
}
