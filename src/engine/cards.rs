//! A task's cards, stored for every reader: while the task runs as it last showed them, at its end with what is known of
//! the task. Layout: Metaflow's `mf.cards`, see docs/ARCHITECTURE.md.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::card_facts;
use super::error::EngineError;
use super::event::Event;
use super::identity;
use super::loaded::LoadedFlow;
use super::origin::Output;
use super::persist::Attempt;
use super::worker::message::CardReport;
use crate::cards::{
    ArtifactFact, Card, Component, HtmlOptions, ParameterFact, TaskFacts, blank_card, default_card,
    error_card, fill_page,
};
use crate::flow::{Graph, NodeKind};

/// Stores the state of a card: its page, what updates the page, or both. `output` is there once the task has ended.
pub(super) fn store(
    attempt: &Attempt,
    flow: &LoadedFlow,
    output: Option<&Output>,
    report: &CardReport,
) -> Result<Event, EngineError> {
    let task = attempt.task();
    let id = report.id.as_ref().map(|id| format!("-{id}"));
    let stem = format!(
        "{}{}-{}",
        report.card_type,
        id.unwrap_or_default(),
        report.uuid
    );
    let (storage, directory) = task.cards();
    let key = format!("{directory}/cards/{stem}.html");
    if let Some(html) = page(attempt, flow, output, report)? {
        storage.put(&key, html.as_bytes())?;
    }
    if let Some(data) = &report.data {
        let key = format!("{directory}/runtime/{stem}.data.json");
        storage.put(&key, data.to_string().as_bytes())?;
    }
    if report.first {
        attempt
            .writer()
            .record(&report.uuid, "card-info", &card_info(report).into())?;
    }
    Ok(Event::Card {
        task: attempt.task_ref.clone(),
        uuid: report.uuid.clone(),
        card_type: report.card_type.clone(),
        id: report.id.clone(),
        path: storage
            .local_path(&key)
            .map_or(key, |path| path.display().to_string()),
        last: report.last,
    })
}

/// What the task's metadata says of the card, as Metaflow writes it.
fn card_info(report: &CardReport) -> String {
    json!({
        "card_uuid": report.uuid,
        "rank": report.rank,
        "type": report.card_type,
        "options": report.options,
        "is_editable": report.editable,
        "is_runtime_card": report.updatable,
        "refresh_interval": report.refresh_interval,
        "customize": report.customize,
        "id": report.id,
    })
    .to_string()
}

fn page(
    attempt: &Attempt,
    flow: &LoadedFlow,
    output: Option<&Output>,
    report: &CardReport,
) -> Result<Option<String>, EngineError> {
    let token = match &report.token {
        Some(token) => token,
        None if report.last => "final",
        None => "never",
    };
    let pathspec = attempt.task().pathspec();
    if let Some(html) = &report.html {
        return Ok(Some(fill_page(html)));
    }
    if let Some(error) = &report.error {
        return Ok(Some(render(&error_card(&pathspec, error), token)));
    }
    let Some(components) = &report.components else {
        return Ok(None);
    };
    let components: Vec<Component> = components.iter().map(Component::from_json).collect();
    let card = if report.card_type == "blank" {
        let title = report.options.get("title").and_then(Value::as_str);
        blank_card(&pathspec, title.unwrap_or_default(), components)
    } else {
        default_card(facts(attempt, flow, output)?, components)
    };
    Ok(Some(render(&card, token)))
}

fn render(card: &Card, token: &str) -> String {
    card.to_html(&HtmlOptions {
        reload_token: token.to_owned(),
        data_id: uuid::Uuid::new_v4().to_string(),
    })
}

fn facts(
    attempt: &Attempt,
    flow: &LoadedFlow,
    output: Option<&Output>,
) -> Result<TaskFacts, EngineError> {
    let task = attempt.task();
    let created = task.info()?.and_then(|info| info.created);
    let now = Timestamp::now();
    let finished = output.map(|_| now);
    let parameters: Vec<&str> = flow
        .description
        .parameters
        .iter()
        .map(|parameter| parameter.attr.as_str())
        .collect();
    let mut facts = TaskFacts {
        pathspec: task.pathspec(),
        attempt: attempt.task_ref.attempt,
        created: created.map(clock).unwrap_or_default(),
        finished: finished.map(clock),
        duration: created.zip(finished).map(|(from, to)| took(from, to)),
        tags: [
            attempt.identity.tags.clone(),
            attempt.identity.sys_tags.clone(),
        ]
        .concat(),
        user: attempt.identity.user.clone(),
        metaflow_version: identity::METAFLOW_VERSION.to_owned(),
        code: code(&flow.graph, &attempt.task_ref.step),
        dag: dag(&flow.graph),
        ..TaskFacts::default()
    };
    let Some(output) = output else {
        return Ok(facts);
    };
    for (name, artifact) in output.artifacts.iter() {
        if name.starts_with('_') || name == "name" {
            continue;
        }
        let shown = card_facts::show(output, name, artifact);
        let type_name = artifact.class_name().to_owned();
        if parameters.contains(&name.as_str()) {
            facts.parameters.push(ParameterFact {
                name: name.clone(),
                type_name,
                repr: shown.text.unwrap_or_default(),
            });
        } else {
            facts.artifacts.push(ArtifactFact {
                name: name.clone(),
                type_name,
                repr: shown.text,
            });
            facts.tables.extend(shown.table);
            facts.images.extend(shown.image);
        }
    }
    Ok(facts)
}

/// The source of a step's function.
fn code(graph: &Graph, step: &str) -> String {
    let Some(node) = graph.node(step) else {
        return String::new();
    };
    let text = std::fs::read_to_string(&node.file).unwrap_or_default();
    let lines = text
        .lines()
        .skip(node.range.start_line.saturating_sub(1) as usize)
        .take((node.range.end_line + 1).saturating_sub(node.range.start_line) as usize);
    let mut code = String::new();
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(code, "{line}");
    }
    code
}

/// The graph as the DAG component has it.
fn dag(graph: &Graph) -> Value {
    let steps: Map<String, Value> = graph
        .nodes
        .values()
        .map(|node| {
            let kind = match node.kind {
                NodeKind::Start => "start",
                NodeKind::Linear => "linear",
                NodeKind::Join => "join",
                NodeKind::End => "end",
                NodeKind::SplitStatic => "split",
                NodeKind::SplitForeach | NodeKind::SplitParallel => "foreach",
                NodeKind::SplitSwitch => "switch",
            };
            let about = json!({
                "type": kind,
                "box_next": !matches!(node.kind, NodeKind::Linear | NodeKind::Join),
                "box_ends": node.matching_join,
                "next": node.next,
                "doc": node.doc,
            });
            (node.name.to_string(), about)
        })
        .collect();
    json!({"steps": steps, "start_step": graph.start, "end_step": graph.end})
}

/// Local time in the form that Metaflow's cards have it.
fn clock(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %I:%M:%S %p")
        .to_string()
}

fn took(from: Timestamp, to: Timestamp) -> String {
    let seconds = Duration::try_from(to.duration_since(from))
        .unwrap_or_default()
        .as_secs();
    format!(
        "{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
