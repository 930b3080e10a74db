use std::{collections::HashSet, fs, thread};

use crate::store::{
    Store, StoreKind,
    testing::{Scene, identity},
};

#[test]
fn runs_come_newest_first_by_number() {
    let scene = Scene::new();
    let flow = scene.flow();
    for id in ["9", "10", "foo", "argo-1", "1795238610869961"] {
        assert!(flow.run(id).register(&identity()).unwrap());
    }
    flow.put_blob(b"x").unwrap();
    flow.set_latest_run("10").unwrap();
    assert_eq!(
        flow.runs().unwrap(),
        ["1795238610869961", "10", "9", "foo", "argo-1"]
    );
    assert_eq!(flow.latest_run().unwrap().unwrap().id(), "10");
    flow.set_latest_run("77").unwrap();
    assert_eq!(flow.latest_run().unwrap().unwrap().id(), "1795238610869961");
}

#[test]
fn a_run_is_registered_once() {
    let scene = Scene::new();
    let run = scene.flow().run("1");
    assert!(!run.exists().unwrap());
    assert_eq!(run.info().unwrap(), None);
    assert!(run.register(&identity()).unwrap());
    assert!(!run.register(&identity()).unwrap());
    let info = run.info().unwrap().unwrap();
    assert_eq!(
        (info.user.as_str(), info.tags.as_slice()),
        ("me", &["t".to_owned()][..])
    );
    assert!(info.sys_tags.contains(&"python_version:3.12.1".to_owned()));
    assert_eq!(scene.store.flows().unwrap(), ["F"]);
}

#[test]
fn new_ids_are_never_given_twice() {
    let scene = Scene::new();
    let flow = scene.flow();
    let ids: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..250)
                        .map(|_| flow.new_run_id().unwrap())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect()
    });
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1000);
    assert!(ids.iter().all(|id| id.len() == 16));
}

#[test]
fn an_empty_store_has_nothing_and_is_not_made_by_looking() {
    let scene = Scene::new();
    assert!(scene.store.flows().unwrap().is_empty());
    assert!(scene.flow().runs().unwrap().is_empty());
    assert_eq!(
        scene
            .flow()
            .latest_run()
            .unwrap()
            .map(|run| run.id().to_owned()),
        None
    );
    assert!(!scene.store.root_path().unwrap().exists());
}

#[test]
fn the_nearest_store_upward_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(dir.path()).unwrap();
    let deep = top.join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let nothing = |_: &str| None;

    let located = Store::locate(&deep, &nothing);
    assert!(!located.found);
    assert_eq!(located.store.root_path(), Some(deep.join(".metaflow")));

    fs::create_dir(top.join(".metaflow")).unwrap();
    let located = Store::locate(&deep, &nothing);
    assert!(located.found);
    assert_eq!(located.store.root_path(), Some(top.join(".metaflow")));
    let spins = located.store.spin_sibling();
    assert_eq!(spins.root_path(), Some(top.join(".metaflow_spin")));
    assert_eq!(
        (located.store.kind(), spins.kind()),
        (StoreKind::Local, StoreKind::Spin)
    );
}

#[test]
fn the_environment_places_both_stores() {
    let dir = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(dir.path()).unwrap();
    let (local, spin) = (top.join("l"), top.join("s"));
    let env = |name: &str| match name {
        "METAFLOW_DATASTORE_SYSROOT_LOCAL" => local.to_str().map(str::to_owned),
        "METAFLOW_DATASTORE_SYSROOT_SPIN" => spin.to_str().map(str::to_owned),
        _ => None,
    };
    let located = Store::locate(&top, &env);
    assert!(!located.found);
    assert_eq!(located.store.root_path(), Some(local.join(".metaflow")));
    assert_eq!(
        located.store.spin_sibling().root_path(),
        Some(spin.join(".metaflow_spin"))
    );
}

#[test]
fn cards_are_beside_the_runs_unless_they_have_a_place_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(dir.path()).unwrap();
    let place = |store: &Store| {
        let (storage, directory) = store.flow("F").run("1").task("train", "2").cards();
        storage.local_path(&directory).unwrap()
    };
    let below = "F/runs/1/steps/train/tasks/2";

    let nothing = |_: &str| None;
    let store = Store::locate(&top, &nothing).store;
    assert_eq!(place(&store), top.join(".metaflow/mf.cards").join(below));

    let env = |name: &str| (name == "METAFLOW_CARD_LOCALROOT").then(|| "shared".to_owned());
    let root = top.join("elsewhere/.metaflow");
    for store in [
        Store::locate(&top, &env).store,
        Store::locate(&top, &env).store.spin_sibling(),
        Store::open(&root, &top, &env),
        Store::open(&root, &top, &env).spin_sibling(),
    ] {
        assert_eq!(place(&store), top.join("shared").join(below));
    }
}

#[test]
fn what_is_no_flow_is_not_listed() {
    let scene = Scene::new();
    scene.flow().register().unwrap();
    let root = scene.store.root_path().unwrap();
    fs::write(root.join("config.json"), "{}").unwrap();
    for name in ["data", "mf.cards", "stray"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    assert_eq!(scene.store.flows().unwrap(), ["F"]);
}
