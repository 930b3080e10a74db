//! The fingerprint of a step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::name::StepName;
use super::project::Project;

/// A hash of all the source that a step's result depends on; equal text means equal code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl Project {
    /// The fingerprint of every step of the main flow.
    pub fn fingerprints(&self) -> BTreeMap<StepName, Fingerprint> {
        let Some(flow) = self.main.main_flow() else {
            return BTreeMap::new();
        };
        flow.steps
            .iter()
            .map(|step| {
                let digest = Sha256::digest(format!("{:?}{:?}", step.decorators, step.next));
                (step.name.clone(), Fingerprint(format!("{digest:x}")))
            })
            .collect()
    }
}
