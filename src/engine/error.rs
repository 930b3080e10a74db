//! What can go wrong inside the engine. A failing flow is not an error here but an [`Event`](super::event::Event).

use std::io;
use std::path::PathBuf;

use super::event::{Failure, PyError, listed};
use crate::flow::Diagnostic;
use crate::store::StoreError;

/// An error of the engine itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot start Python ({python}): {source}")]
    Python { python: String, source: io::Error },
    #[error("the Python worker ended unexpectedly{}", ended_because(.said))]
    WorkerEnded {
        said: String,
        /// It had begun with what it was asked.
        begun: bool,
    },
    #[error("the Python worker ended unexpectedly")]
    WorkerGone,
    #[error("cannot unpack the Python runtime into {path}: {source}", path = path.display())]
    Assets { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The flow file does not import.
    #[error("the flow does not import: {}: {}", .0.type_name, .0.message)]
    Import(Box<PyError>),
    /// The flow's source has errors.
    #[error("{}", listed(.0))]
    Invalid(Vec<Diagnostic>),
    /// The request is wrong, whatever the store has.
    #[error("{message}")]
    Usage {
        message: String,
        hint: Option<String>,
    },
    /// The request makes no sense for this flow or store.
    #[error("{message}")]
    Request {
        message: String,
        hint: Option<String>,
    },
}

/// The class of errors in what the user has given.
const USAGE: &str = "metaflow.parameters.UsageError";

/// The headline of exceptions that have none of their own.
const GENERAL: &str = "Flow failed";

fn ended_because(said: &str) -> String {
    let said = said.trim();
    if said.is_empty() {
        String::new()
    } else {
        format!("; it said:\n{said}")
    }
}

impl EngineError {
    /// Whether a process ended before it did anything of what it was asked, so that another can be asked the same.
    pub fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::WorkerGone | Self::WorkerEnded { begun: false, .. }
        )
    }

    /// A request that cannot be carried out, with what to do instead.
    pub fn request(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Request {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// A request that is wrong in itself, with what would be right.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// What Python said when it prepared the flow, or its parameters: a value that the user gave, a sentence of the runtime, or
    /// an exception of the user's code.
    pub fn python(error: PyError) -> Self {
        match &error.headline {
            Some(_) if error.type_name == USAGE => Self::usage(
                error.message,
                "`flowdev run FLOW --help` lists what can be given",
            ),
            Some(headline) if error.frames.is_empty() => Self::Request {
                message: match headline.as_str() {
                    // It says nothing that a face would not say itself.
                    GENERAL => error.message,
                    _ => format!("{headline}: {}", error.message),
                },
                hint: None,
            },
            _ => Self::Import(Box::new(error)),
        }
    }

    /// The error as a face shows it.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Import(error) => Failure::Import { error: *error },
            Self::Invalid(findings) => Failure::Invalid { findings },
            Self::Request { message, hint } => Failure::Message { message, hint },
            Self::Usage { message, hint } => Failure::Usage { message, hint },
            other => Failure::Message {
                message: other.to_string(),
                hint: None,
            },
        }
    }
}
