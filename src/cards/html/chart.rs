//! Simple charts as SVG; others as their specification.

use serde_json::Value;

use super::super::chart::{Chart, Mark, number};
use super::escape;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 44.0;

/// Colours that the style sheet has.
const COLORS: usize = 6;

/// Renders a Vega-Lite specification.
pub(super) fn render(spec: &Value) -> String {
    match Chart::of_spec(spec) {
        Some(chart) => svg(&chart),
        None => {
            let spec = escape(&format!("{spec:#}"));
            format!(
                "<details><summary>Vega-Lite chart</summary><pre><code>{spec}</code></pre></details>"
            )
        }
    }
}

/// Where data is drawn.
struct Scale {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        LEFT + (value - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (value - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - TOP - BOTTOM)
    }
}

fn svg(chart: &Chart) -> String {
    let (mut x, y) = chart.bounds();
    if !chart.categories.is_empty() {
        // Categories have room on both sides.
        x = (x.0 - 0.5, x.1 + 0.5);
        if chart.categories.len() == 1 {
            x = (-0.5, 0.5);
        }
    }
    let scale = Scale { x, y };
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">"
    );
    axes(&mut out, chart, &scale);
    for (at, series) in chart.series.iter().enumerate() {
        let color = at % COLORS;
        match chart.mark {
            Mark::Bar => bars(&mut out, chart, at, &scale),
            Mark::Point => {
                for (px, py) in &series.points {
                    out.push_str(&format!(
                        "<circle class=\"fill s{color}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                        scale.x(*px),
                        scale.y(*py)
                    ));
                }
            }
            Mark::Line | Mark::Area => {
                let points: Vec<String> = series
                    .points
                    .iter()
                    .map(|(px, py)| format!("{:.1},{:.1}", scale.x(*px), scale.y(*py)))
                    .collect();
                let points = points.join(" ");
                if let (Mark::Area, Some(first), Some(last)) =
                    (chart.mark, series.points.first(), series.points.last())
                {
                    let base = scale.y(0.0);
                    out.push_str(&format!(
                        "<polygon class=\"area s{color}\" points=\"{:.1},{base:.1} {points} {:.1},{base:.1}\"/>",
                        scale.x(first.0),
                        scale.x(last.0)
                    ));
                }
                out.push_str(&format!(
                    "<polyline class=\"stroke s{color}\" points=\"{points}\"/>"
                ));
            }
        }
        if !series.name.is_empty() {
            let y = TOP + 14.0 * f64::from(u32::try_from(at).unwrap_or(0));
            out.push_str(&format!(
                "<text class=\"fill s{color}\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                escape(&series.name)
            ));
        }
    }
    out.push_str("</svg>");
    out
}

fn bars(out: &mut String, chart: &Chart, series: usize, scale: &Scale) {
    let count = f64::from(u32::try_from(chart.series.len()).unwrap_or(1).max(1));
    let slot = (scale.x(1.0) - scale.x(0.0)) * 0.8;
    let width = slot / count;
    let place = f64::from(u32::try_from(series).unwrap_or(0));
    let Some(found) = chart.series.get(series) else {
        return;
    };
    for (x, y) in &found.points {
        let left = scale.x(*x) - slot / 2.0 + width * place;
        let (top, bottom) = (scale.y(y.max(0.0)), scale.y(y.min(0.0)));
        out.push_str(&format!(
            "<rect class=\"fill s{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\"><title>{}: {}</title></rect>",
            series % COLORS,
            (bottom - top).max(0.0),
            escape(&chart.category(*x)),
            number(*y)
        ));
    }
}

fn axes(out: &mut String, chart: &Chart, scale: &Scale) {
    let bottom = HEIGHT - BOTTOM;
    out.push_str(&format!(
        "<path class=\"axis\" d=\"M{LEFT},{TOP} V{bottom} H{}\"/>",
        WIDTH - RIGHT
    ));
    for step in 0..=4 {
        let value = scale.y.0 + (scale.y.1 - scale.y.0) * f64::from(step) / 4.0;
        out.push_str(&format!(
            "<text class=\"dim\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            scale.y(value) + 4.0,
            number(value)
        ));
    }
    let label = |out: &mut String, at: f64, text: &str| {
        let short: String = text.chars().take(14).collect();
        out.push_str(&format!(
            "<text class=\"dim\" x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 16.0,
            escape(&short)
        ));
    };
    if chart.categories.is_empty() {
        for step in 0..=4 {
            let value = scale.x.0 + (scale.x.1 - scale.x.0) * f64::from(step) / 4.0;
            label(out, scale.x(value), &number(value));
        }
    } else {
        // As many names as there is room for.
        let every = chart.categories.len().div_ceil(10).max(1);
        for (at, name) in chart.categories.iter().enumerate().step_by(every) {
            label(
                out,
                scale.x(f64::from(u32::try_from(at).unwrap_or(0))),
                name,
            );
        }
    }
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    out.push_str(&format!(
        "<text x=\"{LEFT}\" y=\"14\">{}</text>",
        escape(&chart.y_title)
    ));
    out.push_str(&format!(
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        HEIGHT - 6.0,
        escape(&chart.x_title)
    ));
    out.push_str(&format!(
        "<text x=\"{middle}\" y=\"14\" text-anchor=\"middle\">{}</text>",
        escape(&chart.title)
    ));
}
