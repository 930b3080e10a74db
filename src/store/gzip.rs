//! The gzip container of blobs: members, and what is in them. It must not know where the bytes go.
//!
//! A blob may be several members in a row, which every reader of gzip accepts; so big blobs are compressed by all cores.
//! What does not compress is kept as stored blocks.

use std::io::{self, Read, Write};

use flate2::{Compression, Crc, read::MultiGzDecoder, write::GzEncoder};

use super::{
    huffman,
    sample::{self, Packing},
};

/// Below this many bytes a compressor costs more time than its bytes are worth: a file takes a block anyway.
const TINY: usize = 512;

/// Bytes in one member of a big blob.
pub(super) const MEMBER: usize = 1 << 20;

/// The fastest level that is never far behind the one that Metaflow uses, that of zlib with the same number.
const LEVEL: u32 = 3;

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

/// Packs bytes into one member.
pub(super) fn member(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= TINY {
        return Ok(stored(bytes));
    }
    Ok(match sample::best_for(bytes)? {
        Packing::Stored => stored(bytes),
        Packing::Frequencies => by_frequency(bytes),
        Packing::Full => full(bytes)?,
        Packing::Done(packed) => packed,
    })
}

/// A gzip member by a full compressor.
pub(super) fn full(bytes: &[u8]) -> io::Result<Vec<u8>> {
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
