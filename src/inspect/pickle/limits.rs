//! How much of a pickle is kept. Exceeding a size elides and counts; exceeding a bound of structure is an error.

/// Bounds on what one pickle may occupy once read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Values kept in all; further ones are shown as elided.
    pub max_nodes: usize,
    /// Elements kept of each list, tuple, set or dict; all are counted.
    pub max_items: usize,
    /// Entries the stack may hold, and so the longest tuple that can be read.
    pub max_stack: usize,
    /// Open marks, and so the deepest nesting that can be read.
    pub max_marks: usize,
    /// Bytes kept of one string or byte string when reading from a stream.
    pub max_kept: usize,
    /// Bytes kept of all strings together when reading from a stream.
    pub max_kept_total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_nodes: 500_000,
            max_items: 20_000,
            max_stack: 20_000_000,
            max_marks: 100_000,
            max_kept: 256 * 1024,
            max_kept_total: 32 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// For the engine's own small artifacts, where every element counts.
    #[must_use]
    pub fn complete() -> Self {
        Self {
            max_nodes: 20_000_000,
            max_items: usize::MAX,
            ..Self::default()
        }
    }
}
