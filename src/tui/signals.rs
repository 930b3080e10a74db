//! Signals that concern the terminal: asked to end, stopped, continued.

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal means to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGHUP, SIGINT from outside.
    Terminate,
    /// SIGTSTP from outside: ctrl-z itself is a key in raw mode.
    Stop,
    /// SIGCONT: somebody stopped us without our knowing.
    Continue,
}

/// The streams of all signals that are listened to.
pub struct Signals {
    terminate: Stream,
    hang_up: Stream,
    interrupt: Stream,
    stop: Stream,
    proceed: Stream,
}

impl Signals {
    /// Starts listening.
    pub fn listen() -> std::io::Result<Self> {
        let number = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(number(rustix::process::Signal::TSTP))?,
            proceed: signal(number(rustix::process::Signal::CONT))?,
        })
    }

    /// The next signal. Cancel-safe.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Terminate,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.proceed.recv() => Signal::Continue,
        }
    }
}

/// Stops this process until somebody continues it. The listener above has taken SIGTSTP's usual effect away, so it is the
/// signal that cannot be caught.
pub fn stop_self() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
