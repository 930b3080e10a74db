//! The command line: one file per verb, which parses, calls and prints. The only room that prints.

mod arguments;
mod artifacts;
mod check;
mod config;
mod console;
mod demo;
mod env;
mod error;
mod fill_card;
mod flow_file;
mod job;
mod logs;
mod open;
mod out;
mod parameters;
mod pathspec;
mod peek;
mod resume;
mod run;
mod runs;
mod s3;
mod session;
mod show;
mod spin;
mod status;
mod tasks;
mod timings;
mod verbs;
mod watch;

pub use verbs::main;
