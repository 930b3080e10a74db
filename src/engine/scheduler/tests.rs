//! The scheduler, driven through random graphs, orders, failures and retries.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRng;

use super::{
    Action, Ending, Failing, Launch, Limits, Place, Problem, Scheduler, Ticket, Transition,
};
use crate::flow::{self, Graph, Node, NodeKind, StepName};

mod examples;

/// A piece of a flow: what stands between two steps.
#[derive(Debug, Clone)]
enum Block {
    Step,
    Branch(Vec<Vec<Block>>),
    Foreach(Vec<Block>),
    Switch(Vec<Vec<Block>>),
    Loop,
    /// `num_parallel`
    Gang,
    /// A foreach over items whose number only its control task knows.
    Unbounded,
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let leaf = prop_oneof![
        4 => Just(Block::Step),
        1 => Just(Block::Loop),
        1 => Just(Block::Gang),
        1 => Just(Block::Unbounded),
    ];
    let block = leaf.prop_recursive(3, 20, 3, |inner| {
        let inside = prop::collection::vec(inner, 1..3);
        prop_oneof![
            prop::collection::vec(inside.clone(), 2..4).prop_map(Block::Branch),
            inside.clone().prop_map(Block::Foreach),
            prop::collection::vec(inside, 2..4).prop_map(Block::Switch),
        ]
    });
    prop::collection::vec(block, 0..4)
}

/// Writes flows as source, so that the parser and the graph are part of what is tested.
#[derive(Default)]
struct Writer {
    steps: Vec<String>,
    count: usize,
}

impl Writer {
    fn name(&mut self) -> String {
        self.count += 1;
        format!("s{}", self.count)
    }

    fn step(&mut self, name: &str, join: bool, next: &str) {
        let inputs = if join { ", inputs" } else { "" };
        self.steps.push(format!(
            "    @step\n    def {name}(self{inputs}):\n        self.next({next})\n"
        ));
    }

    /// Writes the blocks so that the last leads to `after`; gives the name of the first step.
    fn chain(&mut self, blocks: &[Block], after: &str) -> String {
        let mut next = after.to_owned();
        for block in blocks.iter().rev() {
            next = self.block(block, &next);
        }
        next
    }

    fn block(&mut self, block: &Block, after: &str) -> String {
        let name = self.name();
        match block {
            Block::Step => self.step(&name, false, &format!("self.{after}")),
            Block::Loop => {
                let next = format!("{{'again': self.{name}, 'on': self.{after}}}, condition='c'");
                self.step(&name, false, &next);
            }
            Block::Branch(branches) => {
                let join = self.name();
                self.step(&join, true, &format!("self.{after}"));
                let firsts: Vec<String> = branches
                    .iter()
                    .map(|branch| format!("self.{}", self.branch(branch, &join)))
                    .collect();
                self.step(&name, false, &firsts.join(", "));
            }
            Block::Gang | Block::Unbounded => {
                let (worker, join) = (self.name(), self.name());
                self.step(&join, true, &format!("self.{after}"));
                let how = if matches!(block, Block::Gang) {
                    self.steps.push("    @parallel\n".to_owned());
                    "num_parallel=2"
                } else {
                    "foreach='many'"
                };
                self.step(&worker, false, &format!("self.{join}"));
                self.step(&name, false, &format!("self.{worker}, {how}"));
            }
            Block::Foreach(body) => {
                let join = self.name();
                self.step(&join, true, &format!("self.{after}"));
                let first = self.branch(body, &join);
                self.step(&name, false, &format!("self.{first}, foreach='items'"));
            }
            Block::Switch(branches) => {
                let meet = self.name();
                self.step(&meet, false, &format!("self.{after}"));
                let cases: Vec<String> = branches
                    .iter()
                    .enumerate()
                    .map(|(i, branch)| format!("'{i}': self.{}", self.branch(branch, &meet)))
                    .collect();
                let next = format!("{{{}}}, condition='c'", cases.join(", "));
                self.step(&name, false, &next);
            }
        }
        name
    }

    /// A branch begins and ends with a plain step: a join may not follow a switch, nor one split another's edge.
    fn branch(&mut self, blocks: &[Block], join: &str) -> String {
        let last = self.name();
        self.step(&last, false, &format!("self.{join}"));
        let inner = self.chain(blocks, &last);
        let first = self.name();
        self.step(&first, false, &format!("self.{inner}"));
        first
    }
}

fn graph(blocks: &[Block]) -> Graph {
    let mut writer = Writer::default();
    let first = writer.chain(blocks, "end");
    writer.step("start", false, &format!("self.{first}"));
    let text = format!(
        "from metaflow import FlowSpec, parallel, step\n\nclass F(FlowSpec):\n{}    @step\n    def end(self):\n        pass\n",
        writer.steps.concat()
    );
    let file = flow::parse(Path::new("f.py"), &text);
    let graph = Graph::build(&file.flows[0].steps);
    let found = flow::check(&graph);
    assert!(found.is_empty(), "{found:?}\n{text}");
    graph
}

/// How tasks fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// Some attempts fail; the next one comes at once or after a rest.
    Failing,
    /// Some tasks fail for good, and the run goes on.
    GivingUp,
}

/// A split whose children one control task brings together.
fn is_unbounded(node: &Node) -> bool {
    node.kind == NodeKind::SplitParallel || node.foreach_var() == Some("many")
}

/// Plays the engine: finishes running tasks in a random order and checks every launch.
struct Player {
    graph: Graph,
    scheduler: Scheduler,
    rng: TestRng,
    workers: usize,
    running: Vec<Launch>,
    finished: HashMap<Ticket, Place>,
    seen: HashSet<(Place, u32)>,
    forgotten: HashSet<Ticket>,
    mood: Mood,
    resting: Vec<Ticket>,
    /// What was decided, in the order of finishing.
    decided: Vec<(Place, Transition)>,
    earlier: HashMap<Place, Transition>,
    taken: Vec<Place>,
    ran: bool,
    given_up: Option<Ticket>,
}

impl Player {
    fn new(graph: Graph, workers: usize, mood: Mood, rng: TestRng) -> Self {
        let limits = Limits {
            max_workers: workers,
            max_num_splits: 5,
            attempts: graph.nodes.keys().map(|step| (step.clone(), 3)).collect(),
        };
        Self {
            scheduler: Scheduler::new(graph.clone(), limits),
            graph,
            rng,
            workers,
            running: Vec::new(),
            finished: HashMap::new(),
            seen: HashSet::new(),
            forgotten: HashSet::new(),
            mood,
            resting: Vec::new(),
            decided: Vec::new(),
            earlier: HashMap::new(),
            taken: Vec::new(),
            ran: false,
            given_up: None,
        }
    }

    fn play(&mut self) -> Ending {
        let mut actions = self.scheduler.start();
        loop {
            for action in actions {
                match action {
                    Action::Launch(launch) => self.launched(launch),
                    Action::Forget(ticket) => {
                        assert!(self.finished.contains_key(&ticket));
                        assert!(self.forgotten.insert(ticket), "forgotten twice");
                    }
                    Action::Drain => assert_ne!(self.mood, Mood::GivingUp),
                    Action::Finished(ending) => {
                        assert!(self.running.is_empty());
                        return ending;
                    }
                }
            }
            if self.running.is_empty() || !self.resting.is_empty() && self.random(2) == 0 {
                let rested = self.resting.pop();
                let rested = rested.expect("nothing runs, and nothing was said");
                actions = self.scheduler.rested(rested);
                continue;
            }
            let at = self.random(self.running.len() as u64) as usize;
            let launch = self.running.swap_remove(at);
            if self.mood != Mood::Well && self.random(4) == 0 {
                let how = if self.mood == Mood::GivingUp {
                    Failing::Alone
                } else if self.random(2) == 0 {
                    Failing::Again
                } else {
                    Failing::AfterRest
                };
                if how == Failing::AfterRest && self.scheduler.may_retry(launch.ticket) {
                    self.resting.push(launch.ticket);
                }
                if how == Failing::Alone {
                    self.given_up.get_or_insert(launch.ticket);
                }
                actions = self.scheduler.failed(launch.ticket, how);
            } else {
                let transition = match self.earlier.get(&launch.place) {
                    Some(decided) => decided.clone(),
                    None => self.decide(&launch),
                };
                self.decided
                    .push((launch.place.clone(), transition.clone()));
                self.finished.insert(launch.ticket, launch.place.clone());
                actions = self.scheduler.finished(launch.ticket, &transition);
            }
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.rng.next_u64() % below
    }

    fn decide(&mut self, launch: &Launch) -> Transition {
        let node = self.graph.node(launch.step.as_str()).unwrap().clone();
        let next = if node.kind == NodeKind::SplitSwitch {
            // A loop goes round at most four times.
            let on = launch.place.iterations.last().is_some_and(|n| *n >= 4);
            let ways: Vec<&StepName> = node
                .next
                .iter()
                .filter(|step| !(on && **step == launch.step))
                .collect();
            vec![ways[self.random(ways.len() as u64) as usize].clone()]
        } else {
            node.next.clone()
        };
        let unbounded = is_unbounded(&node);
        let splits = (node.kind.is_foreach() && !unbounded).then(|| 1 + self.random(4));
        Transition {
            next,
            num_splits: splits,
            unbounded,
        }
    }

    fn launched(&mut self, launch: Launch) {
        assert!(
            self.seen.insert((launch.place.clone(), launch.attempt)),
            "{launch:?} a second time"
        );
        let places = launch.place.indices.iter().zip(&launch.splits);
        assert_eq!(launch.place.indices.len(), launch.splits.len());
        assert!(places.into_iter().all(|(index, splits)| index < splits));
        for input in &launch.inputs {
            assert!(self.finished.contains_key(input), "an input is not ready");
            assert!(!self.forgotten.contains(input), "an input is gone");
        }
        let node = self.graph.node(launch.step.as_str()).unwrap();
        if node.kind == NodeKind::Join {
            let split = self.graph.split_of(launch.step.as_str()).unwrap();
            let inputs: Vec<&Place> = launch.inputs.iter().map(|t| &self.finished[t]).collect();
            if is_unbounded(split) {
                assert_eq!(inputs.len(), 1, "the control task stands for all");
            } else if split.kind == NodeKind::SplitForeach {
                for (i, place) in inputs.iter().enumerate() {
                    assert_eq!(place.indices.last(), Some(&(i as u64)), "split order");
                    assert_eq!(
                        place.indices[..place.indices.len() - 1],
                        launch.place.indices
                    );
                }
            } else {
                assert_eq!(inputs.len(), split.next.len());
            }
        } else {
            assert_eq!(launch.inputs.len(), usize::from(launch.step != "start"));
        }
        let parent = self
            .graph
            .node(node.inputs.first().map_or("", StepName::as_str));
        let controls = parent.is_some_and(is_unbounded);
        assert_eq!(launch.is_control, controls);
        if controls {
            let gang = parent.is_some_and(|split| split.kind == NodeKind::SplitParallel);
            assert_eq!(launch.split_index, gang.then_some(0));
            assert_eq!(launch.place.indices.last(), Some(&0));
        }
        assert_eq!(launch.known, self.earlier.contains_key(&launch.place));
        if launch.known {
            assert!(!self.ran, "something ran before all was taken over");
            self.taken.push(launch.place.clone());
        } else {
            self.ran = true;
        }
        self.running.push(launch);
        let working = self.running.iter().filter(|launch| !launch.known).count();
        assert!(working <= self.workers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_graph_runs_to_its_end(
        blocks in blocks(),
        workers in 1usize..5,
        rng in any::<[u8; 32]>(),
    ) {
        let rng = TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &rng);
        let mut player = Player::new(graph(&blocks), workers, Mood::Well, rng);
        prop_assert_eq!(player.play(), Ending::Success);
        let ends = player.seen.iter().filter(|(place, _)| place.step == "end").count();
        prop_assert_eq!(ends, 1);
        // Only the end's output has no reader.
        prop_assert_eq!(player.forgotten.len() + 1, player.finished.len());
    }

    #[test]
    fn what_an_earlier_run_finished_is_taken_over_before_anything_runs(
        blocks in blocks(),
        rng in any::<[u8; 32]>(),
        keep in 1u64..10,
    ) {
        let seeded = || TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &rng);
        let mut first = Player::new(graph(&blocks), 2, Mood::Well, seeded());
        first.play();
        // An earlier run stopped somewhere: what it finished is closed under "comes before".
        let upto = first.finished.len() as u64 * keep / 10;
        let decided: HashMap<Place, Transition> = first.decided.into_iter().take(upto as usize).collect();
        let mut player = Player::new(graph(&blocks), 2, Mood::Well, seeded());
        player.scheduler = player.scheduler.knowing(decided.keys().cloned().collect());
        player.earlier = decided.clone();
        prop_assert_eq!(player.play(), Ending::Success);
        let taken: HashSet<&Place> = player.taken.iter().collect();
        prop_assert_eq!(taken.len(), decided.len());
        // The same, if nothing is to run beyond it.
        let mut player = Player::new(graph(&blocks), 2, Mood::Well, seeded());
        player.scheduler = player.scheduler.knowing(decided.keys().cloned().collect()).only_known(true);
        player.earlier = decided.clone();
        prop_assert_eq!(player.play(), Ending::Success);
        prop_assert_eq!(player.taken.len(), decided.len());
        prop_assert_eq!(player.finished.len(), decided.len());
    }

    #[test]
    fn failures_are_retried_and_then_end_the_run(
        blocks in blocks(),
        workers in 1usize..5,
        rng in any::<[u8; 32]>(),
    ) {
        let rng = TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &rng);
        let mut player = Player::new(graph(&blocks), workers, Mood::Failing, rng);
        match player.play() {
            Ending::Success => {}
            Ending::Failed(Problem::Task(_)) => {
                prop_assert!(player.seen.iter().any(|(_, attempt)| *attempt == 2));
            }
            other => prop_assert!(false, "{:?}", other),
        }
        prop_assert!(player.seen.iter().all(|(_, attempt)| *attempt < 3));
    }

    #[test]
    fn a_task_that_is_given_up_stops_only_what_builds_on_it(
        blocks in blocks(),
        workers in 1usize..5,
        rng in any::<[u8; 32]>(),
    ) {
        let rng = TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &rng);
        let mut player = Player::new(graph(&blocks), workers, Mood::GivingUp, rng);
        let ending = player.play();
        match player.given_up {
            None => prop_assert_eq!(ending, Ending::Success),
            Some(ticket) => prop_assert_eq!(ending, Ending::Failed(Problem::Task(ticket))),
        }
    }
}
