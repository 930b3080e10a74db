//! Each component as lines.

use serde_json::Value;

use super::super::component::Component;
use super::super::dag;
use super::super::json::plain;
use super::super::parts::{
    ArtifactItem, Cell, Dag, EventsTimeline, Image, ProgressBar, Section, Table, TimelineEvent,
    ValueBox,
};
use super::line::{Role, Span, SpanStyle, TextLine};
use super::table::{self, Grid};
use super::wrap::{broken, prefix, preformatted, wrap};
use super::{chart, markdown};

/// Components within components deeper than this are left out.
const MAX_DEPTH: u8 = 16;

/// Tables deeper than this, which are in cells of others, are only counted.
pub(super) const MAX_TABLE_DEPTH: u8 = 8;

/// Lines of one text that are shown.
const MAX_LINES: usize = 2_000;

/// Components one after the other, with a blank line between.
pub(super) fn all(components: &[Component], width: usize, depth: u8) -> Vec<TextLine> {
    let mut lines = Vec::new();
    for component in components {
        let part = one(component, width, depth);
        if !lines.is_empty() && !part.is_empty() {
            lines.push(TextLine::default());
        }
        lines.extend(part);
    }
    lines
}

/// One component.
pub(super) fn one(component: &Component, width: usize, depth: u8) -> Vec<TextLine> {
    if depth >= MAX_DEPTH {
        return vec![TextLine::of("…", SpanStyle::dim())];
    }
    let mut lines = match component {
        Component::Markdown(part) => markdown::render(&part.source, width),
        Component::Table(part) if depth > MAX_TABLE_DEPTH => preformatted(
            &format!("table, {} rows", part.data.len()),
            SpanStyle::dim(),
            width,
        ),
        Component::Table(part) => match lone_component(part) {
            Some(component) => one(component, width, depth + 1),
            None => table::render(&Grid::of_table(part), width),
        },
        Component::Image(part) => vec![image(part).cut(width)],
        Component::Artifacts(part) => part
            .data
            .iter()
            .flat_map(|item| artifact(item, width))
            .collect(),
        Component::Log(part) => broken(&part.data, SpanStyle::role(Role::Error), width),
        Component::ProgressBar(part) => progress(part, width),
        Component::ValueBox(part) => value_box(part, width),
        Component::VegaChart(part) => chart::render(&part.spec, width),
        Component::PythonCode(part) => preformatted(&dedent(&part.data), SpanStyle::code(), width),
        Component::EventsTimeline(part) => timeline(part, width, depth),
        Component::JsonViewer(part) => viewer(
            part.title.as_deref().unwrap_or("JSON"),
            &part.json_string,
            width,
        ),
        Component::YamlViewer(part) => viewer(
            part.title.as_deref().unwrap_or("YAML"),
            &part.yaml_string,
            width,
        ),
        Component::Page(part) => with_heading(
            part.title.as_deref(),
            1,
            all(&part.contents, width, depth + 1),
            width,
        ),
        Component::Section(part) => section(part, width, depth),
        Component::Title(part) => heading(&part.text, 2, width),
        Component::Subtitle(part) => broken(&part.text, SpanStyle::dim(), width),
        Component::Text(part) => broken(&part.text, SpanStyle::default(), width),
        Component::Html(_) => preformatted("▦ HTML, shown in the browser", SpanStyle::dim(), width),
        Component::Dag(part) => graph(part, width),
        Component::Unknown(value) => viewer(component.type_name(), &format!("{value:#}"), width),
    };
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(TextLine::of(format!("… {more} more lines"), SpanStyle::dim()).cut(width));
    }
    lines
}

/// A table of one component, which is only a frame around it.
fn lone_component(table: &Table) -> Option<&Component> {
    match (&table.columns[..], &table.data[..]) {
        ([], [row]) => match &row[..] {
            [Cell::Component(component)] => Some(component),
            _ => None,
        },
        _ => None,
    }
}

fn heading(text: &str, level: u8, width: usize) -> Vec<TextLine> {
    let style = SpanStyle {
        bold: true,
        heading: level,
        role: Role::Heading,
        ..SpanStyle::default()
    };
    wrap(&[Span::new(text, style)], width, 0)
}

fn with_heading(
    title: Option<&str>,
    level: u8,
    contents: Vec<TextLine>,
    width: usize,
) -> Vec<TextLine> {
    let Some(title) = title.filter(|title| !title.is_empty()) else {
        return contents;
    };
    let mut lines = heading(title, level, width);
    lines.push(TextLine::of("─".repeat(width), SpanStyle::dim()));
    lines.extend(contents);
    lines
}

fn section(section: &Section, width: usize, depth: u8) -> Vec<TextLine> {
    let mut contents = Vec::new();
    if let Some(subtitle) = &section.subtitle {
        contents.extend(broken(subtitle, SpanStyle::dim(), width));
    }
    contents.extend(all(&section.contents, width, depth + 1));
    with_heading(section.title.as_deref(), 2, contents, width)
}

fn image(image: &Image) -> TextLine {
    let mut line = TextLine::of("▦ ", SpanStyle::role(Role::Label));
    if let Some(label) = image.label.as_deref().filter(|label| !label.is_empty()) {
        line.push(
            format!("{label} "),
            SpanStyle {
                italic: true,
                ..SpanStyle::default()
            },
        );
    }
    let facts = match image.decode() {
        Some(data) => match data.size {
            Some((width, height)) => format!("{width}×{height} {}", data.format.name()),
            None => data.format.name().to_owned(),
        },
        None => "picture".to_owned(),
    };
    line.push(facts, SpanStyle::dim());
    line
}

fn artifact(item: &ArtifactItem, width: usize) -> Vec<TextLine> {
    let mut line = Vec::new();
    if let Some(name) = &item.name {
        line.push(Span::new(name, SpanStyle::bold(Role::Label)));
        line.push(Span::new("  ", SpanStyle::default()));
    }
    line.push(Span::new(&item.type_name, SpanStyle::dim()));
    line.push(Span::new("  ", SpanStyle::default()));
    if item.large_object {
        line.push(Span::new("too large to show", SpanStyle::dim()));
    } else {
        line.push(Span::new(plain(&item.data), SpanStyle::role(Role::Value)));
    }
    wrap(&line, width, 2)
}

fn progress(bar: &ProgressBar, width: usize) -> Vec<TextLine> {
    let unit = bar
        .unit
        .as_deref()
        .map(|unit| format!(" {unit}"))
        .unwrap_or_default();
    let count = format!("{}/{}{unit}", plain(&bar.value), plain(&bar.max));
    let fraction = bar.fraction();
    let percent = fraction
        .map(|fraction| format!("  {:.0} %", fraction * 100.0))
        .unwrap_or_default();
    let note = format!(" {count}{percent}");
    let mut lines = Vec::new();
    let mut line = TextLine::default();
    if let Some(label) = bar.label.as_deref().filter(|label| !label.is_empty()) {
        let label = TextLine::of(label, SpanStyle::role(Role::Label));
        // Beside the bar where that leaves room for one, else above.
        if label.width() + note.chars().count() + 12 <= width {
            line = label;
            line.push(" ", SpanStyle::default());
        } else {
            lines.push(label.cut(width));
        }
    }
    let room = width
        .saturating_sub(line.width() + note.chars().count())
        .min(40);
    let filled = chart::bar(fraction.unwrap_or(0.0), room);
    let rest = room.saturating_sub(TextLine::of(&filled, SpanStyle::default()).width());
    line.push(filled, SpanStyle::role(Role::Bar));
    line.push("░".repeat(rest), SpanStyle::dim());
    line.push(note, SpanStyle::role(Role::Value));
    lines.push(line.cut(width));
    if let Some(details) = bar.details.as_deref().filter(|details| !details.is_empty()) {
        lines.extend(broken(details, SpanStyle::dim(), width));
    }
    lines
}

fn value_box(value_box: &ValueBox, width: usize) -> Vec<TextLine> {
    let role = match value_box.theme.as_deref() {
        Some("success") => Role::Success,
        Some("warning") => Role::Warning,
        Some("danger" | "error") => Role::Error,
        _ => Role::Value,
    };
    let inner = width.saturating_sub(4).max(1);
    let title = value_box.title.as_deref().map(|title| {
        TextLine::of(title, SpanStyle::role(Role::Label)).cut(inner.saturating_sub(1))
    });
    let mut value = TextLine::of(plain(&value_box.value), SpanStyle::bold(role));
    if let Some(change) = &value_box.change_indicator {
        value.push(format!("  {change}"), SpanStyle::default());
    }
    let mut body = vec![value.cut(inner)];
    body.extend(
        value_box
            .subtitle
            .as_deref()
            .map(|text| TextLine::of(text, SpanStyle::dim()).cut(inner)),
    );
    let content = body
        .iter()
        .map(TextLine::width)
        .chain(title.as_ref().map(|t| t.width() + 1))
        .max()
        .unwrap_or(1);
    let mut top = TextLine::of("╭─", SpanStyle::dim());
    let mut drawn = 0;
    if let Some(mut title) = title {
        top.push(" ", SpanStyle::default());
        drawn = title.width() + 2;
        top.spans.append(&mut title.spans);
        top.push(" ", SpanStyle::default());
    }
    top.push(
        format!("{}╮", "─".repeat((content + 1).saturating_sub(drawn))),
        SpanStyle::dim(),
    );
    let mut lines = vec![top];
    for part in body {
        let mut line = TextLine::of("│ ", SpanStyle::dim());
        let mut part = part;
        part.pad(content);
        line.spans.extend(part.spans);
        line.push(" │", SpanStyle::dim());
        lines.push(line);
    }
    lines.push(TextLine::of(
        format!("╰{}╯", "─".repeat(content + 2)),
        SpanStyle::dim(),
    ));
    lines.into_iter().map(|line| line.cut(width)).collect()
}

fn viewer(title: &str, text: &str, width: usize) -> Vec<TextLine> {
    let mut lines = vec![TextLine::of(title, SpanStyle::bold(Role::Label)).cut(width)];
    lines.extend(preformatted(text, SpanStyle::code(), width));
    lines
}

/// Source without the indentation that all its lines have.
fn dedent(source: &str) -> String {
    let filled = || source.lines().filter(|line| !line.trim().is_empty());
    let indent = filled()
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    source
        .lines()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn timeline(timeline: &EventsTimeline, width: usize, depth: u8) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let total = timeline
        .stats
        .get("total_events")
        .map(|total| format!("{} events", plain(total)));
    let title = timeline.title.as_deref().unwrap_or("Events");
    let mut head = TextLine::of(title, SpanStyle::bold(Role::Label));
    head.push(
        total.map(|total| format!("  {total}")).unwrap_or_default(),
        SpanStyle::dim(),
    );
    lines.push(head.cut(width));
    let first = timeline
        .events
        .iter()
        .filter_map(time)
        .reduce(f64::min)
        .unwrap_or(0.0);
    for event in &timeline.events {
        lines.extend(event_lines(event, first, width, depth));
    }
    lines
}

fn time(event: &TimelineEvent) -> Option<f64> {
    event
        .metadata
        .get("timestamp")
        .or(Some(&event.received_at))
        .and_then(Value::as_f64)
}

/// An event by its time since the first one, what it says, and what it carries.
fn event_lines(event: &TimelineEvent, first: f64, width: usize, depth: u8) -> Vec<TextLine> {
    let role = match event.style_theme.as_deref() {
        Some("success" | "tool_call") => Role::Success,
        Some("warning") => Role::Warning,
        Some("error" | "danger") => Role::Error,
        _ => Role::Bar,
    };
    let mut spans = vec![Span::new("● ", SpanStyle::role(role))];
    if let Some(time) = time(event) {
        spans.push(Span::new(
            format!("+{:.1} s  ", time - first),
            SpanStyle::dim(),
        ));
    }
    for (key, value) in event.metadata.iter().filter(|(key, _)| *key != "timestamp") {
        spans.push(Span::new(format!("{key} "), SpanStyle::role(Role::Label)));
        spans.push(Span::new(
            format!("{}  ", plain(value)),
            SpanStyle::default(),
        ));
    }
    let mut lines = wrap(&spans, width, 2);
    let indent = Span::new("  ", SpanStyle::default());
    for (name, payload) in &event.payloads {
        let mut part = vec![TextLine::of(name, SpanStyle::dim())];
        part.extend(one(payload, width.saturating_sub(2).max(1), depth + 1));
        lines.extend(
            prefix(part, &indent, &indent)
                .into_iter()
                .map(|line| line.cut(width)),
        );
    }
    lines
}

fn graph(dag: &Dag, width: usize) -> Vec<TextLine> {
    let steps = dag::steps(dag);
    if steps.is_empty() {
        return vec![TextLine::of("no graph", SpanStyle::dim()).cut(width)];
    }
    let line = |step: &dag::Step<'_>| {
        let mut line = TextLine::of("  ".repeat(step.depth), SpanStyle::default());
        let mark = match step.kind {
            "foreach" => "⋮ ",
            "join" => "┴ ",
            "switch" => "◇ ",
            _ if step.next.len() > 1 => "┬ ",
            _ => "○ ",
        };
        line.push(mark, SpanStyle::role(Role::Bar));
        line.push(step.name, SpanStyle::bold(Role::Value));
        if !step.next.is_empty() {
            line.push(format!(" → {}", step.next.join(", ")), SpanStyle::dim());
        }
        line.cut(width)
    };
    steps.iter().map(line).collect()
}
