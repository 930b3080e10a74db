//! The readers of Polars and Arrow kept from what a program with a screen cannot have: printing, and unwinding through it.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use polars::error::set_warning_function;

/// Runs a reader of files. Its warnings are dropped, since it would print them; a panic, which is how it meets some
/// damaged files, becomes an error.
pub(super) fn guarded<T, E: Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| set_warning_function(|_, _| {}));
    // What the reader was building is dropped with it, so that nothing half-made is seen.
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("the file is damaged".to_owned()),
    }
}
