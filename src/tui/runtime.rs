//! The loop: messages in, state changed, effects out, a frame when the queue is empty.

use std::{
    io::stdout,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossterm::{
    event::{Event, EventStream},
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use futures::StreamExt;
use tokio::{
    sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel},
    time::{MissedTickBehavior, interval},
};

use crate::app::{self, EditorKey, Effect, Msg, State, load::Library};

use super::{
    clipboard, draw,
    editor::Editor,
    effects::Effects,
    error::TuiError,
    external, input,
    layout::{self, Layout},
    session::SessionConfig,
    signals::{self, Signal, Signals},
    styles::Styles,
    terminal::Screen,
};

/// Messages of jobs that may wait for the screen.
const JOB_QUEUE: usize = 1024;
/// How long messages are taken in before the keys are looked at.
const TAKE_IN: Duration = Duration::from_millis(8);
/// A frame is drawn that often although messages still wait.
const FRAME: Duration = Duration::from_millis(33);
/// A frame of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// How long jobs may take to stop when the session ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// A running session.
pub struct Runtime {
    state: State,
    styles: Styles,
    screen: Screen,
    layout: Layout,
    editor: Option<Editor>,
    effects: Effects,
    messages: UnboundedReceiver<Msg>,
    jobs: Receiver<Msg>,
    signals: Signals,
    /// `None` while another program has the terminal.
    input: Option<EventStream>,
    /// Something changed since the last frame.
    dirty: bool,
    /// When a result came that is not on the screen yet.
    result_at: Option<Instant>,
    drawn_at: Instant,
    quit: bool,
}

impl Runtime {
    /// Takes the terminal and prepares the first frame.
    pub fn new(config: SessionConfig) -> Result<Self, TuiError> {
        let SessionConfig {
            request,
            engine,
            cwd,
            settings,
            notice,
            parameters,
        } = config;
        let signals = Signals::listen().map_err(TuiError::Signals)?;
        let name = request
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let title = format!("flowdev {name}");
        let screen = Screen::enter(settings.mouse.value, title).map_err(TuiError::Enter)?;
        let (sender, messages) = unbounded_channel();
        let (job_sender, jobs) = channel(JOB_QUEUE);
        if let Some(notice) = notice {
            // The receiver is ours.
            let _ = sender.send(Msg::Notice(notice));
        }
        let library = Library::new(request.clone(), cwd);
        let styles = Styles::new(settings.theme());
        let mut state = State::new(request.clone(), settings);
        state.parameters = parameters;
        let effects = Effects::new(engine, library, request.clone(), sender, job_sender);
        Ok(Self {
            styles,
            state,
            screen,
            layout: Layout::default(),
            editor: None,
            effects,
            messages,
            jobs,
            signals,
            input: Some(EventStream::new()),
            dirty: true,
            result_at: None,
            drawn_at: Instant::now(),
            quit: false,
        })
    }

    /// Runs until the user quits or the terminal is gone.
    pub async fn run(mut self) -> Result<(), TuiError> {
        // The first frame comes before anything that takes time.
        self.state.now_ms = now_ms();
        self.draw()?;
        let first = app::start(&mut self.state);
        self.start(first).await?;
        self.effects.watch();
        self.effects.watch_store();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !self.quit {
            let busy = self.state.is_busy();
            tokio::select! {
                Some(msg) = self.messages.recv() => self.take(msg).await?,
                Some(msg) = self.jobs.recv() => self.take(msg).await?,
                signal = self.signals.next() => self.signal(signal).await?,
                event = next_event(&mut self.input) => match event {
                    Some(Ok(event)) => self.event(event).await?,
                    Some(Err(error)) => return self.lost(error).await,
                    // The terminal's end of input: nobody is there any more.
                    None => self.take(Msg::Terminate).await?,
                },
                _ = ticks.tick(), if busy => self.take(Msg::Tick).await?,
            }
            let drained = self.drain().await?;
            let due = drained || self.drawn_at.elapsed() >= FRAME;
            if self.dirty && due && !self.quit {
                self.draw()?;
            }
        }
        self.farewell().await;
        Ok(())
    }

    /// Takes in what waits, for as long as the keys can wait; says whether that was all.
    async fn drain(&mut self) -> Result<bool, TuiError> {
        let until = Instant::now() + TAKE_IN;
        while Instant::now() < until {
            if self.quit {
                return Ok(true);
            }
            if let Ok(msg) = self.messages.try_recv() {
                self.take(msg).await?;
            } else if let Ok(msg) = self.jobs.try_recv() {
                self.take(msg).await?;
            } else {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes a message in and starts its effects.
    async fn take(&mut self, msg: Msg) -> Result<(), TuiError> {
        let effects = self.update(msg);
        self.start(effects).await
    }

    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        if let Msg::JobEnded { token } = &msg {
            self.effects.ended(*token);
        }
        if matches!(
            &msg,
            Msg::Job {
                event: crate::engine::Event::TaskFinished { .. },
                ..
            }
        ) {
            self.result_at.get_or_insert_with(Instant::now);
        }
        self.state.now_ms = now_ms();
        self.dirty = true;
        let effects = app::update(&mut self.state, msg);
        self.follow_edit_session();
        effects
    }

    /// The widget is there while the state says that something is edited.
    fn follow_edit_session(&mut self) {
        match (&self.state.edit, &mut self.editor) {
            (None, editor) => *editor = None,
            (Some(session), Some(editor)) if editor.is_of(session) => editor.rebase(session),
            (Some(session), editor) => *editor = Some(Editor::open(session, &self.styles)),
        }
    }

    async fn start(&mut self, effects: Vec<Effect>) -> Result<(), TuiError> {
        for effect in effects {
            if let Some(effect) = self.effects.start(effect) {
                self.at_terminal(effect).await?;
            }
        }
        Ok(())
    }

    /// Effects that need the terminal.
    async fn at_terminal(&mut self, effect: Effect) -> Result<(), TuiError> {
        match effect {
            Effect::Quit => self.quit = true,
            Effect::Copy(text) => {
                clipboard::copy(&mut stdout(), &text).map_err(TuiError::Lost)?;
            }
            Effect::Redraw => self.screen.redraw().map_err(TuiError::Lost)?,
            Effect::Suspend => self.suspend()?,
            Effect::OpenEditor { file, line } => Box::pin(self.edit(&file, line)).await?,
            _ => {}
        }
        Ok(())
    }

    async fn event(&mut self, event: Event) -> Result<(), TuiError> {
        self.dirty |= matches!(event, Event::Resize(..));
        let msg = match &event {
            Event::Key(press) => match input::key(press) {
                None => None,
                Some(key) => match app::editor_key(&self.state, key) {
                    EditorKey::Other => Some(Msg::Key(key)),
                    EditorKey::Typed => {
                        self.typed(|editor| editor.key(*press));
                        None
                    }
                    EditorKey::Save => self
                        .editor
                        .as_ref()
                        .map(|editor| Msg::EditorSave(editor.text())),
                    EditorKey::Leave => self.editor.as_ref().map(|editor| Msg::EditorLeave {
                        modified: editor.modified(),
                    }),
                },
            },
            Event::Mouse(mouse) => input::mouse(*mouse, &self.layout, &self.state),
            Event::Paste(text) if self.editor.is_some() && app::editor_is_open(&self.state) => {
                self.typed(|editor| editor.paste(text));
                None
            }
            other => input::other(other),
        };
        match msg {
            Some(msg) => self.take(msg).await,
            None => Ok(()),
        }
    }

    /// Lets the editor take input, and tells the state whether there is now something to save.
    fn typed(&mut self, act: impl FnOnce(&mut Editor)) {
        self.dirty = true;
        let Some(editor) = &mut self.editor else {
            return;
        };
        act(editor);
        let (modified, line) = (editor.modified(), editor.line());
        let known = self.state.edit.as_ref().is_some_and(|edit| edit.modified);
        let effects = if modified == known {
            Vec::new()
        } else {
            self.update(Msg::EditorModified(modified))
        };
        debug_assert!(effects.is_empty(), "being modified has no effects");
        self.state.source.list.cursor = line;
    }

    async fn signal(&mut self, signal: Signal) -> Result<(), TuiError> {
        match signal {
            Signal::Terminate => self.take(Msg::Terminate).await,
            Signal::Stop => self.suspend(),
            Signal::Continue => {
                self.dirty = true;
                self.screen.reenter().map_err(TuiError::Lost)
            }
        }
    }

    /// Back to the shell, until it brings us back.
    fn suspend(&mut self) -> Result<(), TuiError> {
        self.screen.leave();
        signals::stop_self();
        self.dirty = true;
        self.screen.reenter().map_err(TuiError::Lost)
    }

    /// Gives the terminal to the user's editor. The session goes on meanwhile, without a screen: a save in the editor is
    /// spun while the editor is open.
    async fn edit(&mut self, file: &std::path::Path, line: u32) -> Result<(), TuiError> {
        // Only one may read the keys.
        self.input = None;
        self.screen.leave();
        let outcome = match external::start(self.state.settings.editor.value.as_deref(), file, line)
        {
            Err(problem) => Err(problem),
            Ok(mut child) => loop {
                let msg = tokio::select! {
                    status = child.wait() => break match status {
                        Ok(status) if status.success() => Ok(()),
                        Ok(status) => Err(format!("the editor ended with {status}")),
                        Err(error) => Err(format!("lost the editor: {error}")),
                    },
                    signal = self.signals.next() => match signal {
                        Signal::Terminate => Msg::Terminate,
                        Signal::Stop | Signal::Continue => continue,
                    },
                    Some(msg) = self.messages.recv() => msg,
                    Some(msg) = self.jobs.recv() => msg,
                };
                for effect in self.update(msg) {
                    // What needs the terminal has to wait, and is asked for again by hand; only the end does not wait.
                    if matches!(self.effects.start(effect), Some(Effect::Quit)) {
                        self.quit = true;
                        break;
                    }
                }
                if self.quit {
                    break Ok(());
                }
            },
        };
        if self.quit {
            return Ok(());
        }
        // Keys typed at the editor's end are not ours.
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
        self.screen.reenter().map_err(TuiError::Lost)?;
        self.input = Some(EventStream::new());
        let effects = self.update(Msg::EditorDone(outcome));
        for effect in effects {
            self.effects.start(effect);
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<(), TuiError> {
        self.dirty = false;
        self.drawn_at = Instant::now();
        let size = self.screen.terminal.size().map_err(TuiError::Lost)?;
        let area = ratatui::layout::Rect::new(0, 0, size.width, size.height);
        self.layout = layout::layout(area, &self.state);
        let viewports = self.layout.viewports(self.state.viewports);
        if viewports != self.state.viewports {
            let effects = self.update(Msg::Viewports(viewports));
            self.dirty = false;
            for effect in effects {
                self.effects.start(effect);
            }
        }
        let (state, styles, layout) = (&self.state, &self.styles, &self.layout);
        let editor = self.editor.as_ref();
        // The terminal shows the frame whole or not at all, if it knows how.
        let _ = crossterm::queue!(stdout(), BeginSynchronizedUpdate);
        let drawn = self
            .screen
            .terminal
            .draw(|frame| draw::draw(frame, layout, state, styles, editor))
            .map(|_| ());
        let _ = crossterm::execute!(stdout(), EndSynchronizedUpdate);
        if let Some(since) = self.result_at.take() {
            let millis = since.elapsed().as_secs_f64() * 1000.0;
            app::update(&mut self.state, Msg::Drawn(millis));
        }
        drawn.map_err(TuiError::Lost)
    }

    /// The terminal is gone: what runs is stopped all the same.
    async fn lost(mut self, error: std::io::Error) -> Result<(), TuiError> {
        for effect in self.update(Msg::Terminate) {
            self.effects.start(effect);
        }
        self.farewell().await;
        Err(TuiError::Lost(error))
    }

    /// Gives the terminal back at once; then waits a little for jobs to stop, and kills those that do not.
    async fn farewell(mut self) {
        self.input = None;
        self.screen.leave();
        let patience = tokio::time::sleep(FAREWELL);
        tokio::pin!(patience);
        while self.effects.running() > 0 {
            tokio::select! {
                Some(msg) = self.jobs.recv() => {
                    if let Msg::JobEnded { token } = msg {
                        self.effects.ended(token);
                    }
                }
                _ = self.signals.next() => break,
                () = &mut patience => break,
            }
        }
        self.effects.kill_all();
    }
}

/// The next input; never, while another program has the terminal.
async fn next_event(input: &mut Option<EventStream>) -> Option<std::io::Result<Event>> {
    match input {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
