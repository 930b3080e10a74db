//! The line on top: which flow, which inputs, what runs, what came of it.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        State,
        inputs::{inputs_label, inputs_warning},
        words,
    },
    config::{Command, Role},
};

use super::super::draw::{Canvas, cut, put};
use super::graph::spinner;

/// Draws the header. What does not fit is left out, the least important first.
pub fn header(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    let state = canvas.state;
    let width = usize::from(area.width);
    let right = right(state);
    let (result, result_role) = right;
    let result = cut(&result, width);
    let mut room = width.saturating_sub(result.width() + 2);

    let file = state
        .request
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let auto = match (state.auto_spin, width < 100) {
        (true, false) => "auto-spin on",
        (false, false) => "auto-spin off",
        (true, true) => "auto on",
        (false, true) => "auto off",
    };
    let label = match &state.inputs {
        None if width < 100 && state.base.is_some() => "latest".to_owned(),
        _ => inputs_label(state),
    };
    let mut inputs = vec![(format!("inputs: {label}"), Role::Text)];
    if let Some(warning) = inputs_warning(state) {
        // The reason is worth the room only where the rest has its own.
        let text = if room > 100 + warning.width() {
            warning
        } else {
            "stale inputs".to_owned()
        };
        let spec = Command::SpinInputs.spec();
        let key = spec.and_then(|spec| state.key_map.keys(spec).first().copied());
        let key = key.map(|key| format!(" ({key})")).unwrap_or_default();
        inputs.push((format!("⚠ {text}{key}"), Role::Warning));
    }
    // The order on screen, and the order in which things are given up when it is narrow.
    let mut parts = vec![
        (0, "flowdev".to_owned(), Role::Focus),
        (3, file.into_owned(), Role::Title),
        (1, state.flow.class.clone(), Role::Text),
    ];
    parts.extend(inputs.into_iter().map(|(text, role)| (4, text, role)));
    parts.push((
        2,
        auto.to_owned(),
        if state.auto_spin {
            Role::Good
        } else {
            Role::Dim
        },
    ));
    for priority in 0..4 {
        let needed: usize = parts.iter().map(|(_, text, _)| text.width() + 3).sum();
        if needed > room {
            parts.retain(|(own, ..)| *own != priority);
        }
    }
    let mut spans = vec![Span::raw(" ")];
    room = room.saturating_sub(1);
    for (_, text, role) in parts {
        if text.is_empty() || room < 4 {
            continue;
        }
        let text = cut(&text, room);
        room = room.saturating_sub(text.width() + 3);
        spans.push(canvas.span(text, role));
        spans.push(Span::raw("   "));
    }
    put(frame, area, Line::from(spans));
    let columns = u16::try_from(result.width()).unwrap_or(u16::MAX);
    let place = Rect {
        x: area
            .right()
            .saturating_sub(columns.saturating_add(1))
            .max(area.x),
        width: columns.min(area.width),
        ..area
    };
    put(frame, place, Line::from(canvas.span(result, result_role)));
}

/// What runs, else what ran last.
fn right(state: &State) -> (String, Role) {
    if let Some(job) = state.jobs.last() {
        let elapsed = words::duration((state.now_ms - job.started_ms).max(0) as f64);
        let others = match state.jobs.len() {
            1 => String::new(),
            count => format!(" (+{})", count - 1),
        };
        let stopping = match job.stopping {
            crate::app::jobs::Stopping::No => "",
            _ => " stopping",
        };
        let text = format!(
            "{} {}{stopping}{others} {elapsed}",
            spinner(state.ticks),
            job.label()
        );
        return (text, Role::Busy);
    }
    if let Some(last) = &state.last {
        let time = words::duration(last.millis);
        let (glyph, role) = match (last.ok, last.cancelled) {
            (true, _) => ("✓", Role::Good),
            (false, true) => ("⊘", Role::Warning),
            (false, false) => ("✗", Role::Bad),
        };
        let (caution, role) = match &last.caution {
            Some(caution) => (format!("  ⚠ {caution}"), Role::Warning),
            None => (String::new(), role),
        };
        return (format!("{} {time} {glyph}{caution}", last.label), role);
    }
    if state.warming {
        return (format!("{} warming up", spinner(state.ticks)), Role::Dim);
    }
    (String::new(), Role::Text)
}
