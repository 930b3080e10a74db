//! The terminal as a resource: taken once, given back once, whatever ends the session.

use std::{
    io::{self, Stdout, Write, stdout},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    cursor, event, style,
    terminal::{self, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};

/// True while the terminal is in our modes. Guard and panic hook share it, so that restoring happens once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal of a session.
pub struct Screen {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
    mouse: bool,
    title: String,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter(mouse: bool, title: String) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            let ours = std::thread::current().id();
            std::panic::set_hook(Box::new(move |info| {
                // A panic elsewhere (a reader that meets a damaged file) is an error of what that thread was doing: the
                // screen stays, and whoever waits for the thread says so.
                if ENTERED.load(Ordering::SeqCst) && std::thread::current().id() != ours {
                    return;
                }
                // The message is readable only on a terminal that was given back.
                restore();
                before(info);
            }));
        });
        take(mouse, &title)?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| restore())?;
        Ok(Self {
            terminal,
            mouse,
            title,
        })
    }

    /// Gives the terminal to somebody else for a while.
    pub fn leave(&mut self) {
        restore();
    }

    /// Takes it again, and draws everything anew at the next frame.
    pub fn reenter(&mut self) -> io::Result<()> {
        if !ENTERED.load(Ordering::SeqCst) {
            take(self.mouse, &self.title)?;
        }
        self.redraw()
    }

    /// Makes the next frame draw every cell. (`Terminal::clear` would ask the terminal for its cursor, and the answer would have
    /// to be read from under the event stream.)
    pub fn redraw(&mut self) -> io::Result<()> {
        crossterm::execute!(stdout(), terminal::Clear(terminal::ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take(mouse: bool, title: &str) -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = stdout();
    let entered = crossterm::execute!(
        out,
        terminal::EnterAlternateScreen,
        event::EnableBracketedPaste,
        event::EnableFocusChange,
        cursor::Hide,
        // The title of before is kept on the terminal's stack, where it has one.
        style::Print("\x1b[22;2t"),
        terminal::SetTitle(title),
    )
    .and_then(|()| {
        if mouse {
            crossterm::execute!(out, event::EnableMouseCapture)
        } else {
            Ok(())
        }
    });
    if entered.is_err() {
        restore();
    }
    entered
}

/// Gives the terminal back. Safe to call at any time, from any thread.
fn restore() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    // Each step for itself: a terminal that is gone fails them all, and there is nobody to tell.
    let _ = crossterm::execute!(
        out,
        event::DisableMouseCapture,
        event::DisableFocusChange,
        event::DisableBracketedPaste,
        style::Print("\x1b[23;2t"),
        terminal::LeaveAlternateScreen,
        cursor::Show,
    );
    let _ = disable_raw_mode();
    let _ = out.flush();
}
