//! Requests in, events out: run, resume and spin, over Python workers. It knows no terminal, key or theme, and not which
//! face is listening.

mod after;
mod artifacts;
mod assets;
mod attempt;
mod card_facts;
mod cards;
mod chain;
mod disk;
mod environment;
mod error;
pub mod event;
mod gang;
mod git;
mod hot;
mod identity;
mod inputs;
mod installed;
mod interpreters;
mod job;
mod listen;
mod load;
mod loaded;
mod loading;
mod lock;
mod memory;
mod origin;
mod output;
mod parameters;
mod persist;
mod plan;
mod processes;
mod python;
mod request;
mod resume;
mod route;
mod run;
mod scheduler;
mod scratch;
mod signal_name;
mod sources;
mod spin;
mod spool;
mod staleness;
mod status;
mod submit;
mod take_over;
mod timing;
mod warm;
mod worker;

pub use assets::{Installed, install_python, write_demo};
pub use disk::Disk;
pub use environment::{Environment, Variables, is_of_terminal};
pub use error::EngineError;
pub use event::{
    Event, Failure, Frame, JobKind, Level, Outcome, Part, PyError, Stream, TaskRef, listed,
};
pub use hot::{Home, HotArtifact};
pub use loaded::{LoadedFlow, Mode};
pub(crate) use lock::{lock, sweep};
pub use python::interpreter;
pub use request::{
    Configs, FlowRequest, Request, ResumeRequest, RunRequest, SpinRequest, StatusRequest,
};
pub use staleness::{FlowStatus, Reason, StepState, StepVerdict};
pub use status::{Status, StepMode, StepStatus};
pub use submit::{CancelHandle, Elsewhere, Engine, EngineConfig, Job, Stop};
pub use timing::{Phase, Timing};
pub(crate) use worker::frame;
