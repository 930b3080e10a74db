//! A session without a screen, and what it tells of itself.

use std::process::Command;

use serde_json::Value;

use super::events::Live;
use super::{Sandbox, run};

/// A session of a sandbox's working directory.
pub struct Session {
    pub live: Live,
}

impl Session {
    /// Starts it; it listens when this returns.
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::of(sandbox.flowdev(["session", "--json"]))
    }

    /// The same by a command with more to it.
    pub fn of(command: Command) -> Self {
        let mut live = Live::start(command);
        live.until("the socket", |line| line["session"] == "listening");
        Self { live }
    }

    /// Waits until the request of that number is over.
    pub fn until_ended(&mut self, id: u64) {
        self.live.until("the request's end", |line| {
            line["session"] == "ended" && line["id"] == id
        });
    }

    /// Ends it; the requests that it has had.
    pub fn stop(mut self, sandbox: &Sandbox) -> Vec<String> {
        run(sandbox.flowdev(["session", "stop"])).expect_code(0);
        while self.live.next().is_some() {}
        let began = |line: &&Value| line["session"] == "began";
        let began = self.live.seen.iter().filter(began);
        let what = began.map(|line| line["what"].as_str().unwrap_or_default().to_owned());
        let what = what.collect();
        self.live.wait().expect_code(0);
        what
    }
}

/// What `flowdev session status` says.
#[track_caller]
pub fn status(sandbox: &Sandbox) -> Value {
    let shown = run(sandbox.flowdev(["session", "status", "--json"])).expect_code(0);
    serde_json::from_str(&shown.stdout).expect("JSON")
}
