//! The values of parameters: of a whole run, or of those that a resume or a spin changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::attempt;
use super::error::EngineError;
use super::event::{Level, TaskRef};
use super::loaded::LoadedFlow;
use super::origin::Output;
use super::persist;
use super::plan::Setting;
use super::processes::Turn;
use super::run::blocking;
use super::spool::Spool;
use super::staleness::Digests;
use super::worker::message::{Done, ObjectReport, Spec};
use crate::flow::{CaseKey, Graph, Next};
use crate::store::{ArtifactRef, FlowStore};

/// Values that were evaluated, and not stored yet.
pub(super) struct Evaluated {
    done: Done,
    /// The file that holds their pickles.
    spool: Spool,
}

/// The parameters of everything that a job runs, where it starts from the tasks of an earlier run.
pub(super) type Overrides = IndexMap<String, ArtifactRef>;

/// The parameters of a run as its `_parameters` task has them. Tasks that it has taken over from yet another run may have been
/// given others.
pub(super) fn of_run(flow: &LoadedFlow, parameters: &Output) -> Overrides {
    let options = flow.description.parameters.iter();
    options
        .filter(|parameter| parameter.kind != CONFIG)
        .filter_map(|parameter| {
            let artifact = parameters.artifacts.get(&parameter.attr)?;
            Some((parameter.attr.clone(), artifact.clone()))
        })
        .collect()
}

/// The kind of a parameter that is no option.
const CONFIG: &str = "Config";

/// That of one whose value is made of its text alone.
const PLAIN: &str = "Parameter";

/// Evaluates all parameters in a process of their own, since defaults may be functions; looks up what these keys of configs hold.
///
/// # Errors
/// When a value does not fit, or a default raises.
pub(super) async fn evaluate(
    setting: &Setting,
    given: &[(String, String)],
    keys: &[String],
) -> Result<Evaluated, EngineError> {
    let mut question = question(setting, given, "parameters")?;
    question.digests = keys.to_vec();
    ask(setting, question).await
}

/// What parameters and keys of configs hold today, whatever configs the flow was loaded with, without storing anything. Of the
/// parameters only those that are given are evaluated.
///
/// # Errors
/// When a value does not fit.
pub(super) async fn digests(
    setting: &Setting,
    given: &[(String, String)],
    keys: &[String],
) -> Result<Digests, EngineError> {
    if given.is_empty() && keys.is_empty() {
        return Ok(Digests::default());
    }
    let is_asked = (given.to_vec(), keys.to_vec());
    if let Some(known) = setting.flow.answered(&is_asked) {
        return Ok(known);
    }
    let mut question = question(setting, given, "overrides")?;
    question.digests = keys.to_vec();
    question.config_sources = Some(setting.request.configs.clone());
    let evaluated = ask(setting, question).await?;
    let digests = blocking(move || evaluated.digests()).await?;
    let mut described = setting.flow.description.parameters.iter();
    // What an `IncludeFile` holds may be another thing the next time.
    if described.all(|parameter| [CONFIG, PLAIN].contains(&parameter.kind.as_str())) {
        setting.flow.remember_answer(is_asked, digests.clone());
    }
    Ok(digests)
}

/// Evaluates the parameters and stores them in the run, which must be registered.
///
/// # Errors
/// When a value does not fit, a default raises, or the store cannot be written.
pub(super) async fn parameters(
    setting: &Setting,
    given: &[(String, String)],
) -> Result<Output, EngineError> {
    evaluate(setting, given, &[]).await?.keep(setting).await
}

/// Evaluates just the parameters that are given, with `configs` also what the configs hold today, and stores their blobs with
/// those of the run and of its origin.
///
/// # Errors
/// When a value does not fit, or the store cannot be written.
pub(super) async fn overrides(
    setting: &Setting,
    given: &[(String, String)],
    configs: bool,
    origin: &FlowStore,
) -> Result<Overrides, EngineError> {
    let mut described = setting.flow.description.parameters.iter();
    let configs = configs && described.any(|parameter| parameter.kind == CONFIG);
    if given.is_empty() && !configs {
        return Ok(Overrides::default());
    }
    let mut question = question(setting, given, "overrides")?;
    question.configs = configs;
    let Evaluated { done, spool } = ask(setting, question).await?;
    let (own, origin) = (setting.run.flow().clone(), origin.clone());
    let python = setting.flow.python.clone();
    blocking(move || {
        let manifest = persist::manifest(&origin, &python, &done, &[], &spool)?;
        if own.root() != origin.root() {
            for artifact in manifest.objects.values() {
                own.link_blob_from(&origin, artifact.key)?;
            }
        }
        Ok(manifest.objects)
    })
    .await
}

/// Says what differs from the origin, and for what.
pub(super) async fn announce(setting: &Setting, given: &[(String, String)]) {
    let Some(origin) = setting.origin.as_ref().filter(|_| !given.is_empty()) else {
        return;
    };
    let values: Vec<String> = given
        .iter()
        .map(|(name, text)| format!("{name}={text}"))
        .collect();
    let text = format!(
        "{} instead of the value in run {origin}, for the steps that run now",
        values.join(", ")
    );
    setting.wires.note(None, Level::Info, text).await;
}

impl Evaluated {
    /// What the keys of configs hold that were asked for.
    pub fn configs(&self) -> HashMap<String, String> {
        self.done.digests.clone().into_iter().collect()
    }

    /// What they hold; they are forgotten.
    fn digests(self) -> Result<Digests, EngineError> {
        let Self { done, spool } = self;
        let new = done
            .objects
            .iter()
            .filter_map(|(name, object)| match object {
                ObjectReport::At { at, .. } => Some((name.clone(), *at)),
                ObjectReport::From { .. } => None,
            });
        let (names, parts): (Vec<String>, Vec<(u64, u64)>) = new.unzip();
        let keys = spool.keys(&parts)?;
        let keys = keys.into_iter().map(|key| key.to_string());
        Ok(Digests {
            parameters: names.into_iter().zip(keys).collect(),
            configs: done.digests.into_iter().collect(),
            files: done.config_files,
        })
    }

    /// Stores them as the `_parameters` task of the run, which must be registered.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep(self, setting: &Setting) -> Result<Output, EngineError> {
        let Self { done, spool } = self;
        let run = setting.run.clone();
        let identity = setting.identity.clone();
        let flow = Arc::clone(&setting.flow);
        blocking(move || {
            let manifest = persist::manifest(run.flow(), &flow.python, &done, &[], &spool)?;
            persist::parameters(&run, &identity, &flow, manifest)
        })
        .await
    }
}

/// What a process is asked that evaluates parameters.
fn question(
    setting: &Setting,
    given: &[(String, String)],
    kind: &'static str,
) -> Result<Spec, EngineError> {
    Ok(Spec {
        kind,
        mode: "run",
        graph: Some(setting.flow.graph_info.clone()),
        cases: cases(&setting.flow.graph),
        values: values(setting, given)?,
        ..setting.spec(&task_ref(setting))
    })
}

fn task_ref(setting: &Setting) -> TaskRef {
    TaskRef::new(setting.run.id(), "_parameters", "0", 0)
}

async fn ask(setting: &Setting, spec: Spec) -> Result<Evaluated, EngineError> {
    let task = task_ref(setting);
    let spool = Spool::of(&spec);
    let process = setting.flow.task(&spec, Turn::More).await?;
    let done = attempt::collect(process, &task, &setting.wires).await?;
    match (&done.error, &done.unpicklable) {
        (Some(error), _) => Err(EngineError::python(error.clone())),
        (None, Some(artifact)) => Err(EngineError::request(
            format!(
                "the class attribute {} ({}) cannot be pickled: {}",
                artifact.name, artifact.type_name, artifact.reason
            ),
            "keep it outside the class, in the module",
        )),
        (None, None) => Ok(Evaluated { done, spool }),
    }
}

/// The texts that were given, by the parameters' own names.
fn values(
    setting: &Setting,
    given: &[(String, String)],
) -> Result<BTreeMap<String, Value>, EngineError> {
    let known = &setting.flow.description.parameters;
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for (name, text) in given {
        let mut options = known.iter().filter(|parameter| parameter.kind != CONFIG);
        let Some(parameter) = options.find(|parameter| parameter.is_called(name)) else {
            return Err(EngineError::usage(
                format!("the flow has no parameter {name}"),
                "`flowdev run FLOW --help` lists them",
            ));
        };
        let text = Value::from(text.as_str());
        let held = values.entry(parameter.name.clone()).or_default();
        match held {
            Value::Array(texts) => texts.push(text),
            _ if parameter.multiple => *held = vec![text].into(),
            _ => *held = text,
        }
    }
    Ok(values)
}

/// The cases of the graph's switches with keys of their own types; what JSON cannot say is `{"literal": <as written>}`.
fn cases(graph: &Graph) -> BTreeMap<String, Vec<(Value, String)>> {
    let key = |key: &CaseKey| match key {
        CaseKey::Bool(value) => json!(value),
        CaseKey::Int(value) => json!(value),
        CaseKey::Other(written) => json!({"literal": written}),
        CaseKey::Text(_) | CaseKey::Config { .. } => json!(key.to_string()),
    };
    let switches = graph
        .nodes
        .values()
        .filter_map(|node| match &node.transition {
            Next::Switch { cases, .. } => Some((node.name.to_string(), cases)),
            _ => None,
        });
    switches
        .map(|(step, cases)| {
            let pairs = cases.iter();
            let pairs = pairs.map(|case| (key(&case.key), case.step.to_string()));
            (step, pairs.collect())
        })
        .collect()
}
