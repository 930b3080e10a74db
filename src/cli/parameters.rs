//! A flow's parameters as options of `flowdev run`: read from the source, so that `--help` shows them without Python.

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::flow::{self, ParameterDef, ParameterKind};

/// Ids of added options begin with this, so that they never clash with our own.
const PREFIX: &str = "flow-parameter:";

/// Adds the options of the flow that the command line names, if it is one for `run`.
pub fn add_to(command: Command, arguments: &[OsString]) -> Command {
    let verb = arguments
        .iter()
        .skip(1)
        .find(|argument| !argument.to_string_lossy().starts_with('-'));
    if verb.is_none_or(|verb| verb != "run") {
        return command;
    }
    let named = arguments
        .iter()
        .map(Path::new)
        .find(|path| path.extension().is_some_and(|end| end == "py"));
    // What is wrong with the file is said when it is run.
    let Ok(path) = super::flow_file::find(named) else {
        return command;
    };
    let Ok(project) = super::flow_file::project(&path) else {
        return command;
    };
    let Some(flow) = project.main.main_flow() else {
        return command;
    };
    let options: Vec<Arg> = flow
        .parameters
        .iter()
        .filter(|parameter| parameter.kind != ParameterKind::Config)
        .map(option)
        .collect();
    command.mut_subcommand("run", |run| {
        let taken: Vec<String> = run
            .get_arguments()
            .filter_map(|arg| arg.get_long().map(str::to_owned))
            .collect();
        run.args(
            options
                .into_iter()
                .filter(|option| {
                    option
                        .get_long()
                        .is_none_or(|long| !taken.iter().any(|name| name == long))
                })
                .collect::<Vec<_>>(),
        )
    })
}

fn option(parameter: &ParameterDef) -> Arg {
    let mut help = parameter.help.clone().unwrap_or_default();
    let add = |help: &mut String, text: String| {
        if !help.is_empty() {
            help.push(' ');
        }
        help.push_str(&text);
    };
    if let Some(default) = &parameter.default {
        add(&mut help, format!("[default: {default}]"));
    }
    if parameter.required {
        add(&mut help, "[required]".to_owned());
    }
    Arg::new(format!("{PREFIX}{}", parameter.name))
        .long(parameter.name.clone())
        .value_name(value_name(parameter))
        .help(help)
        .help_heading("Parameters of the flow")
        .action(ArgAction::Append)
        .allow_hyphen_values(true)
}

fn value_name(parameter: &ParameterDef) -> String {
    if parameter.kind == flow::ParameterKind::IncludeFile {
        return "PATH".to_owned();
    }
    parameter
        .type_text
        .as_deref()
        .map_or_else(|| "VALUE".to_owned(), str::to_uppercase)
}

/// What the command line gave for the flow's parameters: option name and text, in order.
pub fn given(matches: &ArgMatches) -> Vec<(String, String)> {
    let mut given = Vec::new();
    for id in matches.ids() {
        if let Some(name) = id.as_str().strip_prefix(PREFIX)
            && let Ok(Some(values)) = matches.try_get_many::<String>(id.as_str())
        {
            given.extend(values.map(|value| (name.to_owned(), value.clone())));
        }
    }
    given
}
