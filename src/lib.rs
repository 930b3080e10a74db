//! flowdev: a terminal IDE and an engine for Metaflow flows. docs/ARCHITECTURE.md says what is where.

pub mod app;
pub mod cards;
pub mod cli;
pub mod config;
pub mod engine;
pub mod flow;
pub mod inspect;
pub mod session;
pub mod store;
pub mod tui;
pub mod watcher;
