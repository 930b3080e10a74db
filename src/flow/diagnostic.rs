//! What is wrong with a source, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The flow runs, though perhaps not as meant.
    Warning,
    /// The flow cannot run.
    Error,
}

/// One finding about a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A stable identifier, such as `unknown-step`: the same for all findings of one sort.
    pub code: String,
    /// What is wrong: one sentence fragment, lower case unless it starts with a name, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    pub file: PathBuf,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

impl fmt::Display for Diagnostic {
    /// `file:line:column: message`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = (self.file.display(), self.line, self.column);
        write!(f, "{file}:{line}:{column}: {}", self.message)
    }
}
