use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::testing::{chart, every_component, fixture, options, poison};
use super::super::{Card, Component, HtmlOptions, Markdown, blank_card, fill_page};

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
fn a_page_of_a_python_class_is_completed() {
    let ours = blank_card(
        "p",
        "",
        vec![Component::from_json(
            &json!({"type": "markdown", "source": "# Heading"}),
        )],
    );
    let data = STANDARD.encode(ours.to_json().to_string());
    let page = |end: &str| {
        format!(
            "<body><main class=\"card_app\" data-from=\"python\"></main><b>own</b>\
             <script>window.__MF_DATA__[\"x\"] = \"{data}\"\n{end}</script></body>"
        )
    };
    let last = fill_page(&page("window.metaflow_card_update = undefined;"));
    assert!(last.contains("<h1>Heading</h1>"), "{last}");
    assert!(last.contains("<b>own</b>"));
    assert_eq!(last.matches("<script>").count(), 1);
    assert_eq!(Card::parse_html(&last).unwrap(), ours);
    let running = fill_page(&page(""));
    assert_eq!(running.matches("<script>").count(), 2, "it is updated");
    for other in [
        "<html>a page of another kind</html>".to_owned(),
        page("").replace("__MF_DATA__", "other"),
    ] {
        assert_eq!(fill_page(&other), other);
    }
}

#[test]
fn markdown_becomes_html() {
    let page = |source: &str| {
        let markdown = Markdown {
            source: source.into(),
            ..Markdown::default()
        };
        blank_card("p", "", vec![markdown.into()]).to_html(&options())
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
fn simple_charts_are_drawn_and_others_told() {
    let page =
        |value: &Value| blank_card("p", "", vec![Component::from_json(value)]).to_html(&options());
    assert_eq!(page(&chart("bar")).matches("<rect class=\"fill").count(), 3);
    assert!(page(&chart("line")).contains("<polyline"));
    assert!(page(&chart("area")).contains("<polygon"));
    assert_eq!(page(&chart("point")).matches("<circle").count(), 3);
    let layered = json!({"type": "vegaChart", "spec": {"layer": [{"mark": "bar"}]}});
    assert!(page(&layered).contains("&quot;layer&quot;"));
}
