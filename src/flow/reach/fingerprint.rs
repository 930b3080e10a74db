//! The fingerprint of a step: one hash over everything that it reaches.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::flow::name::StepName;
use crate::flow::project::Project;

/// A hash of all the source that a step's result depends on; equal fingerprints mean equal code.
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

impl From<Sha256> for Fingerprint {
    fn from(hasher: Sha256) -> Self {
        Self(format!("{:x}", hasher.finalize()))
    }
}

impl Project {
    /// The fingerprint of every step of the project's flow, in the order of the steps: those of what `code` gives.
    pub fn fingerprints(&self) -> IndexMap<StepName, Fingerprint> {
        let code = self.code();
        let prints = code
            .iter()
            .map(|(step, code)| (step.clone(), code.fingerprint()));
        prints.collect()
    }
}
