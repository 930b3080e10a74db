//! From file-system noise to "these steps changed": watches the flow file and the project modules that it imports, and says
//! once for each save what it means.
//!
//! It runs nothing and knows no screen, engine or store.

mod change;
mod error;
mod notice;
mod thread;
mod tracker;

pub use change::Change;
pub use error::WatcherError;
pub use thread::Watcher;

#[cfg(test)]
mod tests;
