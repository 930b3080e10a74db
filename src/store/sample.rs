//! How bytes are best packed, told from a sample of them. Knows deflate's means, not its format.

use std::io;

use super::{gzip, huffman};

/// Bytes looked at, at the beginning and at the end; fewer are their own sample. As long as deflate looks back.
const HALF: usize = 32 << 10;

/// What keeps more than this share of its size is stored as it is. In thousandths; a twentieth of space lost buys
/// writing and reading at the speed of memory.
const STORE_ABOVE: usize = 953;

/// How much smaller a full compressor must be than frequencies alone. In thousandths.
const FREQUENCIES_ABOVE: usize = 985;

/// Where repetitions begin at fewer positions than one in this many, a full compressor has nothing to find.
const RARE: usize = 100;

/// Bits of the hash by which repetitions are found.
const HASH_BITS: u32 = 14;

/// What to do with the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Keep them as they are.
    Stored,
    /// Give frequent bytes short codes.
    Frequencies,
    /// Look for repetitions, too.
    Full,
    /// This is all of it, packed already to find out.
    Done(Vec<u8>),
}

/// What to do with these bytes. A full compressor is slow just where it gains nothing, so it is only tried on a sample
/// that repeats itself.
pub(super) fn best_for(bytes: &[u8]) -> io::Result<Packing> {
    let both;
    let sample = match (bytes.first_chunk::<HALF>(), bytes.last_chunk::<HALF>()) {
        (Some(first), Some(last)) if bytes.len() > 2 * HALF => {
            both = [first.as_slice(), last.as_slice()].concat();
            both.as_slice()
        }
        _ => bytes,
    };
    let frequencies = huffman::estimate(sample);
    let full = if repeats(sample) {
        Some(gzip::full(sample)?)
    } else {
        None
    };
    let size = full.as_ref().map_or(usize::MAX, Vec::len);
    Ok(
        if size.min(frequencies) * 1000 > sample.len() * STORE_ABOVE {
            Packing::Stored
        } else if size.saturating_mul(1000) > frequencies * FREQUENCIES_ABOVE {
            Packing::Frequencies
        } else {
            match full {
                Some(packed) if sample.len() == bytes.len() => Packing::Done(packed),
                _ => Packing::Full,
            }
        },
    )
}

/// Whether what four bytes say has often been said before.
fn repeats(sample: &[u8]) -> bool {
    let mut last_seen = vec![0_u32; 1 << HASH_BITS];
    let mut found = 0;
    for window in sample.windows(4) {
        let Ok(four) = <[u8; 4]>::try_from(window) else {
            continue;
        };
        let four = u32::from_le_bytes(four);
        let hash = four.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS);
        if let Some(slot) = last_seen.get_mut(hash as usize) {
            found += usize::from(*slot == four);
            *slot = four;
        }
    }
    found * RARE > sample.len()
}

#[cfg(test)]
mod tests;
