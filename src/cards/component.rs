//! The closed set of components, and their JSON: an object whose `type` says which.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::parts::{
    Artifacts, Dag, EventsTimeline, Html, Image, JsonViewer, Log, Markdown, Page, ProgressBar,
    PythonCode, Section, Subtitle, Table, Text, Title, ValueBox, VegaChart, YamlViewer,
};

macro_rules! components {
    ($($(#[$doc:meta])* $name:ident = $tag:literal,)*) => {
        /// A part of a card.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Component {
            $($(#[$doc])* $name($name),)*
            /// JSON that is no component known here; kept as it is.
            Unknown(Value),
        }

        impl Component {
            /// Reads a component; what cannot be read as one is [`Component::Unknown`].
            #[must_use]
            pub fn from_json(value: &Value) -> Self {
                let read = match value.get("type").and_then(Value::as_str) {
                    $(Some($tag) => read(value).map(|mut part: $name| {
                        // The type is the variant, not a field.
                        part.other.shift_remove("type");
                        Self::$name(part)
                    }),)*
                    _ => None,
                };
                read.unwrap_or_else(|| Self::Unknown(value.clone()))
            }

            /// The JSON as Metaflow writes it.
            #[must_use]
            pub fn to_json(&self) -> Value {
                match self {
                    $(Self::$name(part) => tagged($tag, part),)*
                    Self::Unknown(value) => value.clone(),
                }
            }

            /// The `type` in the JSON; empty when there is none.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $(Self::$name(_) => $tag,)*
                    Self::Unknown(value) => value.get("type").and_then(Value::as_str).unwrap_or_default(),
                }
            }

            /// Whether a `type` is one of those known here.
            pub(super) fn is_known(tag: &str) -> bool {
                matches!(tag, $($tag)|*)
            }
        }

        $(impl From<$name> for Component {
            fn from(part: $name) -> Self {
                Self::$name(part)
            }
        })*
    };
}

components! {
    /// Markdown text.
    Markdown = "markdown",
    /// A table whose cells may be components.
    Table = "table",
    /// A picture in a data URI.
    Image = "image",
    /// Values by name, type and `repr`.
    Artifacts = "artifacts",
    /// Preformatted text, such as an error.
    Log = "log",
    /// A bar that fills.
    ProgressBar = "progressBar",
    /// One value, large.
    ValueBox = "valueBox",
    /// A Vega-Lite chart.
    VegaChart = "vegaChart",
    /// Python source.
    PythonCode = "pythonCode",
    /// Events, newest first.
    EventsTimeline = "eventsTimeline",
    /// JSON, folded.
    JsonViewer = "jsonViewer",
    /// YAML, folded.
    YamlViewer = "yamlViewer",
    /// A page of sections.
    Page = "page",
    /// Components under a heading.
    Section = "section",
    /// A heading.
    Title = "title",
    /// A smaller heading.
    Subtitle = "subtitle",
    /// Plain text.
    Text = "text",
    /// HTML of the user's own.
    Html = "html",
    /// The flow's graph.
    Dag = "dag",
}

impl Component {
    /// The id by which a component is updated while its task runs.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Markdown(part) => part.id.as_deref(),
            Self::Table(part) => part.id.as_deref(),
            Self::Image(part) => part.id.as_deref(),
            Self::Artifacts(part) => part.id.as_deref(),
            Self::Log(part) => part.id.as_deref(),
            Self::ProgressBar(part) => part.id.as_deref(),
            Self::ValueBox(part) => part.id.as_deref(),
            Self::VegaChart(part) => part.id.as_deref(),
            Self::PythonCode(part) => part.id.as_deref(),
            Self::EventsTimeline(part) => part.id.as_deref(),
            Self::JsonViewer(part) => part.id.as_deref(),
            Self::YamlViewer(part) => part.id.as_deref(),
            Self::Unknown(value) => value.get("id").and_then(Value::as_str),
            Self::Page(_)
            | Self::Section(_)
            | Self::Title(_)
            | Self::Subtitle(_)
            | Self::Text(_)
            | Self::Html(_)
            | Self::Dag(_) => None,
        }
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// The part's fields behind its type.
fn tagged(tag: &str, part: &impl Serialize) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("type".to_owned(), Value::from(tag));
    // Parts have text keys only, so that writing them cannot fail.
    if let Ok(Value::Object(fields)) = serde_json::to_value(part) {
        object.extend(fields);
    }
    Value::Object(object)
}

impl Serialize for Component {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Component {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_json(&Value::deserialize(deserializer)?))
    }
}
