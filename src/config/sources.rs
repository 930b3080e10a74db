//! Where settings come from, and the order of the layers: defaults < user < project < environment < flags.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{
    error::{ConfigError, Warning},
    keymap::KeyMap,
    settings::{Origin, Setting, Settings, ThemeChoice},
    theme::Theme,
};

/// Looks a variable up.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What the layers are read from. Everything is given, so that a test gives its own.
#[derive(Default)]
pub struct Sources<'a> {
    /// The user's file; a missing one is an empty layer.
    pub user: Option<PathBuf>,
    /// The project's file (`.flowdev.toml` beside the flow); a missing one is an empty layer.
    pub project: Option<PathBuf>,
    /// Looks a variable up in the environment.
    pub env: Option<&'a Lookup<'a>>,
    /// Setting name and text, as flags gave them.
    pub flags: Vec<(String, String)>,
}

/// `$FLOWDEV_CONFIG_DIR/config.toml`, else `$XDG_CONFIG_HOME/flowdev/config.toml`, else `~/.config/flowdev/config.toml`.
pub fn user_config_path(env: &Lookup<'_>) -> Option<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let dir = match (set("FLOWDEV_CONFIG_DIR"), set("XDG_CONFIG_HOME")) {
        (Some(dir), _) => PathBuf::from(dir),
        (None, Some(dir)) => Path::new(&dir).join("flowdev"),
        (None, None) => Path::new(&set("HOME")?).join(".config/flowdev"),
    };
    Some(dir.join("config.toml"))
}

/// Reads all layers. A file that is no TOML is an error; a single wrong value becomes a warning in the settings.
pub fn load(sources: &Sources<'_>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    if let Some(path) = &sources.user {
        apply_file(&mut settings, path, Origin::User(path.clone()))?;
    }
    if let Some(path) = &sources.project {
        apply_file(&mut settings, path, Origin::Project(path.clone()))?;
    }
    if let Some(env) = sources.env {
        apply_env(&mut settings, env);
    }
    for (name, text) in &sources.flags {
        let origin = Origin::Flag(name.replace('_', "-"));
        apply(&mut settings, name, &from_text(text), &origin);
    }
    Ok(settings)
}

fn apply_file(settings: &mut Settings, path: &Path, origin: Origin) -> Result<(), ConfigError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(ConfigError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
    for (name, value) in &table {
        match (name.as_str(), value) {
            ("keys", Value::Table(keys)) => apply_keys(settings, keys, &origin),
            ("colours" | "colors", Value::Table(colours)) => {
                apply_colours(settings, colours, &origin);
            }
            (name, value) => apply(settings, name, value, &origin),
        }
    }
    Ok(())
}

/// Variable and the setting it gives. The first of two variables for one setting wins, so it stands last.
const VARIABLES: &[(&str, &str)] = &[
    ("FLOWDEV_AUTO_SPIN", "auto_spin"),
    ("FLOWDEV_THEME", "theme"),
    ("FLOWDEV_COLOUR", "colour"),
    ("FLOWDEV_MOUSE", "mouse"),
    ("FLOWDEV_PYTHON", "python"),
    ("FLOWDEV_SCROLLBACK", "scrollback"),
    ("FLOWDEV_MAX_ROWS", "max_rows"),
    ("FLOWDEV_EDITOR", "editor"),
    ("FLOWDEV_HOT_MEMORY", "hot_memory"),
    ("FLOWDEV_FORK", "fork"),
];

fn apply_env(settings: &mut Settings, env: &Lookup<'_>) {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    // The two general variables say what the user wants where flowdev has not been told.
    if settings.editor.origin == Origin::Default {
        for name in ["EDITOR", "VISUAL"] {
            if let Some(text) = set(name) {
                settings.editor = Setting {
                    value: Some(text),
                    origin: Origin::Env(name.to_owned()),
                };
            }
        }
    }
    if set("NO_COLOR").is_some() {
        settings.colour = Setting {
            value: false,
            origin: Origin::Env("NO_COLOR".to_owned()),
        };
    }
    // `foreground;background` in the terminal's palette: 7 and 9 to 15 are light backgrounds.
    settings.light_terminal = set("COLORFGBG")
        .and_then(|text| text.rsplit(';').next()?.parse::<u8>().ok())
        .is_some_and(|background| background == 7 || (9..=15).contains(&background));
    for (variable, name) in VARIABLES {
        if let Some(text) = set(variable) {
            let origin = Origin::Env((*variable).to_owned());
            apply(settings, name, &from_text(&text), &origin);
        }
    }
}

/// A bare text as the TOML value it looks like.
fn from_text(text: &str) -> Value {
    match text {
        "1" | "true" | "yes" | "on" => Value::Boolean(true),
        "0" | "false" | "no" | "off" => Value::Boolean(false),
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
    }
}

/// Sets one value, or says why not.
fn apply(settings: &mut Settings, name: &str, value: &Value, origin: &Origin) {
    let outcome = match name {
        "auto_spin" => boolean(value).map(|v| set(&mut settings.auto_spin, v, origin)),
        "colour" | "color" => boolean(value).map(|v| set(&mut settings.colour, v, origin)),
        "mouse" => boolean(value).map(|v| set(&mut settings.mouse, v, origin)),
        "theme" => theme(value).map(|v| set(&mut settings.theme, v, origin)),
        "editor" => text(value).map(|v| set(&mut settings.editor, v, origin)),
        "python" => text(value).map(|v| set(&mut settings.python, v, origin)),
        "scrollback" => count(value).map(|v| set(&mut settings.scrollback, v, origin)),
        "max_rows" => count(value).map(|v| set(&mut settings.max_rows, v, origin)),
        "hot_memory" => megabytes(value).map(|v| set(&mut settings.hot_memory, v, origin)),
        "fork" => boolean(value).map(|v| set(&mut settings.fork, v, origin)),
        _ => Err("is no setting".to_owned()),
    };
    if let Err(message) = outcome {
        settings.warnings.push(Warning {
            origin: origin.to_string(),
            key: name.to_owned(),
            message,
        });
    }
}

fn set<T>(setting: &mut Setting<T>, value: T, origin: &Origin) {
    *setting = Setting {
        value,
        origin: origin.clone(),
    };
}

fn boolean(value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("must be true or false, not {value}"))
}

fn count(value: &Value) -> Result<usize, String> {
    // `from_text` reads the words 0 and 1 as truth values.
    let number = match value {
        Value::Boolean(one) => Some(i64::from(*one)),
        value => value.as_integer(),
    };
    number
        .and_then(|number| usize::try_from(number).ok())
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("must be a number above zero, not {value}"))
}

fn megabytes(value: &Value) -> Result<Option<u64>, String> {
    match value {
        Value::String(word) if word == "auto" => Ok(None),
        // `from_text` reads the words 0 and 1 as truth values.
        Value::Boolean(one) => Ok(Some(u64::from(*one))),
        Value::Integer(number) if *number >= 0 => Ok(Some(number.unsigned_abs())),
        _ => Err(format!(
            "must be a number of megabytes or \"auto\", not {value}"
        )),
    }
}

fn text(value: &Value) -> Result<Option<String>, String> {
    let text = value
        .as_str()
        .ok_or_else(|| format!("must be a text, not {value}"))?;
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn theme(value: &Value) -> Result<ThemeChoice, String> {
    match value.as_str() {
        Some("auto") => Ok(ThemeChoice::Auto),
        Some("light") => Ok(ThemeChoice::Light),
        Some("dark") => Ok(ThemeChoice::Dark),
        _ => Err(format!(
            "must be \"auto\", \"light\" or \"dark\", not {value}"
        )),
    }
}

fn apply_keys(settings: &mut Settings, keys: &Table, origin: &Origin) {
    let mut layer = BTreeMap::new();
    for (name, value) in keys {
        let texts: Option<Vec<String>> = match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        };
        match texts {
            Some(texts) => {
                layer.insert(name.clone(), texts);
            }
            None => settings.warnings.push(Warning {
                origin: origin.to_string(),
                key: format!("keys.{name}"),
                message: "must be a key or a list of keys".to_owned(),
            }),
        }
    }
    settings
        .warnings
        .extend(KeyMap::new(&layer, &origin.to_string()).1);
    settings.keys.extend(layer);
}

fn apply_colours(settings: &mut Settings, colours: &Table, origin: &Origin) {
    let layer: BTreeMap<String, String> = colours
        .iter()
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect();
    for (name, message) in Theme::default().patch(&layer) {
        settings.warnings.push(Warning {
            origin: origin.to_string(),
            key: format!("colours.{name}"),
            message,
        });
    }
    settings.colours.extend(layer);
}

/// The settings for a flow file in this process's environment.
pub fn for_flow(flow: &Path) -> Settings {
    for_flow_in(flow, &|name: &str| std::env::var(name).ok())
}

/// The settings for a flow file, with the user's and the project's. Settings that cannot be read are a warning, not an end.
pub fn for_flow_in(flow: &Path, env: &Lookup<'_>) -> Settings {
    let mut sources = Sources {
        user: user_config_path(env),
        project: flow.parent().map(|dir| dir.join(".flowdev.toml")),
        env: Some(env),
        flags: Vec::new(),
    };
    load(&sources).unwrap_or_else(|error| {
        sources.user = None;
        sources.project = None;
        let mut settings = load(&sources).unwrap_or_default();
        settings.warnings.push(Warning {
            origin: "settings".to_owned(),
            key: "file".to_owned(),
            message: error.to_string(),
        });
        settings
    })
}
