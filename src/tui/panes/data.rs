//! A table as a grid: names and types stay on top while the rows scroll.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use crate::{
    app::{state::Pane, table::Grid},
    config::Role,
};

use super::super::draw::{Canvas, cut, fit, fit_right, put, row, shade};

/// Width of the row numbers.
const NUMBERS: usize = 8;

/// Draws the grid.
pub fn data(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    let Some(grid) = &canvas.state.table else {
        let text = "no table: enter on a data frame or a path to a Parquet or CSV file";
        put(
            frame,
            area,
            Line::from(canvas.span(cut(text, usize::from(area.width)), Role::Dim)),
        );
        return;
    };
    if let Some(problem) = &grid.problem {
        put(
            frame,
            area,
            Line::from(canvas.span(problem.clone(), Role::Bad)),
        );
        return;
    }
    if grid.page.columns.is_empty() {
        let text = if grid.loading {
            "reading …"
        } else {
            "no columns"
        };
        put(frame, area, Line::from(canvas.span(text, Role::Dim)));
        return;
    }
    let width = usize::from(area.width);
    let columns = visible(grid, width);
    let mut names = vec![canvas.span(fit("", NUMBERS.min(width)), Role::Dim)];
    let mut types = names.clone();
    for (index, cells) in &columns {
        let Some(column) = grid.page.columns.get(*index) else {
            continue;
        };
        let role = if *index == grid.column {
            Role::Focus
        } else {
            Role::Title
        };
        let name = if column.right {
            fit_right(&column.name, *cells)
        } else {
            fit(&column.name, *cells)
        };
        let dtype = if column.right {
            fit_right(&column.dtype, *cells)
        } else {
            fit(&column.dtype, *cells)
        };
        names.push(canvas.span(format!("{name} "), role));
        types.push(canvas.span(format!("{dtype} "), Role::Dim));
    }
    put(frame, area, Line::from(names));
    if let Some(place) = row(area, 1) {
        put(frame, place, Line::from(types));
    }
    let body = Rect {
        y: area.y.saturating_add(2),
        height: area.height.saturating_sub(3),
        ..area
    };
    rows(frame, body, canvas, grid, &columns);
    if area.height > 3
        && let Some(place) = row(area, usize::from(area.height) - 1)
    {
        let column = grid
            .page
            .columns
            .get(grid.column)
            .map_or("", |column| &column.name);
        let loading = if grid.loading { "  reading …" } else { "" };
        let text = format!(
            "{}  {} rows × {} columns  row {}  {column}{loading}",
            grid.page.title,
            grid.page.total,
            grid.page.columns.len(),
            grid.row,
        );
        put(
            frame,
            place,
            Line::from(canvas.span(cut(&text, width), Role::Dim)),
        );
    }
}

fn rows(
    frame: &mut Frame<'_>,
    body: Rect,
    canvas: &Canvas<'_>,
    grid: &Grid,
    columns: &[(usize, usize)],
) {
    for line in 0..usize::from(body.height) {
        let index = grid.top + line as u64;
        let Some(place) = row(body, line).filter(|_| index < grid.page.total) else {
            break;
        };
        let number = format!("{index:>width$} ", width = NUMBERS - 1);
        let mut spans = vec![canvas.span(number, Role::Dim)];
        match grid.row(index) {
            None => spans.push(canvas.span("…", Role::Dim)),
            Some(cells) => {
                for (at, width) in columns {
                    let text = cells.get(*at).map_or("", String::as_str);
                    let mut style = canvas.style(Role::Text);
                    if *at == grid.column && index == grid.row && canvas.state.focus == Pane::Right
                    {
                        style = style.add_modifier(Modifier::REVERSED);
                    }
                    let text = text.replace(['\n', '\r', '\t'], " ");
                    let right = grid
                        .page
                        .columns
                        .get(*at)
                        .is_some_and(|column| column.right);
                    let cell = if right {
                        fit_right(&text, *width)
                    } else {
                        fit(&text, *width)
                    };
                    spans.push(Span::styled(cell, style));
                    spans.push(Span::raw(" "));
                }
            }
        }
        put(frame, place, Line::from(spans));
        if index == grid.row && canvas.state.focus == Pane::Right {
            shade(frame, place, canvas.style(Role::Selection));
        }
    }
}

/// Columns that fit, each with its width; the last may be cut.
fn visible(grid: &Grid, width: usize) -> Vec<(usize, usize)> {
    let mut columns = Vec::new();
    let mut left = width.saturating_sub(NUMBERS);
    for (index, cells) in grid.widths.iter().enumerate().skip(grid.left) {
        if left == 0 {
            break;
        }
        let cells = (*cells).min(left);
        columns.push((index, cells));
        left = left.saturating_sub(cells + 1);
    }
    columns
}
