//! Which results are still what the present source, parameters and inputs would give, and why not.
//!
//! `record.rs` is what a task keeps about itself to be judged later, `basis.rs` what it keeps in common with others. `past.rs`,
//! `asked.rs` and `judge.rs` decide, on values alone; `read.rs` gets these from the store, `memory.rs` once, `status.rs` puts the question,
//! `doubt.rs` puts it for a spin. `settled.rs` is what tasks can ask of `current`. `renew.rs` follows what passes through steps untouched. `reuse.rs` is the same decision for a
//! run that takes over what is fresh.

mod asked;
mod basis;
mod doubt;
mod judge;
mod memory;
mod past;
mod read;
mod record;
mod renew;
mod reuse;
mod same;
mod settled;
mod state;
mod status;
mod versions;

pub(super) use basis::{Basis, BasisKeys};
pub(super) use doubt::{Ground, doubt};
pub(super) use memory::Memory;
pub(super) use read::newest as newest_spins;
pub(super) use record::Record;
pub(super) use renew::inputs as renewed_inputs;
pub(super) use reuse::Reuse;
pub(super) use settled::Settled;
pub use state::{FlowStatus, Reason, StepState, StepVerdict};
pub(super) use status::{Digests, Found, Question, found, status};
