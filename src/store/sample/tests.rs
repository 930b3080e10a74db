use super::{HALF, Packing, best_for};
use crate::store::testing::noise;

const LENGTH: usize = 1 << 20;

/// Growing numbers in wide fields.
fn numbers() -> Vec<u8> {
    (0..LENGTH as u64 / 8).flat_map(u64::to_le_bytes).collect()
}

#[test]
fn noise_is_stored() {
    assert_eq!(best_for(&noise(LENGTH)).unwrap(), Packing::Stored);
    assert_eq!(best_for(&noise(1000)).unwrap(), Packing::Stored);
}

#[test]
fn uneven_bytes_without_repetitions_get_codes_by_frequency() {
    let mut bytes = noise(LENGTH);
    for byte in bytes.iter_mut().step_by(8) {
        *byte = 0x3f;
    }
    assert_eq!(best_for(&bytes).unwrap(), Packing::Frequencies);
}

#[test]
fn what_repeats_is_compressed() {
    assert_eq!(best_for(&numbers()).unwrap(), Packing::Full);
    let text = "the same sentence, again and again. ".repeat(100);
    assert!(matches!(
        best_for(text.as_bytes()).unwrap(),
        Packing::Done(_)
    ));
}

#[test]
fn noise_that_comes_again_is_seen_as_far_as_deflate_looks_back() {
    for period in [100, 5_000, 20_000, HALF - 1500] {
        let bytes = noise(period).repeat(LENGTH / period);
        assert_eq!(best_for(&bytes).unwrap(), Packing::Full, "period {period}");
    }
}

#[test]
fn both_ends_count() {
    for noisy in [LENGTH / 10, LENGTH / 2, LENGTH / 10 * 9] {
        let mut bytes = noise(noisy);
        bytes.extend(numbers().into_iter().take(LENGTH - noisy));
        assert_eq!(
            best_for(&bytes).unwrap(),
            Packing::Full,
            "{noisy} bytes of noise"
        );
    }
}
