//! A card as lines of styled text that fit a width. The styles say what text is; a screen decides how that looks.

mod chart;
mod component;
mod line;
mod markdown;
mod table;
mod wrap;

#[cfg(test)]
mod tests;

pub use line::{Role, Span, SpanStyle, TextLine};

use super::card::Card;
use super::component::Component;

/// Which parts of a card are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// What the step's code has added; of a default card without any, everything.
    #[default]
    User,
    /// Everything, with what the default card says of the task.
    All,
}

/// Sections that the default card adds around the user's.
const OWN_SECTIONS: [&str; 7] = [
    "Task Metadata",
    "Task Code",
    "Flow Parameters",
    "Artifacts",
    "Tabular Data",
    "Image Data",
    "DAG",
];

impl Card {
    /// The card as lines of at most `width` columns.
    #[must_use]
    pub fn blocks(&self, width: usize, show: Show) -> Vec<TextLine> {
        if show == Show::User {
            let user = self.user_components();
            if !user.is_empty() {
                return blocks(&user, width);
            }
        }
        blocks(&self.components, width)
    }

    /// What the step's code has added to a default card; of other cards, everything.
    #[must_use]
    pub fn user_components(&self) -> Vec<Component> {
        if self
            .metadata
            .get("template")
            .and_then(serde_json::Value::as_str)
            != Some("defaultCardTemplate")
        {
            return self.components.clone();
        }
        let is_own = |component: &Component| match component {
            Component::Section(section) => section
                .title
                .as_deref()
                .is_some_and(|title| OWN_SECTIONS.contains(&title)),
            _ => false,
        };
        let pages = self
            .components
            .iter()
            .filter_map(|component| match component {
                Component::Page(page) => Some(&page.contents),
                _ => None,
            });
        pages
            .flatten()
            .filter(|component| !is_own(component))
            .cloned()
            .collect()
    }
}

/// Components as lines of at most `width` columns.
#[must_use]
pub fn blocks(components: &[Component], width: usize) -> Vec<TextLine> {
    component::all(components, width.max(1), 0)
}
