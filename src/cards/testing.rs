//! What the tests of cards share.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::HtmlOptions;

pub(super) fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/tests/fixtures/cards/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

pub(super) fn options() -> HtmlOptions {
    HtmlOptions {
        reload_token: "final".into(),
        data_id: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed".into(),
    }
}

/// One of each, in the JSON that Metaflow writes.
pub(super) fn every_component() -> Vec<Value> {
    vec![
        json!({"type": "markdown", "source": "\n**b**", "id": "markdown_1"}),
        json!({"type": "table", "columns": ["a"], "data": [[1], [{"type": "progressBar", "id": "p", "max": 3, "value": 1}], [{"k": 1}], [null]], "vertical": false, "id": "t"}),
        json!({"type": "image", "src": "data:image/png;base64, AAAA", "label": null, "id": "i"}),
        json!({"type": "artifacts", "data": [{"type": "dict", "data": "{}", "large_object": false, "supported_type": false, "only_repr": true, "name": null}], "id": "a"}),
        json!({"type": "log", "data": "no\n\nValueError()", "id": "l"}),
        json!({"type": "progressBar", "id": "p", "max": 100, "value": 4.5, "label": "x", "unit": "it", "details": "d"}),
        json!({"type": "valueBox", "id": "v", "value": "0.9", "title": "t", "subtitle": "s", "theme": "success", "change_indicator": "+1"}),
        json!({"type": "vegaChart", "id": "c", "spec": {"mark": "bar"}, "options": {"actions": false}}),
        json!({"type": "pythonCode", "data": "x = 1", "id": "y"}),
        json!({"type": "eventsTimeline", "id": "e", "events": [{"metadata": {"timestamp": 1.5}, "payloads": {"k": {"type": "markdown", "source": "m", "id": "z"}}, "event_id": "event_0", "received_at": 1.5}], "config": {"show_stats": true}, "stats": {"total_events": 1}}),
        json!({"type": "jsonViewer", "id": "j", "json_string": "{}", "collapsible": true, "show_copy_button": false, "title": "JSON"}),
        json!({"type": "yamlViewer", "id": "j", "yaml_string": "a: 1\n", "collapsible": true, "show_copy_button": false, "title": "YAML"}),
        json!({"type": "page", "title": "P", "contents": [{"type": "section", "contents": []}]}),
        json!({"type": "section", "title": "S", "subtitle": "s", "columns": 2, "contents": [{"type": "text", "text": "t"}]}),
        json!({"type": "title", "text": "T"}),
        json!({"type": "subtitle", "text": "T"}),
        json!({"type": "text", "text": "T"}),
        json!({"type": "html", "data": "<b>"}),
        json!({"type": "dag", "data": {"steps": {}, "start_step": "start", "end_step": "end"}}),
    ]
}

/// Every text of a value replaced by one that would run if it were not escaped.
pub(super) fn poison(value: &Value, hostile: &str) -> Value {
    match value {
        Value::String(_) => json!(hostile),
        Value::Array(items) => items.iter().map(|item| poison(item, hostile)).collect(),
        Value::Object(fields) => {
            let field = |(key, field): (&String, &Value)| {
                (
                    key.clone(),
                    if key == "type" {
                        field.clone()
                    } else {
                        poison(field, hostile)
                    },
                )
            };
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// Any JSON, with the names that components have.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "type", "source", "data", "contents", "columns", "title", "text", "id", "max", "value",
        "spec", "mark", "encoding", "x", "y", "field", "values", "events", "payloads", "metadata",
        "steps", "next", "label",
    ]);
    let word = prop::sample::select(vec![
        "markdown",
        "table",
        "image",
        "section",
        "page",
        "progressBar",
        "vegaChart",
        "bar",
        "line",
        "eventsTimeline",
        "dag",
        "start",
        "# a\n\n- b\n  - c\n\n> d",
        "|a|b|\n|-|-|\n|1|2|",
        "日本",
        "a",
        "quantitative",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        // Eighths, whose digits JSON keeps.
        (-9_000_000i32..9_000_000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        (-3i64..9).prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

/// The Vega-Lite chart of three points that most tests draw.
pub(super) fn chart(mark: &str) -> Value {
    json!({"type": "vegaChart", "spec": {
        "mark": mark,
        "data": {"values": [{"a": "A", "n": 1, "b": 28}, {"a": "B", "n": 2, "b": 55}, {"a": "C", "n": 3, "b": 10}]},
        "encoding": {
            "x": if mark == "bar" { json!({"field": "a", "type": "nominal"}) } else { json!({"field": "n", "type": "quantitative"}) },
            "y": {"field": "b", "type": "quantitative"},
        },
    }})
}
