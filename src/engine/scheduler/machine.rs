//! The state of a job and how it changes.

use std::collections::{HashMap, HashSet, VecDeque};

use super::barriers::Barriers;
use super::readers::Readers;
use super::task::{Level, Next, TaskState, iterations};
use super::types::{Action, Ending, Failing, Launch, Limits, Place, Problem, Ticket, Transition};
use crate::flow::{Graph, NodeKind, StepName};

/// Tasks that are taken over at the same time: as many as keep a store busy that is far away.
pub(super) const KNOWN_AT_ONCE: usize = 64;

/// The state of one job.
#[derive(Debug)]
pub struct Scheduler {
    graph: Graph,
    limits: Limits,
    next_ticket: u64,
    ready: VecDeque<Ticket>,
    /// Ready tasks that are only taken over. They go first and need no worker, so that whatever happens to the tasks that
    /// run afterwards, nothing that was finished is lost.
    ready_known: VecDeque<Ticket>,
    known: HashSet<Place>,
    running_known: usize,
    /// Nothing but the known tasks is wanted.
    only_known: bool,
    /// Failed tasks that will be tried again after a while.
    resting: HashSet<Ticket>,
    tasks: HashMap<Ticket, TaskState>,
    running: usize,
    barriers: Barriers,
    readers: Readers,
    ended: bool,
    reached_end: bool,
    /// The first task that failed while the run went on.
    given_up: Option<Ticket>,
    stopped: Option<Ending>,
}

impl Scheduler {
    /// Prepares a job over a checked graph.
    pub fn new(graph: Graph, limits: Limits) -> Self {
        Self {
            graph,
            limits,
            next_ticket: 0,
            ready: VecDeque::new(),
            ready_known: VecDeque::new(),
            known: HashSet::new(),
            running_known: 0,
            only_known: false,
            resting: HashSet::new(),
            tasks: HashMap::new(),
            running: 0,
            barriers: Barriers::default(),
            readers: Readers::default(),
            ended: false,
            reached_end: false,
            given_up: None,
            stopped: None,
        }
    }

    /// Names the tasks that an earlier run has finished.
    pub fn knowing(mut self, places: HashSet<Place>) -> Self {
        self.known = places;
        self
    }

    /// Takes over what is known, and leaves it at that.
    pub fn only_known(mut self, only: bool) -> Self {
        self.only_known = only;
        self
    }

    /// Queues the start step.
    pub fn start(&mut self) -> Vec<Action> {
        if let Some(start) = self.graph.start.clone() {
            self.queue(Next::to(start), None);
        }
        self.advance()
    }

    /// A task ended well.
    pub fn finished(&mut self, ticket: Ticket, transition: &Transition) -> Vec<Action> {
        self.ended_one(ticket);
        let mut actions = Vec::new();
        if let Some(task) = self.tasks.remove(&ticket) {
            if self.stopped.is_none()
                && let Err(problem) = self.follow(ticket, &task, transition)
            {
                self.stopped = Some(Ending::Failed(problem));
                if self.running + self.running_known > 0 {
                    actions.push(Action::Drain);
                }
            }
            self.release(&task.inputs, &mut actions);
        }
        actions.extend(self.advance());
        actions
    }

    /// An attempt failed.
    pub fn failed(&mut self, ticket: Ticket, how: Failing) -> Vec<Action> {
        self.ended_one(ticket);
        let mut actions = Vec::new();
        let again = matches!(how, Failing::Again | Failing::AfterRest) && self.may_retry(ticket);
        if self.stopped.is_some() {
            // What failed first is what is told.
        } else if again {
            if let Some(task) = self.tasks.get_mut(&ticket) {
                task.attempt += 1;
            }
            if how == Failing::AfterRest {
                self.resting.insert(ticket);
            } else {
                // A retry goes before everything else that waits, as with Metaflow.
                self.ready.push_front(ticket);
            }
        } else if how == Failing::Alone {
            self.given_up.get_or_insert(ticket);
            if let Some(task) = self.tasks.remove(&ticket) {
                self.release(&task.inputs, &mut actions);
            }
        } else {
            self.stopped = Some(Ending::Failed(Problem::Task(ticket)));
            if self.running + self.running_known > 0 {
                actions.push(Action::Drain);
            }
        }
        actions.extend(self.advance());
        actions
    }

    /// A known task is not to be taken over after all: it runs like others.
    pub fn disowned(&mut self, ticket: Ticket) -> Vec<Action> {
        self.ended_one(ticket);
        if let Some(task) = self.tasks.get_mut(&ticket) {
            task.known = false;
            self.ready.push_back(ticket);
        }
        self.advance()
    }

    /// The rest before another attempt is over.
    pub fn rested(&mut self, ticket: Ticket) -> Vec<Action> {
        if self.resting.remove(&ticket) {
            self.ready.push_front(ticket);
        }
        self.advance()
    }

    /// Whether a failure of this task's present attempt would be followed by another one.
    pub fn may_retry(&self, ticket: Ticket) -> bool {
        self.stopped.is_none()
            && self.tasks.get(&ticket).is_some_and(|task| {
                let allowed = self.limits.attempts.get(&task.step).copied().unwrap_or(1);
                task.attempt + 1 < allowed
            })
    }

    /// The user wants it to end. Running tasks are to be told by the caller.
    pub fn cancel(&mut self) -> Vec<Action> {
        self.stopped = Some(Ending::Cancelled);
        self.advance()
    }

    fn ended_one(&mut self, ticket: Ticket) {
        if self.tasks.get(&ticket).is_some_and(|task| task.known) {
            self.running_known -= 1;
        } else {
            self.running -= 1;
        }
    }

    /// Queues what follows a finished task.
    fn follow(
        &mut self,
        ticket: Ticket,
        task: &TaskState,
        transition: &Transition,
    ) -> Result<(), Problem> {
        let kind = self.kind_of(ticket, task, transition)?;
        if self.graph.end.as_ref() == Some(&task.step) {
            self.reached_end = true;
            return Ok(());
        }
        let width = match kind {
            NodeKind::SplitForeach | NodeKind::SplitParallel if transition.unbounded => {
                self.queue_control(ticket, task, transition, kind);
                return Ok(());
            }
            NodeKind::SplitForeach => {
                let splits = transition.num_splits.unwrap_or(0);
                if splits > self.limits.max_num_splits {
                    return Err(Problem::TooManySplits {
                        ticket,
                        step: task.step.clone(),
                        splits,
                        limit: self.limits.max_num_splits,
                    });
                }
                Some((splits, true))
            }
            NodeKind::SplitStatic => Some((transition.next.len() as u64, false)),
            NodeKind::Start
            | NodeKind::Linear
            | NodeKind::Join
            | NodeKind::End
            | NodeKind::SplitParallel
            | NodeKind::SplitSwitch => None,
        };
        let Some((width, foreach)) = width else {
            if let Some(next) = transition.next.first() {
                self.hand_over(ticket, task, next.clone());
            }
            return Ok(());
        };
        for branch in 0..width {
            let at = if foreach { 0 } else { branch as usize };
            let Some(next) = transition.next.get(at) else {
                continue;
            };
            let mut levels = task.levels.clone();
            levels.push(Level {
                split: ticket,
                width,
                branch,
                foreach,
            });
            let following = Next {
                inputs: vec![ticket],
                split_index: foreach.then_some(branch),
                levels,
                ..Next::to(next.clone())
            };
            self.queue(following, Some(task));
        }
        Ok(())
    }

    /// The one task that follows an unbounded split. To the scheduler it is a foreach of one: what it starts beside itself,
    /// and what the join gets instead of it, is between it and the engine.
    fn queue_control(
        &mut self,
        ticket: Ticket,
        task: &TaskState,
        transition: &Transition,
        kind: NodeKind,
    ) {
        let Some(next) = transition.next.first() else {
            return;
        };
        let mut levels = task.levels.clone();
        levels.push(Level {
            split: ticket,
            width: 1,
            branch: 0,
            foreach: true,
        });
        let following = Next {
            inputs: vec![ticket],
            // In a gang the control task is the first of the workers itself.
            split_index: (kind == NodeKind::SplitParallel).then_some(0),
            is_control: true,
            levels,
            ..Next::to(next.clone())
        };
        self.queue(following, Some(task));
    }

    /// One task follows: at once, or, for a join, when the last branch has arrived.
    fn hand_over(&mut self, ticket: Ticket, task: &TaskState, next: StepName) {
        let joins = self
            .graph
            .nodes
            .get(&next)
            .is_some_and(|node| node.kind == NodeKind::Join);
        if !joins {
            let following = Next {
                inputs: vec![ticket],
                levels: task.levels.clone(),
                ..Next::to(next)
            };
            self.queue(following, Some(task));
            return;
        }
        let mut levels = task.levels.clone();
        // The checks guarantee that a join closes a split.
        let Some(level) = levels.pop() else { return };
        self.readers.add(ticket);
        let arriving = (level.branch, ticket);
        let arrived = self
            .barriers
            .arrive(&next, level.split, arriving, level.width);
        if let Some(inputs) = arrived {
            let following = Next {
                inputs: inputs.clone(),
                levels,
                ..Next::to(next)
            };
            self.queue(following, Some(task));
            for input in inputs {
                // The queued join is a reader itself.
                self.readers.remove(input);
            }
        }
    }

    /// What kind of step has decided this, if it could.
    fn kind_of(
        &self,
        ticket: Ticket,
        task: &TaskState,
        transition: &Transition,
    ) -> Result<NodeKind, Problem> {
        let wrong = |message| Problem::Transition {
            ticket,
            step: task.step.clone(),
            message,
            known: task.known,
        };
        let Some(node) = self.graph.nodes.get(&task.step) else {
            return Err(wrong("is not in the graph".to_owned()));
        };
        match transition.mismatch(node) {
            Some(message) => Err(wrong(message)),
            None => Ok(node.kind),
        }
    }

    fn queue(&mut self, next: Next, from: Option<&TaskState>) {
        let Next {
            step,
            inputs,
            split_index,
            is_control,
            levels,
        } = next;
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        for input in &inputs {
            self.readers.add(*input);
        }
        let iterations = iterations(&self.graph, &step, from);
        let mut task = TaskState {
            step,
            inputs,
            split_index,
            is_control,
            levels,
            iterations,
            attempt: 0,
            known: false,
        };
        task.known = self.known.contains(&task.place());
        if task.known {
            self.ready_known.push_back(ticket);
        } else if !self.only_known {
            self.ready.push_back(ticket);
        }
        self.tasks.insert(ticket, task);
    }

    fn release(&mut self, inputs: &[Ticket], actions: &mut Vec<Action>) {
        for input in inputs {
            if self.readers.remove(*input) {
                actions.push(Action::Forget(*input));
            }
        }
    }

    /// Starts what may start; says so if nothing is left.
    fn advance(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(ticket) = self.next_ready() {
            let Some(task) = self.tasks.get(&ticket) else {
                continue;
            };
            if task.known {
                self.running_known += 1;
            } else {
                self.running += 1;
            }
            actions.push(Action::Launch(Launch {
                ticket,
                step: task.step.clone(),
                attempt: task.attempt,
                inputs: task.inputs.clone(),
                split_index: task.split_index,
                is_control: task.is_control,
                place: task.place(),
                splits: task.splits(),
                known: task.known,
            }));
        }
        if self.stopped.is_some() {
            self.resting.clear();
        }
        let busy = self.running + self.running_known + self.resting.len() > 0;
        let waiting = !self.ready.is_empty() || !self.ready_known.is_empty();
        if !busy && !self.ended && (self.stopped.is_some() || !waiting) {
            self.ended = true;
            let ending = match self.stopped.take() {
                Some(ending) => ending,
                None if self.reached_end || self.only_known => Ending::Success,
                None => Ending::Failed(self.given_up.map_or(Problem::NoEnd, Problem::Task)),
            };
            actions.push(Action::Finished(ending));
        }
        actions
    }

    fn next_ready(&mut self) -> Option<Ticket> {
        if self.stopped.is_some() {
            return None;
        }
        if self.running_known < KNOWN_AT_ONCE
            && let Some(ticket) = self.ready_known.pop_front()
        {
            return Some(ticket);
        }
        let room = self.running < self.limits.max_workers && self.running_known == 0;
        room.then(|| self.ready.pop_front()).flatten()
    }
}
