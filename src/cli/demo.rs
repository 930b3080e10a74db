//! `flowdev demo`.

use std::path::PathBuf;

use super::error::{CliError, ExitKind};
use super::{open, out};
use crate::engine::write_demo;

/// Write an example project and open it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev demo
  flowdev demo --dir /tmp/try --no-open")]
pub struct Args {
    /// Where to write it; must not exist
    #[arg(long, value_name = "DIR", default_value = "flowdev-demo")]
    dir: PathBuf,
    /// Only write the project
    #[arg(long)]
    no_open: bool,
}

pub fn main(args: Args) -> Result<ExitKind, CliError> {
    write_demo(&args.dir).map_err(|error| {
        let dir = args.dir.display();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            CliError::usage(
                format!("{dir} exists already; nothing was written"),
                format!("open it with `flowdev {dir}`, or choose another place with --dir"),
            )
        } else {
            CliError::usage(
                format!("cannot write {dir}: {error}"),
                "choose another place with --dir",
            )
        }
    })?;
    out::note(&format!("wrote {}", args.dir.display()));
    if args.no_open {
        return Ok(ExitKind::Success);
    }
    // Its runs belong beside it, not to wherever the command was given.
    std::env::set_current_dir(&args.dir)?;
    open::main(open::Args::for_flow(".".into()), Vec::new())
}
