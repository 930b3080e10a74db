//! Simple charts in characters: bars by length, lines by height.

use serde_json::Value;

use super::super::chart::{Chart, Mark, number};
use super::line::{Role, SpanStyle, TextLine};

/// Bars that are drawn.
const MAX_BARS: usize = 40;

/// Rows of a line chart.
const ROWS: usize = 8;

const EIGHTHS: [&str; 8] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"];
const LEFT_EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Renders a Vega-Lite specification.
pub(super) fn render(spec: &Value, width: usize) -> Vec<TextLine> {
    let Some(chart) = Chart::of_spec(spec) else {
        return vec![TextLine::of(describe(spec), SpanStyle::dim()).cut(width)];
    };
    let mut lines = Vec::new();
    let title = if chart.title.is_empty() {
        format!("{} by {}", chart.y_title, chart.x_title)
    } else {
        chart.title.clone()
    };
    lines.push(TextLine::of(title, SpanStyle::bold(Role::Label)).cut(width));
    match chart.mark {
        Mark::Bar => lines.extend(bars(&chart, width)),
        Mark::Line | Mark::Area | Mark::Point => lines.extend(plot(&chart, width)),
    }
    lines
}

fn describe(spec: &Value) -> String {
    let mark = spec
        .get("mark")
        .and_then(|mark| mark.as_str().or_else(|| mark.get("type")?.as_str()));
    let what = ["layer", "facet", "hconcat", "vconcat", "concat", "repeat"]
        .into_iter()
        .find(|key| spec.get(key).is_some());
    format!(
        "▦ chart ({}), shown in the browser",
        mark.or(what).unwrap_or("Vega-Lite")
    )
}

/// A fraction of a number of columns, as eighths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a screen's width"
)]
fn eighths(fraction: f64, columns: usize) -> usize {
    (fraction.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize
}

/// A bar that fills a part of its columns.
pub(super) fn bar(fraction: f64, columns: usize) -> String {
    let filled = eighths(fraction, columns);
    format!(
        "{}{}",
        "█".repeat(filled / 8),
        LEFT_EIGHTHS.get(filled % 8).copied().unwrap_or_default()
    )
}

fn bars(chart: &Chart, width: usize) -> Vec<TextLine> {
    let (_, (low, high)) = chart.bounds();
    let largest = high.abs().max(low.abs());
    let mut rows: Vec<(String, f64)> = Vec::new();
    for series in &chart.series {
        for (position, value) in &series.points {
            let name = chart.category(*position);
            rows.push((
                if series.name.is_empty() {
                    name
                } else {
                    format!("{name} {}", series.name)
                },
                *value,
            ));
        }
    }
    let more = rows.len().saturating_sub(MAX_BARS);
    rows.truncate(MAX_BARS);
    let label = rows
        .iter()
        .map(|(name, _)| TextLine::of(name, SpanStyle::default()).width())
        .max()
        .unwrap_or(0)
        .min(width / 3);
    let digits = rows
        .iter()
        .map(|(_, value)| number(*value).len())
        .max()
        .unwrap_or(0);
    let columns = width.saturating_sub(label + digits + 2);
    let mut lines: Vec<TextLine> = rows
        .into_iter()
        .map(|(name, value)| {
            let mut line = TextLine::of(name, SpanStyle::role(Role::Label)).cut(label);
            line.pad(label + 1);
            let role = if value < 0.0 { Role::Error } else { Role::Bar };
            line.push(bar(value.abs() / largest, columns), SpanStyle::role(role));
            line.push(format!(" {}", number(value)), SpanStyle::role(Role::Value));
            line.cut(width)
        })
        .collect();
    if more > 0 {
        lines.push(TextLine::of(format!("… {more} more"), SpanStyle::dim()).cut(width));
    }
    lines
}

/// Values by column, each the height of its column's last point; series one below the other.
fn plot(chart: &Chart, width: usize) -> Vec<TextLine> {
    let ((left, right), (low, high)) = chart.bounds();
    let (top, bottom) = (number(high), number(low));
    let gutter = top.len().max(bottom.len());
    let columns = width.saturating_sub(gutter + 2);
    if columns == 0 {
        return vec![
            TextLine::of(format!("{bottom} … {top}"), SpanStyle::role(Role::Value)).cut(width),
        ];
    }
    let mut lines = Vec::new();
    for series in &chart.series {
        if !series.name.is_empty() {
            lines.push(TextLine::of(&series.name, SpanStyle::role(Role::Label)).cut(width));
        }
        let mut heights: Vec<Option<f64>> = vec![None; columns];
        for (x, y) in &series.points {
            let at = eighths((x - left) / (right - left), columns.saturating_sub(1)).div_ceil(8);
            if let Some(height) = heights.get_mut(at.min(columns - 1)) {
                *height = Some((y - low) / (high - low));
            }
        }
        if chart.mark != Mark::Point {
            join(&mut heights);
        }
        for row in (0..ROWS).rev() {
            let label = match row {
                _ if row == ROWS - 1 => top.as_str(),
                0 => bottom.as_str(),
                _ => "",
            };
            let mut line = TextLine::of(format!("{label:>gutter$} ┤"), SpanStyle::dim());
            let cells: String = heights
                .iter()
                .map(|height| cell(*height, row, chart.mark))
                .collect();
            line.push(cells.trim_end(), SpanStyle::role(Role::Bar));
            lines.push(line.cut(width));
        }
    }
    let (first, last) = (chart.category(left), chart.category(right));
    let mut axis = TextLine::of(format!("{:gutter$} └{first}", ""), SpanStyle::dim());
    axis.pad(width.saturating_sub(last.chars().count()));
    axis.push(last, SpanStyle::dim());
    lines.push(axis.cut(width));
    lines
}

/// What one row of a column shows of its height.
fn cell(height: Option<f64>, row: usize, mark: Mark) -> &'static str {
    let Some(height) = height else { return " " };
    // The lowest value still shows.
    let filled = eighths(height, ROWS).max(1);
    match mark {
        Mark::Point => {
            if (filled - 1) / 8 == row {
                "•"
            } else {
                " "
            }
        }
        Mark::Area if filled >= (row + 1) * 8 => "█",
        Mark::Line | Mark::Bar if (filled - 1) / 8 != row => " ",
        _ if filled >= (row + 1) * 8 => "█",
        _ => EIGHTHS
            .get(filled.saturating_sub(row * 8))
            .copied()
            .unwrap_or(" "),
    }
}

/// Fills the columns between points, each value halfway to the next.
#[expect(clippy::cast_precision_loss, reason = "a screen's width")]
fn join(heights: &mut [Option<f64>]) {
    let known: Vec<(usize, f64)> = heights
        .iter()
        .enumerate()
        .filter_map(|(at, height)| Some((at, (*height)?)))
        .collect();
    for pair in known.windows(2) {
        let [(from, a), (to, b)] = pair else { continue };
        for at in from + 1..*to {
            let share = (at - from) as f64 / (to - from) as f64;
            if let Some(height) = heights.get_mut(at) {
                *height = Some(a + (b - a) * share);
            }
        }
    }
}
