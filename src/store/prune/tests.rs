use crate::store::{
    BlobKey, Store, TaskWriter,
    testing::{Scene, TRUE, finished, identity},
};

/// Spins numbered from 1, each with an artifact of its own and one that all share.
fn spins(scene: &Scene, count: u8) -> Store {
    let store = scene.store.spin_sibling();
    for n in 1..=count {
        let task = store.flow("F").run(&n.to_string()).task("train", "0");
        finished(&task, 0, &[("own", &[n]), ("shared", TRUE)]);
        let (cards, directory) = task.cards();
        let card = format!("{directory}/cards/default-{n}.html");
        cards.put(&card, b"").unwrap();
    }
    store
}

#[test]
fn only_the_newest_spins_and_their_blobs_stay() {
    let scene = Scene::new();
    let store = spins(&scene, 12);
    let flow = store.flow("F");
    assert_eq!(store.prune_spins(3).unwrap(), 9);
    assert_eq!(flow.runs().unwrap(), ["12", "11", "10"]);
    for n in 1..=12 {
        assert_eq!(
            flow.has_blob(BlobKey::of(&[n])).unwrap(),
            n >= 10,
            "blob of spin {n}"
        );
        let cards = store
            .storage()
            .list(&format!("mf.cards/F/runs/{n}"))
            .unwrap();
        assert_eq!(!cards.dirs.is_empty(), n >= 10, "cards of spin {n}");
    }
    assert_eq!(flow.blob(BlobKey::of(TRUE)).unwrap(), TRUE);
    let dir = format!("F/data/{}", &BlobKey::of(&[1]).to_string()[..2]);
    assert!(store.storage().list(&dir).unwrap().files.is_empty());
    assert_eq!(store.prune_spins(3).unwrap(), 0);
}

#[test]
fn blobs_stay_while_somebody_spins() {
    let scene = Scene::new();
    let store = spins(&scene, 4);
    let flow = store.flow("F");
    let running = flow.run("5");
    running.register(&identity()).unwrap();
    let claim = running.claim().unwrap();
    let fresh = flow.put_blob(b"not named yet").unwrap();
    assert_eq!(store.prune_spins(2).unwrap(), 3);
    assert!(flow.has_blob(fresh).unwrap() && flow.has_blob(BlobKey::of(&[1])).unwrap());

    drop(claim);
    // Metaflow's own spins make no claim, but leave an attempt that is not over.
    TaskWriter::new(running.task("train", "0"), 0, identity())
        .register()
        .unwrap();
    assert_eq!(store.prune_spins(1).unwrap(), 1);
    assert!(flow.has_blob(fresh).unwrap());
}

#[test]
fn a_claimed_spin_is_never_removed() {
    let scene = Scene::new();
    let store = spins(&scene, 2);
    let _claim = store.flow("F").run("1").claim().unwrap();
    assert_eq!(store.prune_spins(0).unwrap(), 1);
    assert_eq!(store.flow("F").runs().unwrap(), ["1"]);
}

#[test]
fn runs_are_never_pruned() {
    let scene = Scene::new();
    finished(&scene.flow().run("1").task("start", "1"), 0, &[("x", TRUE)]);
    assert_eq!(scene.store.prune_spins(0).unwrap(), 0);
    assert_eq!(scene.flow().runs().unwrap(), ["1"]);
}
