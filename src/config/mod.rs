//! Settings in layers (defaults, user, project, environment, flags), each value with its origin; the commands a user can
//! bind, the key map and the themes.
//!
//! Plain data: this room knows no terminal library, no flow and no session. What a command *does* is `app`'s business.

mod commands;
mod defaults;
mod error;
mod key;
mod keymap;
mod settings;
mod sources;
mod theme;

#[cfg(test)]
mod tests;

pub use commands::{COMMANDS, Command, CommandSpec, Context};
pub use defaults::default_toml;
pub use error::{ConfigError, Warning};
pub use key::{Key, KeyCode, ParseKeyError};
pub use keymap::KeyMap;
pub use settings::{Origin, Setting, Settings, ThemeChoice};
pub use sources::{Sources, for_flow, for_flow_in, load, user_config_path};
pub use theme::{Colour, Role, Theme};
