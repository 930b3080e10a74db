//! What a worker writes to its own stdout and stderr, outside of tasks: kept for messages, and as what a flow printed while it
//! was imported.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use tokio::net::unix::pipe::Receiver;

/// Bytes that are kept.
const LIMIT: usize = 16 * 1024;

/// The text, and the pipes that it comes from.
pub struct Overheard {
    pipes: Vec<Receiver>,
    /// Kept as bytes: a read may end in the middle of a character.
    text: Mutex<Vec<u8>>,
}

impl Overheard {
    /// Listens to these pipes until they close.
    pub fn listen(pipes: Vec<Receiver>) -> Arc<Self> {
        let overheard = Arc::new(Self {
            pipes,
            text: Mutex::default(),
        });
        for at in 0..overheard.pipes.len() {
            tokio::spawn(follow(Arc::clone(&overheard), at));
        }
        overheard
    }

    /// All that was written and not taken yet.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.caught_up()).into_owned()
    }

    /// The same; it is not given again.
    pub fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.caught_up())).into_owned()
    }

    /// The text, with what is in the pipes: it was written before whatever else the worker has said since.
    fn caught_up(&self) -> MutexGuard<'_, Vec<u8>> {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        for pipe in &self.pipes {
            // Asks the pipe itself: the runtime may not have heard yet that there is something to read.
            while read(pipe, &mut text).is_ok_and(|n| n > 0) {}
        }
        text
    }
}

/// Reads what is there; 0 is the end.
fn read(pipe: &Receiver, text: &mut Vec<u8>) -> Result<usize, Errno> {
    let mut buffer = [0_u8; 4096];
    let n = rustix::io::read(pipe, &mut buffer)?;
    text.extend_from_slice(&buffer[..n]);
    let too_many = text.len().saturating_sub(LIMIT);
    if too_many > 0 {
        // Not from the middle of a character on.
        let is_inside = |byte: &&u8| **byte & 0xC0 == 0x80;
        let inside = text[too_many..].iter().take_while(is_inside).count();
        text.drain(..too_many + inside);
    }
    Ok(n)
}

async fn follow(overheard: Arc<Overheard>, at: usize) {
    let pipe = &overheard.pipes[at];
    while pipe.readable().await.is_ok() {
        let read = pipe.try_io(|| {
            let mut text = overheard
                .text
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Ok(read(pipe, &mut text)?)
        });
        match read {
            Ok(0) => return,
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}
