//! Whom a session does not work for, and when it ends by itself.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::events::Live;
use crate::support::session::Session;
use crate::support::{Sandbox, run};

/// A sandbox whose sessions listen in a directory of their own.
struct Place {
    sandbox: Sandbox,
    runtime: PathBuf,
}

impl Place {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let runtime = sandbox.path("../run");
        let mut private = fs::DirBuilder::new();
        private.mode(0o700).create(&runtime).expect("directory");
        sandbox.flow("linear.py");
        Self { sandbox, runtime }
    }

    fn flowdev(&self, words: &[&str]) -> Command {
        let mut command = self.sandbox.flowdev(words);
        command.env("XDG_RUNTIME_DIR", &self.runtime);
        command
    }

    /// Where the session listens.
    fn socket(&self) -> PathBuf {
        let entries = fs::read_dir(self.runtime.join("flowdev")).expect("directory");
        let mut paths = entries.flatten().map(|entry| entry.path());
        let socket = paths.find(|path| path.extension().is_some_and(|end| end == "sock"));
        socket.expect("a socket")
    }
}

fn send(to: &mut UnixStream, message: &Value) {
    let text = message.to_string();
    let length = u32::try_from(text.len()).expect("short");
    let bytes = [&length.to_be_bytes(), text.as_bytes()].concat();
    to.write_all(&bytes).expect("sent");
}

fn receive(from: &mut UnixStream) -> Value {
    let mut length = [0; 4];
    from.read_exact(&mut length).expect("a frame");
    let mut text = vec![0; u32::from_be_bytes(length) as usize];
    from.read_exact(&mut text).expect("the frame's end");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_session_refuses_a_command_of_another_build() {
    let place = Place::new();
    let mut session = Session::of(place.flowdev(&["session", "--json"]));
    let mut command = UnixStream::connect(place.socket()).expect("the session");
    let other = "0.0.1+another";
    send(
        &mut command,
        &json!({"t": "hello", "build": other, "circumstances": ""}),
    );
    let answer = receive(&mut command);
    assert_eq!(
        (&answer["t"], &answer["why"]),
        (&"refused".into(), &"build".into())
    );
    let noticed = session
        .live
        .until("the log", |line| line["session"] == "refused");
    assert_eq!(noticed["build"], other);
    session.live.interrupt().expect_code(0);
}

#[test]
fn a_command_works_alone_beside_a_session_of_another_build() {
    let place = Place::new();
    let session = Session::of(place.flowdev(&["session", "--json"]));
    let socket = place.socket();
    session.live.interrupt().expect_code(0);
    let listener = UnixListener::bind(socket).expect("its place");
    let other = std::thread::spawn(move || {
        let (mut command, _) = listener.accept().expect("a command");
        let hello = receive(&mut command);
        let why = json!({"t": "refused", "why": "build", "pid": 17, "build": "0.0.1+another"});
        send(&mut command, &why);
        hello
    });
    run(place.flowdev(&["run", "linear.py"]))
        .expect_code(0)
        .expect_text(&[
            "the session (pid 17) is another build of flowdev (0.0.1+another, this is ",
            "working without it",
            "Done!",
        ]);
    assert_eq!(other.join().expect("the other")["t"], "hello");
}

/// A step that lasts until it is told to go on.
const WAITING: &str = r#"
import os, time
from metaflow import FlowSpec, step

class Waiting(FlowSpec):
    @step
    def start(self):
        print("user: waiting")
        while not os.path.exists("go"):
            time.sleep(0.01)
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Waiting()
"#;

#[test]
fn an_idle_session_ends_but_not_while_it_works() {
    let place = Place::new();
    place.sandbox.write("waiting.py", WAITING);
    let limit = Duration::from_millis(1200);
    let mut session = Session::of(place.flowdev(&["session", "--json", "--idle", "0.02"]));
    let mut live = Live::start(place.flowdev(&["run", "waiting.py", "--json"]));
    live.until("the waiting step", |event| {
        event["event"] == "output" && event["text"] == "user: waiting"
    });
    // It is still there when it would long have ended, and to be asked for its status is no work.
    let asked = Instant::now();
    while asked.elapsed() < 2 * limit {
        run(place.flowdev(&["session", "status"]))
            .expect_code(0)
            .expect_text(&["run waiting.py"]);
    }
    place.sandbox.write("go", "");
    let last = live.until("the end", |event| event["event"] == "job_finished");
    assert_eq!(last["outcome"]["outcome"], "success", "{last}");
    live.wait().expect_code(0);
    while session.live.next().is_some() {}
    let began = session
        .live
        .seen
        .iter()
        .filter(|line| line["session"] == "began");
    assert_eq!(began.count(), 1);
    session.live.wait().expect_code(0);
    run(place.flowdev(&["session", "status"])).expect_code(1);
}
