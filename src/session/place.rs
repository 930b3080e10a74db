//! Where a command works: what decides how its tasks turn out beside the request itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::{Environment, Variables, is_of_terminal};

/// A command's working directory, environment and choice of Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub cwd: PathBuf,
    pub env: BTreeMap<String, String>,
    /// The interpreter that was asked for.
    pub python: Option<PathBuf>,
}

/// Variables that mean something to this program and nothing to tasks: what a task is to have there, its engine decides.
const OUR_OWN: [&str; 2] = ["FLOWDEV_BIN", "FLOWDEV_SESSION"];

impl Place {
    /// That of this process; `None` if it can not be told in text.
    pub fn own(python: Option<PathBuf>) -> Option<Self> {
        let cwd = std::env::current_dir().ok()?;
        cwd.to_str()?;
        Some(Self {
            cwd,
            env: Environment::own().texts()?,
            python,
        })
    }

    /// The variables that one engine can not have in two ways.
    pub fn fixed(&self) -> BTreeMap<String, String> {
        self.some(|name| !is_of_terminal(name) && !OUR_OWN.contains(&name))
    }

    /// The others, which each task can be told.
    pub fn told(&self) -> BTreeMap<String, String> {
        self.some(is_of_terminal)
    }

    fn some(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let pairs = self.env.iter().filter(|(name, _)| wanted(name));
        pairs
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// What makes variables `from` to those of `to`.
pub fn difference(from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> Variables {
    let new = to
        .iter()
        .filter(|(name, value)| from.get(*name) != Some(*value));
    let gone = from.keys().filter(|name| !to.contains_key(*name));
    Variables {
        set: new
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        unset: gone.cloned().collect(),
    }
}
