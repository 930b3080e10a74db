use crate::store::{
    ExitInfo, RunStatus, RunStore, TaskWriter,
    testing::{FALSE, Scene, TRUE, finished, identity},
};

const FAILED: ExitInfo = ExitInfo {
    return_code: 1,
    killed: false,
    success: false,
};
const FINE: ExitInfo = ExitInfo {
    return_code: 0,
    killed: false,
    success: true,
};

fn run(scene: &Scene) -> RunStore {
    let run = scene.flow().run("1");
    run.register(&identity()).unwrap();
    let ok: [(&str, &[u8]); 2] = [("_task_ok", TRUE), ("_success", TRUE)];
    finished(&run.task("start", "1"), 0, &ok)
        .runtime(FINE, b"", b"")
        .unwrap();
    run
}

#[test]
fn a_run_whose_end_succeeded_is_successful() {
    let scene = Scene::new();
    let run = run(&scene);
    finished(
        &run.task("end", "2"),
        0,
        &[("_task_ok", TRUE), ("_success", TRUE)],
    );
    let summary = run.summary().unwrap();
    assert_eq!((summary.status, summary.steps), (RunStatus::Successful, 2));
    assert_eq!((summary.id.as_str(), summary.user.as_str()), ("1", "me"));
    assert_eq!(summary.tags, ["t"]);
}

#[test]
fn an_end_whose_failure_was_caught_finished_without_success() {
    let scene = Scene::new();
    let run = run(&scene);
    finished(
        &run.task("end", "2"),
        0,
        &[("_task_ok", TRUE), ("_success", FALSE)],
    );
    assert_eq!(run.status().unwrap(), RunStatus::Finished);
}

#[test]
fn a_failed_task_is_a_failed_run_unless_it_is_retried() {
    let scene = Scene::new();
    let run = run(&scene);
    let task = run.task("train", "2");
    let first = finished(&task, 0, &[("_task_ok", FALSE), ("_success", FALSE)]);
    assert_eq!(run.status().unwrap(), RunStatus::Failed);
    first.runtime(FAILED, b"", b"").unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Failed);

    TaskWriter::new(task.clone(), 1, identity())
        .register()
        .unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Unfinished);
    TaskWriter::new(task, 1, identity())
        .runtime(FAILED, b"", b"")
        .unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Failed);
}

#[test]
fn a_failed_end_is_a_failed_run() {
    let scene = Scene::new();
    let run = run(&scene);
    finished(
        &run.task("end", "2"),
        0,
        &[("_task_ok", FALSE), ("_success", FALSE)],
    );
    assert_eq!(run.status().unwrap(), RunStatus::Failed);
}

#[test]
fn a_run_is_running_while_it_is_claimed_and_no_longer() {
    let scene = Scene::new();
    let run = run(&scene);
    assert_eq!(run.status().unwrap(), RunStatus::Unfinished);
    let claim = run.claim().unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Running);
    assert!(run.claim().is_err());
    drop(claim);
    assert_eq!(run.status().unwrap(), RunStatus::Unfinished);
    drop(run.claim().unwrap());
}

#[test]
fn the_last_step_may_have_another_name() {
    let scene = Scene::new();
    let run = run(&scene);
    let parameters = TaskWriter::new(run.task("_parameters", "0"), 0, identity());
    parameters.register().unwrap();
    parameters
        .finish_parameters(&Default::default(), "start", "goal")
        .unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Unfinished);
    finished(
        &run.task("goal", "2"),
        0,
        &[("_task_ok", TRUE), ("_success", TRUE)],
    );
    assert_eq!(run.status().unwrap(), RunStatus::Successful);
}

#[test]
fn a_directory_without_record_has_a_summary_all_the_same() {
    let scene = Scene::new();
    let summary = scene.flow().run("5").summary().unwrap();
    assert_eq!(
        (summary.user.as_str(), summary.status),
        ("", RunStatus::Unfinished)
    );
}

#[test]
fn a_task_that_left_early_is_a_failure() {
    let scene = Scene::new();
    let run = run(&scene);
    let none = b"\x80\x04N.";
    let writer = finished(
        &run.task("train", "2"),
        0,
        &[("_task_ok", none), ("_success", FALSE)],
    );
    writer.runtime(FINE, b"", b"").unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Failed);
}

#[test]
fn a_spin_is_judged_by_its_only_task() {
    let scene = Scene::new();
    let flow = scene.store.spin_sibling().flow("F");
    let spin = |id: &str, artifacts: &[(&str, &[u8])], exit| {
        let run = flow.run(id);
        finished(&run.task("train", "0"), 0, artifacts)
            .runtime(exit, b"", b"")
            .unwrap();
        run.status().unwrap()
    };
    assert_eq!(
        spin("1", &[("_task_ok", TRUE), ("_success", TRUE)], FINE),
        RunStatus::Successful
    );
    assert_eq!(
        spin("2", &[("_task_ok", FALSE), ("_success", FALSE)], FAILED),
        RunStatus::Failed
    );
    // Without --persist Metaflow keeps no artifacts.
    assert_eq!(spin("3", &[], FINE), RunStatus::Successful);
}
