//! Single moments of a job.

use std::collections::{HashMap, VecDeque};

use super::super::machine::KNOWN_AT_ONCE;
use super::{Block, graph};
use crate::engine::scheduler::{
    Action, Ending, Failing, Launch, Limits, Place, Problem, Scheduler, Ticket, Transition,
};
use crate::flow::{Graph, Node, NodeKind, StepName};

fn single(scheduler: &mut Scheduler) -> Ticket {
    match scheduler.start().as_slice() {
        [Action::Launch(launch)] => launch.ticket,
        other => panic!("{other:?}"),
    }
}

fn limits() -> Limits {
    Limits {
        max_workers: 4,
        max_num_splits: 3,
        attempts: HashMap::new(),
    }
}

/// The actions after the first split of a run has decided how wide it is.
fn fan_out(scheduler: &mut Scheduler, split: &Node, splits: u64) -> Vec<Action> {
    let start = single(scheduler);
    let to_split = Transition {
        next: vec![split.name.clone()],
        ..Transition::default()
    };
    let actions = scheduler.finished(start, &to_split);
    let Some(Action::Launch(launch)) = actions.last() else {
        panic!("{actions:?}");
    };
    let fan_out = Transition {
        next: split.next.clone(),
        num_splits: Some(splits),
        unbounded: false,
    };
    scheduler.finished(launch.ticket, &fan_out)
}

fn foreach() -> (Graph, Node) {
    let graph = graph(&[Block::Foreach(vec![Block::Step])]);
    let mut nodes = graph.nodes.values();
    let split = nodes.find(|n| n.kind == NodeKind::SplitForeach);
    let split = split.unwrap().clone();
    (graph, split)
}

#[test]
fn of_many_tasks_some_are_taken_over_at_a_time() {
    let splits = 3 * KNOWN_AT_ONCE as u64;
    let (graph, split) = foreach();
    let limits = Limits {
        max_num_splits: splits,
        ..limits()
    };
    let place = |index| Place {
        step: split.next[0].clone(),
        indices: vec![index],
        iterations: Vec::new(),
    };
    let known = (0..splits).map(place).collect();
    let mut scheduler = Scheduler::new(graph.clone(), limits).knowing(known);
    let of_known = |action| match action {
        Action::Launch(Launch {
            ticket,
            known: true,
            ..
        }) => Some(ticket),
        _ => None,
    };
    let begun = fan_out(&mut scheduler, &split, splits);
    let mut begun: VecDeque<Ticket> = begun.into_iter().filter_map(of_known).collect();
    let to_next = Transition {
        next: graph.nodes[&split.next[0]].next.clone(),
        ..Transition::default()
    };
    let mut taken = 0;
    while let Some(ticket) = begun.pop_front() {
        assert!(begun.len() < KNOWN_AT_ONCE);
        taken += 1;
        let actions = scheduler.finished(ticket, &to_next);
        begun.extend(actions.into_iter().filter_map(of_known));
    }
    assert_eq!(taken, splits);
}

#[test]
fn more_splits_than_allowed_end_the_run() {
    let (graph, split) = foreach();
    let mut scheduler = Scheduler::new(graph, limits());
    let actions = fan_out(&mut scheduler, &split, 4);
    let ending = actions.last().cloned();
    assert!(
        matches!(
            ending,
            Some(Action::Finished(Ending::Failed(Problem::TooManySplits {
                splits: 4,
                limit: 3,
                ..
            })))
        ),
        "{ending:?}"
    );
}

#[test]
fn a_step_that_goes_elsewhere_than_its_source_says_ends_the_run() {
    let mut scheduler = Scheduler::new(graph(&[Block::Step]), limits());
    let start = single(&mut scheduler);
    let actions = scheduler.finished(start, &Transition::default());
    let ending = actions.last().cloned();
    assert!(
        matches!(
            ending,
            Some(Action::Finished(Ending::Failed(Problem::Transition { .. })))
        ),
        "{ending:?}"
    );
}

#[test]
fn a_cancel_does_not_wait_for_those_that_rest() {
    let mut scheduler = Scheduler::new(
        graph(&[Block::Step]),
        Limits {
            attempts: [(StepName::from("start"), 2)].into(),
            ..limits()
        },
    );
    let start = single(&mut scheduler);
    assert_eq!(scheduler.failed(start, Failing::AfterRest), []);
    assert_eq!(scheduler.cancel(), [Action::Finished(Ending::Cancelled)]);
    assert_eq!(scheduler.rested(start), []);
}

#[test]
fn nothing_starts_after_a_cancel() {
    let mut scheduler = Scheduler::new(graph(&[Block::Step]), limits());
    let start = single(&mut scheduler);
    assert_eq!(scheduler.cancel(), []);
    let actions = scheduler.failed(start, Failing::Again);
    assert_eq!(actions, [Action::Finished(Ending::Cancelled)]);
}
