//! The question `flowdev status` asks: which steps of the present source are stale, and why.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::{mpsc, watch};

use super::judge::{Today, judge};
use super::memory::Memory;
use super::past::Past;
use super::read::{self, StoreLibrary};
use super::settled::Settled;
use super::state::{FlowStatus, StepState, StepVerdict};
use crate::engine::error::EngineError;
use crate::engine::identity;
use crate::engine::loaded::{Before, LoadedFlow};
use crate::engine::origin::Output;
use crate::engine::parameters;
use crate::engine::plan::Setting;
use crate::engine::request::StatusRequest;
use crate::engine::resume::{latest, origin_run, parameters_of};
use crate::engine::run::blocking;
use crate::engine::submit::{Shared, Stop, Wires};
use crate::engine::timing::Clock;
use crate::flow::StepName;
use crate::store::{BlobKey, FlowStore, RunStore};

/// Judges the flow's steps, with `towards` as if the switches before that step led there; gives the flow as it was loaded for that,
/// too.
///
/// # Errors
/// When the flow does not load, the run does not exist, a value does not fit, or the store cannot be read.
pub(in crate::engine) async fn status(
    shared: Arc<Shared>,
    request: StatusRequest,
    towards: Option<&str>,
) -> Result<(FlowStatus, Arc<LoadedFlow>), EngineError> {
    let located = shared.store(&request.flow);
    // As for a spin: what is ready for the next one stays.
    let before = Before {
        store: located.store.clone(),
        run: request.run.clone(),
    };
    let clock = Clock::default();
    let flow = shared.load(&request.flow, Some(&before), &clock).await?;
    if let Some(error) = flow.check_error() {
        return Err(error);
    }
    let wires = deaf(&shared);
    let store = located.store.flow(&flow.description.name);
    let found = found(&shared.memory, &store, request.run, None).await?;
    let Some(mut found) = found else {
        return Ok((never(&flow), flow));
    };
    if request.without_spins {
        found.forget_spins();
    }
    found.towards = towards.map(str::to_owned);
    let identity = identity::identity(&shared.config.env, &flow, &request.flow);
    let question = Question {
        setting: Setting {
            shared,
            namespace: identity::namespace(&request.flow, &identity),
            identity,
            request: request.flow,
            run: found.run.clone(),
            origin: None,
            clone_only: false,
            wires,
            claim: None,
            overrides: Arc::default(),
            flow,
        },
    };
    let status = found.judged(&question.setting, &request.parameters).await?;
    Ok((status, question.setting.flow))
}

/// Who asks: a setting without a part in its run.
pub(in crate::engine) struct Question {
    setting: Setting,
}

impl Question {
    pub fn about(setting: &Setting) -> Self {
        Self {
            setting: Setting {
                shared: Arc::clone(&setting.shared),
                flow: Arc::clone(&setting.flow),
                request: setting.request.clone(),
                run: setting.run.clone(),
                identity: setting.identity.clone(),
                namespace: setting.namespace.clone(),
                origin: None,
                clone_only: false,
                wires: setting.wires.clone(),
                claim: None,
                overrides: Arc::default(),
            },
        }
    }

    /// The earliest steps of a run that are to be run again, without regard to spins.
    ///
    /// # Errors
    /// When a value does not fit, or the store cannot be read.
    pub async fn due(
        &self,
        run: &RunStore,
        given: &[(String, String)],
    ) -> Result<Vec<StepName>, EngineError> {
        Ok(self.status(run, given).await?.first_in_run)
    }

    /// What to do about what is stale in the setting's own run, as a sentence.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn offer(&self) -> Result<Option<String>, EngineError> {
        Ok(self.status(&self.setting.run, &[]).await?.offer())
    }

    async fn status(
        &self,
        run: &RunStore,
        given: &[(String, String)],
    ) -> Result<FlowStatus, EngineError> {
        let asked = Some(run.id().to_owned());
        let memory = &self.setting.shared.memory;
        match found(memory, run.flow(), asked, None).await? {
            Some(found) => found.judged(&self.setting, given).await,
            None => Ok(FlowStatus::default()),
        }
    }
}

/// A run with what is recorded of it.
pub(in crate::engine) struct Found {
    pub run: RunStore,
    pub parameters: Output,
    /// What is known of its tasks.
    pub past: Arc<Past>,
    /// The same with the spins on it.
    with_spins: Option<Past>,
    /// The steps that matter; `None` for all.
    scope: Option<Vec<StepName>>,
    /// A step that is judged as if the switches before it led there.
    pub towards: Option<String>,
}

/// The run to be judged, with at least the steps that matter, if not all do; `None` if there is none.
///
/// # Errors
/// When the run that is asked for does not exist, or the store cannot be read.
pub(in crate::engine) async fn found(
    memory: &Memory,
    store: &FlowStore,
    asked: Option<String>,
    scope: Option<Vec<StepName>>,
) -> Result<Option<Found>, EngineError> {
    let (memory, store) = (memory.clone(), store.clone());
    blocking(move || {
        let run = match asked {
            Some(id) => origin_run(&store, Some(&id))?,
            None => match latest(&store)? {
                Some(run) => run,
                None => return Ok(None),
            },
        };
        let past = memory.run(&run, scope.as_deref())?;
        Ok(Some(Found {
            parameters: parameters_of(&run)?,
            with_spins: read::with_spins(&memory, &past, &run, scope.as_deref())?,
            past,
            run,
            scope,
            towards: None,
        }))
    })
    .await
}

impl Found {
    /// Judges what the run has, and the spins on it. Parameters that are not given are those of the run; configs are today's.
    ///
    /// # Errors
    /// When a value does not fit.
    pub async fn judged(
        self,
        setting: &Setting,
        given: &[(String, String)],
    ) -> Result<FlowStatus, EngineError> {
        let keys = self.config_keys();
        let now = parameters::digests(setting, given, &keys).await?;
        let mut values = values_of(&setting.flow, &self.parameters);
        values.extend(now.parameters);
        let (flow, identity) = (Arc::clone(&setting.flow), setting.identity.clone());
        let status = blocking(move || {
            let settled = Settled {
                flow: &flow,
                identity: &identity,
            };
            Ok(self.judge(settled, values, now.configs))
        })
        .await?;
        Ok(FlowStatus {
            config_files: now.files.into_keys().collect(),
            ..status
        })
    }

    /// The keys of configs that any task of the steps that matter has read.
    pub fn config_keys(&self) -> Vec<String> {
        let past: &Past = self.with_spins.as_ref().unwrap_or(&self.past);
        past.config_keys(self.scope.as_deref())
    }

    /// What was spun does not count.
    pub fn forget_spins(&mut self) {
        self.with_spins = None;
    }

    fn judge(
        &self,
        settled: Settled<'_>,
        parameters: HashMap<String, String>,
        configs: HashMap<String, String>,
    ) -> FlowStatus {
        let today = today(settled, parameters, configs);
        let library = StoreLibrary::new(self.run.flow());
        let run = Some(self.run.id().to_owned());
        let towards = self.towards.as_deref();
        let own = judge(&today, &self.past, &library, run.clone(), towards);
        let first_in_run = own.earliest().cloned().collect();
        let status = match &self.with_spins {
            Some(past) => judge(&today, past, &library, run, towards),
            None => own,
        };
        FlowStatus {
            first_in_run,
            ..status
        }
    }
}

/// What is true of a loaded flow, with values that are known.
pub(super) fn today(
    settled: Settled<'_>,
    parameters: HashMap<String, String>,
    configs: HashMap<String, String>,
) -> Today<'_> {
    let flow = settled.flow;
    Today {
        graph: &flow.graph,
        code: &flow.code,
        fingerprints: &flow.fingerprints,
        environment: flow.basis.environment(),
        parameters,
        configs,
        settled,
        is_run: false,
    }
}

/// Parameters as a run has them, with the names of their blobs.
pub(in crate::engine) fn values_of(
    flow: &LoadedFlow,
    parameters: &Output,
) -> HashMap<String, String> {
    parameters::of_run(flow, parameters)
        .into_iter()
        .map(|(name, artifact)| (name, artifact.key.to_string()))
        .collect()
}

/// No step of the flow has any result.
fn never(flow: &LoadedFlow) -> FlowStatus {
    let steps = flow.graph.nodes.keys().map(|step| StepVerdict {
        step: step.clone(),
        state: StepState::NeverRun,
        reason: None,
        is_first: flow.graph.start.as_ref() == Some(step),
        tasks: 0,
        stale: 0,
        due: vec![Vec::new()],
    });
    FlowStatus {
        steps: steps.collect(),
        ..FlowStatus::default()
    }
}

/// A question has no events.
fn deaf(shared: &Shared) -> Wires {
    Wires {
        events: mpsc::channel(1).0,
        stop: watch::channel(Stop::No).1,
        max_log_size: 0,
        clock: Clock::default(),
        // Nothing new is asked for: what is prepared meanwhile goes on.
        request: shared.newest(),
    }
}

/// Today's values of what was asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Digests {
    pub parameters: IndexMap<String, String>,
    pub configs: HashMap<String, String>,
    /// The files that these configs were read from, and what was read there.
    pub files: IndexMap<PathBuf, BlobKey>,
}
