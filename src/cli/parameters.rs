//! A flow's parameters as options of `run`, `resume`, `spin`, `status`, `watch` and of a flow that is opened. Those that the source shows are
//! options like our own, so that `--help` lists them without Python. Others (of mutators, of classes that are made elsewhere) are passed on, for Python to judge.

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::flow::{self, ParameterDef, ParameterKind};

/// Ids of added options begin with this, so that they never clash with our own.
const PREFIX: &str = "flow-parameter:";

/// The verbs that take parameters; so does a flow that is to be opened.
const VERBS: [&str; 5] = ["run", "resume", "spin", "status", "watch"];

/// Our option that gives a parameter by name.
const BY_NAME: &str = "--parameter";

/// Adds the options of the flow that the command line names, and gives the command line with all options that nobody knows
/// as parameters by name.
pub fn add_to(command: Command, arguments: Vec<OsString>) -> (Command, Vec<OsString>) {
    let is_word = |argument: &OsString| !argument.to_string_lossy().starts_with('-');
    let Some(at) = arguments.iter().skip(1).position(is_word) else {
        return (command, arguments);
    };
    let (word, rest) = (at + 1, at + 2);
    let verb = VERBS.into_iter().find(|name| arguments[word] == *name);
    let is_opened = Path::new(&arguments[word])
        .extension()
        .is_some_and(|end| end == "py");
    if verb.is_none() && !is_opened {
        return (command, arguments);
    }
    // Whoever speaks for a flow (its own command line) has found its parameters already, and gives them by name.
    if arguments[rest..]
        .iter()
        .any(|argument| argument == "--console")
    {
        return (command, arguments);
    }
    let about = |command: &Command| -> Command {
        let found = verb.and_then(|verb| command.find_subcommand(verb));
        found.unwrap_or(command).clone()
    };
    let taken = about(&command);
    if !needs_the_flow(&taken, &arguments[rest..]) {
        let known = longs(&taken);
        return (command, by_name(arguments, rest, &known));
    }
    let options = options_of(&arguments[word..]);
    let parameters: Vec<String> = options
        .iter()
        .filter_map(Arg::get_long)
        .map(str::to_owned)
        .collect();
    let longs = longs(&taken);
    let free = |option: &Arg| {
        let long = option.get_long();
        long.is_some_and(|long| !longs.iter().any(|name| name == long))
    };
    let free: Vec<Arg> = options.into_iter().filter(free).collect();
    let command = match verb {
        Some(verb) => command.mut_subcommand(verb, |verb| verb.args(free)),
        None => command.args(free),
    };
    let known = ours(&about(&command), &parameters);
    let arguments = by_name(arguments, rest, &known);
    (command, arguments)
}

/// Whether the options mean something else, or are refused in other words, if it is known which parameters the flow has. Where
/// not, nobody waits for it to be read.
fn needs_the_flow(taken: &Command, arguments: &[OsString]) -> bool {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "--").collect();
    let is_hidden = |name: &str| {
        let mut options = taken.get_arguments();
        options.any(|option| option.is_hide_set() && option.get_long() == Some(name))
    };
    let asks = words.iter().any(|word| {
        let name = word.strip_prefix("--").unwrap_or_default();
        let name = name.split('=').next().unwrap_or_default();
        word == "-h" || name == "help" || is_hidden(name)
    });
    // An option at the end may lack its value.
    asks || words.last().is_some_and(|word| word.starts_with("--"))
}

fn longs(command: &Command) -> Vec<String> {
    let named = command.get_arguments().filter_map(Arg::get_long);
    // clap adds its own when it parses.
    named.chain(["help"]).map(str::to_owned).collect()
}

/// The options that keep their meaning: those of Metaflow that mean nothing here make room for parameters.
fn ours(verb: &Command, parameters: &[String]) -> Vec<String> {
    let yields = |long: &String| {
        let option = verb
            .get_arguments()
            .find(|option| option.get_long() == Some(long));
        option.is_some_and(Arg::is_hide_set) && parameters.contains(long)
    };
    longs(verb)
        .into_iter()
        .filter(|long| !yields(long))
        .collect()
}

/// The command line with `--alpha 3` and `--alpha=3` as `--parameter alpha=3` where nobody knows `--alpha`.
fn by_name(arguments: Vec<OsString>, from: usize, known: &[String]) -> Vec<OsString> {
    let mut rewritten = Vec::with_capacity(arguments.len());
    let mut words = arguments.into_iter();
    rewritten.extend(words.by_ref().take(from));
    while let Some(word) = words.next() {
        if word == "--" {
            rewritten.push(word);
            break;
        }
        let text = word.to_string_lossy().into_owned();
        let Some(option) = text.strip_prefix("--") else {
            rewritten.push(word);
            continue;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        if known.iter().any(|long| long == name) {
            rewritten.push(word);
            continue;
        }
        let value = value.or_else(|| Some(words.next()?.to_string_lossy().into_owned()));
        // An option at the end that nobody knows and that has no value is clap's to refuse.
        let Some(value) = value else {
            rewritten.push(word);
            break;
        };
        rewritten.push(BY_NAME.into());
        rewritten.push(format!("{name}={value}").into());
    }
    rewritten.extend(words);
    rewritten
}

/// The parameters of the flow that the command line names.
fn options_of(arguments: &[OsString]) -> Vec<Arg> {
    let named = arguments
        .iter()
        .map(Path::new)
        .find(|path| path.extension().is_some_and(|end| end == "py"));
    // What is wrong with the file is said when it is run.
    let Ok(path) = super::flow_file::find(named) else {
        return Vec::new();
    };
    let Ok(project) = super::flow_file::project(&path) else {
        return Vec::new();
    };
    let parameters = project.main.main_flow().map(|flow| &flow.parameters);
    parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter.kind != ParameterKind::Config)
        .map(option)
        .collect()
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
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    for id in matches.ids() {
        if let Some(name) = id.as_str().strip_prefix(PREFIX)
            && let Ok(Some(values)) = matches.try_get_many::<String>(id.as_str())
        {
            given.extend(values.map(|value| (name.to_owned(), value.clone())));
        }
    }
    given
}
