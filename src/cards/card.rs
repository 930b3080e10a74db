//! A card: metadata and components, as JSON and inside a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::component::Component;
use super::error::CardError;
use super::html::{self, HtmlOptions};
use super::json;

/// A card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// What it is about: at least `pathspec`.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// What it shows.
    #[serde(default)]
    pub components: Vec<Component>,
}

impl Card {
    /// Reads the JSON of a card, `{"metadata": …, "components": …}`.
    ///
    /// # Errors
    /// The JSON is not of that form; single components are never a reason, see [`Component::from_json`].
    pub fn from_json(value: &Value) -> Result<Self, CardError> {
        Ok(Self::deserialize(value)?)
    }

    /// The JSON of the card.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut card = Map::new();
        card.insert("metadata".to_owned(), Value::Object(self.metadata.clone()));
        card.insert(
            "components".to_owned(),
            self.components.iter().map(Component::to_json).collect(),
        );
        Value::Object(card)
    }

    /// Finds the card in its HTML page, Metaflow's or ours.
    ///
    /// # Errors
    /// The page holds no card data, or data that cannot be read.
    pub fn parse_html(page: &str) -> Result<Self, CardError> {
        let encoded = data_in(page).ok_or(CardError::NoData)?;
        let text = STANDARD.decode(encoded.trim())?;
        Self::from_json(&json::parse(&String::from_utf8_lossy(&text))?)
    }

    /// A page that shows the card, complete in itself.
    #[must_use]
    pub fn to_html(&self, options: &HtmlOptions) -> String {
        html::page(self, options)
    }

    /// The task it is about, if it says so.
    #[must_use]
    pub fn pathspec(&self) -> Option<&str> {
        self.metadata.get("pathspec")?.as_str()
    }

    /// Replaces components by those with the same id, as a running task sends them (`data` of its runtime file).
    pub fn update(&mut self, data: &Map<String, Value>) {
        update_all(&mut self.components, data);
    }
}

fn update_all(components: &mut [Component], data: &Map<String, Value>) {
    for component in components {
        if let Some(new) = component.id().and_then(|id| data.get(id)) {
            *component = Component::from_json(new);
            continue;
        }
        match component {
            Component::Page(page) => update_all(&mut page.contents, data),
            Component::Section(section) => update_all(&mut section.contents, data),
            Component::Table(table) => {
                for cell in table.data.iter_mut().flatten() {
                    if let super::parts::Cell::Component(component) = cell {
                        update_all(std::slice::from_mut(component.as_mut()), data);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The text assigned to an entry of `window.__MF_DATA__`.
fn data_in(page: &str) -> Option<&str> {
    let mut rest = page;
    loop {
        let (_, after) = rest.split_once("__MF_DATA__[")?;
        rest = after;
        // Other mentions, as in the page's program, are not followed by an assignment of text.
        let assigned = after
            .split_once(']')
            .filter(|(key, _)| key.len() < 200)
            .and_then(|(_, after)| after.trim_start().strip_prefix('='))
            .and_then(|after| after.trim_start().strip_prefix('"'))
            .and_then(|after| after.split_once('"'));
        if let Some((data, _)) = assigned {
            return Some(data);
        }
    }
}
