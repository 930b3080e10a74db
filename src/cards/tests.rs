use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/tests/fixtures/cards/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn options() -> HtmlOptions {
    HtmlOptions {
        reload_token: "final".into(),
        data_id: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed".into(),
    }
}

/// One of each, in the JSON that Metaflow writes.
fn every_component() -> Vec<Value> {
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

#[test]
fn every_component_keeps_its_json() {
    for value in every_component() {
        let component = Component::from_json(&value);
        assert!(!matches!(component, Component::Unknown(_)), "{value}");
        assert_eq!(component.to_json(), value);
        let through_serde: Component = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(through_serde, component);
    }
}

#[test]
fn what_is_not_known_is_kept() {
    for value in [
        json!({"type": "hologram", "depth": 3}),
        json!({"no": "type"}),
        json!({"type": "markdown", "source": 5}),
    ] {
        assert_eq!(
            Component::from_json(&value),
            Component::Unknown(value.clone())
        );
        assert_eq!(Component::from_json(&value).to_json(), value);
    }
    let newer = json!({"type": "markdown", "source": "x", "flavour": "github"});
    assert_eq!(Component::from_json(&newer).to_json(), newer);
}

#[test]
fn a_page_of_metaflow_is_read() {
    let card = Card::parse_html(&fixture("default.html")).unwrap();
    assert!(card.pathspec().unwrap().starts_with("CardFlow/"));
    let user = card.user_components();
    let [Component::Section(section)] = &user[..] else {
        panic!("{user:?}")
    };
    let types: Vec<&str> = section.contents.iter().map(Component::type_name).collect();
    assert_eq!(
        types,
        [
            "markdown",
            "markdown",
            "table",
            "image",
            "artifacts",
            "artifacts",
            "log",
            "progressBar",
            "valueBox",
            "vegaChart",
            "pythonCode",
            "eventsTimeline",
            "jsonViewer",
            "yamlViewer"
        ]
    );
    let Component::Table(table) = &section.contents[2] else {
        panic!()
    };
    assert_eq!(
        table.data[1][2],
        Cell::Raw(json!("NaN")),
        "a bare NaN is read as text"
    );
    assert!(
        matches!(&table.data[2][0], Cell::Component(part) if part.type_name() == "progressBar")
    );
    let Component::Image(image) = &section.contents[3] else {
        panic!()
    };
    let data = image.decode().unwrap();
    assert_eq!((data.format, data.size), (ImageFormat::Png, Some((2, 3))));

    let blank = Card::parse_html(&fixture("blank.html")).unwrap();
    assert_eq!(blank.user_components(), blank.components);
}

#[test]
fn our_page_is_read_back() {
    let card = Card::parse_html(&fixture("default.html")).unwrap();
    let page = card.to_html(&options());
    assert_eq!(Card::parse_html(&page).unwrap(), card);
    assert!(page.contains("var METAFLOW_RELOAD_TOKEN = \"final\""));
    assert!(page.contains("var mfCardDataId = \"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed\";"));
    assert!(page.contains("window.metaflow_card_update = undefined;"));
    assert!(!page.contains("fetch("), "a finished card does not poll");
    let running = card.to_html(&HtmlOptions {
        reload_token: "runtime-1.5".into(),
        ..options()
    });
    assert!(
        running.contains("METAFLOW_RELOAD_TOKEN = \"runtime-1.5\"") && running.contains("fetch(")
    );
}

#[test]
fn a_page_without_data_says_so() {
    assert!(matches!(
        Card::parse_html("<html>__MF_DATA__[x]"),
        Err(CardError::NoData)
    ));
    assert!(matches!(
        Card::parse_html("__MF_DATA__[\"x\"] = \"%%%\""),
        Err(CardError::Base64(_))
    ));
    assert!(matches!(
        Card::parse_html("__MF_DATA__[\"x\"] = \"e30\""),
        Err(CardError::Base64(_))
    ));
    assert!(matches!(
        Card::parse_html("__MF_DATA__[\"x\"] = \"WzFd\""),
        Err(CardError::Json(_))
    ));
}

/// Every text of a value replaced by one that would run if it were not escaped.
fn poison(value: &Value, hostile: &str) -> Value {
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

#[test]
fn no_text_of_a_card_becomes_markup() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</script><script>alert(1)</script>",
        "data:image/png;base64,\"><script>alert(1)</script>",
        "[x](javascript:alert(1)) ![x](javascript:alert(1)) <iframe src=x></iframe>",
    ] {
        let mut components: Vec<Value> = every_component()
            .iter()
            .map(|value| poison(value, hostile))
            .collect();
        components.push(json!({"type": hostile, "x": hostile}));
        components.push(json!({"type": "dag", "data": {"steps": {"start": {"type": hostile, "next": [hostile], "doc": hostile}, hostile: {"type": hostile, "next": [], "doc": hostile}}}}));
        components.push(json!({"type": "vegaChart", "spec": {"mark": "bar", "title": hostile, "data": {"values": [{hostile: hostile, "y": 1}]}, "encoding": {"x": {"field": hostile, "type": "nominal"}, "y": {"field": "y", "type": "quantitative"}, "color": {"field": hostile}}}}));
        let card =
            Card::from_json(&json!({"metadata": {"pathspec": hostile}, "components": components}))
                .unwrap();
        let page = card.to_html(&HtmlOptions {
            reload_token: hostile.into(),
            data_id: hostile.into(),
        });
        // Only the page's own two programs, and no attribute that runs.
        assert_eq!(page.matches("<script").count(), 2, "{hostile}");
        for markup in [
            "<img src=x",
            "<svg/onload",
            "<iframe src",
            "href=\"javascript",
            "src=\"javascript",
        ] {
            assert!(!page.contains(markup), "{markup} from {hostile}");
        }
        assert_eq!(Card::parse_html(&page).unwrap(), card);
    }
}

#[test]
fn the_policy_lets_only_the_pages_own_scripts_run() {
    let page = Card::default().to_html(&options());
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("script-src 'nonce-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed'"));
    assert_eq!(
        page.matches("<script nonce=\"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed\">")
            .count(),
        2
    );
}

#[test]
fn markdown_becomes_html() {
    let page = |source: &str| {
        let markdown = Markdown {
            source: source.into(),
            ..Markdown::default()
        };
        blank_card("p", None, vec![markdown.into()]).to_html(&options())
    };
    let all = page(
        "# H\n\n*a* **b** `c` ~~d~~\n\n1. x\n2. y\n\n> q\n\n```py\nx < 1\n```\n\n[l](https://e.org?a=1&b=2)\n\n|k|v|\n|-|-:|\n|a|1|\n\n<b>raw</b>",
    );
    for part in [
        "<h1>H</h1>",
        "<em>a</em>",
        "<strong>b</strong>",
        "<code>c</code>",
        "<del>d</del>",
        "<ol start=\"1\">",
        "<blockquote>",
        "<pre><code>x &lt; 1",
        "href=\"https://e.org?a=1&amp;b=2\"",
        "<th>k</th>",
        "<td class=\"number\">1</td>",
        "&lt;b&gt;raw&lt;/b&gt;",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

fn chart(mark: &str) -> Value {
    json!({"type": "vegaChart", "spec": {
        "mark": mark,
        "data": {"values": [{"a": "A", "n": 1, "b": 28}, {"a": "B", "n": 2, "b": 55}, {"a": "C", "n": 3, "b": 10}]},
        "encoding": {
            "x": if mark == "bar" { json!({"field": "a", "type": "nominal"}) } else { json!({"field": "n", "type": "quantitative"}) },
            "y": {"field": "b", "type": "quantitative"},
        },
    }})
}

#[test]
fn simple_charts_are_drawn_and_others_told() {
    let page = |value: &Value| {
        blank_card("p", None, vec![Component::from_json(value)]).to_html(&options())
    };
    assert_eq!(page(&chart("bar")).matches("<rect class=\"fill").count(), 3);
    assert!(page(&chart("line")).contains("<polyline"));
    assert!(page(&chart("area")).contains("<polygon"));
    assert_eq!(page(&chart("point")).matches("<circle").count(), 3);
    let layered = json!({"type": "vegaChart", "spec": {"layer": [{"mark": "bar"}]}});
    assert!(page(&layered).contains("&quot;layer&quot;"));
    insta::assert_snapshot!(text(&[layered], 60), @"▦ chart (layer), shown in the browser");
}

fn text(values: &[Value], width: usize) -> String {
    let components: Vec<Component> = values.iter().map(Component::from_json).collect();
    blocks(&components, width)
        .iter()
        .map(|line| line.text().trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn charts_in_characters() {
    insta::assert_snapshot!(text(&[chart("bar")], 40), @r"
    b by a
    A █████████████████▉ 28
    B ███████████████████████████████████ 55
    C ██████▍ 10
    ");
    insta::assert_snapshot!(text(&[chart("line")], 40), @r"
    b by n
    55 ┤               ▂▄▆█▄
       ┤           ▁▃▅▇     █▅▁
       ┤       ▁▃▅▇            ▅▁
       ┤    ▂▄▆                  ▆▂
       ┤▂▄▆█                       ▆▂
       ┤                             ▇▃
       ┤                               ▇▃
    10 ┤                                 █▄▁
       └1                                  3
    ");
    insta::assert_snapshot!(text(&[chart("area")], 40), @r"
    b by n
    55 ┤              ▁▃▅▆█▅▂
       ┤          ▂▄▆▇███████▇▄▁
       ┤     ▁▃▅▇███████████████▆▂
       ┤▁▂▄▆██████████████████████▇▄▁
       ┤█████████████████████████████▆▃
       ┤████████████████████████████████▅▂
       ┤██████████████████████████████████▇▄
     0 ┤████████████████████████████████████
       └1                                  3
    ");
    insta::assert_snapshot!(text(&[chart("point")], 40), @r"
    b by n
    55 ┤                  •
       ┤
       ┤
       ┤
       ┤•
       ┤
       ┤
    10 ┤                                   •
       └1                                  3
    ");
}

#[test]
fn the_fixture_in_text() {
    let card = Card::parse_html(&fixture("default.html")).unwrap();
    let text = |width, show| -> String {
        card.blocks(width, show)
            .iter()
            .map(|l| l.text().trim_end().to_owned() + "\n")
            .collect()
    };
    insta::assert_snapshot!(text(100, Show::User), @r#"
    Title

    some text, code

    • one
    • two

    no heading

    ┌──────────────────────────────────────────────────────┬───────┬─────────┐
    │ n                                                    │ s     │ f       │
    ├──────────────────────────────────────────────────────┼───────┼─────────┤
    │ 1                                                    │ a     │ 2.5     │
    │ None                                                 │ bold  │ NaN     │
    │ p █████████████▍░░░░░░░░░░░░░░░░░░░░░░░░░░ 1/3  33 % │ [1,2] │ {"k":1} │
    └──────────────────────────────────────────────────────┴───────┴─────────┘

    ▦ a picture 2×3 png

    thing  dict  {'k': [1, 2, 3]}

    dict  {'a': [1, 2]}

    It failed

    ValueError('bad <b>value</b>')

    steps ████████████████░░░░░░░░░░░░░░░░░░░░░░░░ 40/100 it  40 %
    meta

    ╭─ Accuracy ╮
    │ 0.93  +2% │
    │ on test   │
    ╰───────────╯

    b by a
    A ████████████████████████████████████████████████▍ 28
    B ███████████████████████████████████████████████████████████████████████████████████████████████ 55

    def f(x):
        return x < 1 & True

    Events  2 events
    ● +0.0 s  event_type end
    ● +0.0 s  event_type start  message hello
      d
      payload

    conf
    {
      "a": [
        1,
        {
          "b": null
        }
      ]
    }

    yaml
    a:
    - 1
    - b: null
    "#);
    insta::assert_snapshot!(text(40, Show::User), @r#"
    Title

    some text, code

    • one
    • two

    no heading

    ┌────────────────────┬───────┬─────────┐
    │ n                  │ s     │ f       │
    ├────────────────────┼───────┼─────────┤
    │ 1                  │ a     │ 2.5     │
    │ None               │ bold  │ NaN     │
    │ p                  │ [1,2] │ {"k":1} │
    │ ██▋░░░░░ 1/3  33 % │       │         │
    └────────────────────┴───────┴─────────┘

    ▦ a picture 2×3 png

    thing  dict  {'k': [1, 2, 3]}

    dict  {'a': [1, 2]}

    It failed

    ValueError('bad <b>value</b>')

    steps ███████▎░░░░░░░░░░ 40/100 it  40 %
    meta

    ╭─ Accuracy ╮
    │ 0.93  +2% │
    │ on test   │
    ╰───────────╯

    b by a
    A █████████████████▉ 28
    B ███████████████████████████████████ 55

    def f(x):
        return x < 1 & True

    Events  2 events
    ● +0.0 s  event_type end
    ● +0.0 s  event_type start  message
      hello
      d
      payload

    conf
    {
      "a": [
        1,
        {
          "b": null
        }
      ]
    }

    yaml
    a:
    - 1
    - b: null
    "#);
    let all = text(60, Show::All);
    for heading in [
        "Task Info",
        "Task Metadata",
        "Task Code",
        "Flow Parameters",
        "Artifacts",
        "DAG",
    ] {
        assert!(all.contains(&format!("{heading}\n")), "{heading}");
    }
    insta::assert_snapshot!(all.split_once("\nDAG\n").unwrap().1, @r"
    ────────────────────────────────────────────────────────────
    ┬ start → a, b
      ○ a → join
      ○ b → join
    ┴ join → end
    ○ end
    ");
}

#[test]
fn markdown_in_text() {
    let source = "# Results\n\nThe *model* is **good**, see [the docs](https://example.org/a/long/path) and `fit()`.\n\n\
                  - first item that is long enough to need another line\n  - nested\n- [x] done\n\n3. three\n4. four\n\n\
                  > quoted text that also is long enough to be broken\n\n```python\ndef f():\n    return 1\n```\n\n\
                  | name | score |\n|---|---|\n| a | 0.5 |\n| *b* | 1 |\n\n---\nend <br> 日本語テキスト";
    let value = json!({"type": "markdown", "source": source});
    insta::assert_snapshot!(text(std::slice::from_ref(&value), 40), @r"
    Results

    The model is good, see the docs
    (https://example.org/a/long/path) and
    fit().

    • first item that is long enough to need
      another line
      • nested
    • ☑ done

    3. three
    4. four

    │ quoted text that also is long enough
    │ to be broken

      def f():
          return 1

    ┌──────┬───────┐
    │ name │ score │
    ├──────┼───────┤
    │ a    │ 0.5   │
    │ b    │ 1     │
    └──────┴───────┘

    ────────────────────────────────────────

    end <br> 日本語テキスト
    ");
    insta::assert_snapshot!(text(&[value], 100), @r"
    Results

    The model is good, see the docs (https://example.org/a/long/path) and fit().

    • first item that is long enough to need another line
      • nested
    • ☑ done

    3. three
    4. four

    │ quoted text that also is long enough to be broken

      def f():
          return 1

    ┌──────┬───────┐
    │ name │ score │
    ├──────┼───────┤
    │ a    │ 0.5   │
    │ b    │ 1     │
    └──────┴───────┘

    ────────────────────────────────────────────────────────────────────────────────────────────────────

    end <br> 日本語テキスト
    ");
}

#[test]
fn styles_say_what_text_is() {
    let line = |source: &str| {
        let markdown = Markdown {
            source: source.into(),
            ..Markdown::default()
        };
        blocks(&[markdown.into()], 80).remove(0).spans
    };
    let heading = &line("## H")[0].style;
    assert_eq!(
        (heading.heading, heading.role, heading.bold),
        (2, Role::Heading, true)
    );
    assert!(
        line("*a*")[0].style.italic && line("**a**")[0].style.bold && line("`a`")[0].style.code
    );
    assert_eq!(line("[a](https://b.c)")[0].style.role, Role::Link);
}

#[test]
fn wide_tables_fit() {
    let row: Vec<Value> = (0..30)
        .map(|at| json!(format!("cell number {at}")))
        .collect();
    let headers: Vec<Value> = (0..30).map(|at| json!(format!("h{at}"))).collect();
    let table =
        json!({"type": "table", "columns": headers, "data": [row.clone(), row], "vertical": false});
    for width in [1, 10, 40, 100, 400] {
        let components = [Component::from_json(&table)];
        assert!(
            blocks(&components, width)
                .iter()
                .all(|line| line.width() <= width),
            "{width}"
        );
    }
    assert!(text(&[table], 40).contains("more columns"));
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    for value in every_component() {
        let component = Component::from_json(&poison(&value, "a\u{1b}[31mb\u{7}\u{9b}c\u{202e}"));
        for line in blocks(&[component], 50) {
            assert!(
                !line
                    .text()
                    .chars()
                    .any(|c| c.is_control() || c == '\u{202e}'),
                "{value}"
            );
        }
    }
}

#[test]
fn updates_replace_components_by_id() {
    let bar = |value: u32| json!({"type": "progressBar", "id": "p", "max": 3, "value": value});
    let table = json!({"type": "table", "columns": [], "data": [[bar(1), 5]], "vertical": false, "id": "t"});
    let mut card = blank_card(
        "p",
        None,
        vec![Component::from_json(&table), Component::from_json(&bar(1))],
    );
    let data = json!({"p": bar(2)});
    card.update(data.as_object().unwrap());
    assert_eq!(card.to_json().to_string().matches("\"value\":2").count(), 2);
}

#[test]
fn the_default_card_has_metaflows_sections() {
    let facts = TaskFacts {
        pathspec: "F/1/start/1".into(),
        created: "2024-01-01 01:00:00 AM".into(),
        finished: Some("2024-01-01 01:00:01 AM".into()),
        duration: Some("0:00:01".into()),
        tags: vec!["a:b".into(), "c".into()],
        user: "me".into(),
        code: "def start(self):\n    pass\n".into(),
        artifacts: vec![
            ArtifactFact {
                name: "x".into(),
                type_name: "int".into(),
                repr: Some("1".into()),
            },
            ArtifactFact {
                name: "big".into(),
                type_name: "bytes".into(),
                repr: None,
            },
        ],
        tables: vec![TableFact {
            name: "df".into(),
            columns: vec!["".into(), "a".into()],
            rows: vec![vec![json!(0), json!(1)]],
            total_rows: 9,
        }],
        dag: json!({"steps": {"start": {"type": "start", "next": []}}, "start_step": "start", "end_step": "start"}),
        ..TaskFacts::default()
    };
    let markdown = Component::from(Markdown {
        source: "hi".into(),
        ..Markdown::default()
    });
    let card = default_card(facts.clone(), vec![markdown.clone()]);
    let [Component::Title(title), Component::Page(page)] = &card.components[..] else {
        panic!()
    };
    assert_eq!(title.text, "F/1/start/1");
    let titles = page.contents.iter().map(|part| match part {
        Component::Section(section) => section.title.as_deref(),
        _ => None,
    });
    assert_eq!(
        titles.collect::<Vec<_>>(),
        [
            None,
            Some("Task Metadata"),
            Some("Task Code"),
            Some("Flow Parameters"),
            Some("Artifacts"),
            Some("Tabular Data"),
            Some("DAG")
        ]
    );
    let Component::Section(section) = &page.contents[1] else {
        panic!()
    };
    assert_eq!(
        section.contents[0].to_json(),
        json!({"type": "table", "columns": ["Task Created On", "Task Finished On", "Tags", "Attempt", "Task Duration", "User"],
            "data": [["2024-01-01 01:00:00 AM", "2024-01-01 01:00:01 AM", "a:b, c", 0, "0:00:01", "me"]], "vertical": true})
    );
    assert_eq!(card.user_components().len(), 1);
    assert_eq!(card.blocks(40, Show::User), blocks(&[markdown], 40));
    assert_eq!(Card::parse_html(&card.to_html(&options())).unwrap(), card);

    let running = default_card(
        TaskFacts {
            finished: None,
            duration: None,
            ..facts
        },
        vec![],
    );
    assert!(!running.to_json().to_string().contains("Task Duration"));
}

#[test]
fn the_layout_of_real_default_cards_is_ours() {
    let real = Card::parse_html(&fixture("default.html")).unwrap();
    let ours = default_card(
        TaskFacts {
            duration: Some(String::new()),
            parameters: vec![ParameterFact::default()],
            ..TaskFacts::default()
        },
        real.user_components(),
    );
    let keys = |card: &Card| -> Vec<String> { card.metadata.keys().cloned().collect() };
    assert_eq!(keys(&ours), keys(&real));
    let shape = |card: &Card| -> Vec<(String, Vec<String>)> {
        let Some(Component::Page(page)) = card.components.get(1) else {
            panic!()
        };
        let section = |part: &Component| match part {
            Component::Section(section) => (
                section.title.clone().unwrap_or_default(),
                section
                    .contents
                    .iter()
                    .map(|c| c.type_name().to_owned())
                    .collect(),
            ),
            other => (other.type_name().to_owned(), vec![]),
        };
        page.contents.iter().skip(1).map(section).collect()
    };
    assert_eq!(shape(&ours), shape(&real));
}

#[test]
fn graphs_with_loops_and_loose_steps_end() {
    let dag = json!({"type": "dag", "data": {"steps": {
        "start": {"type": "start", "next": ["loop"]},
        "loop": {"type": "switch", "next": ["loop", "start", "end"]},
        "end": {"type": "end", "next": []},
        "stray": {"type": "linear", "next": ["missing"]},
    }, "start_step": "start", "end_step": "end"}});
    insta::assert_snapshot!(text(std::slice::from_ref(&dag), 40), @r"
    ○ start → loop
    ◇ loop → loop, start, end
    ○ end
    ○ stray
    ");
    assert!(
        blank_card("p", None, vec![Component::from_json(&dag)])
            .to_html(&options())
            .contains("</svg>")
    );
}

#[test]
fn image_sizes() {
    let image = |bytes: &[u8]| {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        Image {
            src: format!("data:image/x;base64, {data}"),
            ..Image::default()
        }
        .decode()
        .map(|d| (d.format, d.size))
    };
    let jpeg = [
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 5, 0, 7, 3,
    ];
    assert_eq!(image(&jpeg), Some((ImageFormat::Jpeg, Some((7, 5)))));
    assert_eq!(
        image(b"GIF89a\x03\x00\x04\x00"),
        Some((ImageFormat::Gif, Some((3, 4))))
    );
    assert_eq!(image(b"<?xml?><svg/>"), Some((ImageFormat::Svg, None)));
    assert_eq!(image(b"plain"), None);
    assert_eq!(image(&jpeg[..9]), Some((ImageFormat::Jpeg, None)));
    assert_eq!(
        Image {
            src: "https://e.org/x.png".into(),
            ..Image::default()
        }
        .decode(),
        None
    );
}

/// Any JSON, with the names that components have.
fn any_json() -> impl Strategy<Value = Value> {
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
        any::<f64>().prop_map(Value::from),
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

proptest! {
    #[test]
    fn any_card_fits_any_width(values in prop::collection::vec(any_json(), 0..5), width in 0usize..90) {
        let mut all = every_component();
        all.extend(values);
        let components: Vec<Component> = all.iter().map(Component::from_json).collect();
        for line in blocks(&components, width) {
            prop_assert!(line.width() <= width.max(2), "{} in {width}: {:?}", line.width(), line.text());
        }
        let card = Card { components, ..Card::default() };
        prop_assert_eq!(Card::parse_html(&card.to_html(&options())).unwrap(), card);
    }

    #[test]
    fn any_page_is_read_or_refused(page in ".{0,40}__MF_DATA__\\[.{0,40}") {
        let _ = Card::parse_html(&page);
    }
}
