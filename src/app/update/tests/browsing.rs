use super::*;

#[test]
fn the_first_flow_selects_its_first_step_and_warms_workers() {
    let mut state = empty();
    assert!(state.is_busy(), "warming");
    let flow = view_of(FLOW);
    let effects = update(&mut state, Msg::Flow(Box::new(flow), Default::default()));
    assert_eq!(state.selected.as_deref(), Some("start"));
    assert_eq!(state.source.list.cursor, 7, "the line of def");
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Warm(_)))
    );
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Highlight { .. }))
    );
    assert_eq!(state.request.class.as_deref(), Some("RecommendFlow"));
}

#[test]
fn moving_in_the_graph_selects_steps_and_moves_the_source_cursor() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    assert_eq!(state.selected.as_deref(), Some("train"));
    assert_eq!(state.source.list.cursor, 13);
    press(&mut state, &["G"]);
    assert_eq!(state.selected.as_deref(), Some("end"));
    press(&mut state, &["3", "k", "k", "k", "k"]);
    assert_eq!(
        state.selected.as_deref(),
        Some("done"),
        "the step under the source cursor"
    );
}

#[test]
fn selecting_a_step_asks_for_its_task() {
    let mut state = with_run();
    let effects = press(&mut state, &["j"]);
    assert_eq!(state.subject, Some(task_key("17", "train", "2")));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadLog(task) if task.step == "train"))
    );
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadTask { task, .. } if task.task == "2"))
    );
}

#[test]
fn answers_to_older_questions_are_dropped() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let (old_ticket, old_task) = (state.tickets.task, state.subject.clone().unwrap());
    press(&mut state, &["j"]);
    let facts = Box::new(TaskFacts {
        problem: Some("old".to_owned()),
        ..TaskFacts::default()
    });
    update(
        &mut state,
        Msg::Task {
            ticket: old_ticket,
            task: old_task,
            facts,
        },
    );
    assert_eq!(state.facts.problem, None);
    let runs = state.runs.clone();
    update(
        &mut state,
        Msg::Runs {
            ticket: 0,
            runs: Ok(Vec::new()),
        },
    );
    assert_eq!(state.runs, runs);
}

#[test]
fn a_file_that_changed_under_the_editor_is_not_overwritten_unasked() {
    let mut state = with_run();
    press(&mut state, &["3", "i"]);
    save(&mut state, &FLOW.replace("fit a", "fit the"), &[]);
    assert!(update(&mut state, Msg::EditorSave("mine".to_owned())).is_empty());
    assert!(matches!(state.popup, Some(Popup::Confirm { .. })));
    let effects = press(&mut state, &["y"]);
    assert!(matches!(effects.as_slice(), [Effect::Save { text, .. }] if text == "mine"));
}

#[test]
fn the_external_editor_opens_at_the_cursor() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let effects = press(&mut state, &["e"]);
    assert!(
        matches!(effects.as_slice(), [Effect::OpenEditor { file, line: 14 }] if *file == testing::file())
    );
}

#[test]
fn search_finds_in_the_source_and_goes_round() {
    let mut state = with_run();
    press(
        &mut state,
        &["3", "g", "/", "s", "c", "o", "r", "e", "enter"],
    );
    assert_eq!(state.source.list.cursor, 15);
    press(&mut state, &["n"]);
    assert_eq!(state.source.list.cursor, 16);
    press(&mut state, &["n", "n"]);
    assert_eq!(state.source.list.cursor, 15, "round the end");
    press(&mut state, &["N"]);
    assert_eq!(state.source.list.cursor, 21);
    press(&mut state, &["esc"]);
    assert_eq!(state.search, None);
    press(&mut state, &["/", "q", "q", "q", "enter"]);
    assert!(status_text(&state).contains("no match"));
}

#[test]
fn search_of_an_empty_pane_finds_nothing() {
    let mut state = empty();
    for pane in ["1", "2", "3", "4", "5", "6", "7"] {
        press(&mut state, &[pane, "/", "x", "enter", "n", "N", "esc"]);
    }
    assert_eq!(state.search, None);
}

#[test]
fn output_is_followed_until_the_user_looks_back() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "s1"));
    tell(
        &mut state,
        token,
        task_started(task_ref("s1", "train", "1"), None),
    );
    for number in 0..50 {
        tell(
            &mut state,
            token,
            line(task_ref("s1", "train", "1"), &format!("line {number}")),
        );
    }
    assert_eq!(state.output_cursor.cursor, 49);
    press(&mut state, &["4", "k", "k"]);
    assert!(!state.follow);
    tell(
        &mut state,
        token,
        line(task_ref("s1", "train", "1"), "more"),
    );
    assert_eq!(state.output_cursor.cursor, 47);
    press(&mut state, &["G"]);
    assert!(state.follow);
}

#[test]
fn commands_of_the_palette_run() {
    let mut state = with_run();
    press(&mut state, &[":", "z", "o", "o", "m", "enter"]);
    assert!(state.zoomed);
    assert_eq!(state.popup, None);
    press(&mut state, &["esc"]);
    assert!(!state.zoomed);
}

#[test]
fn panes_are_reached_by_tab_number_and_click() {
    let mut state = with_run();
    press(&mut state, &["tab", "tab"]);
    assert_eq!(state.focus, Pane::Source);
    press(&mut state, &["shift-tab"]);
    assert_eq!(state.focus, Pane::Runs);
    press(&mut state, &["6"]);
    assert_eq!((state.focus, state.tab), (Pane::Right, RightTab::Data));
    press(&mut state, &["]"]);
    assert_eq!(state.tab, RightTab::Card);
    let click = Msg::Click {
        pane: Pane::Graph,
        line: 1,
        column: 3,
    };
    update(&mut state, click);
    assert_eq!(
        (state.focus, state.selected.as_deref()),
        (Pane::Graph, Some("train"))
    );
}

#[test]
fn what_is_copied_depends_on_the_pane() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let copied = |state: &mut State| match press(state, &["y"]).as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(copied(&mut state), "RecommendFlow/17/train/2");
    press(&mut state, &["2"]);
    assert_eq!(copied(&mut state), "RecommendFlow/17");
    press(&mut state, &["3"]);
    assert_eq!(copied(&mut state), "    def train(self):");
    give_facts(&mut state, &[("score", "4")]);
    press(&mut state, &["5"]);
    assert_eq!(copied(&mut state), "score = 4");
}
