use crate::app::{flow_view::Needed, popup::Popup};

use super::*;

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
    clipboard::copy(&mut out, "héllo").unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\x1b]52;c;aMOpbGxv\x07");
    let mut out = Vec::new();
    clipboard::copy(&mut out, &"é".repeat(100_000)).unwrap();
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

#[test]
fn what_a_run_needs_is_asked_for_with_its_help() {
    let mut state = testing::with_run();
    state.popup = Some(Popup::Prompt {
        needed: Needed {
            name: "alpha".to_owned(),
            is_config: false,
            help: "how much".to_owned(),
        },
        text: "0.2".to_owned(),
    });
    for (width, height) in [(120, 40), (40, 12)] {
        let screen = screen(&mut state, width, height);
        for text in ["the run needs alpha", "0.2▏", "how much"] {
            assert!(screen.contains(text), "{text}: {screen}");
        }
    }
    screen(&mut state, 3, 2);
}
