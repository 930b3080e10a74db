//! Requests in, events out: run, resume and spin, over Python workers. It knows no terminal, key or theme, and not which
//! face is listening.

mod after;
mod assets;
mod attempt;
mod card_facts;
mod cards;
mod disk;
mod error;
pub mod event;
mod gang;
mod git;
mod identity;
mod inputs;
mod job;
mod listen;
mod load;
mod origin;
mod output;
mod parameters;
mod persist;
mod plan;
mod python;
mod request;
mod resume;
mod run;
mod scheduler;
mod scratch;
mod signal_name;
mod single_use;
mod spin;
mod spool;
mod staleness;
mod submit;
mod timing;
mod worker;

pub use assets::{Installed, install_python, write_demo};
pub use disk::Disk;
pub use error::EngineError;
pub use event::{Event, Failure, Frame, JobKind, Level, Outcome, PyError, Stream, TaskRef, listed};
pub use load::{LoadedFlow, Mode};
pub use request::{Configs, FlowRequest, Request, ResumeRequest, RunRequest, SpinRequest};
pub use submit::{CancelHandle, Engine, EngineConfig, Job};
pub use timing::{Phase, Timing};
