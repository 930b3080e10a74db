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

use super::huffman;

/// Below this many bytes a compressor costs more time than its bytes are worth: a file takes a block anyway.
const TINY: usize = 512;

/// Bytes in one member of a big blob.
const MEMBER: usize = 1 << 20;

/// Bytes looked at to choose a way of packing a member; a shorter one is its own sample.
const SAMPLE: usize = 64 << 10;

/// What keeps more than this share of its size is stored as it is. In thousandths; a twentieth of space lost buys
/// writing and reading at the speed of memory.
const STORE_ABOVE: usize = 953;

/// How much smaller a full compressor must be than frequencies alone. In thousandths.
const FREQUENCIES_ABOVE: usize = 985;

/// The fastest level that has codes of its own for the data.
const LEVEL: u32 = 2;

/// Longest stored block that deflate allows.
const STORED_BLOCK: usize = 65_535;

/// First bytes of every gzip member.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// A member's header: no flags, no time, no extra flags, unknown system, so that the same bytes give the same file.
const HEADER: [u8; 10] = [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 255];

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
    if bytes.len() <= TINY {
        return Ok(stored(bytes));
    }
    let middle = bytes.len().saturating_sub(SAMPLE) / 2;
    let sample = bytes.get(middle..middle + SAMPLE).unwrap_or(bytes);
    let full = deflate(sample)?;
    let frequencies = huffman::estimate(sample);
    if full.len().min(frequencies) * 1000 > sample.len() * STORE_ABOVE {
        Ok(stored(bytes))
    } else if full.len() * 1000 > frequencies * FREQUENCIES_ABOVE {
        Ok(by_frequency(bytes))
    } else if sample.len() == bytes.len() {
        Ok(full)
    } else {
        deflate(bytes)
    }
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let packed = Vec::with_capacity(bytes.len() / 2 + 64);
    let mut encoder = GzEncoder::new(packed, Compression::new(LEVEL));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A gzip member of codes by frequency.
fn by_frequency(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    packed.extend_from_slice(&HEADER);
    huffman::deflate(bytes, &mut packed);
    trailer(bytes, &mut packed);
    packed
}

/// A gzip member made of stored blocks (RFC 1951 section 3.2.4, RFC 1952): no compressor needed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let blocks = bytes.len().div_ceil(STORED_BLOCK).max(1);
    let mut packed = Vec::with_capacity(bytes.len() + blocks * 5 + 18);
    packed.extend_from_slice(&HEADER);
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
    trailer(bytes, &mut packed);
    packed
}

fn trailer(bytes: &[u8], packed: &mut Vec<u8>) {
    let mut crc = Crc::new();
    crc.update(bytes);
    packed.extend_from_slice(&crc.sum().to_le_bytes());
    packed.extend_from_slice(&crc.amount().to_le_bytes());
}

#[cfg(test)]
mod tests;
