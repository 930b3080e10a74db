//! What the tests of inspect share.

use std::path::PathBuf;

use bytes::Bytes;

use super::pickle::{Limits, Value, read_pickle};

/// A directory of tests/fixtures.
pub(super) fn directory(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The bytes of a pickle of tests/fixtures/pickles.
pub(super) fn pickle(name: &str) -> Bytes {
    std::fs::read(directory("pickles").join(format!("{name}.pkl")))
        .unwrap()
        .into()
}

/// The value of a pickle of tests/fixtures/pickles.
pub(super) fn value(name: &str) -> Value {
    read_pickle(&pickle(name), Limits::default()).unwrap()
}

/// All pickles of tests/fixtures/pickles, by name.
pub(super) fn all_pickles() -> Vec<(String, Bytes)> {
    let names = std::fs::read_dir(directory("pickles"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pickles = names.filter(|path| path.extension().is_some_and(|extension| extension == "pkl"));
    let mut all: Vec<(String, Bytes)> = pickles
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap().into(),
            )
        })
        .collect();
    all.sort();
    assert!(all.len() > 30, "the fixtures are missing");
    all
}
