//! What goes into the scheduler and what comes out of it.

use std::collections::HashMap;

use crate::flow::StepName;

/// A task within one job; given in the order in which tasks become ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A task that may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    pub ticket: Ticket,
    pub step: StepName,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Finished tasks whose output it gets: none for the start step, in split order for a foreach join, in edge order for a
    /// static join.
    pub inputs: Vec<Ticket>,
    /// Its place among the children of a foreach; none for the control task of an unbounded one.
    pub split_index: Option<u64>,
    /// It controls siblings whose number only it knows, and which are its own concern: the join after it gets what it names.
    pub is_control: bool,
    /// Where it is in the run, whatever its task id.
    pub place: Place,
    /// How many branches each foreach around it has, outermost first.
    pub splits: Vec<u64>,
    /// An earlier run has finished it: it is to be taken over.
    pub known: bool,
}

/// Identity of a task that is the same in every run of a flow: what resume matches by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub step: StepName,
    /// Foreach indices, outermost first.
    pub indices: Vec<u64>,
    /// How often a recursive switch step has repeated.
    pub iterations: Vec<u64>,
}

impl Place {
    /// Of a task that a control task may have started: where that one is, and the index among those that it did.
    pub fn in_gang(&self) -> Option<(Self, usize)> {
        let mut control = self.clone();
        let index = std::mem::take(control.indices.last_mut()?);
        Some((control, usize::try_from(index).ok()?))
    }
}

/// What a finished task decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transition {
    pub next: Vec<StepName>,
    /// Set by a foreach split.
    pub num_splits: Option<u64>,
    /// The number of its children is not known: one control task follows.
    pub unbounded: bool,
}

/// What a failed attempt means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// Another attempt may go better, at once.
    Again,
    /// Another attempt may go better, after a rest that the caller measures.
    AfterRest,
    /// No other attempt; the run ends.
    ForGood,
    /// No other attempt, and what builds on the task never runs; the run goes on with the rest.
    Alone,
}

/// What the scheduler wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Launch(Launch),
    /// No one needs the output of this task any more.
    Forget(Ticket),
    /// Ask the running tasks to end: a task has failed for good.
    Drain,
    /// Nothing runs and nothing will.
    Finished(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Success,
    Failed(Problem),
    Cancelled,
}

/// Why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// This task failed; its failure is known to the caller.
    Task(Ticket),
    /// The task ended well, but what it decided does not fit the graph.
    Transition {
        ticket: Ticket,
        step: StepName,
        message: String,
        /// The task was taken over from an earlier run.
        known: bool,
    },
    /// More children than allowed.
    TooManySplits {
        ticket: Ticket,
        step: StepName,
        splits: u64,
        limit: u64,
    },
    /// Everything ended, but the end step never ran.
    NoEnd,
}

/// How many may run, and how often each step is tried.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_workers: usize,
    pub max_num_splits: u64,
    /// Attempts by step; a step that is missing here has one.
    pub attempts: HashMap<StepName, u32>,
}
