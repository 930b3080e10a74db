//! The JSON records of Metaflow's local metadata provider: who, when, which tags, which artifact.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{ArtifactRef, ids::now_ms};

/// The metadata field that keeps the hash of the code that a task ran.
pub const FINGERPRINT: &str = "flowdev-fingerprint";

/// The metadata field that keeps what a task's code has read, as JSON text. Values under `blobs` are keys of blobs.
pub const READS: &str = "flowdev-reads";

/// Who runs what with which versions: what every record repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// User name.
    pub user: String,
    /// Tags of the user.
    pub tags: Vec<String>,
    /// Tags of the runtime, such as `user:me`.
    pub sys_tags: Vec<String>,
    /// Name of the runtime, `dev` unless METAFLOW_RUNTIME_NAME says otherwise.
    pub runtime: String,
    /// Version of Python, `3.12.1`.
    pub python_version: String,
    /// The version of Metaflow that this behaves as.
    pub metaflow_version: String,
    /// Base name of the flow's file.
    pub script_name: String,
    /// Which version of the code runs, as JSON text; `None` outside of a git work tree.
    pub git_info: Option<String>,
}

impl Identity {
    /// The system tags that Metaflow puts on everything.
    pub fn standard_sys_tags(&self) -> Vec<String> {
        vec![
            format!("user:{}", self.user),
            format!("runtime:{}", self.runtime),
            format!("python_version:{}", self.python_version),
            format!("metaflow_version:{}", self.metaflow_version),
        ]
    }

    /// The records that every task starts with: field and value.
    pub(super) fn facts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let facts: [(&'static str, &str); 5] = [
            ("user", &self.user),
            ("runtime", &self.runtime),
            ("python_version", &self.python_version),
            ("metaflow_version", &self.metaflow_version),
            ("script-name", &self.script_name),
        ];
        let git = self.git_info.as_deref().map(|info| ("git-info", info));
        facts.into_iter().chain(git)
    }
}

/// What `_self.json` of a run, step or task says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Who made it.
    pub user: String,
    /// Tags of the user, sorted.
    pub tags: Vec<String>,
    /// Tags of the runtime, sorted.
    pub sys_tags: Vec<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl ObjectInfo {
    pub(super) fn from_json(json: &Value) -> Self {
        Self {
            user: text(json, "user_name"),
            tags: texts(json, "tags"),
            sys_tags: texts(json, "system_tags"),
            created: json
                .get("ts_epoch")
                .and_then(Value::as_i64)
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        }
    }
}

/// One metadata record of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Sysmeta {
    /// Name of the field, such as `attempt-done`.
    pub field: String,
    /// Kind of the field; mostly its name.
    pub kind: String,
    /// The value; mostly a text.
    pub value: Value,
    /// The attempt that it was written by, if it says.
    pub attempt: Option<u32>,
    /// When it was written, milliseconds since the epoch.
    pub time_ms: i64,
}

impl Sysmeta {
    pub(super) fn from_json(json: &Value) -> Self {
        let attempt = texts(json, "tags")
            .iter()
            .find_map(|tag| tag.strip_prefix("attempt_id:")?.parse().ok());
        Self {
            field: text(json, "field_name"),
            kind: text(json, "type"),
            value: json.get("value").cloned().unwrap_or_default(),
            attempt,
            time_ms: json
                .get("ts_epoch")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
        }
    }

    /// The value as text, whatever its type.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Names of run, step and task, as far down as an object has them.
pub(super) struct Names<'a> {
    pub(super) flow: &'a str,
    pub(super) run: &'a str,
    pub(super) step: Option<&'a str>,
    pub(super) task: Option<&'a str>,
}

impl Names<'_> {
    fn fill(&self, map: &mut Map<String, Value>) {
        map.insert("run_number".into(), self.run.into());
        if let Some(step) = self.step {
            map.insert("step_name".into(), step.into());
        }
        if let Some(task) = self.task {
            map.insert("task_id".into(), task.into());
        }
    }

    /// `_self.json` of a run, step or task.
    pub(super) fn self_record(&self, identity: &Identity) -> String {
        let mut map = Map::new();
        self.fill(&mut map);
        self.sign(&mut map, identity);
        Value::Object(map).to_string()
    }

    /// `N_artifact_<name>.json`.
    pub(super) fn artifact_record(
        &self,
        identity: &Identity,
        attempt: u32,
        (name, artifact): (&str, &ArtifactRef),
        (ds_type, ds_root): (&str, &str),
    ) -> String {
        let mut map = Map::new();
        self.fill(&mut map);
        map.insert("attempt_id".into(), attempt.into());
        map.insert("name".into(), name.into());
        map.insert("content_type".into(), (*artifact.encoding).into());
        map.insert("type".into(), "metaflow.artifact".into());
        map.insert("sha".into(), artifact.key.to_string().into());
        map.insert("ds_type".into(), ds_type.into());
        map.insert("location".into(), format!(":root:{ds_root}").into());
        self.sign(&mut map, identity);
        Value::Object(map).to_string()
    }

    /// `sysmeta_<field>_<ms>.json`.
    pub(super) fn sysmeta_record(
        &self,
        user: &str,
        (field, kind): (&str, &str),
        value: &Value,
        attempt: Option<u32>,
        time_ms: i64,
    ) -> String {
        let mut map = Map::new();
        map.insert("flow_id".into(), self.flow.into());
        self.fill(&mut map);
        map.insert("field_name".into(), field.into());
        map.insert("type".into(), kind.into());
        map.insert("value".into(), value.clone());
        let tags: Vec<String> = attempt.iter().map(|n| format!("attempt_id:{n}")).collect();
        map.insert("tags".into(), tags.into());
        map.insert("user_name".into(), user.into());
        map.insert("ts_epoch".into(), time_ms.into());
        Value::Object(map).to_string()
    }

    fn sign(&self, map: &mut Map<String, Value>, identity: &Identity) {
        map.insert("flow_id".into(), self.flow.into());
        map.insert("user_name".into(), identity.user.as_str().into());
        map.insert("tags".into(), identity.tags.clone().into());
        map.insert("system_tags".into(), identity.sys_tags.clone().into());
        map.insert("ts_epoch".into(), now_ms().into());
    }
}

/// `_self.json` of a flow.
pub(super) fn flow_record(flow: &str) -> String {
    json!({"flow_id": flow, "ts_epoch": now_ms()}).to_string()
}

fn text(json: &Value, name: &str) -> String {
    json.get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn texts(json: &Value, name: &str) -> Vec<String> {
    let list = json.get(name).and_then(Value::as_array);
    let mut texts: Vec<String> = list
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect();
    texts.sort_unstable();
    texts
}
