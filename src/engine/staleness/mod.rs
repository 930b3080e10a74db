//! Which results are still what the present source, parameters and inputs would give, and why not.
//!
//! `record.rs` is what a task keeps about itself to be judged later.

mod record;

pub(super) use record::{READS, Record};
