use crate::{
    app::jobs::SpinTiming,
    engine::{Phase, Timing},
};

use super::*;

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
            headline: None,
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
        place: None,
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
    state.timing = Some(SpinTiming {
        token: 1,
        label: "spin train".to_owned(),
        timing: Timing(
            [
                (Phase::Event, 0.4),
                (Phase::Exec, 4.2),
                (Phase::Step, 6.1),
                (Phase::Exit, 9.0),
            ]
            .into(),
        ),
    });
    press(&mut state, &["esc", "t"]);
    check("timings-80x24", &screen(&mut state, 80, 24));
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
