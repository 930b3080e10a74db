use std::{fs, io::Read};

use proptest::prelude::*;

use crate::store::{BlobKey, StoreError, testing::Scene};

#[test]
fn a_blob_is_found_under_its_hash_and_never_rewritten() {
    let scene = Scene::new();
    let flow = scene.flow();
    let key = flow.put_blob(b"\x80\x04\x88.").unwrap();
    assert_eq!(key.to_string(), "868436778cb011a1c6230bc12534683ab0b7f1c3");
    let path = flow.blob_path(key).unwrap();
    assert!(path.ends_with("F/data/86/868436778cb011a1c6230bc12534683ab0b7f1c3"));
    let meta = fs::read_to_string(path.with_file_name(format!("{key}_meta"))).unwrap();
    assert_eq!(meta, r#"{"cas_raw": false, "cas_version": 1}"#);

    let before = fs::read(&path).unwrap();
    fs::write(path.with_file_name(format!("{key}_meta")), "{\"mark\": 1}").unwrap();
    flow.put_blob(b"\x80\x04\x88.").unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(
        fs::read(path.with_file_name(format!("{key}_meta"))).unwrap(),
        b"{\"mark\": 1}"
    );
    assert!(flow.has_blob(key).unwrap());
}

#[test]
fn raw_blobs_and_blobs_without_companion_are_read() {
    let scene = Scene::new();
    let flow = scene.flow();
    let place = |bytes: &[u8], stored: &[u8], meta: Option<&str>| {
        let key = BlobKey::of(bytes);
        let path = flow.blob_path(key).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, stored).unwrap();
        if let Some(meta) = meta {
            fs::write(path.with_file_name(format!("{key}_meta")), meta).unwrap();
        }
        key
    };
    let raw = r#"{"cas_raw": true, "cas_version": 1}"#;
    let plain = place(b"plain", b"plain", Some(raw));
    assert_eq!(flow.blob(plain).unwrap(), b"plain");
    assert_eq!(flow.blob_head(plain, 3).unwrap(), b"pla");

    // A raw blob whose bytes are gzip themselves, as a code package's.
    let package = super::gzip::member(b"inner").unwrap();
    let key = place(&package, &package, Some(raw));
    assert_eq!(flow.blob(key).unwrap(), package);
    assert_eq!(flow.blob_head(key, 4).unwrap(), package[..4]);

    let packed = super::gzip::member(b"packed").unwrap();
    let key = place(b"packed", &packed, None);
    assert_eq!(flow.blob(key).unwrap(), b"packed");
    assert_eq!(flow.blob_head(key, 100).unwrap(), b"packed");
}

#[test]
fn a_missing_or_damaged_blob_is_named() {
    let scene = Scene::new();
    let flow = scene.flow();
    let absent = BlobKey::of(b"absent");
    let error = flow.blob(absent).unwrap_err();
    assert!(matches!(error, StoreError::BlobMissing { key, .. } if key == absent));
    assert!(flow.blob_head(absent, 1).is_err());

    let key = flow.put_blob(&[1; 100]).unwrap();
    let path = flow.blob_path(key).unwrap();
    let good = fs::read(&path).unwrap();
    for length in 0..good.len() {
        fs::write(&path, &good[..length]).unwrap();
        let error = flow.blob(key).unwrap_err();
        assert!(error.to_string().contains(&key.to_string()), "{error}");
    }
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    fs::write(&path, &flipped).unwrap();
    assert!(matches!(
        flow.blob(key),
        Err(StoreError::BlobDamaged { .. })
    ));
}

#[test]
fn a_linked_blob_is_the_same_file() {
    use std::os::unix::fs::MetadataExt;
    let scene = Scene::new();
    let (flow, spins) = (scene.flow(), scene.store.spin_sibling().flow("F"));
    let key = flow.put_blob(b"value").unwrap();
    spins.link_blob_from(&flow, key).unwrap();
    spins.link_blob_from(&flow, key).unwrap();
    assert_eq!(spins.blob(key).unwrap(), b"value");
    let inode = |path| fs::metadata(path).unwrap().ino();
    assert_eq!(
        inode(flow.blob_path(key).unwrap()),
        inode(spins.blob_path(key).unwrap())
    );
    assert!(spins.link_blob_from(&flow, BlobKey::of(b"absent")).is_err());
}

#[test]
fn a_companion_left_by_a_killed_writer_does_no_harm() {
    let scene = Scene::new();
    let flow = scene.flow();
    let bytes = vec![5; 3000];
    let path = flow.blob_path(BlobKey::of(&bytes)).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let meta = path.with_file_name(format!("{}_meta", BlobKey::of(&bytes)));
    fs::write(meta, r#"{"cas_raw": true, "cas_version": 1}"#).unwrap();
    let key = flow.put_blob(&bytes).unwrap();
    assert_eq!(flow.blob_head(key, 3000).unwrap(), bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn blobs_come_back_whole_and_in_part(
        pattern in prop::collection::vec(any::<u8>(), 1..50),
        repeat in 1..40_000_usize,
        head in 0..3_000_000_usize,
    ) {
        let scene = Scene::new();
        let flow = scene.flow();
        let bytes = pattern.repeat(repeat);
        let key = flow.put_blob_from(bytes.as_slice()).unwrap();
        prop_assert!(key == BlobKey::of(&bytes));
        prop_assert!(flow.blob(key).unwrap() == bytes);
        prop_assert!(flow.blob_head(key, head).unwrap() == bytes[..head.min(bytes.len())]);
        let mut streamed = Vec::new();
        flow.blob_reader(key).unwrap().read_to_end(&mut streamed).unwrap();
        prop_assert!(streamed == bytes);
    }
}
