//! Deflate without matches: only the bytes' own frequencies. Random floats have no repetitions to find, yet their
//! exponents are few; this packs them as small as a full compressor does, several times faster.

use std::cmp::Reverse;

/// Bytes that share one code.
const BLOCK: usize = 128 << 10;

/// Bytes, and the end of a block.
const SYMBOLS: usize = 257;

/// Longest code that deflate allows (RFC 1951 section 3.2.7).
const LONGEST: usize = 15;

/// Bits in front of a block: its kind, three counts, and all lengths at four bits each.
const HEADER_BITS: usize = 3 + 14 + 19 * 3 + (SYMBOLS + 2) * 4;

/// How often each byte occurs.
fn histogram(bytes: &[u8]) -> [u32; SYMBOLS] {
    let mut counts = [0; SYMBOLS];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts
}

/// About how many bytes [`deflate`] will make.
pub(super) fn estimate(bytes: &[u8]) -> usize {
    let total = bytes.len() as f64;
    let bits: f64 = histogram(bytes)
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) * (total / f64::from(*count)).log2())
        .sum();
    // A sum of logarithms of a few counts is far below 2^53.
    bits as usize / 8 + bytes.len().div_ceil(BLOCK) * HEADER_BITS / 8
}

/// Appends the bytes as a whole raw deflate stream.
pub(super) fn deflate(bytes: &[u8], out: &mut Vec<u8>) {
    let mut bits = Bits {
        out,
        pending: 0,
        count: 0,
    };
    let mut blocks = bytes.chunks(BLOCK).peekable();
    if blocks.peek().is_none() {
        block(&[], true, &mut bits);
    }
    while let Some(piece) = blocks.next() {
        block(piece, blocks.peek().is_none(), &mut bits);
    }
    bits.finish();
}

fn block(bytes: &[u8], is_last: bool, bits: &mut Bits<'_>) {
    let mut counts = histogram(bytes);
    if let Some(end) = counts.last_mut() {
        *end = 1;
    }
    let lengths = lengths(&counts);
    let codes = codes(&lengths);

    bits.put(u64::from(is_last), 1);
    bits.put(2, 2);
    // 257 literal codes, 2 distance codes, 19 lengths of length codes.
    bits.put(0, 5);
    bits.put(1, 5);
    bits.put(15, 4);
    // The lengths themselves are written at four bits each: 16, 17 and 18, which would shorten runs, are not used.
    for symbol in 0..19 {
        bits.put(if symbol < 3 { 0 } else { 4 }, 3);
    }
    for length in lengths {
        bits.put(reversed(u16::from(length), 4), 4);
    }
    // No distance is ever used, but some readers want a complete code.
    for _ in 0..2 {
        bits.put(reversed(1, 4), 4);
    }
    bits.put_coded(bytes, &codes);
    let (value, length) = codes.last().copied().unwrap_or_default();
    bits.put(value, length);
}

/// Lengths of a code that is best for the counts, none longer than allowed.
fn lengths(counts: &[u32; SYMBOLS]) -> [u8; SYMBOLS] {
    let mut counts = *counts;
    // One symbol alone would get an empty code.
    if counts.iter().filter(|count| **count > 0).count() < 2
        && let Some(first) = counts.first_mut()
    {
        *first += 1;
    }
    loop {
        let lengths = unlimited(&counts);
        if lengths.iter().all(|length| usize::from(*length) <= LONGEST) {
            return lengths;
        }
        // Flatter counts make a flatter tree, at hardly any cost.
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = (*count >> 2) + 1;
        }
    }
}

/// Huffman's algorithm with two queues: leaves by count, and inner nodes, which come about in order.
fn unlimited(counts: &[u32; SYMBOLS]) -> [u8; SYMBOLS] {
    let mut leaves: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count)| (*count, symbol))
        .collect();
    leaves.sort_unstable_by_key(|leaf| Reverse(*leaf));
    let leaf_count = leaves.len();
    let symbols: Vec<usize> = leaves.iter().rev().map(|(_, symbol)| *symbol).collect();
    let mut inner: Vec<u32> = Vec::with_capacity(leaf_count);
    let mut parents = vec![0; leaf_count * 2];
    let (mut next_leaf, mut next_inner) = (0, 0);
    while inner.len() + 1 < leaf_count {
        let mut sum = 0;
        for _ in 0..2 {
            let leaf = leaves.last().map(|(count, _)| *count);
            let node = inner.get(next_inner).copied();
            let child = match (leaf, node) {
                (Some(leaf), Some(node)) if node < leaf => None,
                (leaf, _) => leaf,
            };
            let index = if let Some(count) = child {
                leaves.pop();
                sum += count;
                next_leaf += 1;
                next_leaf - 1
            } else {
                sum += node.unwrap_or_default();
                next_inner += 1;
                leaf_count + next_inner - 1
            };
            if let Some(parent) = parents.get_mut(index) {
                *parent = leaf_count + inner.len();
            }
        }
        inner.push(sum);
    }
    depths(&parents, leaf_count, &symbols)
}

/// Depths of the leaves; the root is the last inner node and parents come after their children.
fn depths(parents: &[usize], leaf_count: usize, symbols: &[usize]) -> [u8; SYMBOLS] {
    let mut depths = vec![0_u8; parents.len()];
    for index in (0..(leaf_count * 2).saturating_sub(2)).rev() {
        let parent = parents.get(index).copied().unwrap_or_default();
        let depth = depths
            .get(parent)
            .map_or(0, |depth| depth.saturating_add(1));
        if let Some(slot) = depths.get_mut(index) {
            *slot = depth;
        }
    }
    let mut lengths = [0; SYMBOLS];
    for (symbol, depth) in symbols.iter().zip(depths) {
        if let Some(length) = lengths.get_mut(*symbol) {
            *length = depth;
        }
    }
    lengths
}

/// The codes that deflate assigns to lengths (RFC 1951 section 3.2.2), ready to be written.
fn codes(lengths: &[u8; SYMBOLS]) -> [(u64, u32); SYMBOLS] {
    let mut codes = [(0, 0); SYMBOLS];
    let mut next = 0_u16;
    for length in 1..=LONGEST {
        next <<= 1;
        for (code, own) in codes.iter_mut().zip(lengths) {
            if usize::from(*own) == length {
                *code = (reversed(next, u32::from(*own)), u32::from(*own));
                next += 1;
            }
        }
    }
    codes
}

/// Codes are written from their highest bit, everything else from the lowest.
fn reversed(code: u16, length: u32) -> u64 {
    u64::from(code.reverse_bits() >> (16 - length))
}

struct Bits<'a> {
    out: &'a mut Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits<'_> {
    fn put(&mut self, value: u64, length: u32) {
        self.pending |= value << self.count;
        self.count += length;
        self.write_whole();
    }

    /// Three codes at a time: with what is pending they fit into one word.
    fn put_coded(&mut self, bytes: &[u8], codes: &[(u64, u32); SYMBOLS]) {
        for three in bytes.chunks(3) {
            for byte in three {
                let (value, length) = codes[usize::from(*byte)];
                self.pending |= value << self.count;
                self.count += length;
            }
            self.write_whole();
        }
    }

    /// Writes the bytes that are complete; fewer than eight bits stay.
    fn write_whole(&mut self) {
        let whole = self.count / 8;
        let end = self.out.len() + whole as usize;
        // A copy of known length costs less than one of just the bytes that count.
        self.out.extend_from_slice(&self.pending.to_le_bytes());
        self.out.truncate(end);
        self.pending >>= whole * 8;
        self.count %= 8;
    }

    fn finish(self) {
        let bytes = self.pending.to_le_bytes();
        let used = self.count.div_ceil(8) as usize;
        self.out
            .extend_from_slice(bytes.get(..used).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
