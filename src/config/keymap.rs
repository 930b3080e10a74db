//! From a key press to a command: the defaults of the command table, overridden by the user's `[keys]`.

use std::collections::{BTreeMap, HashMap};

use super::{
    commands::{COMMANDS, Command, CommandSpec, Context},
    error::Warning,
    key::Key,
};

/// Which key means which command, per context.
#[derive(Debug, Clone)]
pub struct KeyMap {
    bindings: HashMap<(Context, Key), Command>,
    /// Keys of each row of the table, in the order they were given.
    keys: Vec<Vec<Key>>,
}

impl Default for KeyMap {
    fn default() -> Self {
        Self::new(&BTreeMap::new(), "").0
    }
}

impl KeyMap {
    /// Builds the map: a command in `overrides` (name to keys) has those keys and no others. What cannot be understood
    /// becomes a warning that names `origin`, and the default stays.
    pub fn new(overrides: &BTreeMap<String, Vec<String>>, origin: &str) -> (Self, Vec<Warning>) {
        let mut warnings = Vec::new();
        let mut warn = |key: String, message: String| {
            warnings.push(Warning {
                origin: origin.to_owned(),
                key,
                message,
            });
        };
        for name in overrides.keys() {
            if !COMMANDS.iter().any(|spec| spec.name == name) {
                warn(format!("keys.{name}"), "is no command".to_owned());
            }
        }
        let mut map = Self {
            bindings: HashMap::new(),
            keys: Vec::with_capacity(COMMANDS.len()),
        };
        let mut given = Vec::new();
        for spec in COMMANDS {
            let chosen = overrides.get(spec.name);
            let texts: Vec<&str> = match chosen {
                Some(texts) => texts.iter().map(String::as_str).collect(),
                None => spec.keys.to_vec(),
            };
            let mut keys = Vec::new();
            for text in texts {
                match text.parse::<Key>() {
                    Ok(key) => keys.push(key),
                    Err(wrong) => warn(format!("keys.{}", spec.name), wrong.to_string()),
                }
            }
            if chosen.is_some() {
                given.push((spec, keys.clone()));
            }
            map.keys.push(keys);
        }
        for (spec, keys) in COMMANDS.iter().zip(&map.keys) {
            for key in keys {
                map.bindings
                    .entry((spec.context, *key))
                    .or_insert(spec.command);
            }
        }
        // What the user gave wins over a default on the same key.
        for (spec, keys) in given {
            for key in keys {
                map.bindings.insert((spec.context, key), spec.command);
            }
        }
        (map, warnings)
    }

    /// The command that the key means in the narrowest of the contexts, which come narrowest first.
    pub fn command(&self, contexts: &[Context], key: Key) -> Option<Command> {
        contexts
            .iter()
            .find_map(|context| self.bindings.get(&(*context, key)).copied())
    }

    /// Keys that really reach the command of this row (a key taken by another command is left out).
    pub fn keys(&self, spec: &CommandSpec) -> Vec<Key> {
        let index = COMMANDS.iter().position(|row| std::ptr::eq(row, spec));
        let keys = index.and_then(|index| self.keys.get(index));
        keys.map(|keys| {
            keys.iter()
                .filter(|key| self.bindings.get(&(spec.context, **key)) == Some(&spec.command))
                .copied()
                .collect()
        })
        .unwrap_or_default()
    }
}
