//! Why something could not be read as a card.

/// A card that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The page has no `window.__MF_DATA__`, as pages of custom cards may not.
    #[error("the page holds no card data")]
    NoData,
    /// The data in the page is not base64.
    #[error("the card data is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The data is not JSON of a card.
    #[error("the card data is not a card: {0}")]
    Json(#[from] serde_json::Error),
}
