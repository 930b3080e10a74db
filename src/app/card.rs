//! A card as lines of styled text.

/// How a stretch of a card looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CardStyle {
    pub bold: bool,
    pub italic: bool,
    pub underline: bool,
    pub dim: bool,
    /// Headings and other things to catch the eye.
    pub accent: bool,
    /// Something is wrong.
    pub error: bool,
}

/// A line of a card.
pub type CardLine = Vec<(String, CardStyle)>;
