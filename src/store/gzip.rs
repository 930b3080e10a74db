//! The gzip container of blobs: which level, how many threads. It must not know where the bytes go.
//!
//! A blob may be several gzip members in a row, which every reader of gzip accepts; so big blobs are compressed by all
//! cores. What does not compress is kept as stored blocks.

use std::{
    io::{self, Read, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flate2::{Compression, Crc, read::MultiGzDecoder, write::GzEncoder};

/// Below this many bytes a compressor costs more time than its bytes are worth: a file takes a block anyway.
const TINY: usize = 512;

/// Bytes in one member of a big blob.
const MEMBER: usize = 1 << 20;

/// Below this many bytes there is no sampling: compressing everything is the sample.
const SAMPLED: usize = 128 << 10;

/// Bytes in one sample, and how many samples are taken of a member.
const SAMPLE: usize = 8 << 10;
const SAMPLES: usize = 3;

/// A member whose samples keep more than this share (in percent) of their size is stored.
const WORTH_PERCENT: usize = 97;

const LEVEL: u32 = 2;

/// Longest stored block that deflate allows.
const STORED_BLOCK: usize = 65_535;

/// First bytes of every gzip member.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Whether the bytes could be gzip.
pub(super) fn looks_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Packs bytes into one or more gzip members.
pub(super) fn encode(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= MEMBER {
        return member(bytes);
    }
    let pieces: Vec<&[u8]> = bytes.chunks(MEMBER).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, Vec<u8>)>> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(index) else {
                return Ok(done);
            };
            done.push((index, member(piece)?));
        }
    };
    let mut members = thread::scope(|scope| {
        let helpers: Vec<_> = (1..cores.min(pieces.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut members = work()?;
        for helper in helpers {
            let more = helper
                .join()
                .map_err(|_| io::Error::other("a compressing thread died"))?;
            members.extend(more?);
        }
        Ok::<_, io::Error>(members)
    })?;
    members.sort_unstable_by_key(|(index, _)| *index);
    let size = members.iter().map(|(_, data)| data.len()).sum();
    let mut packed = Vec::with_capacity(size);
    for (_, data) in members {
        packed.extend_from_slice(&data);
    }
    Ok(packed)
}

/// Unpacks all members.
pub(super) fn decode(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(packed.len());
    MultiGzDecoder::new(packed).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Unpacks while reading.
pub(super) fn reader(packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(MultiGzDecoder::new(packed))
}

fn member(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= TINY || (bytes.len() > SAMPLED && !worth_compressing(bytes)?) {
        return Ok(stored(bytes));
    }
    let packed = deflate(bytes)?;
    if packed.len() >= bytes.len() {
        return Ok(stored(bytes));
    }
    Ok(packed)
}

fn worth_compressing(bytes: &[u8]) -> io::Result<bool> {
    let stride = bytes.len() / SAMPLES;
    let (mut before, mut after) = (0, 0);
    for sample in bytes.chunks(stride.max(SAMPLE)).take(SAMPLES) {
        let sample = sample.get(..SAMPLE).unwrap_or(sample);
        before += sample.len();
        after += deflate(sample)?.len();
    }
    Ok(after * 100 <= before * WORTH_PERCENT)
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let packed = Vec::with_capacity(bytes.len() / 2 + 64);
    let mut encoder = GzEncoder::new(packed, Compression::new(LEVEL));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A gzip member made of stored blocks (RFC 1951 section 3.2.4, RFC 1952): no compressor needed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let blocks = bytes.len().div_ceil(STORED_BLOCK).max(1);
    let mut packed = Vec::with_capacity(bytes.len() + blocks * 5 + 18);
    packed.extend_from_slice(&MAGIC);
    // No flags, no time, no extra flags, unknown system: the same bytes give the same file.
    packed.extend_from_slice(&[0, 0, 0, 0, 0, 0, 255]);
    let mut rest = bytes;
    loop {
        let (block, tail) = rest.split_at(rest.len().min(STORED_BLOCK));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        packed.push(u8::from(tail.is_empty()));
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&(!length).to_le_bytes());
        packed.extend_from_slice(block);
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    let mut crc = Crc::new();
    crc.update(bytes);
    packed.extend_from_slice(&crc.sum().to_le_bytes());
    packed.extend_from_slice(&crc.amount().to_le_bytes());
    packed
}

#[cfg(test)]
mod tests;
