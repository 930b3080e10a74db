//! What the integration tests stand on: sandboxes, the Python environment with the real Metaflow, its Client as the oracle,
//! and a terminal. Knows the binary and files on disk, never the library's types.

pub mod compare;
pub mod events;
pub mod oracle;
pub mod process;
pub mod pty;
pub mod random;
pub mod sandbox;
pub mod session;
pub mod store;
pub mod venv;

use std::path::{Path, PathBuf};

pub use process::run;
pub use sandbox::Sandbox;

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file under `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    repository().join("tests/fixtures").join(name)
}

/// Whether the tests must fail, rather than pass over, where something that they need is missing.
fn everything_required() -> bool {
    std::env::var("FLOWDEV_TEST_REQUIRE").is_ok_and(|value| value == "all")
}

/// Hands over what a test needs, or says that the test is passed over; with `FLOWDEV_TEST_REQUIRE=all` that is a failure.
pub fn require<T>(needed: Result<T, String>) -> Option<T> {
    match needed {
        Ok(value) => Some(value),
        Err(reason) if everything_required() => panic!("needed by this test: {reason}"),
        Err(reason) => {
            eprintln!("passed over: {reason}");
            None
        }
    }
}
