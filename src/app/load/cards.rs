//! The cards of a task.

use std::path::Path;

use crate::{
    app::{card::CardLine, records::CardRow},
    store::TaskStore,
};

use super::Library;

/// Cards on disk, oldest first.
pub(super) fn list(task: &TaskStore) -> Vec<CardRow> {
    let Some(root) = task.run().flow().store().root_path() else {
        return Vec::new();
    };
    let dir = root.join(task.cards_prefix()).join("cards");
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

impl Library {
    /// A card as lines for a width.
    pub fn card(&self, path: &Path, width: u16) -> Result<Vec<CardLine>, String> {
        let _ = (path, width);
        Ok(Vec::new())
    }
}
