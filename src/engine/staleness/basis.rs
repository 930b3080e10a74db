//! What the tasks of a step have in common to be judged by later: the code that it reaches, and the environment. Both are kept
//! as blobs of the flow, once per content, and named in the record of each task.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::versions::Versions;
use crate::engine::error::EngineError;
use crate::flow::{StepCode, StepName};
use crate::store::{BlobKey, FlowStore, StoreKind};

/// Of one version of a flow.
pub(in crate::engine) struct Basis {
    python: String,
    libraries: BTreeMap<PathBuf, Vec<String>>,
    unversioned: Vec<PathBuf>,
    environment: OnceLock<Versions>,
    /// What is stored already, by root of the store and step; the environment under no step.
    stored: Mutex<HashMap<(String, Option<StepName>), BlobKey>>,
}

/// Names of the two blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct BasisKeys {
    pub code: BlobKey,
    pub environment: BlobKey,
}

impl Basis {
    /// Nothing is looked up yet.
    pub fn new(
        python: &str,
        libraries: BTreeMap<PathBuf, Vec<String>>,
        unversioned: Vec<PathBuf>,
    ) -> Self {
        Self {
            python: python.to_owned(),
            libraries,
            unversioned,
            environment: OnceLock::new(),
            stored: Mutex::default(),
        }
    }

    /// The versions, looked up at the first call.
    pub fn environment(&self) -> &Versions {
        self.environment
            .get_or_init(|| Versions::read(&self.python, &self.libraries, &self.unversioned))
    }

    /// Stores both, unless that is done.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn store(
        &self,
        flow: &FlowStore,
        step: &StepName,
        code: &StepCode,
    ) -> Result<BasisKeys, EngineError> {
        Ok(BasisKeys {
            code: self.once(flow, Some(step), || code)?,
            environment: self.once(flow, None, || self.environment())?,
        })
    }

    fn once<T: Serialize>(
        &self,
        flow: &FlowStore,
        step: Option<&StepName>,
        content: impl FnOnce() -> T,
    ) -> Result<BlobKey, EngineError> {
        // The history of spins is pruned: what was stored for one of them may be gone.
        let stays = flow.store().kind() == StoreKind::Local;
        let slot = (flow.root().to_owned(), step.cloned());
        let stored = || self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = stored().get(&slot) {
            return Ok(*key);
        }
        // Two tasks that come here at once store the same.
        let text = serde_json::json!(content()).to_string();
        let key = flow.put_blob(text.as_bytes())?;
        if stays {
            stored().insert(slot, key);
        }
        Ok(key)
    }
}
