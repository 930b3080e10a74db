use super::*;

fn step(name: &str) -> StepKey {
    StepKey {
        flow: "F".to_owned(),
        step: name.to_owned(),
    }
}

fn wanted(sha: &str, bytes: u64) -> Wanted {
    Wanted {
        name: sha.to_uppercase(),
        sha: sha.to_owned(),
        bytes,
        blobs: "/store".to_owned(),
    }
}

/// Plans, and has all that is missing held.
fn warm(heat: &mut Heat, name: &str, list: &[Wanted]) -> (Vec<String>, Vec<String>) {
    let plan = heat.plan(&step(name), list, Home::Forkserver);
    let held = plan
        .hold
        .iter()
        .map(|it| (it.sha.clone(), it.bytes))
        .collect();
    heat.held(Home::Forkserver, &held);
    let drop = plan.drop.into_iter().map(|(_, sha)| sha).collect();
    (held.into_keys().collect(), drop)
}

#[test]
fn only_what_is_new_is_loaded() {
    let mut heat = Heat::new(100);
    assert_eq!(
        warm(&mut heat, "a", &[wanted("x", 10), wanted("y", 10)]).0,
        ["x", "y"]
    );
    assert_eq!(
        warm(&mut heat, "a", &[wanted("x", 10), wanted("z", 10)]),
        (vec!["z".to_owned()], vec![])
    );
    // Going to another step and back keeps both.
    assert_eq!(warm(&mut heat, "b", &[wanted("w", 10)]).0, ["w"]);
    assert_eq!(warm(&mut heat, "a", &[wanted("x", 10)]), (vec![], vec![]));
    assert_eq!(heat.total(), 40);
}

#[test]
fn the_least_recently_used_makes_room() {
    let mut heat = Heat::new(30);
    warm(&mut heat, "a", &[wanted("x", 10)]);
    warm(&mut heat, "b", &[wanted("y", 10)]);
    warm(&mut heat, "a", &[wanted("x", 10)]);
    assert_eq!(
        warm(&mut heat, "c", &[wanted("z", 20)]),
        (vec!["z".to_owned()], vec!["y".to_owned()])
    );
    assert_eq!(heat.total(), 30);
}

#[test]
fn what_does_not_fit_is_left_out_with_a_reason_and_tried_again() {
    let mut heat = Heat::new(30);
    assert_eq!(
        warm(&mut heat, "a", &[wanted("x", 31), wanted("y", 5)]).0,
        ["y"]
    );
    let rows = heat.artifacts();
    assert_eq!((rows[0].name.as_str(), rows[0].home), ("X", None));
    assert!(
        rows[0]
            .reason
            .as_ref()
            .is_some_and(|reason| reason.contains("hot_memory"))
    );
    // What one step wants at once does not push itself out.
    assert_eq!(
        warm(&mut heat, "a", &[wanted("p", 20), wanted("q", 20)]),
        (vec!["p".to_owned()], vec![])
    );
    assert_eq!(
        warm(&mut heat, "a", &[wanted("q", 20)]),
        (vec!["q".to_owned()], vec!["y".to_owned(), "p".to_owned()])
    );
}

#[test]
fn what_needs_the_project_is_held_by_its_process_and_goes_with_it() {
    let mut heat = Heat::new(100);
    let list = [wanted("x", 10), wanted("mine", 10)];
    heat.plan(&step("a"), &list, Home::Forkserver);
    heat.held(Home::Forkserver, &[("x".to_owned(), 10)].into());
    heat.refused(
        Home::Forkserver,
        [("mine".to_owned(), "it needs utils".to_owned())].into(),
    );
    assert_eq!(
        heat.plan(&step("a"), &list, Home::Forkserver),
        Plan::default()
    );
    let plan = heat.plan(&step("a"), &list, Home::Project);
    assert_eq!(plan.hold, [wanted("mine", 10)]);
    heat.held(Home::Project, &[("mine".to_owned(), 10)].into());
    assert_eq!(heat.total(), 20);
    heat.lost(Home::Project);
    assert_eq!(heat.total(), 10);
    // It is tried at the forkserver first, which says no.
    assert_eq!(
        heat.plan(&step("a"), &list, Home::Forkserver).hold,
        [wanted("mine", 10)]
    );
}

#[test]
fn an_artifact_that_makes_forks_unsafe_is_not_tried_again() {
    let mut heat = Heat::new(100);
    heat.plan(&step("a"), &[wanted("x", 10)], Home::Forkserver);
    heat.is_unsafe("x", "a thread was started");
    heat.lost(Home::Forkserver);
    assert_eq!(
        heat.plan(&step("a"), &[wanted("x", 10)], Home::Forkserver),
        Plan::default()
    );
}

#[test]
fn what_no_step_reads_any_more_and_nobody_holds_is_forgotten() {
    let mut heat = Heat::new(10);
    warm(&mut heat, "a", &[wanted("held", 10)]);
    for run in 0..5 {
        warm(&mut heat, "b", &[wanted(&format!("large{run}"), 20)]);
    }
    let names: Vec<String> = heat.artifacts().into_iter().map(|row| row.sha).collect();
    assert_eq!(names, ["large4", "held"]);
}
