//! Running commands: each to its end, with a limit, so that one that hangs fails its test by name instead of hanging all; and
//! none for longer than its test, however that ends.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

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

/// A process that was started, with all of its streams piped, and its group. What is left of them when this value goes, as when
/// an assertion has failed, is killed.
pub struct Running {
    name: String,
    pid: u32,
    /// `None` once somebody waits for its end.
    child: Option<Child>,
}

impl Running {
    /// Starts it as the first of a group of its own.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let name = format!("{command:?}");
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name,
            pid: child.id(),
            child: Some(child),
        }
    }

    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Sends a signal to the process alone; one that is gone already is no failure.
    pub fn signal(&self, signal: Signal) {
        self::signal(self.pid, signal);
    }

    /// Its standard input, which ends when that is dropped.
    pub fn input(&mut self) -> ChildStdin {
        let child = self.child.as_mut().expect("it runs");
        child.stdin.take().expect("taken once")
    }

    /// Its output, for reading while it runs.
    pub fn streams(&mut self) -> (ChildStdout, ChildStderr) {
        let child = self.child.as_mut().expect("it runs");
        let out = child.stdout.take().expect("taken once");
        (out, child.stderr.take().expect("taken once"))
    }

    /// Waits for its end, at most as long as any command may take; what nobody has read of its output comes with it.
    #[track_caller]
    pub fn wait(mut self) -> Finished {
        let child = self.child.take().expect("waited for once");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(LIMIT) else {
            kill_group(self.pid);
            panic!("no end after {LIMIT:?}: {}", self.name);
        };
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        Finished {
            command: std::mem::take(&mut self.name),
            code: exit_code(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            kill_group(self.pid);
            let _ = child.wait();
        }
    }
}
/// Runs to the end with closed input.
#[track_caller]
pub fn run(command: Command) -> Finished {
    run_with_input(command, "")
}

/// Runs to the end with this text as standard input.
#[track_caller]
pub fn run_with_input(command: Command, input: &str) -> Finished {
    let mut running = Running::start(command);
    // A command that ends without reading its input is no failure of the test.
    let _ = running.input().write_all(input.as_bytes());
    running.wait()
}

/// Sends a signal to a process that this test started; one that is gone already is no failure.
pub fn signal(id: u32, signal: Signal) {
    let _ = kill_process(pid(id), signal);
}

/// Kills a process that leads a group, and its group.
pub fn kill_group(id: u32) {
    let _ = kill_process_group(pid(id), Signal::KILL);
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(id.try_into().expect("a pid is positive")).expect("a pid is not zero")
}

/// Exit code, or minus the signal that ended the process.
fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| -signal))
        .expect("a process ends by code or by signal")
}
