//! Which task may start when: a pure state machine over the graph. It knows tickets, splits and barriers; it does no I/O, has
//! no clock and does not know what a task is made of, so that a property test can drive it.

mod barriers;
mod machine;
mod readers;
mod task;
#[cfg(test)]
mod tests;
mod transition;
mod types;

pub use machine::Scheduler;
pub use types::{Action, Ending, Failing, Launch, Limits, Place, Problem, Ticket, Transition};
