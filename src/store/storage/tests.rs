use std::{os::unix::fs::PermissionsExt, sync::Arc, thread};

use object_store::memory::InMemory;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Listing, LocalStorage, ObjectStorage, Storage};
use crate::store::StoreError;

/// Something to do to a storage.
#[derive(Debug, Clone)]
enum Operation {
    Get(String),
    GetRange(String, u64, u64),
    Put(String, Vec<u8>),
    PutIfAbsent(String, Vec<u8>),
    Exists(String),
    Size(String),
    List(String),
    Delete(String),
    DeleteAll(String),
    Copy(String, String),
}

/// Does it; the answer as text, so that answers of all kinds compare.
fn answer(storage: &dyn Storage, operation: &Operation) -> String {
    match operation {
        Operation::Get(key) => format!("{:?}", storage.get(key).unwrap()),
        Operation::GetRange(key, start, length) => {
            let range = *start..start + length;
            format!("{:?}", storage.get_range(key, range).unwrap())
        }
        Operation::Put(key, data) => format!("{:?}", storage.put(key, data).unwrap()),
        Operation::PutIfAbsent(key, data) => {
            format!("{:?}", storage.put_if_absent(key, data).unwrap())
        }
        Operation::Exists(key) => format!("{:?}", storage.exists(key).unwrap()),
        Operation::Size(key) => format!("{:?}", storage.size(key).unwrap()),
        Operation::List(prefix) => format!("{:?}", storage.list(prefix).unwrap()),
        Operation::Delete(key) => format!("{:?}", storage.delete(key).unwrap()),
        Operation::DeleteAll(prefix) => format!("{:?}", storage.delete_all(prefix).unwrap()),
        Operation::Copy(from, to) => format!("{:?}", storage.copy(from, to).unwrap()),
    }
}

/// Keys of a small tree in which no name is both file and directory: a file system has no such thing.
fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "f",
        "ü",
        "a/f",
        "a/g",
        "a/b/f",
        "a/b/.hidden",
        "c/d/e/f",
        "c/d/e/0_artifact_x.json",
    ])
    .prop_map(str::to_owned)
}

fn prefix() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "a/b", "c", "c/d", "c/d/e", "nowhere"])
        .prop_map(str::to_owned)
}

fn operation() -> impl Strategy<Value = Operation> {
    let data = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        key().prop_map(Operation::Get),
        (key(), 0..25_u64, 0..25_u64).prop_map(|(k, s, l)| Operation::GetRange(k, s, l)),
        (key(), data()).prop_map(|(k, d)| Operation::Put(k, d)),
        (key(), data()).prop_map(|(k, d)| Operation::PutIfAbsent(k, d)),
        key().prop_map(Operation::Exists),
        key().prop_map(Operation::Size),
        prefix().prop_map(Operation::List),
        key().prop_map(Operation::Delete),
        prefix().prop_map(Operation::DeleteAll),
        (key(), key()).prop_map(|(a, b)| Operation::Copy(a, b)),
    ]
}

fn local() -> (TempDir, LocalStorage) {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(dir.path().join("root"));
    (dir, storage)
}

fn memory(prefix: &str) -> (Runtime, ObjectStorage) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let storage = ObjectStorage::new(Arc::new(InMemory::new()), prefix, handle).unwrap();
    (runtime, storage)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn directory_and_object_store_answer_alike(
        operations in prop::collection::vec(operation(), 1..60)
    ) {
        let (_dir, local) = local();
        let (_runtime, memory) = memory("some/bucket");
        for operation in &operations {
            prop_assert_eq!(answer(&local, operation), answer(&memory, operation), "{:?}", operation);
        }
    }
}

#[test]
fn no_key_leads_out_of_the_root() {
    let (_dir, local) = local();
    let (_runtime, memory) = memory("");
    let storages: [&dyn Storage; 2] = [&local, &memory];
    for storage in storages {
        for key in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            "a/",
            "a\0b",
        ] {
            let refused = |result: Result<(), StoreError>| {
                assert!(matches!(result, Err(StoreError::BadKey { .. })), "{key:?}");
            };
            refused(storage.get(key).map(|_| ()));
            refused(storage.put(key, b""));
            refused(storage.delete(key).map(|_| ()));
            refused(storage.copy(key, "a").map(|_| ()));
        }
        assert!(storage.list("../..").is_err());
        assert!(storage.delete_all("..").is_err());
    }
}

#[test]
fn files_are_for_their_owner_only_and_no_temporary_file_stays() {
    let (_dir, local) = local();
    local.put("a/f", b"1").unwrap();
    local.put("a/f", b"2").unwrap();
    assert!(local.put_if_absent("a/g", b"3").unwrap());
    assert!(!local.put_if_absent("a/g", b"4").unwrap());
    local.copy("a/g", "a/f").unwrap();
    local.copy("a/g", "a/f").unwrap();
    let dir = local.local_path("a").unwrap();
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    names.sort();
    assert_eq!(names, [("f".to_owned(), 0o600), ("g".to_owned(), 0o600)]);
}

#[test]
fn one_of_many_writers_is_first() {
    let (_dir, local) = local();
    let wins: usize = thread::scope(|scope| {
        let writers: Vec<_> = (0..8_u8)
            .map(|n| {
                let local = &local;
                scope.spawn(move || usize::from(local.put_if_absent("a/f", &[n]).unwrap()))
            })
            .collect();
        writers.into_iter().map(|w| w.join().unwrap()).sum()
    });
    assert_eq!(wins, 1);
    assert_eq!(local.size("a/f").unwrap(), Some(1));
}

#[test]
fn writers_and_removers_of_one_directory_do_not_disturb_each_other() {
    let (_dir, local) = local();
    thread::scope(|scope| {
        for n in 0..4 {
            let local = &local;
            scope.spawn(move || {
                for _ in 0..100 {
                    let key = format!("a/b/c/{n}");
                    local.put(&key, b"x").unwrap();
                    assert!(local.delete(&key).unwrap());
                }
            });
        }
    });
    assert_eq!(local.list("").unwrap(), Listing::default());
}

#[test]
fn importing_takes_a_file_over_and_shares_it_on_one_device() {
    let (_dir, from) = local();
    let (_other, to) = local();
    let (_runtime, memory) = memory("");
    from.put("a/f", b"data").unwrap();
    let targets: [&dyn Storage; 2] = [&to, &memory];
    for target in targets {
        assert!(!target.import(&from, "a/none", "b/none").unwrap());
        assert!(target.import(&from, "a/f", "b/f").unwrap());
        assert_eq!(&target.get("b/f").unwrap().unwrap()[..], b"data");
    }
    assert!(from.import(&memory, "b/f", "c/f").unwrap());
    use std::os::unix::fs::MetadataExt;
    let inode = |path| std::fs::metadata(path).unwrap().ino();
    let (origin, link) = (from.local_path("a/f"), to.local_path("b/f"));
    assert_eq!(inode(origin.unwrap()), inode(link.unwrap()));

    // What is there stays.
    to.put("b/f", b"mine").unwrap();
    assert!(to.import(&from, "a/f", "b/f").unwrap());
    assert_eq!(&to.get("b/f").unwrap().unwrap()[..], b"mine");
    assert_eq!(&from.get("a/f").unwrap().unwrap()[..], b"data");
}
