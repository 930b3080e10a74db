use crate::store::{
    TaskWriter,
    testing::{Scene, TRUE, finished, identity, manifest},
};

#[test]
fn a_clone_shares_the_artifacts_and_names_its_origin() {
    let scene = Scene::new();
    let flow = scene.flow();
    let origin = flow.run("1").task("train", "7");
    TaskWriter::new(origin.clone(), 0, identity())
        .register()
        .unwrap();
    finished(&origin, 1, &[("x", TRUE), ("_task_ok", TRUE)])
        .foreach_records(&["items=a".into()], "train:0")
        .unwrap();

    let target = flow.run("2").task("train", "3");
    target.run().register(&identity()).unwrap();
    let writer = TaskWriter::new(target.clone(), 0, identity());
    let artifacts = origin.manifest(1).unwrap();
    writer.clone_from(&origin, &artifacts).unwrap();
    assert_eq!(target.latest_manifest().unwrap(), Some(artifacts));
    assert_eq!(target.latest_done().unwrap(), Some(0));
    assert_eq!(target.origin().unwrap().unwrap().pathspec(), "F/1/train/7");
    assert_eq!(target.sysmeta("attempt").unwrap().unwrap().text(), "0");
    assert_eq!(target.sysmeta("ds-root").unwrap(), None);
    let place = target.sysmeta("foreach-execution-path").unwrap().unwrap();
    assert_eq!(place.text(), "train:0");
    assert_eq!(target.exit_info(0).unwrap(), None);
    assert!(origin.origin().unwrap().is_none());
}

#[test]
fn cloned_parameters_keep_the_names_of_the_terminal_steps() {
    let scene = Scene::new();
    let (old, new) = (scene.flow().run("1"), scene.flow().run("2"));
    let origin = TaskWriter::new(old.task("_parameters", "0"), 0, identity());
    origin.register().unwrap();
    let artifacts = manifest(&scene.flow(), &[("alpha", TRUE)]);
    origin
        .finish_parameters(&artifacts, "first", "last")
        .unwrap();

    let clone = TaskWriter::new(new.task("_parameters", "0"), 0, identity());
    clone.clone_from(origin.task(), &artifacts).unwrap();
    assert_eq!(
        new.terminal_steps().unwrap(),
        ("first".to_owned(), "last".to_owned())
    );
    assert_eq!(clone.task().sysmeta("origin-task-id").unwrap(), None);
}
