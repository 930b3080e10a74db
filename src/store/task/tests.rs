use std::fs;

use crate::store::{
    StoreError,
    testing::{Scene, TRUE, finished},
};

#[test]
fn tasks_are_listed_by_number() {
    let scene = Scene::new();
    let run = scene.flow().run("1");
    for id in ["10", "9", "2_node_1"] {
        finished(&run.task("a", id), 0, &[]);
    }
    finished(&run.task("_parameters", "0"), 0, &[]);
    let ids: Vec<_> = run
        .tasks("a")
        .unwrap()
        .iter()
        .map(|t| t.id().to_owned())
        .collect();
    assert_eq!(ids, ["9", "10", "2_node_1"]);
    assert_eq!(run.steps().unwrap(), ["a"]);
    assert_eq!(
        run.parameters().unwrap().unwrap().pathspec(),
        "F/1/_parameters/0"
    );
    assert!(run.tasks("none").unwrap().is_empty());
}

#[test]
fn old_manifests_lack_things() {
    let scene = Scene::new();
    let flow = scene.flow();
    let task = flow.run("1").task("start", "1");
    finished(&task, 0, &[("x", TRUE)]);
    let path = task
        .storage()
        .local_path(&task.file(0, "data.json"))
        .unwrap();
    let sha = "868436778cb011a1c6230bc12534683ab0b7f1c3";
    for text in [
        format!(r#"{{"objects": {{"x": "{sha}"}}}}"#),
        format!(
            r#"{{"objects": {{"x": "{sha}"}}, "info": {{"x": {{"encoding": "gzip+pickle-v4"}}}}}}"#
        ),
        format!(r#"{{"objects": {{"x": "{sha}"}}, "info": {{"x": {{"size": 4}}}}, "attempt": 0}}"#),
    ] {
        fs::write(&path, &text).unwrap();
        assert_eq!(
            task.read_simple("x").unwrap().unwrap().as_bool(),
            Some(true),
            "{text}"
        );
    }
    fs::write(&path, r#"{"objects": {}}"#).unwrap();
    assert_eq!(task.latest_manifest().unwrap().unwrap().objects.len(), 0);
}

#[test]
fn what_can_not_be_read_is_named() {
    let scene = Scene::new();
    let task = scene.flow().run("1").task("start", "1");
    finished(&task, 0, &[("x", TRUE), ("y", b"no pickle")]);
    let error = task.read_simple("y").unwrap_err().to_string();
    assert!(error.contains("artifact y of F/1/start/1"), "{error}");

    let path = task
        .storage()
        .local_path(&task.file(0, "data.json"))
        .unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("pickle-v4", "pickle-v5")).unwrap();
    assert!(matches!(
        task.read_simple("x"),
        Err(StoreError::Encoding { .. })
    ));
    for broken in ["", "[]", "{\"objects\": []}", "{\"objects\": {\"x\": 1}}"] {
        fs::write(&path, broken).unwrap();
        let is_malformed = matches!(task.manifest(0), Err(StoreError::Malformed { .. }));
        assert!(is_malformed || broken == "[]", "{broken}");
    }
}

#[test]
fn a_name_never_leads_out_of_the_store() {
    let scene = Scene::new();
    let run = scene.flow().run("../../etc");
    assert!(matches!(run.exists(), Err(StoreError::BadKey { .. })));
    assert!(matches!(
        run.task("a", "1").attempts(),
        Err(StoreError::BadKey { .. })
    ));
}
