//! Frames on a control socket: length, then one JSON object; file descriptors ride on the length. Layout: docs/WORKER.md.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use bytes::BytesMut;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// A frame longer than this is a broken peer, not a message.
const MAX_FRAME: u32 = 1 << 30;

/// Descriptors one frame may carry; the protocol needs three.
const MAX_FDS: usize = 4;

/// Makes a connected pair: ours for the runtime, theirs to hand to a process.
pub fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, OwnedFd::from(theirs)))
}

/// The reading half, with the bytes of a frame that is not complete yet.
pub struct Reader {
    half: OwnedReadHalf,
    buffer: BytesMut,
}

impl Reader {
    /// Reads from this half.
    pub fn new(half: OwnedReadHalf) -> Self {
        Self {
            half,
            buffer: BytesMut::with_capacity(4096),
        }
    }

    /// The next frame; `None` when the peer has closed. May be dropped at any await: nothing that was read is lost.
    ///
    /// # Errors
    /// When the peer sends what is no frame.
    pub async fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            if let Some(frame) = self.parse()? {
                return Ok(Some(frame));
            }
            match self.half.read_buf(&mut self.buffer).await {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next frame among what has arrived already.
    ///
    /// # Errors
    /// When the peer sends what is no frame.
    pub fn ready<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            if let Some(frame) = self.parse()? {
                return Ok(Some(frame));
            }
            // Asks the socket itself: the runtime may not have heard yet that there is something to read.
            let mut chunk = [0_u8; 4096];
            let stream: &UnixStream = self.half.as_ref();
            match rustix::io::read(stream, &mut chunk) {
                Ok(n @ 1..) => self.buffer.extend_from_slice(&chunk[..n]),
                Ok(_) | Err(_) => return Ok(None),
            }
        }
    }

    fn parse<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some(head) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head);
        if length > MAX_FRAME {
            return Err(io::Error::other(format!(
                "a worker sent a frame of {length} bytes"
            )));
        }
        let end = 4 + length as usize;
        if self.buffer.len() < end {
            return Ok(None);
        }
        let frame = self.buffer.split_to(end);
        serde_json::from_slice(&frame[4..])
            .map(Some)
            .map_err(|error| {
                io::Error::other(format!("a worker sent an unreadable frame: {error}"))
            })
    }
}

/// Writes one frame with the descriptors it carries.
pub async fn write<T: Serialize>(
    to: &mut OwnedWriteHalf,
    message: &T,
    fds: &[OwnedFd],
) -> io::Result<()> {
    let mut frame = Vec::new();
    encode(message, &mut frame)?;
    let mut rest = frame.as_slice();
    if let (false, Some((head, body))) = (fds.is_empty(), frame.split_first_chunk::<4>()) {
        send_with_fds(to, *head, fds).await?;
        rest = body;
    }
    to.write_all(rest).await
}

/// Appends one frame without descriptors.
///
/// # Errors
/// When the message is no JSON, or too long; nothing is appended then.
pub fn encode<T: Serialize>(message: &T, to: &mut Vec<u8>) -> io::Result<()> {
    let start = to.len();
    to.extend_from_slice(&[0; 4]);
    let written = serde_json::to_writer(&mut *to, message).map_err(io::Error::other);
    let length = u32::try_from(to.len() - start - 4)
        .ok()
        .filter(|length| *length <= MAX_FRAME)
        .ok_or_else(|| io::Error::other("a message for a worker is too long"));
    match (written, length) {
        (Ok(()), Ok(length)) => {
            to[start..start + 4].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        (Err(error), _) | (_, Err(error)) => {
            to.truncate(start);
            Err(error)
        }
    }
}

/// The four bytes go out whole: a stream socket takes so few or none.
async fn send_with_fds(to: &mut OwnedWriteHalf, head: [u8; 4], fds: &[OwnedFd]) -> io::Result<()> {
    let borrowed: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    if borrowed.len() > MAX_FDS {
        return Err(io::Error::other("too many descriptors for one frame"));
    }
    let stream: &UnixStream = to.as_ref();
    let sent = stream
        .async_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&borrowed));
            sendmsg(
                stream.as_fd(),
                &[io::IoSlice::new(&head)],
                &mut control,
                SendFlags::NOSIGNAL,
            )
            .map_err(io::Error::from)
        })
        .await?;
    if sent == head.len() {
        Ok(())
    } else {
        Err(io::Error::other("a worker's socket took half a frame"))
    }
}
