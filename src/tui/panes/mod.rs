//! The panes, one file each. Each draws its part of the state into its rectangle, whatever the size.

mod artifacts;
mod card;
mod data;
mod footer;
mod graph;
mod header;
mod output;
mod runs;
mod source;

use ratatui::{Frame, layout::Rect};

use crate::app::{
    State,
    state::{Pane, RightTab},
};

use super::draw::Canvas;

pub use footer::footer;
pub use graph::graph;
pub use header::header;
pub use output::output;
pub use runs::runs;
pub use source::source;

/// The right pane, by its tab.
pub fn right(frame: &mut Frame<'_>, area: Rect, canvas: &Canvas<'_>) {
    match canvas.state.tab {
        RightTab::Artifacts => artifacts::artifacts(frame, area, canvas),
        RightTab::Data => data::data(frame, area, canvas),
        RightTab::Card => card::card(frame, area, canvas),
    }
}

/// What stands on the frame of a pane.
pub fn title(pane: Pane, state: &State) -> String {
    match pane {
        Pane::Graph => "Flow".to_owned(),
        Pane::Runs => "Runs & spins".to_owned(),
        Pane::Source => source::title(state),
        Pane::Output => output::title(state),
        Pane::Right => state.tab.title().to_owned(),
    }
}
