//! Who runs what: what every record of a run repeats.

use super::environment::Environment;
use super::loaded::LoadedFlow;
use super::request::FlowRequest;
use crate::store::{Identity, user_name};

/// The Metaflow whose behaviour and formats this is, with our own version as Metaflow marks its extensions.
pub(super) const METAFLOW_VERSION: &str = concat!("2.19.39+flowdev", env!("CARGO_PKG_VERSION"));

/// The identity of a job of this flow.
pub(super) fn identity(env: &Environment, flow: &LoadedFlow, request: &FlowRequest) -> Identity {
    let env = |name: &str| env.get(name);
    let python = flow.python.split_whitespace().next().unwrap_or_default();
    let script = request.file.file_name().unwrap_or_default();
    let mut identity = Identity {
        user: user_name(&env),
        tags: with_further(&request.tags, &flow.description.tags),
        sys_tags: Vec::new(),
        runtime: env("METAFLOW_RUNTIME_NAME").unwrap_or_else(|| "dev".to_owned()),
        python_version: python.to_owned(),
        metaflow_version: METAFLOW_VERSION.to_owned(),
        script_name: script.to_string_lossy().into_owned(),
        git_info: None,
    };
    identity.sys_tags = with_further(&identity.standard_sys_tags(), &flow.description.sys_tags);
    identity
}

fn with_further(tags: &[String], further: &[String]) -> Vec<String> {
    let new = further.iter().filter(|tag| !tags.contains(tag));
    tags.iter().chain(new).cloned().collect()
}

/// The namespace of a job: the one asked for, else the user's.
pub(super) fn namespace(request: &FlowRequest, identity: &Identity) -> String {
    let asked = request.namespace.clone();
    asked.unwrap_or_else(|| format!("user:{}", identity.user))
}
