//! Which steps an edit changes, and why.

use serde::{Deserialize, Serialize};

use super::name::StepName;
use super::project::Project;

/// A step whose code, or code that it reaches, differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepChange {
    pub step: StepName,
    /// Such as `train changed at line 42`, `utils.clean changed at line 41`, `new step`.
    pub reason: String,
}

/// The steps of `new` that are not what they were in `old`, in source order.
pub fn changes(old: &Project, new: &Project) -> Vec<StepChange> {
    let before = old.fingerprints();
    new.fingerprints()
        .into_iter()
        .filter(|(step, print)| before.get(step) != Some(print))
        .map(|(step, _)| StepChange {
            reason: format!("{step} changed"),
            step,
        })
        .collect()
}
