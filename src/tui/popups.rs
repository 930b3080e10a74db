//! Popups: help, the palette, choices, questions.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, BorderType, Borders},
};

use crate::{
    app::{flow_view::Needed, palette, pane_contexts, popup::Popup},
    config::{COMMANDS, CommandSpec, Context, Role},
    engine::{Phase, Status, Timing},
};

use super::draw::{Canvas, clear, cut, fit, put, row, shade};

/// Draws the popup that is open, if one is.
pub fn draw(frame: &mut Frame<'_>, canvas: &Canvas<'_>) {
    match &canvas.state.popup {
        None => {}
        Some(Popup::Help { offset }) => help(frame, canvas, *offset),
        Some(Popup::Timings) => timings(frame, canvas),
        Some(Popup::Palette { query, cursor }) => palette_box(frame, canvas, query, *cursor),
        Some(Popup::Choice(choice)) => {
            let lines: Vec<(String, String)> = choice
                .entries
                .iter()
                .map(|entry| (entry.label.clone(), entry.detail.clone()))
                .collect();
            let inner = boxed(frame, canvas, &choice.title, 70, lines.len());
            list(frame, inner, canvas, &lines, choice.cursor);
        }
        Some(Popup::Prompt { needed, text }) => prompt(frame, canvas, needed, text),
        Some(Popup::Confirm { question, .. }) => {
            let inner = boxed(frame, canvas, "?", 64, 2);
            let width = usize::from(inner.width);
            put(
                frame,
                inner,
                Line::from(canvas.span(cut(question, width), Role::Warning)),
            );
            if let Some(place) = row(inner, 1) {
                let line = Line::from(vec![
                    canvas.span("y", Role::Focus),
                    canvas.span(" yes   ", Role::Dim),
                    canvas.span("n", Role::Focus),
                    canvas.span(" no", Role::Dim),
                ]);
                put(frame, place, line);
            }
        }
    }
}

/// A framed box in the middle of the screen, at most that wide and with at most that many lines; gives its inside.
fn boxed(
    frame: &mut Frame<'_>,
    canvas: &Canvas<'_>,
    title: &str,
    columns: u16,
    lines: usize,
) -> Rect {
    let screen = frame.area();
    let width = columns.min(screen.width);
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    let height = lines.saturating_add(2).min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    };
    clear(frame, area);
    let block = Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(canvas.style(Role::Focus))
        .title(Line::styled(
            format!(" {} ", cut(title, usize::from(width).saturating_sub(4))),
            canvas.style(Role::Title),
        ));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// A list with a marked entry, scrolled so that it is visible.
fn list(
    frame: &mut Frame<'_>,
    area: Rect,
    canvas: &Canvas<'_>,
    lines: &[(String, String)],
    cursor: usize,
) {
    let height = usize::from(area.height).max(1);
    let offset = (cursor + 1).saturating_sub(height);
    let width = usize::from(area.width);
    for (at, (label, detail)) in lines.iter().enumerate().skip(offset) {
        let Some(place) = row(area, at - offset) else {
            break;
        };
        let label = cut(label, width.saturating_sub(2));
        let mark = if at == cursor { "▸ " } else { "  " };
        let line = Line::from(vec![
            canvas.span(mark, Role::Focus),
            Span::raw(label),
            canvas.span(format!("  {detail}"), Role::Dim),
        ]);
        put(frame, place, line);
        if at == cursor {
            shade(frame, place, canvas.style(Role::Selection));
        }
    }
}

fn keys_of(canvas: &Canvas<'_>, spec: &CommandSpec) -> String {
    let keys = canvas.state.key_map.keys(spec);
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    names.join(" ")
}

fn palette_box(frame: &mut Frame<'_>, canvas: &Canvas<'_>, query: &str, cursor: usize) {
    let matches = palette::matches(query);
    let inner = boxed(frame, canvas, "commands", 76, (matches.len() + 1).max(2));
    let line = Line::from(vec![
        canvas.span(":", Role::Focus),
        Span::raw(query.to_owned()),
        canvas.span("▏", Role::Focus),
    ]);
    put(frame, inner, line);
    let lines: Vec<(String, String)> = matches
        .iter()
        .map(|spec| {
            let label = format!("{} {}", fit(spec.name, 16), fit(&keys_of(canvas, spec), 12));
            (label, spec.doc.to_owned())
        })
        .collect();
    let body = Rect {
        y: inner.y.saturating_add(1),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    list(frame, body, canvas, &lines, cursor);
}

/// What a run needs, being typed.
fn prompt(frame: &mut Frame<'_>, canvas: &Canvas<'_>, needed: &Needed, text: &str) {
    let title = if needed.is_config {
        format!("the run needs a file for the config {}", needed.name)
    } else {
        format!("the run needs {}", needed.name)
    };
    let inner = boxed(frame, canvas, &title, 64, 2);
    let width = usize::from(inner.width).saturating_sub(2);
    // The end is what is being typed.
    let skipped = text.chars().count().saturating_sub(width);
    let line = Line::from(vec![
        Span::raw(text.chars().skip(skipped).collect::<String>()),
        canvas.span("▏", Role::Focus),
    ]);
    put(frame, inner, line);
    if let Some(place) = row(inner, 1) {
        let hint = if needed.help.is_empty() {
            "enter runs the flow with it, esc does not run".to_owned()
        } else {
            needed.help.clone()
        };
        put(
            frame,
            place,
            Line::from(canvas.span(cut(&hint, width), Role::Dim)),
        );
    }
}

/// Where the time of the last spin went, as bars.
fn timings(frame: &mut Frame<'_>, canvas: &Canvas<'_>) {
    let empty = Timing::default();
    let (title, timing) = match &canvas.state.timing {
        Some(spin) => {
            let total = spin.timing.until_result();
            (format!("{}: {total:.1} ms", spin.label), &spin.timing)
        }
        None => ("nothing has been spun yet".to_owned(), &empty),
    };
    let total = timing.until_result();
    let phases: Vec<Phase> = Phase::ALL
        .into_iter()
        .filter(|phase| timing.of(*phase) > 0.0)
        .collect();
    let mut lines: Vec<Line<'static>> = Vec::new();
    for phase in phases {
        let millis = timing.of(phase);
        let is_counted = phase != Phase::Exit && total > 0.0;
        let share = if is_counted { millis / total } else { 0.0 };
        let bar = "█".repeat((share * BAR).ceil() as usize);
        lines.push(Line::from(vec![
            Span::raw(format!("{:<8}{millis:>8.1} ", phase.name())),
            canvas.span(fit(&bar, BAR as usize + 1), Role::Focus),
            canvas.span(phase.describe(), Role::Dim),
        ]));
    }
    if let Some(status) = &canvas.state.engine {
        lines.extend(in_memory(canvas, status));
    }
    let inner = boxed(frame, canvas, &title, 78, lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        let Some(place) = row(inner, at) else {
            break;
        };
        put(frame, place, line);
    }
}

/// How the selected step runs, and what it finds in memory.
fn in_memory(canvas: &Canvas<'_>, status: &Status) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    let selected = canvas.state.selected.as_deref();
    let step = status
        .steps
        .iter()
        .find(|step| Some(step.step.as_str()) == selected);
    if let Some(step) = step {
        let mode = match &step.reason {
            None => "forked".to_owned(),
            Some(why) => format!("a process of its own: {why}"),
        };
        lines.push(Line::from(format!("{}: {mode}", step.step)));
    }
    let sizes = format!("{} of {}", size(status.bytes), size(status.budget));
    lines.push(Line::from(canvas.span(
        format!("in memory for spins: {sizes} (hot_memory)"),
        Role::Title,
    )));
    for artifact in status.artifacts.iter().take(8) {
        let steps: Vec<&str> = artifact
            .steps
            .iter()
            .filter_map(|key| key.rsplit('/').next())
            .collect();
        let note = artifact.reason.clone().unwrap_or_default();
        lines.push(Line::from(vec![
            Span::raw(format!("{:>9} {} ", size(artifact.bytes), artifact.name)),
            canvas.span(format!("{} {note}", steps.join(", ")), Role::Dim),
        ]));
    }
    lines
}

/// As people read it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Columns of the longest bar.
const BAR: f64 = 12.0;

/// Help: the commands of the pane in focus, then those that hold everywhere.
fn help(frame: &mut Frame<'_>, canvas: &Canvas<'_>, offset: usize) {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for context in pane_contexts(canvas.state) {
        let title = match context {
            Context::Global => "everywhere",
            Context::Graph => "flow",
            Context::Runs => "runs and spins",
            Context::Source => "source",
            Context::Output => "output",
            Context::Right => "artifacts, data, card",
            Context::Editor => "editor",
            Context::Popup => "popup",
        };
        let specs: Vec<&CommandSpec> = COMMANDS
            .iter()
            .filter(|spec| spec.context == context)
            .collect();
        if specs.is_empty() {
            continue;
        }
        lines.push(Line::from(canvas.span(title, Role::Title)));
        for spec in specs {
            lines.push(Line::from(vec![
                canvas.span(
                    format!("  {}", fit(&keys_of(canvas, spec), 18)),
                    Role::Focus,
                ),
                Span::raw(spec.doc),
            ]));
        }
    }
    let inner = boxed(frame, canvas, "keys", 92, lines.len());
    let most = lines.len().saturating_sub(usize::from(inner.height));
    for (at, line) in lines.into_iter().skip(offset.min(most)).enumerate() {
        let Some(place) = row(inner, at) else {
            break;
        };
        put(frame, place, line);
    }
}
