use crate::{
    app::{
        Effect, Msg, State,
        flow_view::FlowView,
        popup::Popup,
        records::{CardRow, Progress, TaskFacts, ValueNode},
        state::{Pane, RightTab, Tone},
        status::{StepState, step_status},
        testing::{self, *},
        update,
    },
    engine::{Event, Failure, Frame, JobKind, Outcome, PyError, Request},
};

fn request(effects: &[Effect]) -> &Request {
    let request = effects.iter().find_map(|effect| match effect {
        Effect::Submit { request, .. } => Some(request.as_ref()),
        _ => None,
    });
    request.expect("a submitted request")
}

fn spun_step(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Submit { request, .. } => match request.as_ref() {
            Request::Spin(spin) => Some(spin.step.as_str()),
            Request::Run(_) | Request::Resume(_) => None,
        },
        _ => None,
    })
}

fn cancelled(effects: &[Effect]) -> Vec<u64> {
    let tokens = effects.iter().filter_map(|effect| match effect {
        Effect::Cancel(token) => Some(*token),
        _ => None,
    });
    tokens.collect()
}

fn status_text(state: &State) -> &str {
    state.status.as_ref().map_or("", |(_, text)| text)
}

fn failure(line: u32) -> Failure {
    Failure::Exception {
        error: PyError {
            type_name: "ValueError".to_owned(),
            message: "no films".to_owned(),
            traceback: format!(
                "Traceback:\n  File \"/project/recommend.py\", line {line}, in train\nValueError: no films"
            ),
            frames: vec![Frame {
                file: "/project/recommend.py".to_owned(),
                line,
                function: "train".to_owned(),
                code: None,
            }],
        },
    }
}

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
    assert_eq!(state.stale["join"], "join changed at line 1");
    assert_eq!(state.stale["end"], "join changed");
}

#[test]
fn a_spin_shows_its_output_and_refreshes_the_step() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    spin(&mut state, "s1", "train");
    assert_eq!(state.subject, Some(task_key("s1", "train", "1")));
    assert_eq!(state.output().unwrap().line(0).text, "score 2");
    let status = step_status(&state, "train");
    assert!(status.spun && status.state == StepState::Fresh);
    assert!(
        matches!(step_status(&state, "join").state, StepState::Stale(reason) if reason.contains("spun"))
    );
    assert!(!state.is_busy());
    let last = state.last.as_ref().unwrap();
    assert_eq!((last.label.as_str(), last.millis), ("spin train", 23.0));
}

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
fn a_run_is_live_in_graph_and_runs() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    tell(&mut state, token, started(JobKind::Run, "18"));
    assert_eq!(
        state.runs.first().map(|row| row.progress),
        Some(Progress::Running)
    );
    assert_eq!(state.base, Some(run_key("18")));
    let queued = |step: &str, count| Event::Queued {
        run: "18".to_owned(),
        step: step.to_owned(),
        count,
    };
    tell(&mut state, token, queued("start", 1));
    assert_eq!(step_status(&state, "start").state, StepState::Queued);
    tell(
        &mut state,
        token,
        task_started(task_ref("18", "start", "1"), None),
    );
    assert_eq!(step_status(&state, "start").state, StepState::Running);
    tell(
        &mut state,
        token,
        task_finished(task_ref("18", "start", "1")),
    );
    assert_eq!(step_status(&state, "start").state, StepState::Done);
    tell(&mut state, token, queued("train", 3));
    tell(
        &mut state,
        token,
        task_started(task_ref("18", "train", "2"), Some(0)),
    );
    assert_eq!(
        state.subject,
        Some(task_key("18", "train", "2")),
        "the selected step's first task is shown"
    );
    tell(
        &mut state,
        token,
        task_started(task_ref("18", "train", "3"), Some(1)),
    );
    assert_eq!(
        state.subject,
        Some(task_key("18", "train", "2")),
        "and stays"
    );
    tell(
        &mut state,
        token,
        task_finished(task_ref("18", "train", "2")),
    );
    assert_eq!(step_status(&state, "train").counts, Some((1, 3)));
    assert_eq!(step_status(&state, "train").state, StepState::Running);
    press(&mut state, &["4", "]"]);
    assert_eq!(state.subject, Some(task_key("18", "train", "3")));
    tell(
        &mut state,
        token,
        finished(JobKind::Run, "18", Outcome::Cancelled),
    );
    assert_eq!(
        state.runs.first().map(|row| row.progress),
        Some(Progress::Cancelled)
    );
    assert_eq!(step_status(&state, "train").state, StepState::Cancelled);
    assert_eq!(step_status(&state, "end").state, StepState::NeverRun);
}

#[test]
fn a_spin_is_possible_while_a_run_goes_on_but_no_second_run() {
    let mut state = with_run();
    let run = submitted(&press(&mut state, &["r"])).unwrap();
    let effects = press(&mut state, &["s"]);
    assert!(submitted(&effects).is_some());
    assert_eq!(cancelled(&effects), [0; 0], "the run goes on");
    assert_eq!(submitted(&press(&mut state, &["r"])), None);
    assert_eq!(submitted(&press(&mut state, &["R"])), None);
    assert!(status_text(&state).contains("still running"));
    assert!(state.jobs.iter().any(|job| job.token == run));
}

#[test]
fn resume_starts_at_the_selected_step_where_it_ended_well_and_goes_on_where_it_did_not() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let effects = press(&mut state, &["R"]);
    let Request::Resume(resume) = request(&effects) else {
        panic!()
    };
    assert_eq!(
        (resume.step.as_deref(), resume.origin.as_deref()),
        (Some("train"), Some("17"))
    );

    let mut state = with_run();
    let tasks = tasks(&["2"], Progress::Failed);
    state
        .details
        .get_mut(&run_key("17"))
        .unwrap()
        .steps
        .insert("train".to_owned(), tasks);
    press(&mut state, &["j"]);
    let effects = press(&mut state, &["R"]);
    let Request::Resume(resume) = request(&effects) else {
        panic!()
    };
    assert_eq!(resume.step, None);

    let mut state = loaded();
    assert!(press(&mut state, &["R"]).is_empty());
    assert!(status_text(&state).contains("no run to resume"));
}

#[test]
fn a_switch_that_went_elsewhere_is_not_taken() {
    let source = FLOW.replace(
        "self.next(self.report, self.export)",
        "self.next({\"a\": self.report, \"b\": self.export}, condition=\"kind\")",
    );
    let mut state = with_run();
    save(&mut state, &source, &[]);
    let detail = state.details.get_mut(&run_key("17")).unwrap();
    detail.steps.shift_remove("export");
    assert_eq!(step_status(&state, "export").state, StepState::NotTaken);
    assert_eq!(step_status(&state, "report").state, StepState::Fresh);
}

#[test]
fn cancel_is_polite_and_then_is_not() {
    let mut state = with_run();
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    assert!(matches!(press(&mut state, &["x"]).as_slice(), [Effect::Cancel(t)] if *t == token));
    assert!(matches!(press(&mut state, &["x"]).as_slice(), [Effect::Kill(t)] if *t == token));
    let mut idle = with_run();
    assert!(press(&mut idle, &["x"]).is_empty());
}

#[test]
fn ctrl_c_asks_once_stops_on_the_second_and_quits_when_idle() {
    let mut state = with_run();
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    assert!(press(&mut state, &["ctrl-c"]).is_empty());
    assert!(status_text(&state).contains("ctrl-c again"));
    press(&mut state, &["j"]);
    assert!(
        press(&mut state, &["ctrl-c"]).is_empty(),
        "another key in between disarms"
    );
    assert!(
        matches!(press(&mut state, &["ctrl-c"]).as_slice(), [Effect::Cancel(t)] if *t == token)
    );
    tell(
        &mut state,
        token,
        finished(JobKind::Run, "18", Outcome::Cancelled),
    );
    let effects = press(&mut state, &["ctrl-c"]);
    assert!(matches!(effects.last(), Some(Effect::Quit)));
}

#[test]
fn quitting_asks_while_something_runs() {
    let mut state = with_run();
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    assert!(press(&mut state, &["q"]).is_empty());
    assert!(matches!(state.popup, Some(Popup::Confirm { .. })));
    assert!(press(&mut state, &["n"]).is_empty());
    assert_eq!(state.popup, None);
    let effects = press(&mut state, &["q", "y"]);
    assert_eq!(cancelled(&effects), [token]);
    assert!(matches!(effects.last(), Some(Effect::Quit)));
}

#[test]
fn a_signal_ends_the_session_without_asking() {
    let mut state = with_run();
    submitted(&press(&mut state, &["r"])).unwrap();
    let effects = update(&mut state, Msg::Terminate);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Remember(_)))
    );
    assert!(matches!(effects.last(), Some(Effect::Quit)));
}

#[test]
fn the_inputs_picker_offers_splits_and_runs_and_its_pick_goes_into_the_spin() {
    let mut state = with_run();
    press(&mut state, &["j", "i"]);
    let Some(Popup::Choice(choice)) = &state.popup else {
        panic!()
    };
    let labels: Vec<_> = choice
        .entries
        .iter()
        .map(|entry| entry.label.as_str())
        .collect();
    assert_eq!(
        labels,
        ["latest", "17/train/2", "17/train/3", "17/train/4", "run 17"]
    );
    press(&mut state, &["j", "j", "enter"]);
    let effects = press(&mut state, &["s"]);
    let Request::Spin(spin) = request(&effects) else {
        panic!()
    };
    assert_eq!(spin.pathspec.as_deref(), Some("17/train/3"));
    let effects = press(&mut state, &["j", "s"]);
    let Request::Spin(spin) = request(&effects) else {
        panic!()
    };
    assert_eq!(
        spin.pathspec.as_deref(),
        Some("17/join"),
        "a task of another step names its run"
    );
    press(&mut state, &["i", "g", "enter"]);
    let effects = press(&mut state, &["s"]);
    let Request::Spin(spin) = request(&effects) else {
        panic!()
    };
    assert_eq!(spin.pathspec, None);
}

#[test]
fn stale_inputs_are_never_silent() {
    let mut state = with_run();
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["start"]);
    press(&mut state, &["j"]);
    let warning = super::super::inputs::inputs_warning(&state).unwrap();
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

#[test]
fn a_run_in_view_hides_older_spins_and_esc_goes_back() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    spin(&mut state, "s1", "train");
    assert!(step_status(&state, "train").spun);
    press(&mut state, &["2", "g", "j", "enter"]);
    assert_eq!(state.base, Some(run_key("17")));
    assert!(!step_status(&state, "train").spun);
    assert_eq!(state.subject, Some(task_key("17", "train", "2")));
    press(&mut state, &["esc"]);
    assert!(step_status(&state, "train").spun);
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
