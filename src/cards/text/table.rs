//! Tables in box rules, columns fitted to a width, cells wrapped.

use super::super::component::Component;
use super::super::json::plain;
use super::super::parts::{Cell, Table};
use super::component;
use super::line::{Role, SpanStyle, TextLine};
use super::wrap::wrap;

/// Rows that are drawn; a table is looked through in the data pane, not here.
const MAX_ROWS: usize = 500;

/// A column is never narrower, or it is left out.
const MIN_COLUMN: usize = 4;

/// The depth of components in cells: tables within are only counted.
const NESTED: u8 = super::component::MAX_TABLE_DEPTH + 1;

/// What a cell holds.
enum Content<'a> {
    Lines(Vec<TextLine>),
    Component(&'a Component),
}

/// Cells in rows, the first of which may be headers.
pub(super) struct Grid<'a> {
    rows: Vec<Vec<Content<'a>>>,
    /// Rows left out.
    more: usize,
    has_header: bool,
    /// Columns of numbers.
    right: Vec<bool>,
}

impl<'a> Grid<'a> {
    /// A table of texts with headers.
    pub(super) fn of_text(rows: Vec<Vec<Vec<TextLine>>>) -> Self {
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().map(Content::Lines).collect())
            .collect();
        Self {
            rows,
            more: 0,
            has_header: true,
            right: Vec::new(),
        }
    }

    /// A table component.
    pub(super) fn of_table(table: &'a Table) -> Self {
        let cell = |cell: &'a Cell| match cell {
            Cell::Component(component) => Content::Component(component),
            Cell::Raw(value) => Content::Lines(text(&plain(value), SpanStyle::default())),
        };
        let header = |value| Content::Lines(text(&plain(value), SpanStyle::bold(Role::Label)));
        if table.vertical {
            let row = |(at, column)| {
                let cells = table
                    .data
                    .iter()
                    .filter_map(move |row: &Vec<Cell>| row.get(at));
                std::iter::once(header(column))
                    .chain(cells.map(cell))
                    .collect()
            };
            let rows = table.columns.iter().enumerate().map(row).collect();
            return Self {
                rows,
                more: 0,
                has_header: false,
                right: Vec::new(),
            };
        }
        let mut rows: Vec<Vec<Content<'a>>> = Vec::new();
        let has_header = !table.columns.is_empty();
        if has_header {
            rows.push(table.columns.iter().map(header).collect());
        }
        rows.extend(
            table
                .data
                .iter()
                .take(MAX_ROWS)
                .map(|row| row.iter().map(cell).collect()),
        );
        let columns = table.data.iter().map(Vec::len).max().unwrap_or(0);
        let is_number = |at: usize| {
            let mut cells = table
                .data
                .iter()
                .take(MAX_ROWS)
                .filter_map(|row| row.get(at))
                .peekable();
            cells.peek().is_some()
                && cells.all(
                    |cell| matches!(cell, Cell::Raw(value) if value.is_number() || value.is_null()),
                )
        };
        let right = (0..columns).map(is_number).collect();
        Self {
            rows,
            more: table.data.len().saturating_sub(MAX_ROWS),
            has_header,
            right,
        }
    }
}

fn text(text: &str, style: SpanStyle) -> Vec<TextLine> {
    text.lines().map(|line| TextLine::of(line, style)).collect()
}

/// Draws a grid to a width.
pub(super) fn render(grid: &Grid<'_>, width: usize) -> Vec<TextLine> {
    let columns = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
    if columns == 0 {
        return vec![TextLine::of("(empty table)", SpanStyle::dim()).cut(width)];
    }
    // Each column has a rule and two blanks besides its cells.
    let room_for = width.saturating_sub(1) / (MIN_COLUMN + 3);
    let shown = columns.min(room_for.max(1));
    let available = width.saturating_sub(3 * shown + 1).max(shown);
    let wanted: Vec<usize> = (0..shown)
        .map(|at| {
            grid.rows
                .iter()
                .filter_map(|row| row.get(at))
                .map(|cell| natural(cell, available))
                .max()
                .unwrap_or(1)
                .max(1)
        })
        .collect();
    let widths = fit(&wanted, available);
    let mut lines = vec![rule(&widths, '┌', '┬', '┐')];
    for (at, row) in grid.rows.iter().enumerate() {
        lines.extend(draw_row(row, &widths, &grid.right));
        if at == 0 && grid.has_header && grid.rows.len() > 1 {
            lines.push(rule(&widths, '├', '┼', '┤'));
        }
    }
    lines.push(rule(&widths, '└', '┴', '┘'));
    let mut notes = Vec::new();
    if grid.more > 0 {
        notes.push(format!("{} more rows", grid.more));
    }
    if shown < columns {
        notes.push(format!("{} more columns", columns - shown));
    }
    if !notes.is_empty() {
        lines.push(TextLine::of(
            format!("… {}", notes.join(", ")),
            SpanStyle::dim(),
        ));
    }
    lines.into_iter().map(|line| line.cut(width)).collect()
}

/// The width a cell would like, of what there is.
fn natural(content: &Content<'_>, available: usize) -> usize {
    match content {
        Content::Lines(lines) => lines.iter().map(TextLine::width).max().unwrap_or(0),
        Content::Component(component) => {
            let lines = component::one(component, available, NESTED);
            lines.iter().map(TextLine::width).max().unwrap_or(0)
        }
    }
}

/// Shares the available columns: narrow ones get what they want, wide ones the same share of the rest.
fn fit(wanted: &[usize], available: usize) -> Vec<usize> {
    let mut widths = vec![0; wanted.len()];
    let mut left = available;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| wanted.get(*at).copied());
    for (done, at) in order.iter().enumerate() {
        let share = left / (wanted.len() - done);
        let width = wanted.get(*at).copied().unwrap_or(1).min(share).max(1);
        if let Some(slot) = widths.get_mut(*at) {
            *slot = width;
        }
        left = left.saturating_sub(width);
    }
    widths
}

fn rule(widths: &[usize], left: char, middle: char, right: char) -> TextLine {
    let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    TextLine::of(
        format!("{left}{}{right}", parts.join(&middle.to_string())),
        SpanStyle::dim(),
    )
}

fn draw_row(row: &[Content<'_>], widths: &[usize], right: &[bool]) -> Vec<TextLine> {
    let cells: Vec<Vec<TextLine>> = widths
        .iter()
        .enumerate()
        .map(|(at, width)| match row.get(at) {
            Some(Content::Lines(lines)) => lines
                .iter()
                .flat_map(|line| wrap(&line.spans, *width, 0))
                .collect(),
            Some(Content::Component(component)) => component::one(component, *width, NESTED),
            None => Vec::new(),
        })
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    (0..height)
        .map(|at| {
            let mut line = TextLine::of("│ ", SpanStyle::dim());
            for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
                if column > 0 {
                    line.push(" │ ", SpanStyle::dim());
                }
                let mut part = cell.get(at).cloned().unwrap_or_default().cut(*width);
                if right.get(column).copied().unwrap_or(false) {
                    line.push(
                        " ".repeat(width.saturating_sub(part.width())),
                        SpanStyle::default(),
                    );
                }
                part.pad(if right.get(column).copied().unwrap_or(false) {
                    0
                } else {
                    *width
                });
                line.spans.append(&mut part.spans);
            }
            line.push(" │", SpanStyle::dim());
            line
        })
        .collect()
}
