use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{any_json, chart, every_component, fixture, options, poison};
use super::super::{Card, Component, Markdown, Role, Show, blank_card, blocks};

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
fn charts_that_are_not_simple_are_told() {
    let layered = json!({"type": "vegaChart", "spec": {"layer": [{"mark": "bar"}]}});
    assert_eq!(
        text(&[layered], 60),
        "▦ chart (layer), shown in the browser\n"
    );
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
        blank_card("p", "", vec![Component::from_json(&dag)])
            .to_html(&options())
            .contains("</svg>")
    );
}

proptest! {
    #[test]
    fn any_components_fit_any_width(values in prop::collection::vec(any_json(), 0..5), width in 0usize..90) {
        let mut all = every_component();
        all.extend(values);
        let components: Vec<Component> = all.iter().map(Component::from_json).collect();
        for line in blocks(&components, width) {
            prop_assert!(line.width() <= width.max(2), "{} in {width}: {:?}", line.width(), line.text());
        }
    }
}
