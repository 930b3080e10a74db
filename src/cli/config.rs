//! `flowdev config`.

use super::error::{CliError, ExitKind};
use super::out;
use crate::config;

/// Print the settings, keys and colours that a session starts with, as a file to begin from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev config                   the defaults
  flowdev config --path            where your own file is looked for
  flowdev config > ~/.config/flowdev/config.toml")]
pub struct Args {
    /// Print the path of the user's settings instead
    #[arg(long)]
    path: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let text = if args.path {
        let env = |name: &str| std::env::var(name).ok();
        config::user_config_path(&env)
            .map(|path| path.display().to_string())
            .unwrap_or_default()
    } else {
        config::default_toml()
    };
    out::line(text.trim_end())?;
    Ok(ExitKind::Success)
}
