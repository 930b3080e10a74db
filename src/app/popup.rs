//! What lies over the panes: help, the palette, choices, questions.

use super::{flow_view::Needed, inputs::InputPick};

/// The popup that has the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Popup {
    Help {
        offset: usize,
    },
    Palette {
        query: String,
        cursor: usize,
    },
    /// Where the time of the last spin went.
    Timings,
    Choice(Choice),
    /// What a run needs and has not been given.
    Prompt {
        needed: Needed,
        text: String,
    },
    Confirm {
        question: String,
        /// What happens on `y` or enter.
        action: Confirmed,
    },
}

/// A list to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub title: String,
    pub entries: Vec<Entry>,
    pub cursor: usize,
    pub offset: usize,
}

/// An entry of a choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub label: String,
    /// Dim text behind the label.
    pub detail: String,
    pub action: Chosen,
}

/// What choosing an entry does.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    Spin(String),
    /// `None`: the latest, automatically.
    Inputs(Option<InputPick>),
    /// Another card of the task.
    Card(usize),
}

/// What agreeing does.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirmed {
    Quit,
    DiscardEdit,
    /// Write the file although it changed on disk since the editor opened it.
    Overwrite(String),
}
