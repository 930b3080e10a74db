//! A session that works for commands: its engines stay warm, listen on a private socket, and do what a command would else do
//! alone, with the same result. It knows no terminal and prints nothing; the faces on both ends do.

mod carry_on;
mod circumstances;
mod client;
mod engines;
mod error;
mod host;
mod place;
mod protocol;
mod socket;
#[cfg(test)]
mod tests;

pub use carry_on::{Progress, carry_on};
pub use client::{Submitted, status, stop, submit};
pub use error::SessionError;
pub use host::{Host, HostConfig, Notice};
pub use place::Place;
pub use protocol::{Kind, Status};
