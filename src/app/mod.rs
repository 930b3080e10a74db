//! The session without a screen: what is known ([`State`]), what can happen ([`Msg`]), what follows ([`update`]), what is
//! then wanted of the world ([`Effect`]).
//!
//! It must not know any terminal: no colours of a library, no key codes of one, no sizes but the panes' own. It reads no
//! clock; `update` with the same messages gives the same state.

mod effect;
pub mod flow_view;
mod graph_rows;
pub mod highlight;
pub mod inputs;
pub mod jobs;
pub mod list;
pub mod load;
mod msg;
pub mod output;
pub mod palette;
pub mod popup;
pub mod records;
mod remember;
pub mod state;
pub mod status;
pub mod table;
mod tree;
mod update;
pub mod words;

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use effect::Effect;
pub use graph_rows::GraphRow;
pub use msg::{Changed, Msg, RunLoaded};
pub use remember::Remembered;
pub use state::State;
pub use tree::TreeRow;
pub use update::{
    EditorKey, GUTTER, contexts, editor_is_open, editor_key, failure_sentence, graph_list,
    pane_contexts, start, update,
};
