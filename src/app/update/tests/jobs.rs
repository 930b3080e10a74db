use super::*;

#[test]
fn a_spin_shows_its_output_and_refreshes_the_step() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    spin(&mut state, "s1", "train");
    assert_eq!(state.subject, Some(task_key("s1", "train", "1")));
    assert_eq!(state.output().unwrap().line(0).text, "score 2");
    let status = step_status(&state, "train");
    assert!(status.spun && status.state == StepState::Fresh);
    assert!(!state.is_busy());
    let last = state.last.as_ref().unwrap();
    assert_eq!((last.label.as_str(), last.millis), ("spin train", 23.0));
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

/// The step that is prepared for a spin.
fn warmed(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::WarmStep { step, .. } => Some(step.as_str()),
        _ => None,
    })
}

#[test]
fn the_selected_step_is_prepared_anew_when_a_run_has_made_new_inputs() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["r"])).unwrap();
    tell(&mut state, token, started(JobKind::Run, "18"));
    let ended = finished(JobKind::Run, "18", Outcome::Success);
    assert_eq!(warmed(&tell(&mut state, token, ended)), Some("train"));
    // A run of another process, while it goes on and when it is over.
    let mut row = state.runs[0].clone();
    row.key = run_key("19");
    for (progress, expected) in [
        (Progress::Running, None),
        (Progress::Done, Some("train")),
        (Progress::Done, None),
    ] {
        row.progress = progress;
        update(&mut state, Msg::RunsChanged);
        let ticket = state.tickets.runs;
        let runs = Ok(vec![row.clone()]);
        let effects = update(&mut state, Msg::Runs { ticket, runs });
        assert_eq!(warmed(&effects), expected, "{progress:?}");
    }
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
fn a_step_that_is_being_spun_is_running() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["s"])).unwrap();
    tell(&mut state, token, started(JobKind::Spin, "s1"));
    assert_eq!(step_status(&state, "train").state, StepState::Running);
    assert_ne!(step_status(&state, "start").state, StepState::Running);
}

/// The tests' flow with a parameter and a config that it can not run without.
fn needy() -> State {
    let mut state = empty();
    let source = FLOW.replace(
        "    @step\n    def start",
        "    alpha = Parameter(\"alpha-rate\", required=True, help=\"how fast\")\n    given = Parameter(\"given\", required=True, default=3)\n    cfg = Config(\"cfg\", required=True)\n\n    @step\n    def start",
    );
    let view = Msg::Flow(
        Box::new(view_of(&source)),
        crate::app::Remembered::default(),
    );
    update(&mut state, view);
    state
}

fn typed(state: &mut State, text: &str) -> Vec<Effect> {
    update(state, Msg::Paste(text.to_owned()));
    press(state, &["enter"])
}

#[test]
fn a_run_asks_for_what_it_needs_and_remembers_it() {
    let mut state = needy();
    assert_eq!(submitted(&press(&mut state, &["r"])), None);
    let Some(Popup::Prompt { needed, .. }) = &state.popup else {
        panic!("{:?}", state.popup);
    };
    assert_eq!(
        (needed.name.as_str(), needed.help.as_str()),
        ("alpha-rate", "how fast")
    );
    // Nothing typed is no answer; leaving runs nothing.
    assert_eq!(submitted(&press(&mut state, &["enter"])), None);
    assert!(matches!(state.popup, Some(Popup::Prompt { .. })));
    press(&mut state, &["esc"]);
    assert_eq!(state.popup, None);
    press(&mut state, &["r"]);
    assert_eq!(submitted(&typed(&mut state, "0.5")), None);
    assert!(matches!(&state.popup, Some(Popup::Prompt { needed, .. }) if needed.is_config));
    let effects = typed(&mut state, "a.json");
    let Request::Run(run) = request(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(
        run.parameters,
        [("alpha-rate".to_owned(), "0.5".to_owned())]
    );
    assert_eq!(run.flow.configs.files["cfg"], "a.json");
    let token = submitted(&effects).unwrap();
    tell(&mut state, token, started(JobKind::Run, "18"));
    tell(
        &mut state,
        token,
        finished(JobKind::Run, "18", Outcome::Success),
    );
    let again = press(&mut state, &["r"]);
    assert!(
        submitted(&again).is_some(),
        "what was answered is not asked again"
    );
}

#[test]
fn what_the_session_was_given_goes_into_all_that_it_starts() {
    let mut state = with_run();
    state.parameters = vec![("alpha".to_owned(), "3".to_owned())];
    state
        .request
        .configs
        .values
        .insert("cfg".to_owned(), "{}".to_owned());
    let alpha = [("alpha".to_owned(), "3".to_owned())];
    let spun = press(&mut state, &["s"]);
    let Request::Spin(spin) = request(&spun) else {
        panic!("{spun:?}");
    };
    assert_eq!(spin.parameters, alpha);
    assert!(spin.flow.configs.values.contains_key("cfg"));
    let resumed = press(&mut state, &["R"]);
    let Request::Resume(resume) = request(&resumed) else {
        panic!("{resumed:?}");
    };
    assert_eq!(resume.parameters, alpha);
    // A resumed run keeps the configs that it has.
    assert!(resume.flow.configs.values.is_empty());
}
