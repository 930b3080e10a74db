//! Events as lines for a person, in the manner that was asked for.

mod flowdev;
mod metaflow;
mod text;

use std::io;

pub use text::{describe, now};

use super::arguments::Manner;
use crate::engine::Event;

/// Prints events as they come.
pub enum Console {
    Flowdev(flowdev::Console),
    Metaflow(metaflow::Console),
}

impl Console {
    /// Prints in this manner; `quiet` leaves out what is not about tasks.
    pub fn new(manner: Manner, quiet: bool) -> Self {
        match manner {
            Manner::Flowdev => Self::Flowdev(flowdev::Console::new(quiet)),
            Manner::Metaflow => Self::Metaflow(metaflow::Console::new(quiet)),
        }
    }

    /// Prints what there is to say about an event.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn show(&mut self, event: &Event) -> io::Result<()> {
        match self {
            Self::Flowdev(console) => console.show(event),
            Self::Metaflow(console) => console.show(event),
        }
    }

    /// Says that the user has asked for the end.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn interrupted(&mut self) -> io::Result<()> {
        match self {
            Self::Flowdev(console) => {
                console.interrupted();
                Ok(())
            }
            Self::Metaflow(console) => console.interrupted(),
        }
    }
}
