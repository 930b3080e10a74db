//! Where runs live: Metaflow's layout of flows, runs, steps, tasks and attempts, over a file system or an object store.
//!
//! Owns content-addressed blobs, manifests, metadata records, tags, logs and the history of spins. It must not know what
//! runs a task or who shows one, and it never executes anything that it reads. All calls block; asynchronous callers use
//! `spawn_blocking`. All handles are cheap to clone and hold no open files.

mod attempt;
mod blob_key;
mod blobs;
mod clone;
mod control;
mod error;
mod flow_store;
mod gzip;
mod huffman;
mod ids;
mod lock;
mod log;
mod log_buffer;
mod manifest;
mod minipickle;
mod packer;
mod prune;
mod records;
mod root;
mod run;
pub mod s3;
mod sample;
mod settings;
mod side_by_side;
mod step;
mod storage;
mod summary;
mod tags;
mod task;
mod user;
mod writer;

#[cfg(test)]
mod testing;

pub use attempt::ExitInfo;
pub use blob_key::BlobKey;
pub use blobs::BlobReader;
pub use control::ControlFacts;
pub use error::{Result, StoreError};
pub use flow_store::FlowStore;
pub use lock::Claim;
pub use log::{LogLine, LogSource, LogStream, parse_log};
pub use log_buffer::LogBuffer;
pub use manifest::{ArtifactRef, Manifest};
pub use minipickle::{ForeachFrame, PickleError, Simple};
pub use packer::Source;
pub use records::{FINGERPRINT, Identity, ObjectInfo, READS, Sysmeta};
pub use root::{Located, Store, StoreKind};
pub use run::RunStore;
pub use settings::Settings;
pub use side_by_side::side_by_side;
pub use step::StepStore;
pub use storage::{Listing, LocalStorage, ObjectStorage, Storage};
pub use summary::{RunStatus, RunSummary};
pub use tags::{TagError, validate_tags};
pub use task::TaskStore;
pub use user::user_name;
pub use writer::{Begin, TaskWriter};
