use super::*;

#[test]
fn artifacts_that_differ_from_the_spin_before_are_marked() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    give_facts(&mut state, &[("score", "1"), ("same", "7")]);
    assert!(state.changed.is_empty());
    spin(&mut state, "s1", "train");
    assert!(
        !state.facts_are_current(),
        "the old ones are still there, and named so"
    );
    give_facts(&mut state, &[("score", "2"), ("same", "7"), ("extra", "0")]);
    assert!(state.facts_are_current());
    let mut changed: Vec<_> = state.changed.iter().map(String::as_str).collect();
    changed.sort_unstable();
    assert_eq!(changed, ["extra", "score"]);
}

#[test]
fn open_artifacts_stay_open_with_the_new_values() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    give_facts(&mut state, &[("score", "1")]);
    let effects = press(&mut state, &["5", "l"]);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadValue { name, .. } if name == "score"))
    );
    let task = state.subject.clone().unwrap();
    let child = ValueNode {
        label: "inside".to_owned(),
        ..ValueNode::default()
    };
    let value = ValueNode {
        children: vec![child],
        ..ValueNode::default()
    };
    update(
        &mut state,
        Msg::Value {
            task,
            name: "score".to_owned(),
            value: Ok(value.into()),
        },
    );
    assert_eq!(
        state
            .tree
            .iter()
            .map(|row| row.label.as_str())
            .collect::<Vec<_>>(),
        ["score", "inside"]
    );
    spin(&mut state, "s1", "train");
    let effects = give_facts(&mut state, &[("score", "2")]);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadValue { task, .. } if task.run.run == "s1"))
    );
}

#[test]
fn a_failed_spin_shows_the_traceback_and_its_line() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "s1"));
    tell(
        &mut state,
        token,
        task_started(task_ref("s1", "train", "1"), None),
    );
    let event = Event::TaskFailed {
        task: task_ref("s1", "train", "1"),
        failure: failure(16),
        retry: false,
        millis: 5.0,
    };
    tell(&mut state, token, event);
    let outcome = Outcome::Failed {
        place: None,
        step: Some("train".to_owned()),
        task: Some("1".to_owned()),
        failure: failure(16),
    };
    tell(&mut state, token, finished(JobKind::Spin, "s1", outcome));
    let output = state.output().unwrap();
    let lines: Vec<String> = (0..output.len())
        .map(|index| output.line(index).text)
        .collect();
    assert_eq!(
        lines.last().map(String::as_str),
        Some("ValueError: no films")
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("no films"))
            .count(),
        1,
        "told once"
    );
    assert_eq!(state.error.as_ref().map(|error| error.line), Some(16));
    assert_eq!(state.source.list.cursor, 15);
    assert_eq!(step_status(&state, "train").state, StepState::Failed);
    assert!(!state.last.as_ref().unwrap().ok);
    press(&mut state, &["4", "g", "j"]);
    press(&mut state, &["1", "g", "j", "4", "g", "j", "enter"]);
    assert_eq!(state.focus, Pane::Source, "enter on a frame jumps to it");
    assert_eq!(state.source.list.cursor, 15);
    press(&mut state, &["1"]);
    spin(&mut state, "s2", "train");
    assert_eq!(state.error, None, "a good spin takes the mark away");
}

#[test]
fn a_traceback_that_the_task_printed_is_not_repeated() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "s1"));
    tell(
        &mut state,
        token,
        task_started(task_ref("s1", "train", "1"), None),
    );
    tell(
        &mut state,
        token,
        line(task_ref("s1", "train", "1"), "ValueError: no films"),
    );
    let event = Event::TaskFailed {
        task: task_ref("s1", "train", "1"),
        failure: failure(16),
        retry: false,
        millis: 5.0,
    };
    tell(&mut state, token, event);
    assert_eq!(state.output().unwrap().len(), 1);
}

#[test]
fn a_flow_that_does_not_import_is_told_in_an_output_of_its_own() {
    let mut state = with_run();
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    let error = match failure(2) {
        Failure::Exception { error } => error,
        other => panic!("{other:?}"),
    };
    let outcome = Outcome::Failed {
        place: None,
        step: None,
        task: None,
        failure: Failure::Import { error },
    };
    tell(&mut state, token, finished(JobKind::Run, "", outcome));
    assert!(
        state
            .output()
            .unwrap()
            .line(0)
            .text
            .starts_with("Traceback")
    );
    assert_eq!(state.error.as_ref().map(|error| error.line), Some(2));
    assert!(state.jobs.is_empty());
}

#[test]
fn a_job_whose_stream_ends_without_a_result_has_failed() {
    let mut state = with_run();
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    update(&mut state, Msg::JobEnded { token });
    assert!(state.jobs.is_empty());
    assert!(!state.last.as_ref().unwrap().ok);
    assert!(status_text(&state).contains("without a result"));
}

#[test]
fn a_card_is_asked_for_when_it_appears_and_when_the_pane_is_resized() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "s1"));
    tell(
        &mut state,
        token,
        task_started(task_ref("s1", "train", "1"), None),
    );
    let card = Event::Card {
        task: task_ref("s1", "train", "1"),
        uuid: "u".to_owned(),
        card_type: "default".to_owned(),
        id: None,
        path: "/cards/a.html".to_owned(),
        last: false,
    };
    let effects = tell(&mut state, token, card);
    assert!(matches!(effects.as_slice(), [Effect::LoadCard { .. }]));
    assert_eq!(
        state.facts.cards,
        [CardRow {
            title: "default".to_owned(),
            path: "/cards/a.html".into(),
        }]
    );
    let mut viewports = state.viewports;
    viewports.right = (77, 20);
    let effects = update(&mut state, Msg::Viewports(viewports));
    assert!(matches!(
        effects.as_slice(),
        [Effect::LoadCard { width: 77, .. }]
    ));
}
