//! `flowdev [FLOW]`: the session.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::arguments::Common;
use super::error::{CliError, ExitKind};
use super::{flow_file, job};
use crate::{config, tui};

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The flow to open [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// Python interpreter [default: $FLOWDEV_PYTHON, $VIRTUAL_ENV, .venv beside the flow, python3]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

impl Args {
    /// Opens the flow in a directory, or a flow file.
    pub fn for_flow(flow: PathBuf) -> Self {
        Self {
            flow: Some(flow),
            python: None,
        }
    }
}

pub fn main(args: Args) -> Result<ExitKind, CliError> {
    let flow = flow_file::find(args.flow.as_deref())?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(CliError::usage(
            "the session needs a terminal",
            "use `flowdev run`, `flowdev spin` or `flowdev watch` here",
        ));
    }
    let settings = config::for_flow(&flow);
    let common = Common {
        python: args
            .python
            .or_else(|| settings.python.value.clone().map(PathBuf::from)),
        json: false,
    };
    let runtime = job::runtime()?;
    let outcome = runtime.block_on(async {
        let engine = common.lasting_engine()?;
        let outcome = tui::run(tui::SessionConfig::new(flow, engine.clone(), settings)).await;
        engine.shutdown().await;
        outcome.map_err(CliError::from)
    });
    // A blocked disk or a task that does not die must not keep the user's shell.
    runtime.shutdown_background();
    outcome.map(|()| ExitKind::Success)
}
