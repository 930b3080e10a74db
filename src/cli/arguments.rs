//! Options that several verbs share.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::{flow_file, out};
use crate::config;
use crate::engine::{Configs, Engine, EngineConfig, FlowRequest};
use crate::store::{Settings, TagError, validate_tags};

/// How to run Python, and what to print.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Common {
    /// Python interpreter [default: $FLOWDEV_PYTHON, $VIRTUAL_ENV, .venv beside the flow, python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

impl Common {
    /// The same, with the Python that the settings name where the command line names none.
    pub fn settled(&self, settings: &config::Settings) -> Self {
        let set = || settings.python.value.clone().map(PathBuf::from);
        Self {
            python: self.python.clone().or_else(set),
            json: self.json,
        }
    }

    /// An engine for one request.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub fn engine(&self) -> Result<Engine, CliError> {
        Ok(Engine::new(self.engine_config()?)?)
    }

    /// An engine that will get one request after the other.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub fn lasting_engine(&self, settings: &config::Settings) -> Result<Engine, CliError> {
        let mut config = self.engine_config()?;
        lasting(&mut config, settings);
        Ok(Engine::new(config)?)
    }

    fn engine_config(&self) -> Result<EngineConfig, CliError> {
        let mut config = EngineConfig::new(std::env::current_dir()?);
        config.python.clone_from(&self.python);
        Ok(config)
    }
}

/// The settings for a flow. What was left out of them is said.
pub fn settings(flow: &Path) -> config::Settings {
    let settings = config::for_flow(flow);
    for warning in &settings.warnings {
        out::note(&format!("flowdev: {warning}"));
    }
    settings
}

/// The same for an engine that a session makes for commands of its own environment.
pub fn lasting_for(config: &mut EngineConfig, flow: &Path) {
    let settings = config::for_flow_in(flow, &|name: &str| config.env.get(name));
    lasting(config, &settings);
}

fn lasting(config: &mut EngineConfig, settings: &config::Settings) {
    config.keep_warm = true;
    if let Some(bytes) = settings.hot_bytes() {
        config.hot_memory = bytes;
    }
    if !settings.fork.value {
        config.never_fork = Some(format!("fork is false ({})", settings.fork.origin));
    }
}

/// What a flow is given: by run, resume and spin, and by a session for all that it starts.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Given {
    /// The class, if the file has more than one flow
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// Add a decorator to every step that lacks it, as in `--with retry:times=3`
    #[arg(long, value_name = "SPEC")]
    pub with: Vec<String>,
    /// Tag the run
    #[arg(long = "tag", value_name = "TAG", value_parser = tag)]
    pub tags: Vec<String>,
    /// Namespace of the run [default: user:<name>]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Megabytes that are kept of what a task prints, of each stream [default: 10]
    #[arg(long, value_name = "MB")]
    pub max_log_size: Option<u64>,
    /// Read a config from a file
    #[arg(long, num_args = 2, value_names = ["NAME", "FILE"], action = clap::ArgAction::Append, allow_hyphen_values = true)]
    pub config: Vec<String>,
    /// Give a config as text
    #[arg(long, num_args = 2, value_names = ["NAME", "TEXT"], action = clap::ArgAction::Append, allow_hyphen_values = true)]
    pub config_value: Vec<String>,
    /// Give a parameter of the flow, as its own option does
    #[arg(long = "parameter", value_name = "NAME=TEXT", value_parser = assignment)]
    pub parameters: Vec<(String, String)>,
    /// Give an option that a decorator of the flow defines
    #[arg(long = "flow-option", value_name = "NAME=TEXT", value_parser = assignment)]
    pub flow_options: Vec<(String, String)>,
    /// Branch of the project
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Run as the project's production
    #[arg(long)]
    pub production: bool,
    /// Behave as if this run (FLOW/RUN) had triggered the flow
    #[arg(long, value_name = "RUN")]
    pub trigger: Vec<String>,
}

impl Given {
    /// The request that this makes for a flow file, without the parameters.
    ///
    /// # Errors
    /// When a config is given twice.
    pub fn request(self, file: PathBuf) -> Result<FlowRequest, CliError> {
        let mut options = self.flow_options;
        options.extend(self.branch.map(|branch| ("branch".to_owned(), branch)));
        if self.production {
            options.push(("production".to_owned(), "true".to_owned()));
        }
        options.extend(
            self.trigger
                .into_iter()
                .map(|run| ("trigger".to_owned(), run)),
        );
        Ok(FlowRequest {
            file,
            class: self.class,
            with: self.with,
            tags: self.tags,
            namespace: self.namespace,
            options,
            configs: Configs {
                files: pairs(self.config)?,
                values: pairs(self.config_value)?,
            },
            max_log_size: self.max_log_size,
            ..FlowRequest::default()
        })
    }
}

/// What run, resume and spin have in common: Metaflow's options, of the program and of its commands.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FlowOptions {
    #[command(flatten)]
    pub given: Given,
    /// Write the run id to this file before the first task starts
    #[arg(long, value_name = "FILE")]
    pub run_id_file: Option<PathBuf>,
    /// Write where the run is, as JSON, to this file or named pipe once it is registered
    #[arg(long, value_name = "FILE")]
    pub runner_attribute_file: Option<PathBuf>,
    /// The store's directory, `.metaflow` included [default: the nearest one]
    #[arg(long, value_name = "DIR")]
    pub datastore_root: Option<PathBuf>,
    /// Say less
    #[arg(long, overrides_with = "not_quiet")]
    pub quiet: bool,
    /// Say at the end where the time went
    #[arg(long)]
    pub timings: bool,
    /// Work alone, even if a session serves this project [also: FLOWDEV_SESSION=0]
    #[arg(long)]
    pub no_session: bool,
    #[command(flatten)]
    metaflow: Metaflow,
}

/// Options of Metaflow with one meaning here, or none.
#[derive(Debug, Clone, Default, clap::Args)]
struct Metaflow {
    #[arg(long, hide = true, overrides_with = "quiet")]
    not_quiet: bool,
    #[arg(long, hide = true)]
    console: Option<Manner>,
    #[arg(long, hide = true)]
    datastore: Option<String>,
    #[arg(long, hide = true)]
    metadata: Option<String>,
    #[arg(long, hide = true)]
    environment: Option<String>,
    #[arg(long, hide = true)]
    event_logger: Option<String>,
    #[arg(long, hide = true)]
    monitor: Option<String>,
    #[arg(long, hide = true)]
    package_suffixes: Option<String>,
    #[arg(long, hide = true, overrides_with = "no_pylint")]
    pylint: bool,
    #[arg(long, hide = true, overrides_with = "pylint")]
    no_pylint: bool,
    #[arg(long, hide = true)]
    mode: Option<String>,
}

/// In whose words events are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Manner {
    #[default]
    Flowdev,
    Metaflow,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Voice {
    pub manner: Manner,
    /// Leave out what the launcher itself says.
    pub quiet: bool,
    /// Say at the end where the time went.
    pub timings: bool,
    /// Whether a session may do the work.
    pub session: bool,
}

/// `NAME=TEXT`
///
/// # Errors
/// When there is no name.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

impl FlowOptions {
    /// How to print.
    pub fn voice(&self) -> Voice {
        Voice {
            manner: self.metaflow.console.unwrap_or_default(),
            quiet: self.quiet,
            timings: self.timings,
            session: !self.no_session
                && std::env::var_os("FLOWDEV_SESSION").is_none_or(|value| value != "0"),
        }
    }

    /// The request that these options make for a flow file.
    ///
    /// # Errors
    /// When the file is not there, or a part of Metaflow is asked for that is not offered.
    pub fn request(self, flow: Option<&Path>) -> Result<FlowRequest, CliError> {
        self.metaflow.check()?;
        Ok(FlowRequest {
            run_id_file: self.run_id_file,
            attribute_file: self.runner_attribute_file,
            store_root: self.datastore_root,
            ..self.given.request(flow_file::find(flow)?)?
        })
    }
}

/// Names and what belongs to each, which alternate.
/// Names and values of an option that takes both.
///
/// # Errors
/// When a name is given twice.
pub fn pairs(given: Vec<String>) -> Result<BTreeMap<String, String>, CliError> {
    let mut pairs = BTreeMap::new();
    let mut words = given.into_iter();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        if pairs.insert(name.clone(), value).is_some() {
            return Err(CliError::usage(
                format!("the config {name} is given twice"),
                "give it once",
            ));
        }
    }
    Ok(pairs)
}

impl Metaflow {
    /// Refuses what only remote platforms and managed environments have.
    fn check(&self) -> Result<(), CliError> {
        let offered: [(&str, &Option<String>, &[&str], &str); 3] = [
            (
                "datastore",
                &self.datastore,
                &["local", "spin"],
                "runs are kept on this machine",
            ),
            (
                "metadata",
                &self.metadata,
                &["local", "spin"],
                "records are kept beside the runs",
            ),
            (
                "environment",
                &self.environment,
                &["local"],
                "tasks run in the Python that is chosen with --python",
            ),
        ];
        let env = |name: &str| std::env::var(name).ok();
        let settings = Settings::of(&std::env::current_dir()?, &env);
        for (option, given, known, instead) in offered {
            let upper = option.to_uppercase();
            let names = [
                format!("METAFLOW_{upper}"),
                format!("METAFLOW_DEFAULT_{upper}"),
            ];
            let set = || names.iter().find_map(|name| settings.get(name));
            if let Some(value) = given.clone().or_else(set)
                && !known.contains(&value.as_str())
            {
                return Err(CliError::usage(
                    format!("--{option} {value} is not offered: {instead}"),
                    format!("leave --{option} and {} out", names[1]),
                ));
            }
        }
        Ok(())
    }
}

/// How much a run may do.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Limits {
    /// Tasks at once [default: number of cores]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_workers: Option<usize>,
    /// Splits that one foreach may have [default: 100]
    #[arg(long, value_name = "N")]
    max_num_splits: Option<u64>,
}

impl Limits {
    /// The request with these limits.
    pub fn of(self, request: FlowRequest) -> FlowRequest {
        FlowRequest {
            max_workers: self.max_workers,
            max_num_splits: self.max_num_splits,
            ..request
        }
    }
}

/// What run and resume have in common.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RunOptions {
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    pub flow: FlowOptions,
}

impl RunOptions {
    /// The request that these options make for a flow file.
    ///
    /// # Errors
    /// When the file is not there, or a part of Metaflow is asked for that is not offered.
    pub fn request(self, flow: Option<&Path>) -> Result<FlowRequest, CliError> {
        Ok(self.limits.of(self.flow.request(flow)?))
    }
}

/// A number of which zero makes no sense.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: NonZeroUsize = text.parse().map_err(|error| format!("{error}"))?;
    Ok(number.get())
}

fn tag(text: &str) -> Result<String, TagError> {
    validate_tags(&[text])?;
    Ok(text.to_owned())
}
