//! Asking the engine: spin, run, resume, cancel. One spin runs at a time, and the newest wins.

use std::time::Instant;

use crate::{
    app::{
        Effect,
        flow_view::Needed,
        jobs::{Job, Stopping},
        popup::Popup,
        records::{Progress, RunKind},
        state::{State, Tone},
    },
    engine::{Configs, JobKind, Request, ResumeRequest, RunRequest, SpinRequest},
};

use super::judgement;

/// Which stale steps are spun with the one that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Also {
    Nothing,
    Inputs,
    Descendants,
}

/// Spins the selected step because a key was pressed.
pub(super) fn spin_selected(state: &mut State, also: Also) -> Vec<Effect> {
    let Some(step) = state.selected.clone() else {
        state.say(Tone::Warning, "no step to spin");
        return Vec::new();
    };
    state.generation += 1;
    spin_with(state, &step, "key".to_owned(), None, also)
}

/// Spins a step for the current generation. Spins of older ones are of no use any more and are stopped.
pub(super) fn spin(
    state: &mut State,
    step: &str,
    cause: String,
    saved: Option<Instant>,
) -> Vec<Effect> {
    spin_with(state, step, cause, saved, Also::Nothing)
}

fn spin_with(
    state: &mut State,
    step: &str,
    cause: String,
    saved: Option<Instant>,
    also: Also,
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
        with_stale_inputs: also == Also::Inputs,
        with_stale_descendants: also == Also::Descendants,
        silent: true,
        parameters: state.parameters.clone(),
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
    if let Some(needed) = missing(state) {
        state.popup = Some(Popup::Prompt {
            needed,
            text: String::new(),
        });
        return Vec::new();
    }
    let request = Request::Run(RunRequest {
        flow: state.request.clone(),
        parameters: state.parameters.clone(),
        ..RunRequest::default()
    });
    vec![submit(state, JobKind::Run, None, "key".to_owned(), request)]
}

/// The first thing that a run needs and that this session has not been given.
fn missing(state: &State) -> Option<Needed> {
    let configs = &state.request.configs;
    let is_given = |needed: &Needed| {
        if needed.is_config {
            let name = needed.name.as_str();
            configs.files.contains_key(name) || configs.values.contains_key(name)
        } else {
            let option = |name: &str| name.replace('_', "-");
            let mut given = state.parameters.iter();
            given.any(|(name, _)| option(name) == option(&needed.name))
        }
    };
    state
        .flow
        .needed
        .iter()
        .find(|needed| !is_given(needed))
        .cloned()
}

/// Remembers for this session what a run needs, then goes on with the run.
pub(super) fn answer(state: &mut State, needed: Needed, text: String) -> Vec<Effect> {
    if needed.is_config {
        state.request.configs.files.insert(needed.name, text);
    } else {
        state.parameters.push((needed.name, text));
    }
    run(state)
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
    let mut flow = state.request.clone();
    // A resumed run keeps its configs.
    flow.configs = Configs::default();
    let request = Request::Resume(ResumeRequest {
        flow,
        step: step.clone(),
        origin: Some(origin.run),
        parameters: state.parameters.clone(),
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
    judgement::forget(state);
    let token = state.number();
    state.jobs.push(Job {
        token,
        kind,
        step,
        generation: state.generation,
        cause,
        part: None,
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
