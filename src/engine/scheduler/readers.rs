//! Whose output is still needed.

use std::collections::HashMap;

use super::types::Ticket;

/// How many tasks still need the output of each finished one.
#[derive(Debug, Default)]
pub(super) struct Readers {
    of: HashMap<Ticket, usize>,
}

impl Readers {
    /// One more needs it.
    pub fn add(&mut self, output: Ticket) {
        *self.of.entry(output).or_default() += 1;
    }

    /// One needs it no more; true if that was the last.
    pub fn remove(&mut self, output: Ticket) -> bool {
        let Some(readers) = self.of.get_mut(&output) else {
            return false;
        };
        *readers -= 1;
        let is_free = *readers == 0;
        if is_free {
            self.of.remove(&output);
        }
        is_free
    }
}
