//! Options that several verbs share.

use std::path::PathBuf;

use super::error::CliError;
use super::flow_file;
use crate::engine::{Engine, EngineConfig, FlowRequest};

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
    /// An engine for one request.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub fn engine(&self) -> Result<Engine, CliError> {
        self.engine_for(false)
    }

    /// An engine that will get one request after the other.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub fn lasting_engine(&self) -> Result<Engine, CliError> {
        self.engine_for(true)
    }

    fn engine_for(&self, keep_warm: bool) -> Result<Engine, CliError> {
        let mut config = EngineConfig::new(std::env::current_dir()?);
        config.python.clone_from(&self.python);
        config.keep_warm = keep_warm;
        Ok(Engine::new(config)?)
    }
}

/// What run and resume have in common.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RunOptions {
    /// Add a decorator to every step that lacks it, as in `--with retry:times=3`
    #[arg(long, value_name = "SPEC")]
    pub with: Vec<String>,
    /// Tag the run
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Tasks at once [default: number of cores]
    #[arg(long, value_name = "N")]
    pub max_workers: Option<usize>,
    /// Splits that one foreach may have [default: 100]
    #[arg(long, value_name = "N")]
    pub max_num_splits: Option<u64>,
    /// Namespace of the run [default: user:<name>]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Write the run id to this file before the first task starts
    #[arg(long, value_name = "FILE")]
    pub run_id_file: Option<PathBuf>,
}

impl RunOptions {
    /// The request that these options make for a flow file.
    ///
    /// # Errors
    /// When the file is not there.
    pub fn request(self, flow: Option<&PathBuf>) -> Result<FlowRequest, CliError> {
        Ok(FlowRequest {
            file: flow_file::find(flow.map(PathBuf::as_path))?,
            class: None,
            with: self.with,
            tags: self.tags,
            namespace: self.namespace,
            run_id_file: self.run_id_file,
            max_workers: self.max_workers,
            max_num_splits: self.max_num_splits,
        })
    }
}
