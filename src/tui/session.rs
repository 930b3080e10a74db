//! A session from its configuration to its end.

use std::path::PathBuf;

use crate::{
    config::Settings,
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
    /// Parameters of all that it starts: option name and text.
    pub parameters: Vec<(String, String)>,
    /// Something to say at the start.
    pub notice: Option<String>,
}

impl SessionConfig {
    /// A session on the flow of a request.
    pub fn new(mut request: FlowRequest, engine: Engine, settings: Settings) -> Self {
        if let Ok(file) = std::path::absolute(&request.file) {
            request.file = file;
        }
        Self {
            request,
            parameters: Vec::new(),
            engine,
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            settings,
            notice: None,
        }
    }
}

/// Runs the session until the user ends it. The terminal is as it was before when this returns, whatever it returns.
///
/// # Errors
/// When the terminal cannot be taken over, or is lost.
pub async fn run(config: SessionConfig) -> Result<(), TuiError> {
    Runtime::new(config)?.run().await
}
