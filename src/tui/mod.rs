//! The terminal: entering and leaving it, turning input into messages, running effects, drawing the state.
//!
//! It decides nothing: what a key does is `app`'s. The loop never waits on a disk, Polars or Python; all of that runs
//! elsewhere and comes back as messages.

mod clipboard;
mod draw;
mod editor;
mod effects;
mod error;
mod external;
mod highlight;
mod input;
mod layout;
mod panes;
mod popups;
mod runtime;
mod session;
mod signals;
mod styles;
mod terminal;

#[cfg(test)]
mod tests;

pub use error::TuiError;
pub use session::{SessionConfig, run};
