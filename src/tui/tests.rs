use std::sync::Arc;

use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend, layout::Rect, style::Modifier};

use super::{
    draw, editor::Editor, highlight::highlight, input, layout, layout::Target, styles::Styles,
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
fn frame(state: &mut State, width: u16, height: u16) -> Terminal<TestBackend> {
    frame_with(state, width, height, None)
}

fn frame_with(
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

fn screen(state: &mut State, width: u16, height: u16) -> String {
    let terminal = frame(state, width, height);
    text(&terminal)
}

fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let lines = (0..buffer.area.height).map(|y| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Compares with `snapshots/<name>.snap`.
fn check(name: &str, screen: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, screen));
}

/// A session in which the selected step was spun, with artifacts and a card.
fn busy_session() -> State {
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

fn give_table(state: &mut State) {
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

fn give_card(state: &mut State) {
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

#[test]
fn the_first_frame_needs_nothing_loaded() {
    let mut state = empty();
    check("first-80x24", &screen(&mut state, 80, 24));
}

#[test]
fn a_session_at_every_size() {
    let mut state = busy_session();
    for (width, height) in [(80, 24), (200, 50), (120, 40), (40, 12), (20, 5)] {
        check(
            &format!("session-{width}x{height}"),
            &screen(&mut state, width, height),
        );
    }
}

#[test]
fn every_pane_on_a_small_screen() {
    let mut state = busy_session();
    for key in ["2", "3", "4", "5"] {
        press(&mut state, &[key]);
        check(&format!("pane-{key}-40x12"), &screen(&mut state, 40, 12));
    }
    press(&mut state, &["5", "g", "enter"]);
    give_table(&mut state);
    press(&mut state, &["j", "j", "l"]);
    check("pane-data-40x12", &screen(&mut state, 40, 12));
    press(&mut state, &["7"]);
    give_card(&mut state);
    press(&mut state, &["j", "j"]);
    check("pane-card-40x12", &screen(&mut state, 40, 12));
}

#[test]
fn data_beside_source_and_output() {
    let mut state = busy_session();
    press(&mut state, &["5", "g", "enter"]);
    give_table(&mut state);
    check("data-120x40", &screen(&mut state, 120, 40));
    press(&mut state, &["z"]);
    check("data-zoomed-80x24", &screen(&mut state, 80, 24));
}

#[test]
fn a_run_under_way() {
    let mut state = busy_session();
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    tell(&mut state, token, started(JobKind::Run, "18"));
    tell(
        &mut state,
        token,
        task_started(task_ref("18", "start", "1"), None),
    );
    tell(
        &mut state,
        token,
        task_finished(task_ref("18", "start", "1")),
    );
    tell(
        &mut state,
        token,
        crate::engine::Event::Queued {
            run: "18".to_owned(),
            step: "train".to_owned(),
            count: 8,
        },
    );
    for task in 2..5 {
        let id = task.to_string();
        tell(
            &mut state,
            token,
            task_started(task_ref("18", "train", &id), Some(task - 2)),
        );
    }
    tell(
        &mut state,
        token,
        task_finished(task_ref("18", "train", "2")),
    );
    state.now_ms += 3_200;
    check("running-120x40", &screen(&mut state, 120, 40));
    press(&mut state, &["q"]);
    check("quit-80x24", &screen(&mut state, 80, 24));
}

#[test]
fn a_failure_is_marked_in_the_source() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "31"));
    tell(
        &mut state,
        token,
        task_started(task_ref("31", "train", "1"), None),
    );
    let failure = crate::engine::Failure::Exception {
        error: crate::engine::PyError {
            type_name: "ZeroDivisionError".to_owned(),
            message: "division by zero".to_owned(),
            traceback: "Traceback (most recent call last):\n  File \"/project/recommend.py\", line 16, in train\nZeroDivisionError: division by zero".to_owned(),
            frames: vec![crate::engine::Frame {
                file: "/project/recommend.py".to_owned(),
                line: 16,
                function: "train".to_owned(),
                code: None,
            }],
        },
    };
    tell(
        &mut state,
        token,
        crate::engine::Event::TaskFailed {
            task: task_ref("31", "train", "1"),
            failure: failure.clone(),
            retry: false,
            millis: 12.0,
        },
    );
    let outcome = Outcome::Failed {
        step: Some("train".to_owned()),
        task: Some("1".to_owned()),
        failure,
    };
    tell(&mut state, token, finished(JobKind::Spin, "31", outcome));
    check("failed-120x40", &screen(&mut state, 120, 40));
}

#[test]
fn a_broken_file_shows_its_error_at_its_line() {
    let mut state = with_run();
    save(
        &mut state,
        &FLOW.replace("self.input * 2", "self.input * ("),
        &[],
    );
    update(
        &mut state,
        Msg::Wheel {
            pane: Pane::Source,
            lines: 6,
        },
    );
    check("broken-120x40", &screen(&mut state, 120, 40));
}

#[test]
fn popups() {
    let mut state = busy_session();
    press(&mut state, &["?"]);
    check("help-80x24", &screen(&mut state, 80, 24));
    press(&mut state, &["esc", ":", "r", "e", "s"]);
    check("palette-80x24", &screen(&mut state, 80, 24));
    press(&mut state, &["esc", "1", "i", "j"]);
    check("inputs-80x24", &screen(&mut state, 80, 24));
    press(&mut state, &["esc"]);
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["start"]);
    press(&mut state, &["j", "/", "t"]);
    check("search-and-stale-120x40", &screen(&mut state, 120, 40));
}

#[test]
fn the_editor_takes_the_source_pane() {
    let mut state = busy_session();
    press(&mut state, &["3", "i"]);
    let styles = Styles::new(Theme::default());
    let session = state.edit.clone().unwrap();
    let mut editor = Editor::open(&session, &styles);
    assert_eq!(editor.text(), FLOW, "what goes in comes out");
    assert!(!editor.modified());
    editor.paste("# pasted\n");
    assert!(editor.modified());
    let terminal = frame_with(&mut state, 80, 24, Some(&editor));
    check("editing-80x24", &text(&terminal));
}

#[test]
fn a_new_line_is_indented_as_python_means_it() {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    let mut state = busy_session();
    press(&mut state, &["3", "i"]);
    let mut session = state.edit.clone().unwrap();
    session.base = Arc::from("def f():\r\n    if x:\r\n");
    (session.line, session.column) = (1, 9);
    let mut editor = Editor::open(&session, &Styles::new(Theme::default()));
    editor.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
    editor.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE));
    assert_eq!(editor.text(), "def f():\r\n    if x:\r\n        y\r\n");
}

/// Cells of the screen that have no sign of what they mean but a colour.
#[test]
fn without_colours_nothing_is_coloured_and_the_selection_still_shows() {
    let mut state = busy_session();
    let area = Rect::new(0, 0, 120, 40);
    let layout = layout::layout(area, &state);
    let viewports = layout.viewports(state.viewports);
    update(&mut state, Msg::Viewports(viewports));
    let mut theme = Theme::default();
    theme.coloured = false;
    let styles = Styles::new(theme);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal
        .draw(|frame| draw::draw(frame, &layout, &state, &styles, None))
        .unwrap();
    let buffer = terminal.backend().buffer();
    for cell in &buffer.content {
        assert_eq!(cell.fg, ratatui::style::Color::Reset);
        assert_eq!(cell.bg, ratatui::style::Color::Reset);
    }
    assert!(
        buffer
            .content
            .iter()
            .any(|cell| cell.modifier.contains(Modifier::REVERSED))
    );
    assert!(styles.of(Role::Bad).add_modifier.contains(Modifier::BOLD));
}

#[test]
fn clicks_go_to_what_is_drawn_there() {
    let mut state = busy_session();
    let layout = layout::layout(Rect::new(0, 0, 120, 40), &state);
    assert!(matches!(layout.pane_at(2, 3), Some((Pane::Graph, 1, 1))));
    let data = layout
        .tabs
        .iter()
        .find(|tab| tab.target == Target::Right(RightTab::Data))
        .unwrap();
    assert_eq!(
        layout.tab_at(data.area.x + 1, data.area.y),
        Some(Target::Right(RightTab::Data))
    );
    let event = |column, row| crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column,
        row,
        modifiers: crossterm::event::KeyModifiers::NONE,
    };
    let msg = input::mouse(event(data.area.x, data.area.y), &layout, &state).unwrap();
    update(&mut state, msg);
    assert_eq!((state.focus, state.tab), (Pane::Right, RightTab::Data));
    assert!(
        input::mouse(event(119, 39), &layout, &state).is_none(),
        "the footer is no pane"
    );
}

#[test]
fn keys_of_the_terminal_are_keys_of_the_map() {
    use crossterm::event::{KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers};

    let name =
        |code, modifiers| input::key(&KeyEvent::new(code, modifiers)).map(|key| key.to_string());
    assert_eq!(
        name(Code::Char('s'), KeyModifiers::NONE).as_deref(),
        Some("s")
    );
    assert_eq!(
        name(Code::Char('S'), KeyModifiers::SHIFT).as_deref(),
        Some("S")
    );
    assert_eq!(
        name(Code::Char('s'), KeyModifiers::CONTROL).as_deref(),
        Some("ctrl-s")
    );
    assert_eq!(
        name(Code::BackTab, KeyModifiers::SHIFT).as_deref(),
        Some("shift-tab")
    );
    assert_eq!(name(Code::CapsLock, KeyModifiers::NONE), None);
    let release =
        KeyEvent::new_with_kind(Code::Char('s'), KeyModifiers::NONE, KeyEventKind::Release);
    assert_eq!(input::key(&release), None);
}

#[test]
fn the_clipboard_sequence_carries_the_text() {
    let mut out = Vec::new();
    super::clipboard::copy(&mut out, "héllo").unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\x1b]52;c;aMOpbGxv\x07");
    let mut out = Vec::new();
    super::clipboard::copy(&mut out, &"é".repeat(100_000)).unwrap();
    assert!(out.len() < 100_000);
}

#[test]
fn python_is_classified() {
    let source: Arc<str> =
        Arc::from("@step\ndef train(self):\n    x = 1  # one\n    return 'text'\n");
    let highlights = highlight(&source);
    assert_eq!(highlights.text_len, source.len());
    let mut at = 0;
    let mut classes = Vec::new();
    for line in &highlights.lines {
        for (length, token) in line {
            classes.push((source[at..at + length].trim().to_owned(), *token));
            at += length;
        }
    }
    assert_eq!(at, source.len(), "every byte has a class");
    let has = |text: &str, token| {
        classes
            .iter()
            .any(|(own, class)| own.contains(text) && *class == token)
    };
    assert!(has("def", Token::Keyword), "{classes:?}");
    assert!(has("train", Token::Definition), "{classes:?}");
    assert!(has("# one", Token::Comment), "{classes:?}");
    assert!(has("text", Token::Literal), "{classes:?}");
    assert!(has("step", Token::Decorator), "{classes:?}");
}

/// Answers an effect as the world would, with something plausible.
fn answer(state: &mut State, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::LoadTable { .. } => {
            give_table(state);
            Vec::new()
        }
        Effect::LoadCard { .. } => {
            give_card(state);
            Vec::new()
        }
        Effect::LoadTask { ticket, task } => {
            let facts = Box::new(TaskFacts::default());
            update(
                state,
                Msg::Task {
                    ticket,
                    task,
                    facts,
                },
            )
        }
        Effect::Submit { token, .. } => {
            let mut effects = tell(state, token, started(JobKind::Spin, "77"));
            effects.extend(tell(
                state,
                token,
                task_started(task_ref("77", "train", "1"), None),
            ));
            for number in 0..30 {
                tell(
                    state,
                    token,
                    line(
                        task_ref("77", "train", "1"),
                        &format!("\x1b[3{}mwide 漢字 {number}\t\u{1f600}", number % 8),
                    ),
                );
            }
            effects
        }
        Effect::Cancel(token) => tell(
            state,
            token,
            finished(JobKind::Spin, "77", Outcome::Cancelled),
        ),
        _ => Vec::new(),
    }
}

const KEYS: &[&str] = &[
    "j",
    "k",
    "h",
    "l",
    "g",
    "G",
    "tab",
    "shift-tab",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "enter",
    "esc",
    "/",
    "n",
    "N",
    "z",
    "s",
    "r",
    "R",
    "a",
    "x",
    "i",
    "e",
    "y",
    ":",
    "?",
    "[",
    "]",
    "F",
    "pageup",
    "pagedown",
    "ctrl-c",
    "space",
    "backspace",
    "up",
    "down",
    "ctrl-l",
    "ctrl-r",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_size_and_no_keys_panic(
        width in 0u16..400,
        height in 0u16..400,
        loaded in any::<bool>(),
        keys in prop::collection::vec(0..KEYS.len(), 0..40),
        clicks in prop::collection::vec((0u16..400, 0u16..400, any::<bool>()), 0..6),
    ) {
        let mut state = if loaded { busy_session() } else { empty() };
        for index in keys {
            let effects = press(&mut state, &[KEYS[index]]);
            for effect in effects {
                for next in answer(&mut state, effect) {
                    answer(&mut state, next);
                }
            }
        }
        frame(&mut state, width, height);
        let layout = layout::layout(Rect::new(0, 0, width, height), &state);
        for (x, y, wheel) in clicks {
            let kind = if wheel {
                crossterm::event::MouseEventKind::ScrollDown
            } else {
                crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left)
            };
            let event = crossterm::event::MouseEvent { kind, column: x, row: y, modifiers: crossterm::event::KeyModifiers::NONE };
            if let Some(msg) = input::mouse(event, &layout, &state) {
                update(&mut state, msg);
            }
        }
        frame(&mut state, height, width);
        let editor = state.edit.clone().map(|session| Editor::open(&session, &Styles::new(Theme::new(true))));
        frame_with(&mut state, width / 8, height / 8, editor.as_ref());
        prop_assert!(state.flow.steps.is_empty() || app::graph_list(&state).cursor < state.flow.rows.len());
    }
}

#[test]
fn layouts_give_each_pane_its_place() {
    let mut state = testing::with_run();
    let panes = |state: &State, width, height| -> Vec<Pane> {
        let layout = layout::layout(Rect::new(0, 0, width, height), state);
        layout.panes.iter().map(|placed| placed.pane).collect()
    };
    assert_eq!(
        panes(&state, 120, 40),
        [
            Pane::Graph,
            Pane::Runs,
            Pane::Source,
            Pane::Output,
            Pane::Right
        ]
    );
    assert_eq!(
        panes(&state, 119, 40),
        [Pane::Graph, Pane::Runs, Pane::Source]
    );
    assert_eq!(panes(&state, 79, 40), [Pane::Graph]);
    press(&mut state, &["4", "1"]);
    assert_eq!(
        panes(&state, 100, 40),
        [Pane::Graph, Pane::Runs, Pane::Output],
        "the last one in focus"
    );
    press(&mut state, &["z"]);
    assert_eq!(panes(&state, 200, 50), [Pane::Graph]);
}
