//! The manifest of an attempt, `N.data.json`: which artifact is which blob.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::BlobKey;

/// The encoding of what we write: pickle protocol 4.
const PICKLE: &str = "pickle-v4";

/// What manifests from before encodings were recorded contain.
const OLD_PICKLE: &str = "gzip+pickle-v2";

/// What most artifacts have in common. A run may have a hundred thousand of them in memory: they share it.
static USUAL: LazyLock<(Arc<str>, Arc<Value>)> =
    LazyLock::new(|| (PICKLE.into(), Arc::new(json!({"source": "metaflow"}))));

/// Where an artifact's bytes are, and what is known of them without reading. Copies share their texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactRef {
    /// The blob.
    pub key: BlobKey,
    /// Serialised, uncompressed size in bytes; 0 where it was not recorded.
    pub size: u64,
    /// `str(type(obj))`, such as `<class 'int'>`; empty where it was not recorded.
    pub type_name: Arc<str>,
    /// How the bytes are serialised, such as `pickle-v4`.
    pub encoding: Arc<str>,
    /// What the serialiser noted for itself.
    pub serializer_info: Option<Arc<Value>>,
}

impl ArtifactRef {
    /// A pickle as Metaflow's own serialiser makes them.
    pub fn pickle(key: BlobKey, size: u64, type_name: impl Into<Arc<str>>) -> Self {
        let (encoding, info) = &*USUAL;
        Self {
            key,
            size,
            type_name: type_name.into(),
            encoding: Arc::clone(encoding),
            serializer_info: Some(Arc::clone(info)),
        }
    }

    /// Whether the bytes are a pickle (of a protocol that Metaflow reads).
    pub fn is_pickle(&self) -> bool {
        matches!(
            &*self.encoding,
            "pickle-v2" | PICKLE | OLD_PICKLE | "gzip+pickle-v4"
        )
    }

    /// The type without its wrapping: `int`, `pandas.core.frame.DataFrame`.
    pub fn class_name(&self) -> &str {
        let inner = self.type_name.strip_prefix("<class '");
        inner
            .and_then(|text| text.strip_suffix("'>"))
            .unwrap_or(&self.type_name)
    }

    fn from_json(key: BlobKey, info: Option<&Value>) -> Self {
        let text = |name: &str| info.and_then(|info| info.get(name)?.as_str());
        let number = |name: &str| info.and_then(|info| info.get(name)?.as_u64());
        Self {
            key,
            size: number("size").unwrap_or_default(),
            type_name: text("type").unwrap_or_default().into(),
            encoding: match text("encoding").unwrap_or(OLD_PICKLE) {
                PICKLE => Arc::clone(&USUAL.0),
                other => other.into(),
            },
            serializer_info: match info.and_then(|info| info.get("serializer_info")) {
                Some(usual) if *usual == *USUAL.1 => Some(Arc::clone(&USUAL.1)),
                other => other.cloned().map(Arc::new),
            },
        }
    }

    fn info(&self) -> Value {
        let mut info = Map::new();
        if self.size > 0 {
            info.insert("size".into(), self.size.into());
        }
        if !self.type_name.is_empty() {
            info.insert("type".into(), (*self.type_name).into());
        }
        info.insert("encoding".into(), (*self.encoding).into());
        if let Some(noted) = &self.serializer_info {
            info.insert("serializer_info".into(), Value::clone(noted));
        }
        Value::Object(info)
    }
}

/// The artifacts of one attempt, in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// Artifacts by name.
    pub objects: IndexMap<String, ArtifactRef>,
    /// `sys.version` of the Python that pickled them; empty where unknown.
    pub python_version: String,
}

impl Manifest {
    /// Reads `N.data.json`. Keys that older versions did not write may be missing; an entry without a sound key is an
    /// error.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let empty = Map::new();
        let objects = match json.get("objects") {
            Some(Value::Object(objects)) => objects,
            None => &empty,
            Some(_) => return Err("its objects are not a map".into()),
        };
        let info = json.get("info");
        let read = |(name, key): (&String, &Value)| {
            let key = key.as_str().and_then(|key| key.parse().ok());
            let key = key.ok_or_else(|| format!("artifact {name} has no key"))?;
            let info = info.and_then(|info| info.get(name));
            Ok((name.clone(), ArtifactRef::from_json(key, info)))
        };
        Ok(Self {
            objects: objects.iter().map(read).collect::<Result<_, String>>()?,
            python_version: json
                .get("python_version")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// The text of `N.data.json`.
    pub fn to_json(&self, ds_type: &str, attempt: u32) -> String {
        let objects: Map<String, Value> = self
            .objects
            .iter()
            .map(|(name, artifact)| (name.clone(), artifact.key.to_string().into()))
            .collect();
        let info: Map<String, Value> = self
            .objects
            .iter()
            .map(|(name, artifact)| (name.clone(), artifact.info()))
            .collect();
        json!({
            "datastore": ds_type,
            "version": "1.0",
            "attempt": attempt,
            "python_version": self.python_version,
            "objects": objects,
            "info": info,
        })
        .to_string()
    }
}
