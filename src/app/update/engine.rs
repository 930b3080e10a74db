//! Asking the engine: spin, run, resume, cancel. One spin runs at a time, and the newest wins.

use std::time::Instant;

use crate::{
    app::{
        Effect,
        jobs::{Job, Stopping},
        records::{Progress, RunKind},
        state::{State, Tone},
    },
    engine::{JobKind, Request, ResumeRequest, RunRequest, SpinRequest},
};

/// Spins the selected step because a key was pressed.
pub(super) fn spin_selected(state: &mut State) -> Vec<Effect> {
    let Some(step) = state.selected.clone() else {
        state.say(Tone::Warning, "no step to spin");
        return Vec::new();
    };
    state.generation += 1;
    spin(state, &step, "key".to_owned(), None)
}

/// Spins a step for the current generation. Spins of older ones are of no use any more and are stopped.
pub(super) fn spin(
    state: &mut State,
    step: &str,
    cause: String,
    saved: Option<Instant>,
) -> Vec<Effect> {
    if state.flow.step(step).is_none() {
        state.say(Tone::Warning, format!("the flow has no step {step}"));
        return Vec::new();
    }
    let mut effects = stop_spins(state);
    let request = Request::Spin(SpinRequest {
        flow: state.request.clone(),
        step: step.to_owned(),
        pathspec: state.inputs.as_ref().map(|pick| pick.pathspec(step)),
        generation: state.generation,
        saved,
        ..SpinRequest::default()
    });
    effects.push(submit(
        state,
        JobKind::Spin,
        Some(step.to_owned()),
        cause,
        request,
    ));
    effects
}

/// Stops all spins that are under way.
pub(super) fn stop_spins(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    for job in &mut state.jobs {
        if job.kind == JobKind::Spin && job.stopping == Stopping::No {
            job.stopping = Stopping::Asked;
            effects.push(Effect::Cancel(job.token));
        }
    }
    effects
}

pub(super) fn run(state: &mut State) -> Vec<Effect> {
    if let Some(refusal) = already_running(state) {
        return refusal;
    }
    let request = Request::Run(RunRequest {
        flow: state.request.clone(),
        parameters: Vec::new(),
    });
    vec![submit(state, JobKind::Run, None, "key".to_owned(), request)]
}

/// Resumes the run in view, else the latest. If the selected step ended well there, it and what follows run again; if not,
/// the run goes on where it stopped.
pub(super) fn resume(state: &mut State) -> Vec<Effect> {
    if let Some(refusal) = already_running(state) {
        return refusal;
    }
    let in_view = state.base.as_ref().filter(|_| state.pinned.is_some());
    let latest = state.runs.iter().find(|row| row.kind == RunKind::Run);
    let Some(origin) = in_view.or(latest.map(|row| &row.key)).cloned() else {
        state.say(Tone::Warning, "no run to resume: r runs the flow");
        return Vec::new();
    };
    let ended_well = |step: &String| {
        let tasks = state.details.get(&origin)?.steps.get(step)?;
        Some(matches!(
            tasks.progress(),
            Progress::Done | Progress::Cloned
        ))
    };
    let step = state
        .selected
        .clone()
        .filter(|step| ended_well(step).unwrap_or(false));
    let request = Request::Resume(ResumeRequest {
        flow: state.request.clone(),
        step: step.clone(),
        origin: Some(origin.run),
        ..ResumeRequest::default()
    });
    vec![submit(
        state,
        JobKind::Resume,
        step,
        "key".to_owned(),
        request,
    )]
}

fn already_running(state: &mut State) -> Option<Vec<Effect>> {
    let running = state.jobs.iter().find(|job| job.kind != JobKind::Spin)?;
    let text = format!("{} is still running: x stops it", running.label());
    state.say(Tone::Warning, text);
    Some(Vec::new())
}

fn submit(
    state: &mut State,
    kind: JobKind,
    step: Option<String>,
    cause: String,
    request: Request,
) -> Effect {
    let token = state.number();
    state.jobs.push(Job {
        token,
        kind,
        step,
        generation: state.generation,
        cause,
        run: None,
        started_ms: state.now_ms,
        stopping: Stopping::No,
    });
    Effect::Submit {
        token,
        request: Box::new(request),
    }
}

/// Stops the newest job: politely first, by force when asked again.
pub(super) fn cancel_newest(state: &mut State) -> Vec<Effect> {
    match state.jobs.last().map(|job| job.token) {
        Some(token) => cancel(state, token),
        None => {
            state.say(Tone::Plain, "nothing is running");
            Vec::new()
        }
    }
}

fn cancel(state: &mut State, token: u64) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|job| job.token == token) else {
        return Vec::new();
    };
    let label = job.label();
    if job.stopping == Stopping::No {
        job.stopping = Stopping::Asked;
        state.say(Tone::Plain, format!("stopping {label}"));
        vec![Effect::Cancel(token)]
    } else {
        job.stopping = Stopping::Killed;
        state.say(Tone::Warning, format!("killing {label}"));
        vec![Effect::Kill(token)]
    }
}
