//! A card as a tree of components: Metaflow's JSON of it, an HTML page, blocks of text for a terminal.
//!
//! Cards make blocks, never widgets: nothing here knows a terminal library, a store or a server.

mod build;
mod card;
mod chart;
mod component;
mod dag;
mod error;
mod html;
mod image;
mod json;
mod parts;
mod text;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use build::{
    ArtifactFact, ImageFact, ParameterFact, TableFact, TaskFacts, blank_card, default_card,
    error_card, log_of_error,
};
pub use card::Card;
pub use component::Component;
pub use error::CardError;
pub use html::{HtmlOptions, fill_page};
pub use image::{ImageData, ImageFormat};
pub use parts::{
    ArtifactItem, Artifacts, Cell, Dag, EventsTimeline, Html, Image, JsonViewer, Log, Markdown,
    Page, ProgressBar, PythonCode, Section, Subtitle, Table, Text, TimelineEvent, Title, ValueBox,
    VegaChart, YamlViewer,
};
pub use text::{Role, Show, Span, SpanStyle, TextLine, blocks};
