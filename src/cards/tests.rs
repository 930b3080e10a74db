use proptest::prelude::*;
use serde_json::json;

use super::testing::{any_json, every_component, fixture, options};
use super::*;

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

#[test]
fn updates_replace_components_by_id() {
    let bar = |value: u32| json!({"type": "progressBar", "id": "p", "max": 3, "value": value});
    let table = json!({"type": "table", "columns": [], "data": [[bar(1), 5]], "vertical": false, "id": "t"});
    let mut card = blank_card(
        "p",
        "",
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
            artifacts: vec![ArtifactFact::default()],
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

proptest! {
    #[test]
    fn any_card_keeps_its_json_in_a_page(values in prop::collection::vec(any_json(), 0..5)) {
        let components: Vec<Component> = values.iter().map(Component::from_json).collect();
        let card = Card { components, ..Card::default() };
        prop_assert_eq!(Card::parse_html(&card.to_html(&options())).unwrap(), card);
    }

    #[test]
    fn any_page_is_read_or_refused(page in ".{0,40}__MF_DATA__\\[.{0,40}") {
        let _ = Card::parse_html(&page);
    }
}
