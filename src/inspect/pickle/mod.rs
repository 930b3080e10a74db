//! Reads pickles, protocols 0 to 5, as data.
//!
//! A pickle is a program that may name and call anything; this reader only records what it says. Nothing is
//! imported, nothing is called, and what it holds is bounded by [`Limits`]. It knows the opcodes and the handful of
//! builtins that stand for plain containers; what numpy or pandas mean by theirs is `known`'s business.

mod buffer;
mod error;
mod input;
mod limits;
mod machine;
mod numbers;
mod opcode;
mod structural;
mod value;

#[cfg(test)]
mod tests;

use std::io::Read;

use bytes::Bytes;

pub use buffer::{Buffer, Text};
pub use error::{PickleError, Problem};
pub use limits::Limits;
pub use value::{ClassName, How, Items, Node, NodeId, Object, Pairs, Value, ValueRef};

use input::Input;
use machine::Machine;

/// Reads a pickle that is wholly in memory (or mapped); large byte strings of the result share `bytes`.
///
/// # Errors
/// The offset and opcode at which the bytes stop being a pickle, or exceed the limits on structure.
pub fn read_pickle(bytes: &Bytes, limits: Limits) -> Result<Value, PickleError> {
    Machine::new(Input::whole(bytes.clone()), limits).run()
}

/// Reads a pickle from a stream, keeping only the start of long byte strings, so that memory does not grow with it.
///
/// # Errors
/// As [`read_pickle`], and what the reader reports.
pub fn read_pickle_from(reader: &mut dyn Read, limits: Limits) -> Result<Value, PickleError> {
    Machine::new(Input::stream(reader, limits), limits).run()
}
