use super::*;

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
