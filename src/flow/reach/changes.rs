//! Which steps an edit changes, and why.

use serde::{Deserialize, Serialize};

use crate::flow::name::StepName;
use crate::flow::project::Project;

/// A step whose code, or code that it reaches, differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepChange {
    pub step: StepName,
    /// Such as `train changed at line 42`, `utils.clean changed at line 41`, `new step`.
    pub reason: String,
}

/// The steps of the flow of `new` that are not what they were in `old`, in source order.
pub fn changes(old: &Project, new: &Project) -> Vec<StepChange> {
    let before = old.code();
    new.code()
        .iter()
        .filter_map(|(step, code)| {
            let reason = match before.get(step) {
                None => "new step".to_owned(),
                Some(before) => code.change_since(before)?.to_string(),
            };
            Some(StepChange {
                step: step.clone(),
                reason,
            })
        })
        .collect()
}
