//! Where a command works: what decides how its tasks turn out beside the request itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::{Environment, Variables};

/// A command's working directory, environment and choice of Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub cwd: PathBuf,
    pub env: BTreeMap<String, String>,
    /// The interpreter that was asked for.
    pub python: Option<PathBuf>,
}

/// Variables in which two terminals, or two lines in one, differ without meaning anything: one engine serves both, and
/// each task is told those of its own command.
const OF_THE_TERMINAL: [&str; 26] = [
    "_",
    "COLORTERM",
    "COLUMNS",
    "DISPLAY",
    "FLOWDEV_PYTHON",
    "GPG_TTY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LINES",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WINDOWID",
    "XDG_SESSION_ID",
];

/// Beginnings of such names, by terminal.
const OF_A_TERMINAL: [&str; 7] = [
    "ALACRITTY_",
    "GNOME_TERMINAL_",
    "ITERM_",
    "KITTY_",
    "KONSOLE_",
    "VSCODE_",
    "WEZTERM_",
];

/// Variables that mean something to this program and nothing to tasks: what a task is to have there, its engine decides.
const OUR_OWN: [&str; 2] = ["FLOWDEV_BIN", "FLOWDEV_SESSION"];

fn is_of_terminal(name: &str) -> bool {
    OF_THE_TERMINAL.contains(&name) || OF_A_TERMINAL.iter().any(|start| name.starts_with(start))
}

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
