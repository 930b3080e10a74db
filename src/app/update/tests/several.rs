//! Keys that spin several steps as one job, and the judgement that says which of them are stale.

use super::*;
use crate::engine::{Part, StatusRequest};

/// One of several spins has begun.
fn part(run: &str, step: &str, number: usize, of: usize) -> Event {
    let Event::JobStarted {
        job,
        flow,
        run,
        origin,
        root,
        ..
    } = started(JobKind::Spin, run)
    else {
        unreachable!()
    };
    let part = Some(Part {
        step: step.to_owned(),
        number,
        of,
    });
    Event::JobStarted {
        job,
        flow,
        run,
        origin,
        root,
        part,
    }
}

fn judged(effects: &[Effect]) -> Option<&StatusRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Judge { request, .. } => Some(request.as_ref()),
        _ => None,
    })
}

#[test]
fn the_keys_ask_for_what_is_stale_before_or_after() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let also = |effects: &[Effect]| match request(effects) {
        Request::Spin(spin) => (spin.with_stale_inputs, spin.with_stale_descendants),
        other => panic!("{other:?}"),
    };
    assert_eq!(also(&press(&mut state, &["s"])), (false, false));
    assert_eq!(also(&press(&mut state, &["u"])), (true, false));
    assert_eq!(also(&press(&mut state, &["S"])), (false, true));
    assert_eq!(state.jobs.len(), 3);
    assert_eq!(
        state.jobs[..2]
            .iter()
            .map(|job| job.stopping)
            .collect::<Vec<_>>(),
        [crate::app::jobs::Stopping::Asked; 2],
        "the newest wins"
    );
}

#[test]
fn each_spin_of_a_job_has_its_row_and_its_output() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["S"])).unwrap();
    tell(&mut state, token, part("s1", "train", 1, 3));
    tell(
        &mut state,
        token,
        task_started(task_ref("s1", "train", "0"), None),
    );
    tell(
        &mut state,
        token,
        line(task_ref("s1", "train", "0"), "score 2"),
    );
    assert_eq!(state.jobs[0].label(), "spin train (1 of 3: train)");
    assert_eq!(step_status(&state, "train").state, StepState::Running);
    tell(
        &mut state,
        token,
        task_finished(task_ref("s1", "train", "0")),
    );
    tell(&mut state, token, part("s2", "join", 2, 3));
    assert_eq!(state.jobs[0].label(), "spin train (2 of 3: join)");
    let rows: Vec<_> = state.runs[..2]
        .iter()
        .map(|row| (row.step.as_deref().unwrap(), row.progress, row.millis))
        .collect();
    assert_eq!(
        rows,
        [
            ("join", Progress::Running, None),
            ("train", Progress::Done, Some(23.0))
        ]
    );
    assert_eq!(step_status(&state, "join").state, StepState::Running);
    assert_eq!(step_status(&state, "train").state, StepState::Fresh);
    tell(
        &mut state,
        token,
        task_started(task_ref("s2", "join", "0"), None),
    );
    assert_eq!(state.subject, Some(task_key("s1", "train", "0")), "stays");
    tell(
        &mut state,
        token,
        line(task_ref("s2", "join", "0"), "best 2"),
    );
    tell(
        &mut state,
        token,
        task_finished(task_ref("s2", "join", "0")),
    );
    let end = tell(
        &mut state,
        token,
        finished(JobKind::Spin, "s2", Outcome::Success),
    );
    assert_eq!(state.last.as_ref().unwrap().label, "spin train and 1 more");
    assert!(judged(&end).is_some(), "{end:?}");
    let outputs = ["s1/train/0", "s2/join/0"].map(|of| {
        let mut all = state.outputs.iter();
        let (_, output) = all.find(|(task, _)| task.pathspec() == of).unwrap();
        output.line(0).text.to_string()
    });
    assert_eq!(outputs, ["score 2", "best 2"]);
}

#[test]
fn the_one_that_fails_is_shown_and_ends_the_job() {
    let mut state = with_run();
    press(&mut state, &["j"]);
    let token = submitted(&press(&mut state, &["u"])).unwrap();
    tell(&mut state, token, part("s1", "start", 1, 2));
    let task = task_ref("s1", "start", "0");
    tell(&mut state, token, task_started(task.clone(), None));
    let failed = Event::TaskFailed {
        task,
        failure: failure(11),
        retry: false,
        millis: 3.0,
    };
    tell(&mut state, token, failed);
    let outcome = Outcome::Failed {
        step: Some("start".to_owned()),
        task: Some("0".to_owned()),
        place: None,
        failure: failure(11),
    };
    tell(&mut state, token, finished(JobKind::Spin, "s1", outcome));
    assert_eq!(state.selected.as_deref(), Some("start"));
    assert_eq!(state.subject, Some(task_key("s1", "start", "0")));
    assert_eq!(step_status(&state, "start").state, StepState::Failed);
    let label = &state.last.as_ref().unwrap().label;
    assert_eq!(label, "spin train (1 of 2: start)");
}

#[test]
fn the_states_are_the_engines_judgement() {
    let mut state = with_run();
    judge(&mut state, &[("join", "utils.best changed at line 3")]);
    let join = StepState::Stale("utils.best changed at line 3".to_owned());
    assert_eq!(step_status(&state, "join").state, join);
    assert_eq!(step_status(&state, "pick").state, StepState::Fresh);
    // A spin that gives the same leaves what follows fresh.
    press(&mut state, &["a"]);
    save(&mut state, FLOW, &["train"]);
    assert!(matches!(
        step_status(&state, "end").state,
        StepState::Stale(_)
    ));
    press(&mut state, &["j"]);
    spin(&mut state, "s1", "train");
    judge(&mut state, &[]);
    assert_eq!(step_status(&state, "end").state, StepState::Fresh);
}

#[test]
fn a_judgement_from_before_a_save_does_not_count() {
    let mut state = with_run();
    let effects = update(&mut state, Msg::FocusGained);
    assert!(judged(&effects).is_some());
    let late = state.tickets.judgement;
    let effects = save(&mut state, FLOW, &["train"]);
    assert!(judged(&effects).is_none(), "it is asked after the spin");
    let status = Ok(Box::default());
    update(
        &mut state,
        Msg::Judged {
            ticket: late,
            status,
        },
    );
    assert!(state.stale_reason("join").is_some());
}

#[test]
fn an_older_run_in_view_is_judged_by_itself() {
    let mut state = with_run();
    let effects = press(&mut state, &["2", "enter"]);
    let asked = judged(&effects).unwrap();
    assert_eq!(
        (asked.run.as_deref(), asked.without_spins),
        (Some("17"), true)
    );
    let effects = press(&mut state, &["esc"]);
    assert!(!judged(&effects).unwrap().without_spins);
}

#[test]
fn a_config_that_was_saved_has_the_steps_judged() {
    let mut state = with_run();
    update(&mut state, Msg::FocusGained);
    let file = std::path::PathBuf::from("/flows/model.json");
    let status = crate::engine::FlowStatus {
        config_files: vec![file.clone()],
        ..Default::default()
    };
    let ticket = state.tickets.judgement;
    let status = Ok(Box::new(status));
    let effects = update(&mut state, Msg::Judged { ticket, status });
    assert!(matches!(&effects[..], [Effect::Follow(files)] if *files == [file.clone()]));
    let effects = update(&mut state, Msg::ConfigChanged(file.clone()));
    assert!(judged(&effects).is_some());
    assert!(status_text(&state).contains("saved model.json"));
    // What runs has the steps judged at its end.
    press(&mut state, &["s"]);
    let effects = update(&mut state, Msg::ConfigChanged(file));
    assert!(judged(&effects).is_none());
}
