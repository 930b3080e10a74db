use std::io::Read;

use flate2::read::DeflateDecoder;
use proptest::prelude::*;

use super::{BLOCK, LONGEST, SYMBOLS, deflate, estimate, lengths};

fn there_and_back(bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut packed = Vec::new();
    deflate(bytes, &mut packed);
    let mut back = Vec::new();
    DeflateDecoder::new(&packed[..])
        .read_to_end(&mut back)
        .unwrap();
    (packed.len(), back)
}

#[test]
fn blocks_of_all_sizes_come_back() {
    for length in [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5] {
        let bytes: Vec<u8> = (0..length).map(|n| (n * n % 251) as u8).collect();
        assert!(there_and_back(&bytes).1 == bytes, "{length} bytes differ");
    }
}

#[test]
fn few_different_bytes_take_few_bits() {
    let bytes: Vec<u8> = (0..BLOCK).map(|n| b"abcd"[n % 4]).collect();
    let (packed, back) = there_and_back(&bytes);
    assert!(back == bytes);
    assert!(packed < BLOCK / 3, "{packed}");
}

/// Counts that grow like Fibonacci's numbers make the deepest trees.
#[test]
fn no_code_is_too_long() {
    let mut counts = [0; SYMBOLS];
    let (mut a, mut b) = (1, 1);
    for count in counts.iter_mut().take(40) {
        *count = a;
        (a, b) = (b, a + b);
    }
    let lengths = lengths(&counts);
    assert!(lengths.iter().all(|length| usize::from(*length) <= LONGEST));
    let full: f64 = lengths
        .iter()
        .filter(|l| **l > 0)
        .map(|l| 0.5_f64.powi(i32::from(*l)))
        .sum();
    assert!((full - 1.0).abs() < 1e-9, "the code has gaps: {full}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_bytes_come_back_in_about_the_estimated_size(
        bytes in prop::collection::vec(prop_oneof![Just(0_u8), 1..9_u8, any::<u8>()], 0..1000)
    ) {
        let (packed, back) = there_and_back(&bytes);
        prop_assert!(back == bytes);
        prop_assert!(packed >= estimate(&bytes).saturating_sub(8));
        prop_assert!(packed <= estimate(&bytes) + bytes.len() / 10 + 16);
    }
}
