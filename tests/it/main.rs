//! The one integration test binary: each further one would link Polars again. Tests drive the `flowdev` binary and judge by
//! files, events, a terminal's screen and the real Metaflow; they know nothing of the library's types.
//!
//! `FLOWDEV_TEST_REQUIRE=all` turns "passed over, because something is missing here" into a failure.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test, and what helps it, fails by panicking"
)]

mod architecture;
mod bad_flows;
mod bad_stores;
mod client;
mod conformance;
mod crash;
mod documentation;
mod exchange;
mod failures;
mod flow_file;
mod fork_safety;
mod gangs;
mod hot;
mod idle_loss;
mod in_session;
mod installations;
mod left_behind;
mod options;
mod persisting;
mod python_side;
mod random_graphs;
mod resolution;
mod runner;
mod s3;
mod session;
mod session_engines;
mod session_limits;
mod session_loss;
mod spin;
mod stale_meanwhile;
mod stale_shapes;
mod stale_spins;
mod stale_variables;
mod staleness;
mod support;
mod timings;
mod tutorials;
mod verbs;
mod watch;
mod without_fork;
