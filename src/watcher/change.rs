//! What one save means.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::flow::{Diagnostic, Project, StepChange};

/// One save, understood.
#[derive(Debug, Clone)]
pub struct Change {
    /// The project as it is now; if `broken`, as far as it can be read.
    pub project: Arc<Project>,
    /// The steps whose code differs from the last state that was not broken. Empty for an edit of comments, and if `broken`.
    pub steps: Vec<StepChange>,
    /// What is wrong now: syntax errors, else the findings about the graph.
    pub diagnostics: Vec<Diagnostic>,
    /// The file that was saved.
    pub cause: PathBuf,
    /// Whether a file has syntax errors, or the flow file is gone.
    pub broken: bool,
    /// When the first sign of the save arrived.
    pub seen: Instant,
}
