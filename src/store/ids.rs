//! Clock readings and the run ids made of them.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The last run id handed out by this process.
static LAST: AtomicI64 = AtomicI64::new(0);

/// Milliseconds since the epoch, now.
pub(super) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Seconds since the epoch, now.
pub(super) fn now_seconds() -> f64 {
    // Exact: microseconds since the epoch fit the 53 bits of the mantissa for centuries.
    Timestamp::now().as_microsecond() as f64 / 1e6
}

/// Microseconds since the epoch, as Metaflow numbers its runs; never twice the same in one process.
pub(super) fn next_micros() -> i64 {
    let now = Timestamp::now().as_microsecond();
    let before = LAST
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(now.max(last + 1))
        })
        .unwrap_or(now);
    now.max(before + 1)
}

/// Orders ids as people count: numbers by value, before anything else; the rest by text.
pub(super) fn id_order(a: &str, b: &str) -> std::cmp::Ordering {
    let number = |id: &str| {
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| id.parse::<u128>().ok()).flatten()
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}
