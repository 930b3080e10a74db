//! Metaflow's settings: variables, then the project's file beside the runs, then the user's own file.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The file beside the flows of a store.
const PROJECT_FILE: &str = "config.json";
const PROJECT_DIR: &str = ".metaflow";
/// The user's directory, where METAFLOW_HOME names none.
const HOME: &str = ".metaflowconfig";

/// Where settings are looked up. Files that are missing or cannot be read have none.
pub struct Settings<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    /// That of the project, then that of the user.
    files: Vec<Map<String, Value>>,
}

impl<'a> Settings<'a> {
    /// The settings of a working directory.
    pub fn of(cwd: &Path, env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let project = cwd
            .ancestors()
            .map(|dir| dir.join(PROJECT_DIR))
            .find(|dir| dir.is_dir())
            .map(|dir| dir.join(PROJECT_FILE));
        let files = [project, user_file(env)].into_iter().flatten();
        Self {
            env,
            files: files.filter_map(|path| read(&path)).collect(),
        }
    }

    /// The value of a setting by the full name of its variable; an empty one is none.
    pub fn get(&self, name: &str) -> Option<String> {
        let set = (self.env)(name).or_else(|| {
            let mut values = self.files.iter().filter_map(|file| file.get(name));
            values.find_map(|value| match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            })
        });
        set.filter(|value| !value.is_empty())
    }
}

/// The user's file: that of the profile, if there is one.
fn user_file(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = env("HOME").map(PathBuf::from);
    let dir = match env("METAFLOW_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => match (dir.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(dir),
        },
        None => home?.join(HOME),
    };
    let profile = env("METAFLOW_PROFILE").filter(|profile| !profile.is_empty());
    Some(dir.join(match profile {
        Some(profile) => format!("config_{profile}.json"),
        None => "config.json".to_owned(),
    }))
}

fn read(path: &Path) -> Option<Map<String, Value>> {
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests;
