use std::io;

use super::{AHEAD, MEMBER, Source, pack, scan, whole_if_small};
use crate::store::{gzip, testing::noise};

/// So many bytes, of which those from `end` on cannot be read.
struct Torn {
    size: usize,
    end: usize,
}

impl Source for Torn {
    fn size(&self) -> u64 {
        self.size as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if offset as usize + buffer.len() > self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.fill(offset as u8);
        Ok(())
    }
}

#[test]
fn members_come_in_order_and_are_the_whole() {
    for size in [MEMBER + 1, 3 * MEMBER, (AHEAD as usize + 9) * MEMBER + 7] {
        let bytes = noise(size);
        let packed: Vec<u8> = pack(bytes.as_slice(), |members| {
            members.flat_map(Result::unwrap).collect()
        });
        assert!(
            gzip::decode(&packed).unwrap() == bytes,
            "{size} bytes differ"
        );
        let mut scanned = Vec::new();
        scan(bytes.as_slice(), |part| scanned.extend_from_slice(part)).unwrap();
        assert!(scanned == bytes, "{size} bytes differ");
    }
}

#[test]
fn a_source_of_one_member_is_read_at_once() {
    for size in [0, 1, MEMBER] {
        let bytes = noise(size);
        assert!(whole_if_small(bytes.as_slice()).unwrap() == Some(bytes));
    }
    assert_eq!(whole_if_small(noise(MEMBER + 1).as_slice()).unwrap(), None);
}

#[test]
fn noise_here_and_repetition_there_are_packed_each_in_its_way() {
    let mut bytes = noise(MEMBER);
    bytes.extend(vec![b'a'; MEMBER]);
    let sizes: Vec<usize> = pack(bytes.as_slice(), |members| {
        members.map(|member| member.unwrap().len()).collect()
    });
    assert!(sizes[0] > MEMBER && sizes[1] < MEMBER / 50, "{sizes:?}");
}

#[test]
fn what_is_not_wanted_any_more_is_not_made() {
    let bytes = vec![0; 100 * MEMBER];
    let first = pack(bytes.as_slice(), |members| members.next().unwrap().unwrap());
    assert!(gzip::decode(&first).unwrap() == bytes[..MEMBER]);
}

#[test]
fn a_source_that_ends_early_is_an_error_at_its_place() {
    let torn = Torn {
        size: 5 * MEMBER,
        end: 3 * MEMBER,
    };
    let good: Vec<bool> = pack(&torn, |members| {
        members.map(|member| member.is_ok()).collect()
    });
    assert_eq!(good, [true, true, true, false, false]);
    assert!(scan(&torn, |_| {}).is_err());
}
