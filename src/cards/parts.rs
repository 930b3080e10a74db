//! The fields of each component, named as in the JSON of Metaflow 2.19's cards.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::component::Component;

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$attribute])* pub $field: $type,)*
            /// Fields that this version does not know, kept for whoever does.
            #[serde(flatten)]
            pub other: Map<String, Value>,
        }
    };
}

part! {
    /// Markdown text.
    Markdown {
        /// CommonMark with tables; HTML in it is not interpreted.
        source: String,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// A table.
    Table {
        /// The headers; none for a table without.
        columns: Vec<Value>,
        /// Rows of cells.
        data: Vec<Vec<Cell>>,
        /// Whether headers stand beside the values instead of above.
        vertical: bool,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// A picture.
    Image {
        /// A data URI with base64.
        src: String,
        /// A caption.
        label: Option<String>,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// Values of artifacts.
    Artifacts {
        /// The values.
        data: Vec<ArtifactItem>,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// One value.
    ArtifactItem {
        /// The name of its class.
        #[serde(rename = "type")]
        type_name: String,
        /// Its `repr`.
        data: Value,
        /// Whether it was too large to show.
        large_object: bool,
        /// Whether the data is the value rather than its `repr`.
        supported_type: bool,
        /// Whether only the `repr` is kept.
        only_repr: bool,
        /// The artifact's name.
        name: Option<String>,
    }
}

part! {
    /// Preformatted text.
    Log {
        /// The text.
        data: String,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// A bar that fills.
    ProgressBar {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The value of a full bar, a number.
        max: Value,
        /// The value now, a number.
        value: Value,
        /// What progresses.
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// What is counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// A note below.
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<String>,
    }
}

part! {
    /// One value, large.
    ValueBox {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Text or a number.
        value: Value,
        /// What it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// A note below.
        #[serde(skip_serializing_if = "Option::is_none")]
        subtitle: Option<String>,
        /// A colour by name: default, success, warning, danger, or a class of Metaflow's page.
        #[serde(skip_serializing_if = "Option::is_none")]
        theme: Option<String>,
        /// How it changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        change_indicator: Option<String>,
    }
}

part! {
    /// A chart.
    VegaChart {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The Vega-Lite specification.
        spec: Value,
        /// Options of Vega's embedding.
        options: Value,
    }
}

part! {
    /// Python source.
    PythonCode {
        /// The source.
        data: String,
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    }
}

part! {
    /// Events, newest first.
    EventsTimeline {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The events.
        events: Vec<TimelineEvent>,
        /// What of them is shown.
        config: Value,
        /// A heading.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Counts and rates.
        stats: Value,
    }
}

part! {
    /// One event.
    TimelineEvent {
        /// What happened, by name; `timestamp` is in seconds since 1970.
        metadata: Map<String, Value>,
        /// Components that belong to it.
        payloads: IndexMap<String, Component>,
        /// The event's id within the timeline.
        event_id: String,
        /// Seconds since 1970.
        received_at: Value,
        /// A colour by name.
        #[serde(skip_serializing_if = "Option::is_none")]
        style_theme: Option<String>,
        /// How important it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<String>,
    }
}

part! {
    /// JSON, folded.
    JsonViewer {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// JSON, indented by two.
        json_string: String,
        /// Whether it can be folded.
        collapsible: bool,
        /// Whether it can be copied by a button.
        show_copy_button: bool,
        /// A heading.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    }
}

part! {
    /// YAML, folded.
    YamlViewer {
        /// The component's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// YAML.
        yaml_string: String,
        /// Whether it can be folded.
        collapsible: bool,
        /// Whether it can be copied by a button.
        show_copy_button: bool,
        /// A heading.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    }
}

part! {
    /// A page of sections.
    Page {
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// What is on it.
        contents: Vec<Component>,
    }
}

part! {
    /// Components under a heading.
    Section {
        /// The heading.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// A smaller heading.
        #[serde(skip_serializing_if = "Option::is_none")]
        subtitle: Option<String>,
        /// How many components stand beside each other.
        #[serde(skip_serializing_if = "Option::is_none")]
        columns: Option<u32>,
        /// What is in it.
        contents: Vec<Component>,
    }
}

part! {
    /// A heading.
    Title {
        /// The heading.
        text: String,
    }
}

part! {
    /// A smaller heading.
    Subtitle {
        /// The heading.
        text: String,
    }
}

part! {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    }
}

part! {
    /// HTML of the user's own.
    Html {
        /// The HTML.
        data: String,
    }
}

part! {
    /// The flow's graph.
    Dag {
        /// `{steps: {name: {type, next, …}}, start_step, end_step}`.
        data: Value,
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A component.
    Component(Box<Component>),
    /// Text, a number, or any other JSON.
    Raw(Value),
}

impl From<Component> for Cell {
    fn from(component: Component) -> Self {
        Self::Component(Box::new(component))
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value.get("type").and_then(Value::as_str) {
            Some(tag) if Component::is_known(tag) => match Component::from_json(&value) {
                Component::Unknown(value) => Self::Raw(value),
                component => Self::Component(Box::new(component)),
            },
            _ => Self::Raw(value),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Component(component) => component.serialize(serializer),
            Self::Raw(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl ProgressBar {
    /// The filled part, from 0 to 1; none when it is not a matter of numbers.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let (value, max) = (self.value.as_f64()?, self.max.as_f64()?);
        (max > 0.0).then(|| (value / max).clamp(0.0, 1.0))
    }
}
