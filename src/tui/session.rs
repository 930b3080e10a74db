//! A session from its configuration to its end.

use std::path::{Path, PathBuf};

use crate::{
    config::{self, Settings, Sources, Warning},
    engine::{Engine, FlowRequest},
};

use super::{error::TuiError, runtime::Runtime};

/// What a session is about.
pub struct SessionConfig {
    /// The flow; every request of the session starts from this.
    pub request: FlowRequest,
    pub engine: Engine,
    /// The directory that the store is looked for from: the engine's own.
    pub cwd: PathBuf,
    pub settings: Settings,
}

impl SessionConfig {
    /// A session on a flow file, with the user's and the project's settings. Settings that cannot be read are a warning on the
    /// screen, not an end.
    pub fn new(flow: PathBuf, engine: Engine) -> Self {
        let flow = std::path::absolute(&flow).unwrap_or(flow);
        let settings = load_settings(&flow);
        Self {
            request: FlowRequest {
                file: flow,
                ..FlowRequest::default()
            },
            engine,
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            settings,
        }
    }
}

fn load_settings(flow: &Path) -> Settings {
    let env = |name: &str| std::env::var(name).ok();
    let mut sources = Sources {
        user: config::user_config_path(&env),
        project: flow.parent().map(|dir| dir.join(".flowdev.toml")),
        env: Some(&env),
        flags: Vec::new(),
    };
    config::load(&sources).unwrap_or_else(|error| {
        sources.user = None;
        sources.project = None;
        let mut settings = config::load(&sources).unwrap_or_default();
        settings.warnings.push(Warning {
            origin: "settings".to_owned(),
            key: "file".to_owned(),
            message: error.to_string(),
        });
        settings
    })
}

/// Runs the session until the user ends it. The terminal is as it was before when this returns, whatever it returns.
///
/// # Errors
/// When the terminal cannot be taken over, or is lost.
pub async fn run(config: SessionConfig) -> Result<(), TuiError> {
    Runtime::new(config)?.run().await
}
