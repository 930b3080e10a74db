//! The fingerprint of a step: one hash over the normal forms of everything that it reaches.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::walk::Reach;
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

/// Changes when fingerprints of the same source change: stored ones then match no more.
const VERSION: &str = "1";

impl Project {
    /// The fingerprint of every step of the project's flow, in the order of the steps.
    pub fn fingerprints(&self) -> IndexMap<StepName, Fingerprint> {
        let Some(flow) = self.flow() else {
            return IndexMap::new();
        };
        let mut reach = Reach::new(self, flow);
        flow.steps
            .iter()
            .map(|step| (step.name.clone(), fingerprint(&mut reach, &step.name)))
            .collect()
    }
}

fn fingerprint(reach: &mut Reach<'_>, step: &str) -> Fingerprint {
    let mut parts: Vec<_> = reach
        .of_step(step)
        .into_iter()
        .filter_map(|key| {
            let unit = reach.lookup.unit(key)?;
            Some((
                reach.lookup.module_name(key.0),
                unit.name.as_str(),
                unit.code.normal.digest,
            ))
        })
        .collect();
    // Where something stands is no part of what it does.
    parts.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(VERSION);
    for (module, name, digest) in parts {
        for part in [module.as_bytes(), name.as_bytes(), &digest] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
    }
    Fingerprint(format!("{:x}", hasher.finalize()))
}
