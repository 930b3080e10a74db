//! `flowdev env`.

use std::env::VarError;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::{CliError, ExitKind};
use super::out;
use crate::engine::{Installed, install_python};

/// Print the shell line after which `python flow.py run` goes through flowdev
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  eval \"$(flowdev env)\"; python flow.py run
  flowdev env --shell fish | source
  flowdev env --json")]
pub struct Args {
    /// The shell that is to read the line
    #[arg(long, default_value = "sh")]
    shell: Shell,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Sh,
    Fish,
}

#[derive(Serialize)]
struct Environment {
    #[serde(rename = "PYTHONPATH")]
    python_path: String,
    #[serde(rename = "FLOWDEV_BIN", skip_serializing_if = "Option::is_none")]
    binary: Option<PathBuf>,
}

/// Unpacks the Python side, and prints how it is found.
///
/// # Errors
/// When the Python side cannot be written, or standard output cannot.
pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let installed = install_python()?;
    let before = match std::env::var("PYTHONPATH") {
        Ok(value) => value,
        Err(VarError::NotPresent) => String::new(),
        Err(VarError::NotUnicode(_)) => {
            return Err(CliError::usage(
                "PYTHONPATH is no UTF-8",
                "correct it, or unset it first",
            ));
        }
    };
    let environment = describe(&installed, &before);
    if args.json {
        out::json(&environment)?;
        return Ok(ExitKind::Success);
    }
    out::line(&args.shell.set("PYTHONPATH", &environment.python_path))?;
    if let Some(binary) = &environment.binary {
        out::line(&args.shell.set("FLOWDEV_BIN", &binary.to_string_lossy()))?;
    }
    Ok(ExitKind::Success)
}

fn describe(installed: &Installed, before: &str) -> Environment {
    Environment {
        python_path: with_first(&installed.python_path, before),
        // Where it was recorded, the package finds it by itself.
        binary: (!installed.recorded).then(|| installed.binary.clone()),
    }
}

/// The search path with this directory first, and only there.
fn with_first(first: &Path, before: &str) -> String {
    let first = first.to_string_lossy();
    let mut parts = vec![first.as_ref()];
    parts.extend(
        before
            .split(':')
            .filter(|part| !part.is_empty() && *part != first),
    );
    parts.join(":")
}

impl Shell {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => format!(
                "set -gx {name} '{}'",
                value.replace('\\', r"\\").replace('\'', r"\'")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_comes_first_and_once() {
        let first = Path::new("/a/b");
        assert_eq!(with_first(first, ""), "/a/b");
        assert_eq!(with_first(first, "/x::/a/b:/y"), "/a/b:/x:/y");
    }

    #[test]
    fn values_are_quoted_for_the_shell() {
        assert_eq!(Shell::Sh.set("P", "it's"), r"export P='it'\''s'");
        assert_eq!(Shell::Fish.set("P", "it's"), r"set -gx P 'it\'s'");
    }
}
