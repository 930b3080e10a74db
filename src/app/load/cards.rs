//! The cards of a task.

use std::path::Path;

use crate::{
    app::records::CardRow,
    cards::{Card, CardError, Show, TextLine},
    store::TaskStore,
};

use super::Library;

/// Cards on disk, oldest first.
pub(super) fn list(task: &TaskStore) -> Vec<CardRow> {
    let (cards, directory) = task.cards();
    let Some(dir) = cards.local_path(&format!("{directory}/cards")) else {
        return Vec::new();
    };
    // No directory, no cards.
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut cards: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "html")
        })
        .collect();
    cards.sort_by_key(|entry| entry.metadata().and_then(|meta| meta.modified()).ok());
    let cards = cards.into_iter().map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        // `type-hash.html`, or `type-id-hash.html`.
        let title = name
            .trim_end_matches(".html")
            .rsplit_once('-')
            .map_or("card", |(title, _)| title);
        CardRow {
            title: title.to_owned(),
            path: entry.path(),
        }
    });
    cards.collect()
}

/// Cards larger than this are for a browser: most of such a page is images.
const MOST_BYTES: u64 = 64 << 20;

impl Library {
    /// A card as lines for a width.
    pub fn card(&self, path: &Path, width: u16) -> Result<Vec<TextLine>, String> {
        let wrong = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
        if std::fs::metadata(path).map_err(wrong)?.len() > MOST_BYTES {
            return Err("the card is too big for a terminal".to_owned());
        }
        let page = std::fs::read(path).map_err(wrong)?;
        let card =
            Card::parse_html(&String::from_utf8_lossy(&page)).map_err(|error| match error {
                CardError::NoData => format!("this card is for a browser: {}", path.display()),
                _ => error.to_string(),
            })?;
        Ok(card.blocks(usize::from(width), Show::User))
    }
}
