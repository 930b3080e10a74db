//! What ends a session that the user did not end.

/// The terminal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("cannot take over the terminal: {0}")]
    Enter(std::io::Error),
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    #[error("lost the terminal: {0}")]
    Lost(std::io::Error),
}
