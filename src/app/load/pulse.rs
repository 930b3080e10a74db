//! Whether somebody has written to the store: a few `stat`s, cheap enough to ask every second.

use std::time::SystemTime;

use crate::store::RunStatus;

use super::Library;

/// What the store looked like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// When runs, spins, and steps of the newest run last came or went.
    changed: [Option<SystemTime>; 3],
    /// The newest run and how it stands.
    newest: Option<(String, RunStatus)>,
}

impl Library {
    /// The store's pulse now; `before` saves reading what cannot have changed.
    pub fn pulse(&self, before: &Pulse) -> Pulse {
        let Some(class) = self.class() else {
            return Pulse::default();
        };
        let store = self.store();
        let changed = |dir: Option<std::path::PathBuf>| dir?.metadata().ok()?.modified().ok();
        let of_flow = |store: &crate::store::Store| store.root_path().map(|root| root.join(&class));
        let runs = changed(of_flow(&store));
        let spins = changed(of_flow(&store.spin_sibling()));
        let mut newest = before.newest.clone();
        let settled = newest.as_ref().is_some_and(|(_, status)| {
            matches!(status, RunStatus::Successful | RunStatus::Finished)
        });
        if before.changed.first() != Some(&runs) || !settled {
            let flow = store.flow(&class);
            // A store that cannot be read has no pulse; the list of runs says why.
            let id = flow.runs().ok().and_then(|ids| ids.into_iter().next());
            newest = id.and_then(|id| {
                let status = flow.run(&id).status().ok()?;
                Some((id, status))
            });
        }
        let steps = newest
            .as_ref()
            .and_then(|(id, _)| changed(of_flow(&store).map(|dir| dir.join(id))));
        Pulse {
            changed: [runs, spins, steps],
            newest,
        }
    }
}
