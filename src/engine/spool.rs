//! The file, in memory where there is room, in which a task leaves its pickles, and how they get from there into the store.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::error::EngineError;
use super::worker::message::Spec;
use crate::store::{BlobKey, FlowStore, Source};

/// From this size on an artifact keeps all cores busy by itself.
const BIG: u64 = 4 << 20;

/// Below this many bytes in all, threads cost more than they bring.
const FEW: u64 = 1 << 20;

/// A part of the file: one artifact.
pub(super) struct Pickle<'a> {
    /// Offset and length.
    pub at: (u64, u64),
    /// What the inputs have under the same name, of the same length: the task may have written what it has read.
    pub like: Option<(&'a FlowStore, BlobKey)>,
}

/// The file; gone when the attempt is over.
pub(super) struct Spool {
    path: PathBuf,
    /// Where it is if the first place had no room for it.
    overflow: Option<PathBuf>,
}

impl Spool {
    /// That of an attempt.
    pub fn of(spec: &Spec) -> Self {
        let path = PathBuf::from(&spec.spool);
        let overflow = spec.overflow.as_ref().zip(path.file_name());
        Self {
            overflow: overflow.map(|(directory, name)| Path::new(directory).join(name)),
            path,
        }
    }

    /// Stores parts of the file; answers their keys in the same order.
    ///
    /// # Errors
    /// When the store cannot be written or the file cannot be read.
    pub fn store(
        &self,
        flow: &FlowStore,
        parts: &[Pickle<'_>],
    ) -> Result<Vec<BlobKey>, EngineError> {
        let places: Vec<(u64, u64)> = parts.iter().map(|part| part.at).collect();
        match self.opened(&places)? {
            Some(file) => put_all(flow, &file, parts),
            None => Ok(Vec::new()),
        }
    }

    /// The keys that parts of the file would be stored under; for small ones.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys(&self, parts: &[(u64, u64)]) -> Result<Vec<BlobKey>, EngineError> {
        let Some(file) = self.opened(parts)? else {
            return Ok(Vec::new());
        };
        let key = |(offset, length): &(u64, u64)| {
            let mut bytes = vec![0; usize::try_from(*length).unwrap_or(usize::MAX)];
            let read = file.read_exact_at(&mut bytes, *offset);
            read.map_err(|source| self.unreadable(source))?;
            Ok(BlobKey::of(&bytes))
        };
        parts.iter().map(key).collect()
    }

    /// The file, if there is something to be read from it.
    fn opened(&self, parts: &[(u64, u64)]) -> Result<Option<File>, EngineError> {
        if parts.is_empty() {
            return Ok(None);
        }
        let file = match (File::open(&self.path), &self.overflow) {
            (Err(error), Some(other)) if error.kind() == io::ErrorKind::NotFound => {
                File::open(other)
            }
            (opened, _) => opened,
        };
        let file = file.map_err(|source| self.unreadable(source))?;
        let held = file.metadata().map_err(|source| self.unreadable(source))?;
        // The numbers come from a process that ran user code: they are checked before anything is allocated.
        let fits = |(offset, length): &(u64, u64)| {
            offset
                .checked_add(*length)
                .is_some_and(|end| end <= held.len())
        };
        if !parts.iter().all(fits) {
            let reason = io::Error::other("the task reported artifacts beyond its end");
            return Err(self.unreadable(reason));
        }
        Ok(Some(file))
    }

    fn unreadable(&self, source: io::Error) -> EngineError {
        EngineError::Read {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // A task that never wrote an artifact left none, one that was killed on its way from the first to the second both.
        for path in [Some(&self.path), self.overflow.as_ref()]
            .into_iter()
            .flatten()
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// The big ones one after the other, each on all cores; the others side by side.
fn put_all(
    flow: &FlowStore,
    file: &File,
    parts: &[Pickle<'_>],
) -> Result<Vec<BlobKey>, EngineError> {
    let put = |pickle: &Pickle<'_>| {
        let (offset, length) = pickle.at;
        let part = Part {
            file,
            offset,
            length,
        };
        put(flow, &part, pickle.like)
    };
    let total: u64 = parts.iter().map(|part| part.at.1).sum();
    if total < FEW {
        return parts.iter().map(put).collect();
    }
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(parts[*index].at.1));
    let (big, small) = order.split_at(order.partition_point(|index| parts[*index].at.1 >= BIG));
    let mut keys = big
        .iter()
        .map(|index| Ok((*index, put(&parts[*index])?)))
        .collect::<Result<Vec<_>, EngineError>>()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || {
        while let Some(index) = small.get(next.fetch_add(1, Ordering::Relaxed)) {
            let key = put(&parts[*index]).map(|key| (*index, key));
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(key);
        }
    };
    thread::scope(|scope| {
        for _ in 1..cores.min(small.len()) {
            scope.spawn(work);
        }
        work();
    });
    for key in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        keys.push(key?);
    }
    keys.sort_unstable();
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// Stores one artifact. To compress and write what the input's blob says already would take far longer than to see that it
/// does.
fn put(
    flow: &FlowStore,
    part: &Part<'_>,
    like: Option<(&FlowStore, BlobKey)>,
) -> Result<BlobKey, EngineError> {
    if let Some((other, key)) = like.filter(|_| part.length >= BIG)
        && BlobKey::of_source(part).is_ok_and(|found| found == key)
    {
        let is_there = if other.root() == flow.root() {
            flow.has_blob(key)?
        } else {
            flow.link_blob_from(other, key).is_ok()
        };
        if is_there {
            return Ok(key);
        }
    }
    Ok(flow.put_blob_from(part)?)
}

/// One artifact's pickle.
struct Part<'a> {
    file: &'a File,
    offset: u64,
    length: u64,
}

impl Source for Part<'_> {
    fn size(&self) -> u64 {
        self.length
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, self.offset + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_place_had_no_room_for_is_read_from_the_second() {
        let [memory, disk] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        let spec = Spec {
            spool: memory.path().join("0").display().to_string(),
            overflow: Some(disk.path().display().to_string()),
            ..Spec::default()
        };
        fs::write(disk.path().join("0"), "abcd").expect("written");
        let spool = Spool::of(&spec);
        let keys = spool.keys(&[(1, 2)]).expect("it is there");
        assert_eq!(keys, [BlobKey::of(b"bc")]);
        drop(spool);
        assert!(!disk.path().join("0").exists());
    }
}
