use super::*;

#[test]
fn a_save_of_one_step_selects_and_spins_it() {
    let mut state = with_run();
    let effects = save(&mut state, FLOW, &["train"]);
    assert_eq!(state.selected.as_deref(), Some("train"));
    assert_eq!(spun_step(&effects), Some("train"));
}

#[test]
fn with_auto_spin_off_a_save_only_warms() {
    let mut state = with_run();
    press(&mut state, &["a"]);
    let effects = save(&mut state, FLOW, &["train"]);
    assert_eq!(spun_step(&effects), None);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Warm(_)))
    );
    assert_eq!(state.selected.as_deref(), Some("train"));
}

#[test]
fn of_several_changed_steps_the_one_under_the_cursor_is_spun() {
    let mut state = with_run();
    press(&mut state, &["j", "j"]);
    let effects = save(&mut state, FLOW, &["train", "join"]);
    assert_eq!(spun_step(&effects), Some("join"));
}

#[test]
fn of_several_other_changed_steps_the_user_chooses() {
    let mut state = with_run();
    let effects = save(&mut state, FLOW, &["train", "join"]);
    assert_eq!(spun_step(&effects), None);
    assert!(matches!(&state.popup, Some(Popup::Choice(choice)) if choice.entries.len() == 2));
    let effects = press(&mut state, &["j", "enter"]);
    assert_eq!(spun_step(&effects), Some("join"));
    assert_eq!(state.selected.as_deref(), Some("join"));
    assert_eq!(state.popup, None);
}

#[test]
fn a_comment_is_a_note_and_keeps_the_spin() {
    let mut state = with_run();
    let token = submitted(&save(&mut state, FLOW, &["train"]));
    let edited = FLOW.replace("# fit a model", "# fit the model");
    let effects = save(&mut state, &edited, &[]);
    assert!(
        status_text(&state).ends_with("no step changed"),
        "{}",
        status_text(&state)
    );
    assert_eq!(cancelled(&effects), [0; 0]);
    assert_eq!(state.jobs.first().map(|job| job.token), token);
    assert!(state.source_text().unwrap().text.contains("fit the model"));
}

#[test]
fn a_newer_save_cancels_the_older_spin() {
    let mut state = with_run();
    let first = submitted(&save(&mut state, FLOW, &["train"])).unwrap();
    let effects = save(&mut state, FLOW, &["train"]);
    assert_eq!(cancelled(&effects), [first]);
    assert!(submitted(&effects).is_some());
    let again = save(&mut state, FLOW, &["train"]);
    assert!(!cancelled(&again).contains(&first), "asked once is enough");
}

#[test]
fn results_of_an_older_generation_are_not_shown_as_new() {
    let mut state = with_run();
    let old = submitted(&save(&mut state, FLOW, &["train"])).unwrap();
    let new = submitted(&save(&mut state, FLOW, &["train"])).unwrap();
    tell(&mut state, new, started(JobKind::Spin, "new"));
    tell(
        &mut state,
        new,
        task_started(task_ref("new", "train", "1"), None),
    );
    tell(&mut state, old, started(JobKind::Spin, "old"));
    tell(
        &mut state,
        old,
        task_started(task_ref("old", "train", "1"), None),
    );
    assert_eq!(state.subject, Some(task_key("new", "train", "1")));
    tell(
        &mut state,
        new,
        task_finished(task_ref("new", "train", "1")),
    );
    tell(
        &mut state,
        old,
        task_finished(task_ref("old", "train", "1")),
    );
    assert_eq!(state.spins["train"].task, task_key("new", "train", "1"));
    tell(
        &mut state,
        new,
        finished(JobKind::Spin, "new", Outcome::Success),
    );
    tell(
        &mut state,
        old,
        finished(JobKind::Spin, "old", Outcome::Cancelled),
    );
    let last = state.last.as_ref().unwrap();
    assert!(last.ok && last.generation == state.generation, "{last:?}");
}

#[test]
fn a_superseded_spin_that_ends_anyway_says_so() {
    let mut state = with_run();
    let old = submitted(&save(&mut state, FLOW, &["train"])).unwrap();
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["train"]);
    tell(&mut state, old, started(JobKind::Spin, "old"));
    tell(
        &mut state,
        old,
        task_started(task_ref("old", "train", "1"), None),
    );
    tell(
        &mut state,
        old,
        task_finished(task_ref("old", "train", "1")),
    );
    tell(
        &mut state,
        old,
        finished(JobKind::Spin, "old", Outcome::Success),
    );
    assert!(
        state
            .last
            .as_ref()
            .unwrap()
            .caution
            .as_deref()
            .unwrap()
            .contains("older")
    );
    assert!(matches!(
        step_status(&state, "train").state,
        StepState::Stale(_)
    ));
}

#[test]
fn a_broken_file_keeps_the_last_good_state_and_marks_the_line() {
    let mut state = with_run();
    let broken = FLOW.replace("self.score = self.input * 2", "self.score = self.input * (");
    let effects = save(&mut state, &broken, &[]);
    assert_eq!(spun_step(&effects), None);
    assert_eq!(state.flow.steps.len(), 8, "the last good graph");
    assert!(
        state.source_text().unwrap().text.contains("input * ("),
        "the text as it is"
    );
    let mark = state.error.clone().expect("a marked line");
    assert_eq!(mark.step, None);
    assert!(
        matches!(&state.status, Some((Tone::Error, text)) if text.contains(&format!(":{}:", mark.line)))
    );
    save(&mut state, FLOW, &[]);
    assert_eq!(state.error, None, "a good file has no mark");
}

#[test]
fn a_broken_file_at_the_start_is_shown_and_mended() {
    let mut state = empty();
    let broken = view_of("class F(:\n");
    update(&mut state, Msg::Flow(Box::new(broken), Default::default()));
    assert!(state.error.is_some());
    save(&mut state, FLOW, &["start"]);
    assert_eq!(state.flow.steps.len(), 8);
    assert_eq!(state.error, None);
}

#[test]
fn a_change_makes_the_step_and_what_follows_stale_with_reasons() {
    let mut state = with_run();
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["join"]);
    let words: Vec<_> = states(&state).into_iter().map(|(_, word)| word).collect();
    assert_eq!(
        words,
        [
            "fresh", "fresh", "stale", "stale", "stale", "stale", "stale", "stale"
        ]
    );
    assert_eq!(state.stale_reason("join"), Some("join changed at line 1"));
    let downstream = "downstream of join, which is stale because join changed at line 1";
    assert_eq!(state.stale_reason("end"), Some(downstream));
}

#[test]
fn stale_inputs_are_never_silent() {
    let mut state = with_run();
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["start"]);
    press(&mut state, &["j"]);
    let warning = crate::app::inputs::inputs_warning(&state).unwrap();
    assert!(warning.contains("start is stale"), "{warning}");
    spin(&mut state, "s1", "train");
    assert!(state.last.as_ref().unwrap().caution.is_some());
}

#[test]
fn editing_saves_through_and_asks_before_losing_anything() {
    let mut state = with_run();
    press(&mut state, &["3", "i"]);
    let session = state.edit.clone().expect("an edit session");
    assert_eq!(session.line, state.source.list.cursor);
    let effects = update(&mut state, Msg::EditorSave("new text".to_owned()));
    assert!(matches!(effects.as_slice(), [Effect::Save { text, .. }] if text == "new text"));
    update(&mut state, Msg::EditorModified(true));
    update(&mut state, Msg::Saved(Ok(file())));
    assert!(!state.edit.as_ref().unwrap().modified);

    update(&mut state, Msg::EditorLeave { modified: true });
    assert!(matches!(state.popup, Some(Popup::Confirm { .. })));
    press(&mut state, &["n"]);
    assert!(state.edit.is_some());
    update(&mut state, Msg::EditorLeave { modified: false });
    assert_eq!(state.edit, None);
}

#[test]
fn fingerprints_of_the_store_make_results_stale() {
    let mut state = loaded();
    let mut steps = tasks(&["1"], Progress::Done);
    steps.tasks[0].fingerprint = Some("of another code".to_owned());
    state.base = Some(run_key("17"));
    let loaded = crate::app::RunLoaded {
        key: run_key("17"),
        steps: vec![
            ("start".to_owned(), steps),
            ("join".to_owned(), tasks(&["5"], Progress::Done)),
        ],
        problem: None,
    };
    update(&mut state, Msg::Run(Box::new(loaded)));
    let words = states(&state);
    assert_eq!(words[0], ("start".to_owned(), "stale"));
    assert!(
        words.contains(&("join".to_owned(), "stale")),
        "what follows, too"
    );
}

#[test]
fn a_vanished_step_gives_way_to_the_first() {
    let mut state = with_run();
    press(&mut state, &["G"]);
    let source = FLOW
        .replace("def end(self)", "def finish(self)")
        .replace("self.end)", "self.finish)");
    save(&mut state, &source, &["finish"]);
    assert_eq!(state.selected.as_deref(), Some("finish"), "the changed one");
    let flow = FlowView::new(file(), "F".to_owned(), view_of(FLOW).steps);
    update(&mut state, Msg::Flow(Box::new(flow), Default::default()));
    assert_eq!(state.selected.as_deref(), Some("start"));
}
