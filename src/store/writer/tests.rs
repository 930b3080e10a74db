use std::{collections::BTreeSet, fs, sync::Arc};

use serde_json::Value;

use super::{Begin, TaskWriter};
use crate::store::{
    ArtifactRef, ExitInfo, LogBuffer, LogStream, Manifest, ObjectStorage, Store, StoreKind,
    TaskStore,
    testing::{Dying, FALSE, Scene, TRUE, finished, identity, manifest},
};

fn task(scene: &Scene) -> TaskStore {
    let run = scene.flow().run("1");
    run.register(&identity()).unwrap();
    run.task("start", "1")
}

fn begin() -> Begin {
    Begin {
        origin_run_id: None,
        foreach_stack: vec!["items=a".into()],
        foreach_execution_path: "start:0".into(),
    }
}

/// Everything below the task, with times taken out of names.
fn names(task: &TaskStore) -> BTreeSet<String> {
    let root = task.storage().local_path(&task.key()).unwrap();
    let mut names = BTreeSet::new();
    for dir in ["", "_meta"] {
        for entry in fs::read_dir(root.join(dir)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let name = entry.file_name().into_string().unwrap();
                let stem = name
                    .trim_end_matches(".json")
                    .trim_end_matches(|c: char| c.is_ascii_digit());
                names.insert(if name.starts_with("sysmeta_") {
                    stem.to_owned()
                } else {
                    name
                });
            }
        }
    }
    names
}

#[test]
fn an_attempt_leaves_the_files_that_metaflow_leaves() {
    let scene = Scene::new();
    let task = task(&scene);
    let writer = TaskWriter::new(task.clone(), 0, identity());
    writer.register().unwrap();
    writer.begin(&begin()).unwrap();
    let artifacts = manifest(&scene.flow(), &[("_task_ok", TRUE), ("x", FALSE)]);
    writer.finish(&artifacts, true).unwrap();
    let exit = ExitInfo {
        return_code: 0,
        killed: false,
        success: true,
    };
    writer.runtime(exit, b"", b"").unwrap();
    let expected = [
        "_self.json",
        "0.attempt.json",
        "0.task_begin",
        "0.task_end",
        "0.data.json",
        "0.DONE.lock",
        "0.runtime",
        "0.runtime_stdout.log",
        "0.runtime_stderr.log",
        "0_artifact__task_ok.json",
        "0_artifact_x.json",
        "sysmeta_user_",
        "sysmeta_runtime_",
        "sysmeta_python_version_",
        "sysmeta_metaflow_version_",
        "sysmeta_script-name_",
        "sysmeta_attempt_",
        "sysmeta_origin-run-id_",
        "sysmeta_ds-type_",
        "sysmeta_ds-root_",
        "sysmeta_foreach-stack_",
        "sysmeta_foreach-execution-path_",
        "sysmeta_attempt_ok_",
        "sysmeta_attempt-done_",
    ];
    assert_eq!(
        names(&task),
        expected.into_iter().map(str::to_owned).collect()
    );
    assert_eq!(task.manifest(0).unwrap(), artifacts);
    assert_eq!(task.latest_done().unwrap(), Some(0));
    assert_eq!(task.exit_info(0).unwrap(), Some(exit));
}

#[test]
fn records_have_the_fields_that_clients_read() {
    let scene = Scene::new();
    let task = task(&scene);
    finished(&task, 0, &[("x", TRUE)]);
    let read = |file: &str| -> Value {
        let text = task.storage().get(&task.meta_file(file)).unwrap().unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let mut record = read("0_artifact_x.json");
    assert!(record["ts_epoch"].take().as_i64().unwrap() > 1_000_000_000_000);
    let expected = serde_json::json!({
        "run_number": "1", "step_name": "start", "task_id": "1", "attempt_id": 0, "name": "x",
        "content_type": "pickle-v4", "type": "metaflow.artifact",
        "sha": "868436778cb011a1c6230bc12534683ab0b7f1c3", "ds_type": "local",
        "location": format!(":root:{}", scene.store.root()), "flow_id": "F", "user_name": "me",
        "tags": ["t"],
        "system_tags": ["user:me", "runtime:dev", "python_version:3.12.1", "metaflow_version:2.19.39"],
        "ts_epoch": null,
    });
    assert_eq!(record, expected);

    let done = task.sysmeta("attempt-done").unwrap().unwrap();
    assert_eq!(
        (done.text().as_str(), done.attempt, done.kind.as_str()),
        ("0", Some(0), "attempt-done")
    );
    let ok = task.sysmeta("attempt_ok").unwrap().unwrap();
    assert_eq!(
        (ok.text().as_str(), ok.kind.as_str()),
        ("True", "internal_attempt_status")
    );
    assert_eq!(
        task.sysmeta("origin-run-id").unwrap().unwrap().text(),
        "None"
    );
    assert_eq!(
        task.sysmeta("ds-root").unwrap().unwrap().text(),
        scene.store.root()
    );
    // `attempt` is a name of its own, not the start of `attempt_ok`.
    assert_eq!(task.sysmeta("attempt").unwrap().unwrap().text(), "0");
}

#[test]
fn records_of_one_millisecond_are_all_kept() {
    let scene = Scene::new();
    let task = task(&scene);
    let writer = TaskWriter::new(task.clone(), 0, identity());
    for n in 0..50 {
        writer.record("note", "note", &n.into()).unwrap();
    }
    let values: Vec<Value> = task
        .all_sysmeta()
        .unwrap()
        .into_iter()
        .map(|r| r.value)
        .collect();
    assert_eq!(values, (0..50).map(Value::from).collect::<Vec<_>>());
    assert_eq!(task.sysmeta("note").unwrap().unwrap().value, 49);
}

#[test]
fn a_newer_attempt_hides_an_older_one_until_it_is_done() {
    let scene = Scene::new();
    let task = task(&scene);
    finished(&task, 0, &[("x", FALSE)]);
    assert_eq!(
        task.read_simple("x").unwrap().unwrap().as_bool(),
        Some(false)
    );

    let writer = TaskWriter::new(task.clone(), 1, identity());
    writer.register().unwrap();
    assert_eq!(
        (task.latest_attempt().unwrap(), task.latest_done().unwrap()),
        (Some(1), None)
    );
    assert_eq!(task.read_simple("x").unwrap(), None);

    writer.begin(&begin()).unwrap();
    writer
        .finish(&manifest(&scene.flow(), &[("x", TRUE)]), true)
        .unwrap();
    assert_eq!(task.attempts().unwrap(), [0, 1]);
    assert!(task.done(0).unwrap() && task.done(1).unwrap());
    assert_eq!(
        task.read_simple("x").unwrap().unwrap().as_bool(),
        Some(true)
    );
    assert_eq!(task.read_simple("none").unwrap(), None);
}

#[test]
fn an_attempt_without_manifest_is_not_done() {
    let scene = Scene::new();
    let task = task(&scene);
    let writer = TaskWriter::new(task.clone(), 0, identity());
    writer.register().unwrap();
    writer.begin(&begin()).unwrap();
    writer.abandon().unwrap();
    assert_eq!(task.sysmeta("attempt_ok").unwrap().unwrap().text(), "False");
    assert_eq!(task.latest_done().unwrap(), None);
    assert!(task.manifest(0).is_err());
}

#[test]
fn parameters_name_the_first_and_the_last_step() {
    let scene = Scene::new();
    let run = scene.flow().run("1");
    run.register(&identity()).unwrap();
    assert_eq!(
        run.terminal_steps().unwrap(),
        ("start".to_owned(), "end".to_owned())
    );
    let writer = TaskWriter::new(run.task("_parameters", "0"), 0, identity());
    writer.register().unwrap();
    let artifacts = manifest(&scene.flow(), &[("alpha", TRUE)]);
    writer
        .finish_parameters(&artifacts, "first", "last")
        .unwrap();
    assert_eq!(
        run.terminal_steps().unwrap(),
        ("first".to_owned(), "last".to_owned())
    );
    let parameters = run.parameters().unwrap().unwrap();
    assert_eq!(parameters.latest_manifest().unwrap(), Some(artifacts));
    assert_eq!(
        parameters.sysmeta("end_step").unwrap().unwrap().attempt,
        None
    );
    assert!(run.steps().unwrap().is_empty());
}

#[test]
fn output_is_read_back_in_order() {
    let scene = Scene::new();
    let task = task(&scene);
    let writer = TaskWriter::new(task.clone(), 0, identity());
    let mut out = LogBuffer::new(1 << 20);
    for second in 1..4 {
        out.push(
            jiff::Timestamp::from_second(second).unwrap(),
            format!("line {second}").as_bytes(),
        );
    }
    let exit = ExitInfo {
        return_code: -9,
        killed: true,
        success: false,
    };
    writer.runtime(exit, out.as_bytes(), b"").unwrap();
    let lines = task.log(LogStream::Stdout, 0).unwrap();
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["line 1", "line 2", "line 3"]);
    assert!(task.log(LogStream::Stderr, 0).unwrap().is_empty());
    assert!(task.log(LogStream::Stdout, 1).unwrap().is_empty());
}

/// Whatever prefix of the writes survives, readers see either no result or the whole of it.
#[test]
fn a_writer_killed_at_any_moment_leaves_a_readable_store() {
    let mut complete = false;
    for budget in 0.. {
        let scene = Scene::new();
        let root = scene.store.root().to_owned();
        let dying = Arc::new(Dying::new(&root, budget));
        let store = Store::with_storage(dying, root, StoreKind::Local);
        let survived = write_all(&store).is_ok();

        let task = scene.flow().run("1").task("start", "1");
        let seen = task.latest_manifest().unwrap();
        complete |= seen.is_some();
        // Once it is done it stays done.
        assert_eq!(seen.is_some(), complete, "after {budget} writes");
        assert!(seen.is_none_or(|seen| seen.objects.len() == 2));
        task.all_sysmeta().unwrap();
        task.info().unwrap();
        scene.flow().run("1").summary().unwrap();
        if survived {
            break;
        }
    }
    assert!(complete);
}

#[test]
fn an_object_store_keeps_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let memory = Arc::new(object_store::memory::InMemory::new());
    let storage = ObjectStorage::new(memory, "bucket", runtime.handle().clone()).unwrap();
    let store = Store::with_storage(Arc::new(storage), "s3://bucket", StoreKind::Local);
    write_all(&store).unwrap();

    assert_eq!(store.flows().unwrap(), ["F"]);
    let run = store.flow("F").run("1");
    let task = run.task("start", "1");
    assert_eq!(
        task.read_simple("x").unwrap().unwrap().as_bool(),
        Some(false)
    );
    assert_eq!(
        task.sysmeta("ds-root").unwrap().unwrap().text(),
        "s3://bucket"
    );
    assert_eq!(run.summary().unwrap().steps, 1);
    assert_eq!(run.add_tags(&["a".into()]).unwrap(), ["a", "t"]);
    drop(run.claim().unwrap());
    assert!(!run.is_claimed());
    assert_eq!(store.root_path(), None);
}

fn write_all(store: &Store) -> crate::store::Result<()> {
    let flow = store.flow("F");
    let task = flow.run("1").task("start", "1");
    task.run().register(&identity())?;
    let writer = TaskWriter::new(task, 0, identity());
    writer.register()?;
    writer.begin(&begin())?;
    let mut artifacts = Manifest::default();
    for (name, pickle) in [("_task_ok", TRUE), ("x", FALSE)] {
        let key = flow.put_blob(pickle)?;
        let artifact = ArtifactRef::pickle(key, 4, "<class 'bool'>");
        artifacts.objects.insert(name.to_owned(), artifact);
    }
    writer.finish(&artifacts, true)?;
    let exit = ExitInfo {
        return_code: 0,
        killed: false,
        success: true,
    };
    writer.runtime(exit, b"", b"")
}
