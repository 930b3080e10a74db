//! The artifacts of a finished task, as long as others may want them.

use std::collections::HashMap;
use std::sync::Arc;

use super::origin::Output;
use crate::store::{ArtifactRef, Manifest};

/// What a task left. The tasks of a wide foreach leave nearly the same: of each but the first, what differs is held, so that
/// ten thousand of them take a few megabytes until they are joined.
#[derive(Debug, Clone)]
pub(super) struct Artifacts {
    /// Of this task, or of a sibling that has the same names.
    base: Arc<Manifest>,
    /// What this task has in the place of some of them: by position in the base, ascending.
    own: Arc<[(usize, ArtifactRef)]>,
}

impl From<Manifest> for Artifacts {
    fn from(manifest: Manifest) -> Self {
        Self {
            base: Arc::new(manifest),
            own: Arc::default(),
        }
    }
}

impl Artifacts {
    /// One of them.
    pub fn get(&self, name: &str) -> Option<&ArtifactRef> {
        let (at, _, artifact) = self.base.objects.get_full(name)?;
        Some(self.at(at).unwrap_or(artifact))
    }

    /// All, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &ArtifactRef)> {
        let all = self.base.objects.iter().enumerate();
        all.map(|(at, (name, artifact))| (name, self.at(at).unwrap_or(artifact)))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.base.objects.keys()
    }

    /// As they are stored.
    pub fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::clone(&self.base);
        for (at, artifact) in self.own.iter() {
            if let Some((_, held)) = manifest.objects.get_index_mut(*at) {
                held.clone_from(artifact);
            }
        }
        manifest
    }

    fn at(&self, at: usize) -> Option<&ArtifactRef> {
        let found = self.own.binary_search_by_key(&at, |(at, _)| *at).ok()?;
        self.own.get(found).map(|(_, artifact)| artifact)
    }

    /// The same artifacts as what differs from those of a sibling; `None` if that is the most of them.
    fn beside(&self, other: &Self) -> Option<Self> {
        let base = &other.base;
        if Arc::ptr_eq(base, &self.base) {
            return Some(self.clone());
        }
        let is_alike =
            base.python_version == self.base.python_version && base.objects.keys().eq(self.names());
        if !is_alike {
            return None;
        }
        let pairs = self.iter().zip(base.objects.values()).enumerate();
        let differs = pairs.filter(|(_, ((_, mine), held))| mine != held);
        let own = differs.map(|(at, ((_, mine), held))| (at, like(mine, held)));
        let own: Arc<[(usize, ArtifactRef)]> = own.collect();
        (own.len() * 2 <= base.objects.len()).then(|| Self {
            base: Arc::clone(base),
            own,
        })
    }
}

/// The same, with the texts of the other where they are equal.
fn like(artifact: &ArtifactRef, other: &ArtifactRef) -> ArtifactRef {
    let text =
        |mine: &Arc<str>, held: &Arc<str>| Arc::clone(if mine == held { held } else { mine });
    ArtifactRef {
        type_name: text(&artifact.type_name, &other.type_name),
        encoding: text(&artifact.encoding, &other.encoding),
        ..artifact.clone()
    }
}

/// Has the outputs of a step share what they have in common.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    /// By step: those that the next is compared with.
    of: HashMap<String, Artifacts>,
}

impl Siblings {
    /// The same output, held as what differs from the others of its step.
    pub fn share(&mut self, output: Output) -> Output {
        let step = output.task.step().name();
        let shared = self
            .of
            .get(step)
            .and_then(|other| output.artifacts.beside(other));
        let Some(artifacts) = shared else {
            self.of.insert(step.to_owned(), output.artifacts.clone());
            return output;
        };
        Output {
            artifacts,
            ..output
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Artifacts;
    use crate::store::{ArtifactRef, BlobKey, Manifest};

    fn artifacts(objects: &[(u8, u8)]) -> Artifacts {
        let object = |(at, (value, kind)): (usize, &(u8, u8))| {
            let artifact =
                ArtifactRef::pickle(BlobKey::of(&[*value]), 1, format!("<class '{kind}'>"));
            (format!("a{at}"), artifact)
        };
        let objects = objects.iter().enumerate().map(object).collect();
        let python_version = "3.12".to_owned();
        Artifacts::from(Manifest {
            objects,
            python_version,
        })
    }

    fn objects() -> impl Strategy<Value = Vec<(u8, u8)>> {
        prop::collection::vec((0..2_u8, 0..2_u8), 0..5)
    }

    proptest! {
        #[test]
        fn held_beside_another_they_are_the_same(first in objects(), second in objects()) {
            let (first, second) = (artifacts(&first), artifacts(&second));
            let Some(shared) = second.beside(&first) else {
                return Ok(());
            };
            prop_assert_eq!(shared.manifest(), second.manifest());
            prop_assert!(shared.iter().eq(second.iter()));
            for (name, artifact) in second.iter() {
                prop_assert_eq!(shared.get(name), Some(artifact));
            }
            prop_assert_eq!(shared.get("none"), None);
        }
    }

    #[test]
    fn what_differs_is_held() {
        let all = [(0, 0), (0, 0), (0, 0), (0, 0)];
        let shared = |other: &[(u8, u8)]| artifacts(other).beside(&artifacts(&all));
        let held = |other: &[(u8, u8)]| shared(other).map(|shared| shared.own.len());
        assert_eq!(held(&all), Some(0));
        assert_eq!(held(&[(0, 0), (1, 0), (0, 0), (0, 1)]), Some(2));
        assert_eq!(
            held(&[(1, 0), (1, 0), (0, 0), (0, 1)]),
            None,
            "not worth it"
        );
        assert_eq!(held(&[(0, 0)]), None, "other names");
    }
}
