mod parts;
mod screens;
mod sizes;

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend, layout::Rect, style::Modifier};

use super::{
    clipboard, draw, editor::Editor, highlight::highlight, input, layout, layout::Target,
    styles::Styles,
};
use crate::{
    app::{
        self, Effect, Msg, State,
        highlight::Token,
        records::{ArtifactRow, CardRow, TableColumn, TablePage, TaskFacts},
        state::{Pane, RightTab},
        testing::{self, *},
        update,
    },
    cards::{Role as CardRole, Span, SpanStyle, TextLine},
    config::{Role, Theme},
    engine::{JobKind, Outcome},
};

/// Draws as the loop does: sizes first, then the frame.
pub(super) fn frame(state: &mut State, width: u16, height: u16) -> Terminal<TestBackend> {
    frame_with(state, width, height, None)
}

pub(super) fn frame_with(
    state: &mut State,
    width: u16,
    height: u16,
    editor: Option<&Editor>,
) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let area = Rect::new(0, 0, width, height);
    let layout = layout::layout(area, state);
    let viewports = layout.viewports(state.viewports);
    update(state, Msg::Viewports(viewports));
    let styles = Styles::new(Theme::default());
    terminal
        .draw(|frame| draw::draw(frame, &layout, state, &styles, editor))
        .unwrap();
    terminal
}

pub(super) fn screen(state: &mut State, width: u16, height: u16) -> String {
    let terminal = frame(state, width, height);
    text(&terminal)
}

pub(super) fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let lines = (0..buffer.area.height).map(|y| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Compares with `snapshots/<name>.snap`.
pub(super) fn check(name: &str, screen: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, screen));
}

/// A session in which the selected step was spun, with artifacts and a card.
pub(super) fn busy_session() -> State {
    let mut state = with_run();
    press(&mut state, &["j"]);
    give_facts(&mut state, &[("score", "1"), ("same", "7")]);
    spin(&mut state, "31", "train");
    let row = |name: &str, kind: &str, shape: &str, size: u64, preview: &str| ArtifactRow {
        name: name.to_owned(),
        type_name: kind.to_owned(),
        shape: shape.to_owned(),
        size,
        preview: preview.to_owned(),
        hash: preview.to_owned(),
        table: kind == "DataFrame",
        opens: kind == "dict",
    };
    let facts = TaskFacts {
        artifacts: vec![
            row(
                "df",
                "DataFrame",
                "5M×5",
                200_000_000,
                "user, item, stars, day, text",
            ),
            row("options", "dict", "2", 61, "{'depth': 3, 'rate': 0.1}"),
            row("score", "float", "", 21, "0.912"),
        ],
        cards: vec![CardRow {
            title: "default".to_owned(),
            path: "/cards/a.html".into(),
        }],
        problem: None,
    };
    let (ticket, task) = (state.tickets.task, state.subject.clone().unwrap());
    update(
        &mut state,
        Msg::Task {
            ticket,
            task,
            facts: Box::new(facts),
        },
    );
    state
}

pub(super) fn give_table(state: &mut State) {
    let columns = ["user", "item", "stars"].map(|name| TableColumn {
        name: name.to_owned(),
        dtype: "int64".to_owned(),
        right: name != "stars",
    });
    let rows =
        (0..500).map(|row: u64| vec![row.to_string(), (row * 7 % 13).to_string(), "∅".to_owned()]);
    let page = TablePage {
        title: "df".to_owned(),
        columns: columns.into(),
        total: 5_000_000,
        from: 0,
        rows: Arc::new(rows.collect()),
    };
    let ticket = state.tickets.table;
    update(
        state,
        Msg::Table {
            ticket,
            page: Ok(page),
        },
    );
}

pub(super) fn give_card(state: &mut State) {
    let lines = (0..40).map(|number| match number {
        0 => TextLine {
            spans: vec![Span::new("Films", SpanStyle::bold(CardRole::Heading))],
        },
        _ => TextLine {
            spans: vec![Span::new(format!("line {number}"), SpanStyle::default())],
        },
    });
    let ticket = state.tickets.card;
    update(
        state,
        Msg::Card {
            ticket,
            lines: Ok(Arc::new(lines.collect())),
        },
    );
}
