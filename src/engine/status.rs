//! What an engine has in its processes between requests, for who shows it.

use serde::{Deserialize, Serialize};

use super::hot::HotArtifact;
use super::load::Workers;
use super::loaded::Mode;

/// The processes and what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The process that has imported the libraries; `None` if there is none, or a fork of it is not safe.
    pub forkserver: Option<u32>,
    /// How each step of the flow that was loaded last runs.
    pub steps: Vec<StepStatus>,
    /// Artifacts that steps read, the largest first.
    pub artifacts: Vec<HotArtifact>,
    /// Bytes of the pickles of those that are held.
    pub bytes: u64,
    /// As many may be held.
    pub budget: u64,
}

/// How a step runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStatus {
    pub flow: String,
    pub step: String,
    pub mode: StepMode,
    /// Why it is not forked.
    pub reason: Option<String>,
    /// Bytes of the artifacts that it finds in memory.
    pub bytes: u64,
}

/// Where the process of a step comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepMode {
    /// It is forked from one that has imported the libraries and holds the artifacts.
    Forked,
    /// Python is started for it, ahead of time.
    OwnProcess,
}

impl Status {
    pub(super) fn of(workers: &Workers) -> Self {
        let artifacts = workers.heat.artifacts();
        let mut steps = Vec::new();
        if let Some(flow) = workers.flows().first() {
            let name = &flow.description.name;
            let reason = match flow.mode() {
                Mode::Fork => None,
                Mode::SingleUse { why } => Some(why.to_owned()),
            };
            for step in flow.graph.nodes.keys() {
                let key = format!("{name}/{step}");
                let own = artifacts.iter().filter(|it| it.home.is_some());
                let own = own.filter(|it| it.steps.contains(&key));
                steps.push(StepStatus {
                    flow: name.clone(),
                    step: step.to_string(),
                    mode: if reason.is_none() {
                        StepMode::Forked
                    } else {
                        StepMode::OwnProcess
                    },
                    reason: reason.clone(),
                    bytes: own.map(|it| it.bytes).sum(),
                });
            }
        }
        Self {
            forkserver: workers.forkserver().and_then(|process| process.pid()),
            steps,
            bytes: workers.heat.total(),
            budget: workers.heat.budget(),
            artifacts,
        }
    }
}
