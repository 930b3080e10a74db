//! The `flowdev` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    flowdev::cli::main()
}
