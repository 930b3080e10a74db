//! The table of verbs, and what each hands over to.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::error::{CliError, ExitKind};
use super::{
    artifacts, check, config, demo, env, fill_card, logs, open, out, parameters, peek, resume, run,
    runs, s3, session, show, spin, status, tasks, watch,
};

/// A terminal IDE and engine for Metaflow flows: edit a step, save, see its output, artifacts and card.
#[derive(Debug, Parser)]
#[command(
    name = "flowdev",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  flowdev                        open the flow in this directory
  flowdev train.py               open a flow: edit it anywhere, save, see the step's result
  flowdev train.py --alpha 3     the same; what it runs and spins gets the parameter
  flowdev demo                   write an example project and open it
  flowdev run train.py --alpha 3
  flowdev spin train.py fit      run one step on its parents' stored artifacts
  flowdev resume train.py        finish what the last run did not
  flowdev status train.py        which steps are stale, and why
  flowdev artifacts train.py fit --json"
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    open: open::Args,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Args),
    Run(run::Args),
    Resume(resume::Args),
    Spin(spin::Args),
    Status(status::Args),
    Check(check::Args),
    Show(show::Args),
    Runs(runs::Args),
    Tasks(tasks::Args),
    Logs(logs::Args),
    Artifacts(artifacts::Args),
    Peek(peek::Args),
    Watch(watch::Args),
    Session(session::Args),
    Config(config::Args),
    Env(env::Args),
    FillCard(fill_card::Args),
    S3(s3::Args),
}

/// Parses the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (command, arguments) = parameters::add_to(Cli::command(), arguments);
    let matches = match command.try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            if let Some(error) = unknown_option(&error) {
                out::error(&error);
                return error.exit().into();
            }
            // Help and version are "errors" of clap that end well; a closed pipe is nobody's business.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let outcome = Cli::from_arg_matches(&matches)
        .map_err(CliError::from)
        .and_then(|cli| dispatch(cli, &matches));
    match outcome {
        Ok(kind) => kind.into(),
        Err(error) => {
            out::error(&error);
            error.exit().into()
        }
    }
}

/// An option that neither we nor the flow have, said in our words: clap knows nothing of parameters.
fn unknown_option(error: &clap::Error) -> Option<CliError> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let name = error.get(ContextKind::InvalidArg)?;
    Some(CliError::usage(
        format!("there is no option {name}"),
        "`--help` lists them; a parameter of the flow is given with its value, `--name VALUE`",
    ))
}

fn dispatch(cli: Cli, matches: &clap::ArgMatches) -> Result<ExitKind, CliError> {
    match cli.verb {
        None => open::main(cli.open, parameters::given(matches)),
        Some(Verb::Demo(args)) => demo::main(args),
        Some(Verb::Run(args)) => run::main(args, parameters::given(matches)),
        Some(Verb::Resume(args)) => resume::main(args, parameters::given(matches)),
        Some(Verb::Spin(args)) => spin::main(args, parameters::given(matches)),
        Some(Verb::Status(args)) => status::main(args, parameters::given(matches)),
        Some(Verb::Check(args)) => check::main(&args),
        Some(Verb::Show(args)) => show::main(&args),
        Some(Verb::Runs(args)) => runs::main(&args),
        Some(Verb::Tasks(args)) => tasks::main(&args),
        Some(Verb::Logs(args)) => logs::main(&args),
        Some(Verb::Artifacts(args)) => artifacts::main(&args),
        Some(Verb::Peek(args)) => peek::main(&args),
        Some(Verb::Watch(args)) => watch::main(args, parameters::given(matches)),
        Some(Verb::Session(args)) => session::main(&args),
        Some(Verb::Config(args)) => config::main(&args),
        Some(Verb::Env(args)) => env::main(&args),
        Some(Verb::FillCard(args)) => fill_card::main(&args),
        Some(Verb::S3(args)) => s3::main(&args),
    }
}
