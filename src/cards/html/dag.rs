//! The flow's graph as SVG: a row for each layer, edges downwards.

use std::collections::HashMap;

use super::super::dag::steps;
use super::super::parts::Dag;
use super::escape;

const NODE_WIDTH: usize = 150;
const NODE_HEIGHT: usize = 32;
const GAP_X: usize = 24;
const GAP_Y: usize = 36;

/// Renders the graph.
pub(super) fn render(dag: &Dag) -> String {
    let steps = steps(dag);
    if steps.is_empty() {
        return "<p class=\"dim\">no graph</p>".to_owned();
    }
    let mut widths: HashMap<usize, usize> = HashMap::new();
    let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
    for step in &steps {
        let width = widths.entry(step.layer).or_default();
        places.insert(step.name, (*width, step.layer));
        *width += 1;
    }
    let widest = widths.values().copied().max().unwrap_or(1);
    let layers = steps.iter().map(|step| step.layer + 1).max().unwrap_or(1);
    let (width, height) = (
        widest * (NODE_WIDTH + GAP_X) + GAP_X,
        layers * (NODE_HEIGHT + GAP_Y) + GAP_Y / 2,
    );
    // The middle of the upper edge of a node.
    let top = |name: &str| {
        let (column, layer) = places.get(name).copied()?;
        let in_layer = widths.get(&layer).copied().unwrap_or(1);
        let left =
            (width - in_layer * (NODE_WIDTH + GAP_X) + GAP_X) / 2 + column * (NODE_WIDTH + GAP_X);
        Some((
            left + NODE_WIDTH / 2,
            layer * (NODE_HEIGHT + GAP_Y) + GAP_Y / 2,
        ))
    };
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">"
    );
    for step in &steps {
        for next in &step.next {
            if let (Some((x1, y1)), Some((x2, y2))) = (top(step.name), top(next)) {
                let (start, middle) = (y1 + NODE_HEIGHT, usize::midpoint(y1 + NODE_HEIGHT, y2));
                out.push_str(&format!("<path class=\"edge\" d=\"M{x1},{start} C{x1},{middle} {x2},{middle} {x2},{y2}\"/>"));
            }
        }
    }
    for step in &steps {
        let Some((x, y)) = top(step.name) else {
            continue;
        };
        let short: String = step.name.chars().take(20).collect();
        out.push_str(&format!(
            "<g><title>{} ({}) {}</title><rect class=\"node\" x=\"{}\" y=\"{y}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"6\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            escape(step.name),
            escape(step.kind),
            escape(step.doc),
            x - NODE_WIDTH / 2,
            y + 21,
            escape(&short)
        ));
    }
    out.push_str("</svg>");
    out
}
