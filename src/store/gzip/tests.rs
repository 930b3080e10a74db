use proptest::prelude::*;

use super::{MEMBER, STORED_BLOCK, TINY, decode, looks_gzip, member};
use crate::store::testing::noise;

#[test]
fn sizes_at_every_border_come_back() {
    for length in [0, 1, TINY, TINY + 1, STORED_BLOCK, STORED_BLOCK + 1, MEMBER] {
        for bytes in [noise(length), vec![7; length]] {
            let packed = member(&bytes).unwrap();
            assert!(looks_gzip(&packed));
            assert!(decode(&packed).unwrap() == bytes, "{length} bytes differ");
        }
    }
}

#[test]
fn noise_is_stored_and_repetition_is_not() {
    let overhead = MEMBER / 1000;
    assert!(member(&noise(MEMBER)).unwrap().len() <= MEMBER + overhead);
    assert!(member(&vec![7; MEMBER]).unwrap().len() < MEMBER / 50);
}

/// Bytes of which every other is one of four, in no order: frequencies gain what matches can not.
#[test]
fn bytes_with_uneven_frequencies_are_packed() {
    let mut bytes = noise(MEMBER);
    for (n, byte) in bytes.iter_mut().enumerate() {
        if n % 2 == 0 {
            *byte &= 3;
        }
    }
    let packed = member(&bytes).unwrap();
    assert!(packed.len() < bytes.len() * 3 / 4, "{}", packed.len());
    assert!(decode(&packed).unwrap() == bytes);
}

#[test]
fn members_in_a_row_are_read_as_one() {
    let mut packed = member(b"this is ").unwrap();
    packed.extend(member(b"one").unwrap());
    assert_eq!(decode(&packed).unwrap(), b"this is one");
}

proptest! {
    #[test]
    fn whatever_goes_in_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert_eq!(decode(&member(&bytes).unwrap()).unwrap(), bytes);
    }
}
