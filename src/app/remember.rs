//! What a session starts with because the last one ended with it. A file that cannot be read is a fresh start: nothing in it
//! is worth an error.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::{RightTab, State};

/// The remembered part of the state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    pub selected: Option<String>,
    pub tab: Option<RightTab>,
    pub auto_spin: Option<bool>,
}

impl Remembered {
    /// What of this state is worth keeping.
    pub fn of(state: &State) -> Self {
        Self {
            selected: state.selected.clone(),
            tab: Some(state.tab),
            auto_spin: Some(state.auto_spin),
        }
    }

    /// `$FLOWDEV_STATE_DIR`, else `$XDG_STATE_HOME/flowdev`, else `~/.local/state/flowdev`; one file per flow file and class,
    /// named by a hash of its path.
    pub fn path(env: &dyn Fn(&str) -> Option<String>, flow: &Path) -> Option<PathBuf> {
        use sha2::{Digest, Sha256};

        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let dir = match (set("FLOWDEV_STATE_DIR"), set("XDG_STATE_HOME")) {
            (Some(dir), _) => PathBuf::from(dir),
            (None, Some(dir)) => Path::new(&dir).join("flowdev"),
            (None, None) => Path::new(&set("HOME")?).join(".local/state/flowdev"),
        };
        let hash = Sha256::digest(flow.as_os_str().as_encoded_bytes());
        let name: String = hash
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Some(dir.join("sessions").join(format!("{name}.json")))
    }

    /// Reads the file.
    pub fn load(path: &Path) -> Self {
        std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Writes the file whole or not at all.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::write(&temporary, serde_json::to_vec(self)?)?;
        std::fs::rename(&temporary, path)
    }
}
