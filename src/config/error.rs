//! What can be wrong with settings. Errors stop a start; warnings are shown and the value is left out.

use std::path::PathBuf;

/// Settings that could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read settings {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("settings {path} are not valid TOML: {message}")]
    Syntax { path: PathBuf, message: String },
}

/// One value that was left out, and why; a sentence fragment for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where the value was written, as text: a path, a variable, a flag.
    pub origin: String,
    /// Dotted name of the value.
    pub key: String,
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}` {}", self.origin, self.key, self.message)
    }
}
