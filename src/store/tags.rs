//! Tags of runs: which are allowed, and how they are changed.

use thiserror::Error;

use super::{Result, RunStore, StoreError, run::read_json};

/// Characters of a tag, at most.
const LENGTH: usize = 500;

/// Tags of the user that a run may have.
const COUNT: usize = 50;

/// How often a change is tried again when somebody else changes the tags as well.
const TRIES: usize = 5;

/// Why tags are refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TagError {
    /// A tag without characters.
    #[error("a tag must not be empty")]
    Empty,
    /// A tag beyond Metaflow's limit.
    #[error("the tag {0:.40}… has more than {LENGTH} characters")]
    TooLong(String),
    /// More tags than Metaflow allows; how many there would be.
    #[error("a run may have {COUNT} tags, not {0}")]
    TooMany(usize),
    /// A tag of the runtime.
    #[error("{0} is a tag of the runtime and can not be removed")]
    System(String),
    /// Others change the tags all the time; the run's pathspec.
    #[error("somebody else keeps changing the tags of {0}")]
    Contended(String),
}

/// Checks tags as Metaflow does.
pub fn validate_tags<T: AsRef<str>>(tags: &[T]) -> Result<(), TagError> {
    for tag in tags {
        let tag = tag.as_ref();
        if tag.is_empty() {
            return Err(TagError::Empty);
        }
        if tag.chars().count() > LENGTH {
            return Err(TagError::TooLong(tag.to_owned()));
        }
    }
    if tags.len() > COUNT {
        return Err(TagError::TooMany(tags.len()));
    }
    Ok(())
}

impl RunStore {
    /// Adds tags; those that the run has already are ignored. Gives the tags of the user that it has then, sorted.
    pub fn add_tags(&self, tags: &[String]) -> Result<Vec<String>> {
        self.replace_tags(&[], tags)
    }

    /// Removes tags; those that the run does not have are ignored. Gives the tags of the user that it has then, sorted.
    pub fn remove_tags(&self, tags: &[String]) -> Result<Vec<String>> {
        self.replace_tags(tags, &[])
    }

    /// Removes tags, then adds others, in one go. Gives the tags of the user that the run has then, sorted.
    ///
    /// Unlike with Metaflow the run keeps its user and its time, and so its place among the runs.
    pub fn replace_tags(&self, remove: &[String], add: &[String]) -> Result<Vec<String>> {
        validate_tags(add)?;
        let _lock = self.lock_tags()?;
        for _ in 0..TRIES {
            let tags = self.changed_tags(remove, add)?;
            self.write_tags(&tags)?;
            // Metaflow takes no lock: look whether it wrote at the same time.
            if self.info()?.is_some_and(|info| info.tags == tags) {
                return Ok(tags);
            }
        }
        Err(TagError::Contended(self.pathspec()).into())
    }

    fn changed_tags(&self, remove: &[String], add: &[String]) -> Result<Vec<String>> {
        let info = self.info()?.ok_or_else(|| self.unknown())?;
        if let Some(tag) = remove.iter().find(|tag| info.sys_tags.contains(tag)) {
            return Err(TagError::System(tag.clone()).into());
        }
        let mut tags = info.tags;
        tags.retain(|tag| !remove.contains(tag));
        let new = add.iter().filter(|tag| !info.sys_tags.contains(tag));
        tags.extend(new.cloned());
        tags.sort_unstable();
        tags.dedup();
        validate_tags(&tags)?;
        Ok(tags)
    }

    fn write_tags(&self, tags: &[String]) -> Result<()> {
        let key = self.self_key();
        let mut record = read_json(self.storage(), &key)?.ok_or_else(|| self.unknown())?;
        let fields = record.as_object_mut();
        let fields = fields.ok_or_else(|| StoreError::malformed(&key, "it is not an object"))?;
        fields.insert("tags".into(), tags.into());
        self.storage().put(&key, record.to_string().as_bytes())
    }

    fn unknown(&self) -> StoreError {
        StoreError::Absent {
            pathspec: self.pathspec(),
            reason: "does not exist",
        }
    }
}

#[cfg(test)]
mod tests;
