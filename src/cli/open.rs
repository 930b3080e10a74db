//! `flowdev [FLOW]`: the session.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc::unbounded_channel, oneshot};

use super::arguments::{Common, Given, Limits, lasting_for};
use super::error::{CliError, ExitKind};
use super::{flow_file, job};
use crate::engine::Engine;
use crate::session::{Host, HostConfig, Kind, Place, SessionError};
use crate::{config, tui};

/// What every run, resume and spin of the session is given, and which Python it uses.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The flow to open [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// Python interpreter [default: $FLOWDEV_PYTHON, $VIRTUAL_ENV, .venv beside the flow, python3]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    given: Given,
}

impl Args {
    /// Opens the flow in a directory, or a flow file.
    pub fn for_flow(flow: PathBuf) -> Self {
        Self {
            flow: Some(flow),
            ..Self::default()
        }
    }
}

/// Opens the flow; `parameters` are those given by options of their own.
///
/// # Errors
/// When there is no flow or no terminal, or the engine cannot start.
pub fn main(args: Args, mut parameters: Vec<(String, String)>) -> Result<ExitKind, CliError> {
    let flow = flow_file::find(args.flow.as_deref())?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(CliError::usage(
            "the session needs a terminal",
            "use `flowdev run`, `flowdev spin` or `flowdev watch` here",
        ));
    }
    parameters.extend(args.given.parameters.iter().cloned());
    let request = args.limits.of(args.given.request(flow.clone())?);
    let settings = config::for_flow(&flow);
    let common = Common {
        python: args.python,
        json: false,
    }
    .settled(&settings);
    let runtime = job::runtime()?;
    let outcome = runtime.block_on(async {
        let engine = common.lasting_engine(&settings)?;
        let mut config = tui::SessionConfig::new(request, engine.clone(), settings);
        config.parameters = parameters;
        let (end, ended) = oneshot::channel::<()>();
        let served = match serve(&engine, &flow, common.python).await {
            Ok(host) => Some(tokio::spawn(host.run(async {
                // Dropped or sent: the window is closed.
                let _ = ended.await;
            }))),
            Err(error) => {
                config.notice = Some(format!("commands do not use this session: {error}"));
                None
            }
        };
        let outcome = tui::run(config).await;
        drop(end);
        if let Some(served) = served {
            // It ends what it does for commands; that it panics is no reason not to go on.
            let _ = served.await;
        }
        engine.shutdown().await;
        outcome.map_err(CliError::from)
    });
    // A blocked disk or a task that does not die must not keep the user's shell.
    runtime.shutdown_background();
    outcome.map(|()| ExitKind::Success)
}

/// Lets commands in the flow's directory use the engine.
async fn serve(
    engine: &Engine,
    flow: &Path,
    python: Option<PathBuf>,
) -> Result<Host, SessionError> {
    let config = HostConfig {
        project: flow.parent().unwrap_or(flow).to_owned(),
        kind: Kind::Window,
        idle: None,
        settle: lasting_for,
    };
    // The window shows what commands run as it shows all that appears in the store.
    let (notices, _) = unbounded_channel();
    let host = Host::start(config, notices).await?;
    if let Some(place) = Place::own(python) {
        host.share(engine.clone(), &place, flow);
    }
    Ok(host)
}
