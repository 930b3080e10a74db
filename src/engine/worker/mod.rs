//! The Python processes: how they are started, asked and ended. Knows the protocol of docs/WORKER.md; knows nothing of runs,
//! graphs or the store.

mod forkserver;
pub mod frame;
mod link;
pub mod message;
mod overheard;
mod task;
mod template;

pub use forkserver::{Forkserver, PythonSetup};
pub use task::{Said, TaskProcess};
pub use template::Template;
