//! What a command does alone when its session has died in the middle of a request.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::engine::{Event, Request, ResumeRequest};

/// How far a request has come, as its events say.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The run that it works on.
    run: Option<String>,
    /// Whether something of its own has begun to run there: then all that it takes over is there, too.
    is_under_way: bool,
}

impl Progress {
    /// Takes note of an event.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::JobStarted { run, .. } => self.run = Some(run.clone()),
            Event::TaskStarted { .. } => self.is_under_way = true,
            _ => {}
        }
    }

    /// The run whose finished tasks need not run again.
    fn unfinished_run(&self) -> Option<&str> {
        self.run.as_deref().filter(|_| self.is_under_way)
    }
}

/// The request that does the rest, and a sentence on it. A spin is done again; a run that was under way is resumed, in a new
/// run: nobody writes to that of the session again.
pub fn carry_on(request: Request, progress: &Progress, cwd: &Path) -> (Request, String) {
    const ENDED: &str = "the session has ended in the middle of this";
    let unfinished = progress.unfinished_run().map(str::to_owned);
    let (mut request, what) = match (request, unfinished) {
        (Request::Run(request), Some(run)) => {
            let what = format!("resuming run {run} without it");
            (resumption(request.flow, run), what)
        }
        (Request::Resume(request), Some(run)) => {
            let what = format!("resuming run {run} without it");
            (resumption(request.flow, run), what)
        }
        (request, _) => (request, "starting again without it".to_owned()),
    };
    let flow = request.flow_mut();
    // Whoever reads a named pipe has read it when the job has begun: a second text would wait for a reader for ever.
    if progress.run.is_some()
        && let Some(file) = &flow.attribute_file
        && std::fs::metadata(cwd.join(file)).is_ok_and(|found| found.file_type().is_fifo())
    {
        flow.attribute_file = None;
    }
    (request, format!("{ENDED}: {what}"))
}

/// Runs what the run has not finished, with its parameters and configs.
fn resumption(flow: crate::engine::FlowRequest, run: String) -> Request {
    let mut flow = flow;
    flow.configs = crate::engine::Configs::default();
    Request::Resume(ResumeRequest {
        flow,
        origin: Some(run),
        ..ResumeRequest::default()
    })
}
