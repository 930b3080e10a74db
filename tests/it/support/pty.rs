//! A terminal: the binary behind a pseudo-terminal, its screen kept by a terminal emulator. Tests send keys and wait for what
//! the screen shows; nothing sleeps.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

use super::{Sandbox, process};

/// How long a test waits for the screen; an idle machine needs a hundredth of it.
const LIMIT: Duration = Duration::from_secs(60);

pub const ESC: &str = "\x1b";
pub const TAB: &str = "\t";
pub const CTRL_C: &str = "\x03";

/// What the program asked the terminal; the answers go back as a terminal would send them.
#[derive(Default)]
struct Questions {
    answers: Vec<u8>,
}

impl Callbacks for Questions {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        i1: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        match (i1, c) {
            (None, 'c') => self.answers.extend(b"\x1b[?62;22c"),
            (Some(b'>'), 'c') => self.answers.extend(b"\x1b[>0;1;0c"),
            (None, 'n') if params.first().is_some_and(|first| first.contains(&6)) => {
                let (row, column) = screen.cursor_position();
                self.answers
                    .extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            _ => {}
        }
    }
}

struct Shown {
    parser: Parser<Questions>,
    /// The program closed the terminal.
    closed: bool,
}

/// A program in a terminal.
pub struct Terminal {
    shown: Arc<(Mutex<Shown>, Condvar)>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// The line settings before the program started.
    settings: String,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has rows and columns")
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Terminal {
    /// Starts `flowdev` with arguments in a terminal of this size.
    #[track_caller]
    pub fn start(sandbox: &Sandbox, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_with(sandbox, arguments, columns, rows, &[])
    }

    /// The same with more variables in the environment.
    #[track_caller]
    pub fn start_with(
        sandbox: &Sandbox,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        more: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("pseudo-terminal");
        let settings = line_settings(&*pair.master);
        let mut command = CommandBuilder::new(Path::new(env!("CARGO_BIN_EXE_flowdev")));
        command.args(arguments);
        command.cwd(sandbox.dir());
        command.env_clear();
        for (name, value) in sandbox.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        for (name, value) in more {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("start");
        // The reader sees the end only when nobody else holds the other side.
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().expect("pseudo-terminal");
        let writer = Arc::new(Mutex::new(
            pair.master.take_writer().expect("pseudo-terminal"),
        ));
        let parser =
            Parser::new_with_callbacks(cells(rows), cells(columns), 0, Questions::default());
        let shown = Arc::new((
            Mutex::new(Shown {
                parser,
                closed: false,
            }),
            Condvar::new(),
        ));
        thread::spawn({
            let (shown, writer) = (Arc::clone(&shown), Arc::clone(&writer));
            move || follow(reader, &shown, &writer)
        });
        Self {
            shown,
            writer,
            master: pair.master,
            child,
            settings,
        }
    }

    /// Types keys.
    #[track_caller]
    pub fn send(&self, keys: &str) {
        let mut writer = self.writer.lock().expect("writer");
        writer
            .write_all(keys.as_bytes())
            .expect("the program reads its terminal");
        writer.flush().expect("the program reads its terminal");
    }

    /// Another size, as when the window is dragged.
    pub fn resize(&self, columns: u16, rows: u16) {
        lock(&self.shown.0)
            .parser
            .set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).expect("resize");
    }

    /// What the screen shows now, as text.
    pub fn text(&self) -> String {
        lock(&self.shown.0).parser.screen().contents()
    }

    /// Waits until the screen satisfies a condition, and returns its text.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let deadline = Instant::now() + LIMIT;
        let mut shown = lock(&self.shown.0);
        loop {
            let text = shown.parser.screen().contents();
            if wanted(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !shown.closed,
                "the program ended before {what}; last screen:\n{text}"
            );
            assert!(!left.is_zero(), "{what} did not come; last screen:\n{text}");
            shown = self.wait(shown, left);
        }
    }

    /// Waits until the screen holds each of the texts.
    #[track_caller]
    pub fn wait_for(&self, texts: &[&str]) -> String {
        self.wait_until(&format!("{texts:?}"), |screen| {
            texts.iter().all(|text| screen.contains(text))
        })
    }

    /// Waits until the screen holds a text (true), or the program ends (false).
    #[track_caller]
    pub fn ends_or_shows(&self, text: &str) -> bool {
        let deadline = Instant::now() + LIMIT;
        let mut shown = lock(&self.shown.0);
        loop {
            let screen = shown.parser.screen().contents();
            if shown.closed || screen.contains(text) {
                return !shown.closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "neither an end nor {text:?}; last screen:\n{screen}"
            );
            shown = self.wait(shown, left);
        }
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        let mut shown = lock(&self.shown.0);
        while !shown.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "the program did not end; last screen:\n{}",
                shown.parser.screen().contents()
            );
            shown = self.wait(shown, left);
        }
        drop(shown);
        self.child.wait().expect("waiting for the program")
    }

    /// Waits for more output, at most this long.
    fn wait<'a>(&self, shown: MutexGuard<'a, Shown>, left: Duration) -> MutexGuard<'a, Shown> {
        let waited = self.shown.1.wait_timeout(shown, left);
        waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        process::signal(self.child.process_id().expect("it runs"), signal);
    }

    /// Fails unless the terminal is as a shell left it: modes of the emulator and line settings.
    #[track_caller]
    pub fn expect_restored(&self) {
        let shown = lock(&self.shown.0);
        let screen = shown.parser.screen();
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is on");
        assert_eq!(
            screen.mouse_protocol_mode(),
            MouseProtocolMode::None,
            "the mouse is captured"
        );
        assert_eq!(
            line_settings(&*self.master),
            self.settings,
            "the line settings differ"
        );
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed test leaves no program behind.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if let Some(id) = self.child.process_id() {
                process::kill_group(id);
            }
            let _ = self.child.wait();
        }
    }
}

/// Input, output, control and local flags as text.
fn line_settings(master: &dyn MasterPty) -> String {
    master
        .get_termios()
        .map(|settings| format!("{settings:?}"))
        .unwrap_or_default()
}

fn follow(
    mut reader: Box<dyn Read + Send>,
    shown: &(Mutex<Shown>, Condvar),
    writer: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = reader.read(&mut buffer).unwrap_or(0);
        let answers = {
            let mut state = lock(&shown.0);
            state.parser.process(&buffer[..count]);
            state.closed = count == 0;
            std::mem::take(&mut state.parser.callbacks_mut().answers)
        };
        shown.1.notify_all();
        if count == 0 {
            return;
        }
        if !answers.is_empty() {
            let mut writer = writer.lock().expect("writer");
            let _ = writer.write_all(&answers);
            let _ = writer.flush();
        }
    }
}
