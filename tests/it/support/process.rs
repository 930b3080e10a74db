//! Running a command to its end, with a limit: a command that hangs fails its test by name instead of hanging all.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// No command of these tests needs a tenth of this on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The command line, for messages.
    pub command: String,
    /// Exit code; minus the signal if one ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The same, if the exit code is the expected one.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code of {}\n--- stdout\n{}\n--- stderr\n{}",
            self.command, self.stdout, self.stderr
        );
        self
    }

    /// Both streams, for searching.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Fails unless each piece is somewhere in the output.
    #[track_caller]
    pub fn expect_text(self, pieces: &[&str]) -> Self {
        for piece in pieces {
            assert!(
                self.text().contains(piece),
                "{piece:?} is missing in the output of {}\n--- stdout\n{}\n--- stderr\n{}",
                self.command,
                self.stdout,
                self.stderr
            );
        }
        self
    }
}

/// Runs to the end with closed input.
#[track_caller]
pub fn run(command: Command) -> Finished {
    run_with_input(command, "")
}

/// Runs to the end with this text as standard input.
#[track_caller]
pub fn run_with_input(mut command: Command, input: &str) -> Finished {
    use std::io::Write;
    let name = format!("{command:?}");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    // A command that ends without reading its input is no failure of the test.
    let _ = child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes());
    let pid = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = match receiver.recv_timeout(LIMIT) {
        Ok(output) => output.unwrap_or_else(|error| panic!("{name}: {error}")),
        Err(_) => {
            signal(pid, Signal::KILL);
            panic!("no end after {LIMIT:?}: {name}");
        }
    };
    Finished {
        command: name,
        code: exit_code(output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Exit code, or minus the signal that ended the process.
pub fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| -signal))
        .expect("a process ends by code or by signal")
}

/// Sends a signal to a process that this test started; one that is gone already is no failure.
pub fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("a pid is positive")).expect("a pid is not zero");
    let _ = kill_process(pid, signal);
}

/// Waits for the end of a child, at most as long as any command may take.
pub fn wait(mut child: Child) -> Finished {
    let pid = child.id();
    let mut streams = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        streams.push(thread::spawn(move || read_lossy(&mut out)));
    }
    if let Some(mut err) = child.stderr.take() {
        streams.push(thread::spawn(move || read_lossy(&mut err)));
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    let Ok(status) = receiver.recv_timeout(LIMIT) else {
        signal(pid, Signal::KILL);
        panic!("process {pid} did not end within {LIMIT:?}");
    };
    let mut texts = streams
        .into_iter()
        .map(|stream| stream.join().unwrap_or_default())
        .collect::<Vec<_>>()
        .into_iter();
    Finished {
        command: format!("process {pid}"),
        code: exit_code(status.expect("waiting for a child")),
        stdout: texts.next().unwrap_or_default(),
        stderr: texts.next().unwrap_or_default(),
    }
}

fn read_lossy(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
