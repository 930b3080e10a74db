//! The environment variables that an engine's work happens in: its own process's, or those of a command that it works for.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

/// All variables. Clones share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(Arc<BTreeMap<OsString, OsString>>);

impl Environment {
    /// Those of this process.
    pub fn own() -> Self {
        Self(Arc::new(std::env::vars_os().collect()))
    }

    /// The value, if it is text.
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(OsStr::to_str).map(str::to_owned)
    }

    /// The value, if it is set and not empty.
    pub fn filled(&self, name: &str) -> Option<&OsStr> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// All names and values as texts; `None` where one is none.
    pub fn texts(&self) -> Option<BTreeMap<String, String>> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
            .collect()
    }

    /// Has a command start with these instead of those of this process. What is the same is left alone: a command with a changed
    /// PATH takes longer to start.
    pub fn apply(&self, command: &mut Command) {
        let own: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        for name in own.keys().filter(|name| !self.0.contains_key(*name)) {
            command.env_remove(name);
        }
        let new = self
            .0
            .iter()
            .filter(|(name, value)| own.get(*name) != Some(*value));
        command.envs(new);
    }

    fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let pairs = pairs.into_iter();
        Self(Arc::new(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        ))
    }
}

/// Variables in which the tasks of one request differ from their engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variables {
    pub set: BTreeMap<String, String>,
    pub unset: Vec<String>,
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

/// Whether a variable only tells one terminal from another.
pub fn is_of_terminal(name: &str) -> bool {
    OF_THE_TERMINAL.contains(&name) || OF_A_TERMINAL.iter().any(|start| name.starts_with(start))
}
