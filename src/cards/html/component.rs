//! Each component as static HTML.

use serde_json::Value;

use super::super::component::Component;
use super::super::json::plain;
use super::super::parts::{
    ArtifactItem, Cell, EventsTimeline, Image, ProgressBar, Section, Table, TimelineEvent, ValueBox,
};
use super::{chart, dag, escape, markdown};

/// Components one after the other.
pub(super) fn all(components: &[Component]) -> String {
    components.iter().map(render).collect()
}

fn render(component: &Component) -> String {
    match component {
        Component::Markdown(part) => wrap("div", &part.id, "", &markdown::render(&part.source)),
        Component::Table(part) => wrap("div", &part.id, "scroll", &table(part)),
        Component::Image(part) => wrap("figure", &part.id, "", &image(part)),
        Component::Artifacts(part) => {
            let items: String = part.data.iter().map(artifact).collect();
            wrap("dl", &part.id, "artifacts", &items)
        }
        Component::Log(part) => wrap("pre", &part.id, "log", &escape(&part.data)),
        Component::ProgressBar(part) => wrap("div", &part.id, "bar", &progress(part)),
        Component::ValueBox(part) => wrap(
            "div",
            &part.id,
            &format!("box {}", class_name(part.theme.as_deref())),
            &value_box(part),
        ),
        Component::VegaChart(part) => wrap("figure", &part.id, "", &chart::render(&part.spec)),
        Component::PythonCode(part) => wrap(
            "pre",
            &part.id,
            "python",
            &format!("<code>{}</code>", escape(&part.data)),
        ),
        Component::EventsTimeline(part) => wrap("div", &part.id, "", &timeline(part)),
        Component::JsonViewer(part) => wrap(
            "div",
            &part.id,
            "",
            &viewer(part.title.as_deref().unwrap_or("JSON"), &part.json_string),
        ),
        Component::YamlViewer(part) => wrap(
            "div",
            &part.id,
            "",
            &viewer(part.title.as_deref().unwrap_or("YAML"), &part.yaml_string),
        ),
        Component::Page(part) => {
            let title = part
                .title
                .as_deref()
                .filter(|t| !t.is_empty())
                .map(|t| format!("<h1>{}</h1>\n", escape(t)))
                .unwrap_or_default();
            format!("<article>\n{title}{}</article>\n", all(&part.contents))
        }
        Component::Section(part) => section(part),
        Component::Title(part) => format!("<h2>{}</h2>\n", escape(&part.text)),
        Component::Subtitle(part) => format!("<p class=\"subtitle\">{}</p>\n", escape(&part.text)),
        Component::Text(part) => format!("<p>{}</p>\n", escape(&part.text)),
        // HTML of the user's own is kept apart from the page: no scripts, no access.
        Component::Html(part) => format!(
            "<iframe sandbox srcdoc=\"{}\"></iframe>\n",
            escape(&part.data)
        ),
        Component::Dag(part) => format!("<figure>{}</figure>\n", dag::render(part)),
        Component::Unknown(value) => viewer(component.type_name(), &pretty(value)),
    }
}

fn wrap(element: &str, id: &Option<String>, class: &str, content: &str) -> String {
    let id = id
        .as_deref()
        .map(|id| format!(" id=\"{}\"", escape(id)))
        .unwrap_or_default();
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{}\"", escape(class.trim()))
    };
    format!("<{element}{id}{class}>{content}</{element}>\n")
}

/// A theme as one class, since it comes from the card.
fn class_name(theme: Option<&str>) -> String {
    theme
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn section(section: &Section) -> String {
    let title = section
        .title
        .as_deref()
        .map(|t| format!("<h2>{}</h2>\n", escape(t)))
        .unwrap_or_default();
    let subtitle = section
        .subtitle
        .as_deref()
        .map(|t| format!("<p class=\"subtitle\">{}</p>\n", escape(t)))
        .unwrap_or_default();
    let contents = all(&section.contents);
    match section.columns {
        Some(2..) => format!(
            "<section>\n{title}{subtitle}<div class=\"columns\">\n{contents}</div></section>\n"
        ),
        _ => format!("<section>\n{title}{subtitle}{contents}</section>\n"),
    }
}

fn table(table: &Table) -> String {
    let header = |column: &Value| format!("<th>{}</th>", escape(&plain(column)));
    let mut out = String::from("<table>\n");
    if table.vertical {
        for (at, column) in table.columns.iter().enumerate() {
            let cells: String = table
                .data
                .iter()
                .filter_map(|row| row.get(at))
                .map(cell)
                .collect();
            out.push_str(&format!("<tr>{}{cells}</tr>\n", header(column)));
        }
    } else {
        if !table.columns.is_empty() {
            let headers: String = table.columns.iter().map(header).collect();
            out.push_str(&format!("<tr>{headers}</tr>\n"));
        }
        for row in &table.data {
            let cells: String = row.iter().map(cell).collect();
            out.push_str(&format!("<tr>{cells}</tr>\n"));
        }
    }
    out.push_str("</table>");
    out
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Component(component) => format!("<td>{}</td>", render(component)),
        Cell::Raw(value @ Value::Number(_)) => {
            format!("<td class=\"number\">{}</td>", escape(&plain(value)))
        }
        Cell::Raw(value) => format!("<td>{}</td>", escape(&plain(value))),
    }
}

fn image(image: &Image) -> String {
    let label = image.label.as_deref().unwrap_or_default();
    let caption = if label.is_empty() {
        String::new()
    } else {
        format!("<figcaption>{}</figcaption>", escape(label))
    };
    // The page's policy refuses everything else; saying so is better than a broken picture.
    if !image.src.starts_with("data:image/") {
        return format!("<p class=\"dim\">(a picture that is not in the card)</p>{caption}");
    }
    let src: String = image.src.chars().filter(|c| !c.is_whitespace()).collect();
    format!(
        "<img src=\"{}\" alt=\"{}\">{caption}",
        escape(&src),
        escape(label)
    )
}

fn artifact(item: &ArtifactItem) -> String {
    let value = match &item.data {
        _ if item.large_object => "<span class=\"dim\">too large to show</span>".to_owned(),
        data => format!("<code>{}</code>", escape(&plain(data))),
    };
    format!(
        "<dt>{}</dt><dd><span class=\"dim\">{}</span> {value}</dd>\n",
        escape(item.name.as_deref().unwrap_or_default()),
        escape(&item.type_name)
    )
}

fn progress(bar: &ProgressBar) -> String {
    let unit = bar
        .unit
        .as_deref()
        .map(|unit| format!(" {unit}"))
        .unwrap_or_default();
    let value = format!("{} / {}{unit}", plain(&bar.value), plain(&bar.max));
    let fraction = bar.fraction().unwrap_or(0.0);
    let max = bar.max.as_f64().filter(|max| *max > 0.0).unwrap_or(1.0);
    format!(
        "<div class=\"head\"><span>{}</span><span data-part=\"value\">{}</span></div>\
         <progress max=\"{max}\" value=\"{}\"></progress><div class=\"dim\" data-part=\"details\">{}</div>",
        escape(bar.label.as_deref().unwrap_or_default()),
        escape(&value),
        fraction * max,
        escape(bar.details.as_deref().unwrap_or_default())
    )
}

fn value_box(value_box: &ValueBox) -> String {
    let part = |class: &str, name: &str, text: Option<&str>| {
        format!(
            "<div class=\"{class}\" data-part=\"{name}\">{}</div>",
            escape(text.unwrap_or_default())
        )
    };
    [
        part("dim", "title", value_box.title.as_deref()),
        part("value", "value", Some(&plain(&value_box.value))),
        part("change", "change", value_box.change_indicator.as_deref()),
        part("dim", "subtitle", value_box.subtitle.as_deref()),
    ]
    .concat()
}

fn timeline(timeline: &EventsTimeline) -> String {
    let title = timeline
        .title
        .as_deref()
        .map(|t| format!("<h3>{}</h3>\n", escape(t)))
        .unwrap_or_default();
    let total = timeline
        .stats
        .get("total_events")
        .map(|n| format!("<p class=\"dim\">{} events</p>\n", escape(&plain(n))));
    let events: String = timeline.events.iter().map(event).collect();
    format!(
        "{title}{}<ol class=\"timeline\">\n{events}</ol>",
        total.unwrap_or_default()
    )
}

fn event(event: &TimelineEvent) -> String {
    let time = event
        .metadata
        .get("timestamp")
        .or(Some(&event.received_at))
        .and_then(Value::as_f64)
        .and_then(clock);
    let time = time
        .map(|time| format!("<span class=\"dim\">{}</span> ", escape(&time)))
        .unwrap_or_default();
    let facts: Vec<String> = event
        .metadata
        .iter()
        .filter(|(key, _)| *key != "timestamp")
        .map(|(key, value)| format!("<b>{}</b> {}", escape(key), escape(&plain(value))))
        .collect();
    let payload = |(name, part): (&String, &Component)| {
        format!(
            "<div><span class=\"dim\">{}</span>{}</div>",
            escape(name),
            render(part)
        )
    };
    let payloads: String = event.payloads.iter().map(payload).collect();
    let class = class_name(event.style_theme.as_deref());
    format!(
        "<li class=\"{class}\">{time}{}{payloads}</li>\n",
        facts.join(" · ")
    )
}

/// Seconds since 1970 as a clock in UTC; a page is read in other places than it was made.
fn clock(seconds: f64) -> Option<String> {
    let duration = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
    let stamp = jiff::Timestamp::from_duration(duration).ok()?;
    Some(stamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn viewer(title: &str, text: &str) -> String {
    format!(
        "<details open><summary>{}</summary><pre><code>{}</code></pre></details>\n",
        escape(title),
        escape(text)
    )
}
