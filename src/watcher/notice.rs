//! What the file system says about a path, reduced to what matters here.

use std::path::PathBuf;

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// A writer closed the file, or a rename put it into place: it is whole.
    Complete,
    /// Something was written; more may follow.
    Written,
    /// It appeared. Its content usually follows, unless it is a link.
    Created,
    /// It went away; a new one may take its place.
    Gone,
}

/// One event about one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub path: PathBuf,
    pub happened: Happened,
}

/// What an event of the file system says, nothing for noise: reads, opens, changes of permissions. `None` in the place of a
/// list means that events were lost.
pub(super) fn notices(event: &notify::Event) -> Option<Vec<Notice>> {
    if event.need_rescan() {
        return None;
    }
    let one = |happened| {
        let path = event.paths.last().cloned();
        path.map(|path| Notice { path, happened })
            .into_iter()
            .collect()
    };
    Some(match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => one(Happened::Complete),
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => Vec::new(),
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => {
            one(Happened::Gone)
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => one(Happened::Complete),
        // The same rename once more, with both ends.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => Vec::new(),
        EventKind::Create(CreateKind::Folder) => one(Happened::Complete),
        EventKind::Create(_) => one(Happened::Created),
        EventKind::Modify(_) | EventKind::Any | EventKind::Other => one(Happened::Written),
    })
}
