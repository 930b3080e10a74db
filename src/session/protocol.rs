//! What commands and sessions say to each other: frames as those of workers, one JSON object each, tagged by `t`.

use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::engine::{self, Event, Request};

/// This build: only the same one can be relied on to do the same.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("FLOWDEV_BUILD_HASH"));

/// Command to session. `Hello`, `Status` and `Stop` are understood by every version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Ask {
    /// The first word of who has a request.
    Hello {
        build: String,
        circumstances: String,
    },
    /// The request; sent with the hello, and looked at only after it.
    Submit {
        place: Place,
        request: Box<Request>,
    },
    /// The job is to end, politely.
    Cancel,
    /// The job is to end now.
    Kill,
    Status,
    Stop,
}

/// Session to command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Answer {
    /// The request is being carried out: its events follow.
    Welcome,
    Refused {
        why: Refusal,
        pid: u32,
        build: String,
    },
    Event {
        event: Box<Event>,
    },
    Status {
        status: Box<Status>,
    },
    /// The session ends; the connection closes when it has.
    Stopping,
    /// It ends with its window only.
    Window,
}

/// Why a session does not work for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    Build,
    Circumstances,
    /// It is ending, or cannot start an engine there.
    Unable,
}

/// Which kind of session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `flowdev session`
    Headless,
    /// `flowdev FLOW`
    Window,
}

/// A session, as `flowdev session status` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    pub pid: u32,
    pub build: String,
    pub kind: Kind,
    pub project: String,
    /// Milliseconds since 1970.
    pub since: i64,
    /// What commands have given it to do.
    pub jobs: Vec<JobStatus>,
    pub engines: Vec<EngineStatus>,
}

/// A request that is being carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobStatus {
    pub id: u64,
    /// As a command line would say it.
    pub what: String,
    /// The command's process.
    pub pid: Option<i32>,
    /// Milliseconds since 1970.
    pub since: i64,
}

/// One engine: a session has one for each environment that its commands come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EngineStatus {
    pub cwd: String,
    pub python: String,
    /// What it has in its processes; `None` while it is busy with them.
    pub holds: Option<engine::Status>,
}
