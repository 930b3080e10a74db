use proptest::prelude::*;

use super::{MEMBER, STORED_BLOCK, TINY, decode, encode, looks_gzip, stored};

/// Bytes without pattern: a xorshift generator.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

#[test]
fn sizes_at_every_border_come_back() {
    let borders = [
        0,
        1,
        TINY,
        TINY + 1,
        STORED_BLOCK,
        STORED_BLOCK + 1,
        MEMBER,
        MEMBER + 1,
        3 * MEMBER + 7,
    ];
    for length in borders {
        for bytes in [noise(length), vec![7; length]] {
            let packed = encode(&bytes).unwrap();
            assert!(looks_gzip(&packed));
            assert!(decode(&packed).unwrap() == bytes, "{length} bytes differ");
        }
    }
}

#[test]
fn noise_is_stored_and_repetition_is_not() {
    let length = 2 * MEMBER;
    let overhead = length / 1000;
    assert!(encode(&noise(length)).unwrap().len() <= length + overhead);
    assert!(encode(&vec![7; length]).unwrap().len() < length / 50);
}

/// Bytes of which every other is one of four, in no order: frequencies gain what matches can not.
#[test]
fn bytes_with_uneven_frequencies_are_packed() {
    let mut bytes = noise(2 * MEMBER);
    for (n, byte) in bytes.iter_mut().enumerate() {
        if n % 2 == 0 {
            *byte &= 3;
        }
    }
    let packed = encode(&bytes).unwrap();
    assert!(packed.len() < bytes.len() * 3 / 4, "{}", packed.len());
    assert!(decode(&packed).unwrap() == bytes);
}

#[test]
fn a_blob_may_be_noise_here_and_text_there() {
    let mut bytes = noise(MEMBER);
    bytes.extend(vec![b'a'; MEMBER]);
    let packed = encode(&bytes).unwrap();
    assert!(packed.len() < MEMBER + MEMBER / 10);
    assert!(decode(&packed).unwrap() == bytes);
}

#[test]
fn the_same_bytes_give_the_same_stored_member() {
    assert_eq!(stored(b"abc"), stored(b"abc"));
}

proptest! {
    #[test]
    fn whatever_goes_in_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert_eq!(decode(&encode(&bytes).unwrap()).unwrap(), bytes);
    }
}
