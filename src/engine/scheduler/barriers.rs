//! Joins that wait for their branches.

use std::collections::{BTreeMap, HashMap};

use super::types::Ticket;
use crate::flow::StepName;

/// The branches that have arrived, of each split at its join.
#[derive(Debug, Default)]
pub(super) struct Barriers {
    waiting: HashMap<(StepName, Ticket), BTreeMap<u64, Ticket>>,
}

impl Barriers {
    /// A branch has arrived at its join; gives the tasks that have brought all `width` branches, in their order, with the last.
    pub fn arrive(
        &mut self,
        join: &StepName,
        split: Ticket,
        (branch, task): (u64, Ticket),
        width: u64,
    ) -> Option<Vec<Ticket>> {
        let key = (join.clone(), split);
        let arrived = self.waiting.entry(key.clone()).or_default();
        arrived.insert(branch, task);
        if (arrived.len() as u64) < width {
            return None;
        }
        Some(self.waiting.remove(&key)?.into_values().collect())
    }
}
