//! The settings themselves: typed, each with the layer it came from.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{KeyMap, Theme, error::Warning};

/// The layer that a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// The user's file.
    User(PathBuf),
    /// `.flowdev.toml` beside the flow.
    Project(PathBuf),
    /// An environment variable.
    Env(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::User(path) | Self::Project(path) => write!(f, "{}", path.display()),
            Self::Env(name) => write!(f, "${name}"),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

/// Which theme to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeChoice {
    /// Light where the terminal says so (`COLORFGBG`), dark elsewhere.
    Auto,
    Light,
    Dark,
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Spin the changed step on save.
    pub auto_spin: Setting<bool>,
    pub theme: Setting<ThemeChoice>,
    /// False: only glyphs and bold.
    pub colour: Setting<bool>,
    pub mouse: Setting<bool>,
    /// Command that opens a file, `None` when neither settings nor environment name one.
    pub editor: Setting<Option<String>>,
    /// Python to run flows with, `None` to search.
    pub python: Setting<Option<String>>,
    /// Lines of output kept per task.
    pub scrollback: Setting<usize>,
    /// Rows of a table that are read for the data pane.
    pub max_rows: Setting<usize>,
    /// Megabytes of artifacts that are held unpickled for spins; `None`: a quarter of the machine's memory.
    pub hot_memory: Setting<Option<u64>>,
    /// Whether a session forks its tasks where that is safe.
    pub fork: Setting<bool>,
    /// Overrides of the key map: command name to keys.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Overrides of the theme: role to colour.
    pub colours: BTreeMap<String, String>,
    /// What was left out of the files, and why.
    pub warnings: Vec<Warning>,
    /// Whether the terminal said that its background is light.
    pub light_terminal: bool,
}

impl Default for Settings {
    fn default() -> Self {
        fn default<T>(value: T) -> Setting<T> {
            Setting {
                value,
                origin: Origin::Default,
            }
        }
        Self {
            auto_spin: default(true),
            theme: default(ThemeChoice::Auto),
            colour: default(true),
            mouse: default(true),
            editor: default(None),
            python: default(None),
            scrollback: default(100_000),
            max_rows: default(10_000),
            hot_memory: default(None),
            fork: default(true),
            keys: BTreeMap::new(),
            colours: BTreeMap::new(),
            warnings: Vec::new(),
            light_terminal: false,
        }
    }
}

impl Settings {
    /// The same in bytes.
    pub fn hot_bytes(&self) -> Option<u64> {
        self.hot_memory
            .value
            .map(|megabytes| megabytes.saturating_mul(1_000_000))
    }

    /// The theme with the user's colours.
    pub fn theme(&self) -> Theme {
        let light = match self.theme.value {
            ThemeChoice::Auto => self.light_terminal,
            ThemeChoice::Light => true,
            ThemeChoice::Dark => false,
        };
        let mut theme = Theme::new(light);
        theme.coloured = self.colour.value;
        theme.patch(&self.colours);
        theme
    }

    /// The key map with the user's keys. Warnings about them are already in `warnings`.
    pub fn key_map(&self) -> KeyMap {
        KeyMap::new(&self.keys, "").0
    }

    /// Every plain setting as name, value as TOML, origin: what `flowdev config` prints.
    pub fn rows(&self) -> Vec<(&'static str, String, Origin)> {
        let text = |value: &Option<String>| format!("{:?}", value.as_deref().unwrap_or(""));
        let theme = match self.theme.value {
            ThemeChoice::Auto => "\"auto\"",
            ThemeChoice::Light => "\"light\"",
            ThemeChoice::Dark => "\"dark\"",
        };
        vec![
            (
                "auto_spin",
                self.auto_spin.value.to_string(),
                self.auto_spin.origin.clone(),
            ),
            ("theme", theme.to_owned(), self.theme.origin.clone()),
            (
                "colour",
                self.colour.value.to_string(),
                self.colour.origin.clone(),
            ),
            (
                "mouse",
                self.mouse.value.to_string(),
                self.mouse.origin.clone(),
            ),
            (
                "editor",
                text(&self.editor.value),
                self.editor.origin.clone(),
            ),
            (
                "python",
                text(&self.python.value),
                self.python.origin.clone(),
            ),
            (
                "scrollback",
                self.scrollback.value.to_string(),
                self.scrollback.origin.clone(),
            ),
            (
                "max_rows",
                self.max_rows.value.to_string(),
                self.max_rows.origin.clone(),
            ),
            (
                "hot_memory",
                match self.hot_memory.value {
                    Some(megabytes) => megabytes.to_string(),
                    None => "\"auto\"".to_owned(),
                },
                self.hot_memory.origin.clone(),
            ),
            (
                "fork",
                self.fork.value.to_string(),
                self.fork.origin.clone(),
            ),
        ]
    }
}
