//! Plain values out of pickles: what the runtime itself writes into tasks (metaflow's `_transition`, `_foreach_stack`,
//! `_graph_info`, …) and what simple parameters hold.
//!
//! It never runs or imports anything, never panics, and is bounded in time, memory and depth. Whatever is not a plain
//! value becomes [`Simple::Object`] or an error; looking into arbitrary artifacts is another room's business.

mod build;
mod machine;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};
use thiserror::Error;

/// Why a pickle is not a plain value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PickleError {
    /// The bytes end in the middle of something.
    #[error("the pickle is cut off")]
    CutOff,
    /// An operation that plain values do not need.
    #[error("the pickle has the operation 0x{0:02x}, which plain values do not need")]
    Operation(u8),
    /// The operations do not fit together.
    #[error("the pickle is malformed at byte {0}")]
    Malformed(usize),
    /// The value is larger or deeper than anything the runtime writes.
    #[error("the pickle's value is too large")]
    TooLarge,
}

/// A level of a foreach, as a task inside it recorded it.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeachFrame {
    /// The step that was fanned out.
    pub step: String,
    /// The artifact that was iterated over.
    pub var: Option<String>,
    /// Number of siblings; `None` where only the running split knows.
    pub num_splits: Option<u64>,
    /// Which of the siblings, from 0; `None` for the task that controls siblings of unknown number and is none of them.
    pub index: Option<u64>,
    /// The item, as shortened text.
    pub value: Option<String>,
}

/// A plain Python value.
#[derive(Debug, Clone, PartialEq)]
pub enum Simple {
    /// `None`.
    None,
    /// A bool.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer beyond 64 bits, as hexadecimal text with sign and `0x`.
    BigInt(String),
    /// A float.
    Float(f64),
    /// A text; lone surrogates are replaced.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Simple>),
    /// A tuple.
    Tuple(Vec<Simple>),
    /// A set or frozenset, in the order of the pickle.
    Set(Vec<Simple>),
    /// Entries in order of insertion.
    Dict(Vec<(Simple, Simple)>),
    /// A level of a foreach, whichever module the class claims to be of.
    ForeachFrame(ForeachFrame),
    /// A class, or a function, by its full name.
    Global(String),
    /// An instance of some class: what it would be made from.
    Object {
        /// Full name of the class or of the function that makes it.
        class: String,
        /// Arguments of its construction.
        args: Vec<Simple>,
        /// State that is set afterwards.
        state: Option<Box<Simple>>,
    },
}

impl Simple {
    /// Decodes a pickle of protocol 2 to 4.
    pub fn decode(pickle: &[u8]) -> Result<Self, PickleError> {
        let (nodes, root) = machine::run(pickle)?;
        build::build(&nodes, root)
    }

    /// The value of a bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of an int that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of an int that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|value| u64::try_from(value).ok())
    }

    /// The text of a str.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list, tuple or set; empty for everything else.
    pub fn items(&self) -> &[Simple] {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items,
            _ => &[],
        }
    }

    /// The entry of a dict under a text.
    pub fn get(&self, key: &str) -> Option<&Simple> {
        match self {
            Self::Dict(entries) => entries
                .iter()
                .rev()
                .find_map(|(name, value)| (name.as_str() == Some(key)).then_some(value)),
            _ => None,
        }
    }

    /// Reads a `_transition`: the steps that follow and the foreach variable.
    pub fn transition(&self) -> (Vec<String>, Option<String>) {
        let text = |value: &Simple| value.as_str().map(str::to_owned);
        let parts = self.items();
        let next = parts.first().map(Simple::items).unwrap_or_default();
        (
            next.iter().filter_map(text).collect(),
            parts.get(1).and_then(text),
        )
    }

    /// Reads a `_foreach_stack`.
    pub fn frames(&self) -> Vec<ForeachFrame> {
        let frame = |item: &Simple| match item {
            Self::ForeachFrame(frame) => Some(frame.clone()),
            _ => None,
        };
        self.items().iter().filter_map(frame).collect()
    }

    /// The nearest JSON: tuples and sets as lists, keys as text, what JSON lacks as text.
    pub fn to_json(&self) -> Value {
        let list = |items: &[Simple]| items.iter().map(Simple::to_json).collect();
        match self {
            Self::None => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => serde_json::Number::from_f64(*value)
                .map_or_else(|| value.to_string().into(), Value::Number),
            Self::BigInt(text) | Self::Str(text) | Self::Global(text) => text.as_str().into(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into(),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => list(items),
            Self::Dict(entries) => {
                let entry = |(key, value): &(Simple, Simple)| {
                    let key = match key.to_json() {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    (key, value.to_json())
                };
                Value::Object(entries.iter().map(entry).collect())
            }
            Self::ForeachFrame(frame) => serde_json::json!([
                frame.step,
                frame.var,
                frame.num_splits,
                frame.index,
                frame.value
            ]),
            Self::Object { class, args, state } => {
                let mut map = Map::new();
                map.insert("class".into(), class.as_str().into());
                map.insert("args".into(), list(args));
                if let Some(state) = state {
                    map.insert("state".into(), state.to_json());
                }
                Value::Object(map)
            }
        }
    }
}
