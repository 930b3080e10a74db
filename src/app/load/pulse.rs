//! Whether somebody has written to the store, or to a config: a few `stat`s, cheap enough to ask every second.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::PoisonError,
    time::SystemTime,
};

use crate::store::RunStatus;

use super::Library;

/// What the store and the configs looked like.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    store: StorePulse,
    /// When each of the followed files was last written; `None` if it is not there.
    configs: BTreeMap<PathBuf, Option<SystemTime>>,
}

impl Pulse {
    /// Whether the store is as it was before.
    pub fn is_same_store(&self, before: &Pulse) -> bool {
        self.store == before.store
    }

    /// A config that is there and was not like this before, when it was followed already.
    pub fn changed_config(&self, before: &Pulse) -> Option<&Path> {
        let mut changed = self.configs.iter().filter(|(path, written)| {
            let then = before.configs.get(*path);
            written.is_some() && then.is_some_and(|then| then != *written)
        });
        changed.next().map(|(path, _)| path.as_path())
    }
}

/// What the store looked like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct StorePulse {
    /// When runs, spins, and steps of the newest run last came or went.
    changed: [Option<SystemTime>; 3],
    /// The newest run and how it stands.
    newest: Option<(String, RunStatus)>,
}

impl Library {
    /// The pulse now; `before` saves reading what cannot have changed.
    pub fn pulse(&self, before: &Pulse) -> Pulse {
        let followed = self.followed.lock();
        let followed = followed.unwrap_or_else(PoisonError::into_inner);
        let configs = followed.iter().map(|path| (path.clone(), written(path)));
        Pulse {
            configs: configs.collect(),
            store: self.store_pulse(&before.store),
        }
    }

    /// From the next pulse on these files belong to it, and no others.
    pub fn follow(&self, files: Vec<PathBuf>) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        *followed = files;
    }

    fn store_pulse(&self, before: &StorePulse) -> StorePulse {
        let Some(class) = self.class() else {
            return StorePulse::default();
        };
        let store = self.store();
        let changed = |dir: Option<PathBuf>| written(&dir?);
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
        StorePulse {
            changed: [runs, spins, steps],
            newest,
        }
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::engine::FlowRequest;

    #[test]
    fn a_followed_config_that_is_written_is_named_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let (one, other) = (
            directory.path().join("one.json"),
            directory.path().join("other.json"),
        );
        let write = |file: &Path, seconds: u64| {
            let file = fs::File::create(file).expect("created");
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.set_modified(time).expect("dated");
        };
        write(&one, 1);
        let library = Library::new(FlowRequest::default(), directory.path().to_owned());
        let mut last = Pulse::default();
        let mut changed = || {
            let before = std::mem::take(&mut last);
            last = library.pulse(&before);
            last.changed_config(&before).map(Path::to_owned)
        };
        library.follow(vec![one.clone(), other.clone()]);
        assert_eq!(changed(), None, "it was not followed before");
        write(&one, 2);
        assert_eq!(changed(), Some(one.clone()));
        assert_eq!(changed(), None);
        write(&other, 3);
        assert_eq!(changed(), Some(other));
        fs::remove_file(&one).expect("removed");
        assert_eq!(changed(), None, "somebody may be saving it");
        write(&one, 4);
        assert_eq!(changed(), Some(one));
    }
}
