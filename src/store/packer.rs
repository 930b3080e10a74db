//! A big blob's members, compressed by all cores and handed out in their order. Holds some of them at most, whatever
//! the size of the blob.

use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::gzip::{self, MEMBER};

/// Members that may be ready before they are asked for.
const AHEAD: u64 = 32;

/// Bytes that several threads can read anywhere, such as a part of a file.
pub trait Source: Sync {
    /// How many there are.
    fn size(&self) -> u64;
    /// Fills the buffer with those from `offset` on; fewer are an error.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl Source for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|at| self.get(at..));
        let found = from.and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// All bytes, if they make one member.
pub(super) fn whole_if_small(source: &(impl Source + ?Sized)) -> io::Result<Option<Vec<u8>>> {
    let (offset, length) = piece(source, 0);
    if members(source) > 1 {
        return Ok(None);
    }
    let mut bytes = vec![0; length];
    source.read_at(&mut bytes, offset)?;
    Ok(Some(bytes))
}

/// Hands all bytes to `each`, piece by piece.
pub(super) fn scan(source: &(impl Source + ?Sized), mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; piece(source, 0).1];
    for index in 0..members(source) {
        let (offset, length) = piece(source, index);
        let part = buffer.get_mut(..length).unwrap_or_default();
        source.read_at(part, offset)?;
        each(part);
    }
    Ok(())
}

/// Lets `with` take the members of a source; meanwhile they are made on all cores. `with` may leave some.
pub(super) fn pack<S: Source + ?Sized, T>(
    source: &S,
    with: impl FnOnce(&mut Members<'_, S>) -> T,
) -> T {
    let line = Line {
        source,
        state: Mutex::default(),
        moved: Condvar::new(),
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let helpers = members(source).min(cores as u64).saturating_sub(1);
    thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|| line.help());
        }
        // Dropped at the end, also by a panic: the helpers stop.
        let mut members = Members { line: &line };
        with(&mut members)
    })
}

/// The members in order, as an iterator.
pub(super) struct Members<'a, S: Source + ?Sized> {
    line: &'a Line<'a, S>,
}

impl<S: Source + ?Sized> Iterator for Members<'_, S> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line;
        let mut state = line.lock();
        loop {
            let wanted = state.taken;
            if wanted == members(line.source) {
                return None;
            }
            if let Some(member) = state.ready.remove(&wanted) {
                state.taken += 1;
                line.moved.notify_all();
                return Some(member);
            }
            state = match line.begin(&mut state) {
                Some(index) => {
                    drop(state);
                    line.make(index)
                }
                None => line.wait(state),
            };
        }
    }
}

impl<S: Source + ?Sized> Drop for Members<'_, S> {
    fn drop(&mut self) {
        self.line.lock().stopped = true;
        self.line.moved.notify_all();
    }
}

/// What the threads share.
struct Line<'a, S: Source + ?Sized> {
    source: &'a S,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// Members that someone has begun.
    begun: u64,
    /// Members that have been handed out.
    taken: u64,
    ready: BTreeMap<u64, io::Result<Vec<u8>>>,
    stopped: bool,
}

impl<S: Source + ?Sized> Line<'_, S> {
    /// Makes members until there is none left to begin.
    fn help(&self) {
        let mut state = self.lock();
        while !state.stopped && state.begun < members(self.source) {
            state = match self.begin(&mut state) {
                Some(index) => {
                    drop(state);
                    self.make(index)
                }
                None => self.wait(state),
            };
        }
    }

    /// The next member to make, unless there are enough.
    fn begin(&self, state: &mut State) -> Option<u64> {
        let index = state.begun;
        let wanted = index < members(self.source) && index < state.taken + AHEAD;
        wanted.then(|| {
            state.begun += 1;
            index
        })
    }

    fn make(&self, index: u64) -> MutexGuard<'_, State> {
        // Whoever waits for this member has to get something.
        let member = catch_unwind(AssertUnwindSafe(|| {
            let (offset, length) = piece(self.source, index);
            let mut bytes = vec![0; length];
            self.source.read_at(&mut bytes, offset)?;
            gzip::member(&bytes)
        }));
        let member = member.unwrap_or_else(|_| Err(io::Error::other("a compressing thread died")));
        let mut state = self.lock();
        state.ready.insert(index, member);
        self.moved.notify_all();
        state
    }

    /// The state is valid after any panic: each change is one assignment or insert.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.moved
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of members: no bytes are one, too.
fn members(source: &(impl Source + ?Sized)) -> u64 {
    source.size().div_ceil(MEMBER as u64).max(1)
}

/// Offset and length of a member's bytes.
fn piece(source: &(impl Source + ?Sized), index: u64) -> (u64, usize) {
    let offset = index * MEMBER as u64;
    let left = source.size().saturating_sub(offset);
    (offset, usize::try_from(left).unwrap_or(MEMBER).min(MEMBER))
}

#[cfg(test)]
mod tests;
