use std::thread;

use super::{TagError, validate_tags};
use crate::store::{
    RunStore, StoreError,
    testing::{Scene, identity},
};

fn run(scene: &Scene) -> RunStore {
    let run = scene.flow().run("1");
    run.register(&identity()).unwrap();
    run
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn tags_are_added_removed_and_replaced() {
    let scene = Scene::new();
    let run = run(&scene);
    assert_eq!(run.add_tags(&words("b a t")).unwrap(), words("a b t"));
    assert_eq!(run.remove_tags(&words("a nothing")).unwrap(), words("b t"));
    assert_eq!(
        run.replace_tags(&words("b x"), &words("b c")).unwrap(),
        words("b c t")
    );
    assert_eq!(run.info().unwrap().unwrap().tags, words("b c t"));
}

#[test]
fn a_run_keeps_its_place_and_its_user() {
    let scene = Scene::new();
    let run = run(&scene);
    let before = run.info().unwrap().unwrap();
    run.add_tags(&words("new")).unwrap();
    let after = run.info().unwrap().unwrap();
    assert_eq!((after.created, after.user), (before.created, before.user));
    assert_eq!(after.sys_tags, before.sys_tags);
}

#[test]
fn tags_of_the_runtime_stay() {
    let scene = Scene::new();
    let run = run(&scene);
    assert_eq!(run.add_tags(&words("user:me")).unwrap(), words("t"));
    let error = run.remove_tags(&words("user:me")).unwrap_err();
    assert!(matches!(error, StoreError::Tag(TagError::System(tag)) if tag == "user:me"));
}

#[test]
fn tags_that_metaflow_refuses_are_refused() {
    assert_eq!(validate_tags(&[""]), Err(TagError::Empty));
    assert_eq!(validate_tags(&["ü".repeat(500)]), Ok(()));
    assert!(matches!(
        validate_tags(&["x".repeat(501)]),
        Err(TagError::TooLong(_))
    ));
    let scene = Scene::new();
    let run = run(&scene);
    let many: Vec<String> = (0..49).map(|n| n.to_string()).collect();
    assert_eq!(run.add_tags(&many).unwrap().len(), 50);
    let error = run.add_tags(&words("more")).unwrap_err();
    assert!(matches!(error, StoreError::Tag(TagError::TooMany(51))));
}

#[test]
fn a_run_that_does_not_exist_gets_no_tags() {
    let scene = Scene::new();
    let error = scene.flow().run("9").add_tags(&words("a")).unwrap_err();
    assert!(matches!(error, StoreError::Absent { .. }));
}

#[test]
fn no_tag_is_lost_when_many_write() {
    let scene = Scene::new();
    let run = run(&scene);
    thread::scope(|scope| {
        for n in 0..8 {
            let run = run.clone();
            scope.spawn(move || run.add_tags(&[format!("tag{n}")]).unwrap());
        }
    });
    assert_eq!(run.info().unwrap().unwrap().tags.len(), 9);
}
