//! Classes of source text, without colours.

/// What a stretch of source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Token {
    #[default]
    Plain,
    Keyword,
    /// Strings, numbers, constants.
    Literal,
    Comment,
    /// The name that `def` or `class` defines, and builtins.
    Definition,
    Decorator,
}

/// The classes of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Highlights {
    /// Length of the text that was read: highlights of another text are not used.
    pub text_len: usize,
    /// Per line: length in bytes and class, in order.
    pub lines: Vec<Vec<(usize, Token)>>,
}
