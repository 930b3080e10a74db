//! Why bytes could not be read as a pickle: where, at which opcode, what.

use super::opcode;

/// A pickle that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("at byte {offset}{}: {problem}", opcode.map(|op| format!(", {}", opcode::name(op))).unwrap_or_default())]
pub struct PickleError {
    /// Where the failing opcode starts, in bytes from the start of the pickle.
    pub offset: u64,
    /// The failing opcode's byte; none when the input ends where one is due.
    pub opcode: Option<u8>,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a pickle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The input stops inside an opcode or before STOP.
    #[error("the input ends early")]
    EndsEarly,
    /// A byte that no protocol defines as an opcode.
    #[error("not an opcode of any known protocol")]
    UnknownOpcode,
    /// A protocol newer than this reader.
    #[error("protocol {0} is newer than 5")]
    Protocol(u8),
    /// An opcode that takes more from the stack than is there.
    #[error("the stack has too few values")]
    StackUnderflow,
    /// An opcode that needs a mark without one.
    #[error("no mark on the stack")]
    NoMark,
    /// A memo entry that was never stored.
    #[error("nothing was stored in memo entry {0}")]
    Memo(u64),
    /// An operand of the wrong kind or shape.
    #[error("{0}")]
    Operand(&'static str),
    /// A bound of [`super::Limits`] that cannot be met by eliding.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// The stream could not be read.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
}
