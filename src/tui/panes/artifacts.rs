//! The artifacts of the task in view, as a tree that opens into their values.

use ratatui::{Frame, layout::Rect, style::Modifier, text::Line};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{TreeRow, state::Pane},
    config::Role,
};

use super::super::draw::{Canvas, fit, put, row, shade};

/// Draws the tree under its header.
pub fn artifacts(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let state = canvas.state;
    if let Some(problem) = &state.facts.problem {
        put(
            frame,
            area,
            Line::from(canvas.span(problem.clone(), Role::Bad)),
        );
        return;
    }
    if state.tree.is_empty() {
        let text = match (&state.subject, state.facts_are_current()) {
            (None, _) => "nothing has run yet",
            (Some(_), true) => "no artifacts",
            (Some(_), false) => "reading …",
        };
        put(frame, area, Line::from(canvas.span(text, Role::Dim)));
        return;
    }
    let widths = Widths::of(&state.tree, usize::from(area.width));
    let head = if state.facts_are_current() {
        widths.line("  name", "type", "shape", "size", "value")
    } else {
        // Never the old ones as if they were new.
        let of = state.facts_of.as_ref().map(|task| task.run.run.clone());
        format!("  of the one before ({})", of.unwrap_or_default())
    };
    put(
        frame,
        area,
        Line::from(canvas.span(fit(&head, usize::from(area.width)), Role::Dim)),
    );
    let list = state.tree_cursor;
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    for (at, item) in state.tree.iter().enumerate().skip(list.offset) {
        let Some(place) = row(body, at - list.offset) else {
            break;
        };
        let fold = match (item.expandable, item.expanded) {
            (true, true) => "▾ ",
            (true, false) => "▸ ",
            (false, _) => "  ",
        };
        let changed = if item.changed { " ●" } else { "" };
        let name = format!("{}{fold}{}{changed}", "  ".repeat(item.depth), item.label);
        let line = if item.depth == 0 {
            widths.line(
                &name,
                &item.type_name,
                &item.shape,
                &item.size,
                &item.preview,
            )
        } else {
            let kind = if item.preview.is_empty() {
                &item.type_name
            } else {
                &item.preview
            };
            let room = usize::from(area.width).saturating_sub(name.width() + 2);
            format!("{name}  {}", super::super::draw::cut(kind, room))
        };
        let role = match (item.changed, item.depth) {
            (true, _) => Role::Accent,
            (false, 0) => Role::Text,
            (false, _) => Role::Dim,
        };
        let mut style = canvas.style(role);
        if !state.facts_are_current() {
            style = canvas.style(Role::Dim).add_modifier(Modifier::DIM);
        }
        put(
            frame,
            place,
            Line::styled(fit(&line, usize::from(area.width)), style),
        );
        if at == list.cursor && state.focus == Pane::Right {
            shade(frame, place, canvas.style(Role::Selection));
        }
    }
}

/// Widths of the columns, for what is there and for the room there is.
struct Widths {
    name: usize,
    kind: usize,
    shape: usize,
    size: usize,
    value: usize,
}

impl Widths {
    fn of(rows: &[TreeRow], width: usize) -> Self {
        let widest = |text: fn(&TreeRow) -> &str, most: usize| {
            let top = rows.iter().filter(|row| row.depth == 0);
            top.map(|row| text(row).width())
                .max()
                .unwrap_or(0)
                .min(most)
        };
        let name = widest(|row| &row.label, 24).max(4) + 4;
        let kind = widest(|row| &row.type_name, 18).max(4);
        let at_least = |width: usize, least: usize| if width == 0 { 0 } else { width.max(least) };
        let shape = at_least(widest(|row| &row.shape, 14), 5);
        let size = at_least(widest(|row| &row.size, 9), 4);
        let mut widths = Self {
            name: name.min(width),
            kind,
            shape,
            size,
            value: 0,
        };
        // In a narrow pane the value is worth more than size and shape.
        if widths.used() + 12 > width {
            widths.size = 0;
        }
        if widths.used() + 8 > width {
            widths.shape = 0;
        }
        if widths.used() > width {
            widths.kind = 0;
        }
        widths.value = width.saturating_sub(widths.used());
        widths
    }

    fn used(&self) -> usize {
        let columns = [self.kind, self.shape, self.size].into_iter();
        self.name
            + 1
            + columns
                .filter(|width| *width > 0)
                .map(|width| width + 1)
                .sum::<usize>()
    }

    fn line(&self, name: &str, kind: &str, shape: &str, size: &str, value: &str) -> String {
        let mut line = fit(name, self.name);
        let columns = [
            (kind, self.kind),
            (shape, self.shape),
            (size, self.size),
            (value, self.value),
        ];
        for (text, width) in columns {
            if width > 0 {
                line.push(' ');
                line.push_str(&fit(text, width));
            }
        }
        line
    }
}
