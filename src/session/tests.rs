use std::path::Path;

use super::carry_on::{Progress, carry_on};
use super::place::difference;
use crate::engine::{Configs, Event, FlowRequest, JobKind, Request, RunRequest, TaskRef};

fn started() -> Event {
    Event::JobStarted {
        job: JobKind::Run,
        flow: "F".into(),
        run: "17".into(),
        origin: None,
        root: "/store".into(),
        part: None,
    }
}

fn task() -> Event {
    Event::TaskStarted {
        task: TaskRef {
            run: "17".into(),
            step: "start".into(),
            task: "1".into(),
            attempt: 0,
        },
        pid: 1,
        split_index: None,
        fallback: false,
        inputs: Vec::new(),
    }
}

fn request() -> Request {
    let configs = Configs {
        files: [("cfg".to_owned(), "a.json".to_owned())].into(),
        ..Configs::default()
    };
    Request::Run(RunRequest {
        flow: FlowRequest {
            tags: vec!["mine".into()],
            configs,
            ..FlowRequest::default()
        },
        only_stale: false,
        parameters: vec![("alpha".into(), "3".into())],
    })
}

#[test]
fn a_run_that_did_nothing_yet_starts_again_and_another_is_resumed() {
    let mut progress = Progress::default();
    progress.hear(&started());
    let (again, _) = carry_on(request(), &progress, Path::new("/"));
    let Request::Run(again) = again else {
        panic!("{again:?}");
    };
    assert_eq!(again.parameters, [("alpha".to_owned(), "3".to_owned())]);
    progress.hear(&task());
    let (resumed, said) = carry_on(request(), &progress, Path::new("/"));
    let Request::Resume(resumed) = resumed else {
        panic!("{resumed:?}");
    };
    // Parameters and configs are those of the run; tags are the command's.
    assert_eq!(resumed.origin.as_deref(), Some("17"));
    assert_eq!(resumed.parameters, []);
    assert_eq!(resumed.flow.configs, Configs::default());
    assert_eq!(resumed.flow.tags, ["mine"]);
    assert!(said.contains("resuming run 17"), "{said}");
}

#[test]
fn variables_differ_by_what_is_new_and_what_is_gone() {
    let variables = |text: &str| {
        let pairs = text.split_whitespace();
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    };
    let found = difference(&variables("A=1 B=2 C=3"), &variables("A=1 B=4 D=5"));
    assert_eq!(found.set, variables("B=4 D=5"));
    assert_eq!(found.unset, ["C"]);
}
