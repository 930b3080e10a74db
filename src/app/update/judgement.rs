//! Which steps are stale: the engine judges, as `flowdev status` does, when nothing runs. Until its answer comes, the code that was
//! saved says what it can.

use std::path::Path;

use crate::{
    app::{
        Effect,
        records::Progress,
        state::{State, Tone, Verdict},
    },
    engine::{FlowStatus, StatusRequest, StepState},
};

/// Has the steps judged, unless something is under way that will have them judged at its end.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let base = state.base.as_ref();
    let row = state.runs.iter().find(|row| Some(&row.key) == base);
    let is_live = row.is_some_and(|row| row.progress == Progress::Running);
    if !state.jobs.is_empty() || is_live || state.warming || state.flow.first_error().is_some() {
        return Vec::new();
    }
    let since = state.pinned.unwrap_or(0);
    let spun = state.spins.values().any(|spin| spin.generation > since);
    let request = StatusRequest {
        flow: state.request.clone(),
        run: base.map(|base| base.run.clone()),
        without_spins: state.pinned.is_some() && !spun,
        parameters: state.parameters.clone(),
    };
    forget(state);
    vec![Effect::Judge {
        ticket: state.tickets.judgement,
        request: Box::new(request),
    }]
}

/// An answer that is on its way is of no use any more.
pub(super) fn forget(state: &mut State) {
    state.tickets.judgement = state.number();
}

/// A config was saved: what has read of it may be stale.
pub(super) fn config_changed(state: &mut State, file: &Path) -> Vec<Effect> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    state.say(Tone::Plain, format!("saved {name}: a config"));
    ask(state)
}

/// The answer.
pub(super) fn judged(
    state: &mut State,
    ticket: u64,
    answer: Result<Box<FlowStatus>, String>,
) -> Vec<Effect> {
    if ticket != state.tickets.judgement {
        return Vec::new();
    }
    match answer {
        Ok(status) => {
            let files = status.config_files;
            let verdicts = status.steps.into_iter().map(|judged| {
                let verdict = Verdict {
                    state: judged.state,
                    reason: judged.sentence(),
                };
                (judged.step.to_string(), verdict)
            });
            state.verdicts = verdicts.collect();
            return vec![Effect::Follow(files)];
        }
        // What is wrong with the flow itself is told with more of it.
        Err(_) if matches!(state.status, Some((Tone::Error, _))) => {}
        Err(problem) => state.say(
            Tone::Warning,
            format!("what is stale is not known: {problem}"),
        ),
    }
    Vec::new()
}

/// The changed steps are stale for their own reason, what follows them because of them.
pub(super) fn mark_changed(state: &mut State, steps: &[(String, String)]) {
    for (step, reason) in steps {
        state.changed_at.insert(step.clone(), state.generation);
        for later in state.flow.descendants(step) {
            let reason = format!("downstream of {step}, which is stale because {reason}");
            state.verdicts.insert(later, Verdict::stale(reason));
        }
    }
    for (step, reason) in steps {
        state.verdicts.insert(step.clone(), Verdict::stale(reason));
    }
}

/// A step has just run as its code is now.
pub(super) fn mark_done(state: &mut State, step: &str) {
    let fresh = Verdict {
        state: StepState::Fresh,
        reason: None,
    };
    state.verdicts.insert(step.to_owned(), fresh);
}

/// A result was found whose recorded code is not today's; unless more is known of it already.
pub(super) fn mark_old(state: &mut State, step: &str) {
    let old = || Verdict::stale("its code changed since");
    let verdicts = &mut state.verdicts;
    verdicts.entry(step.to_owned()).or_insert_with(old);
    for later in state.flow.descendants(step) {
        let reason = format!("downstream of {step}, which is stale");
        let entry = state.verdicts.entry(later);
        entry.or_insert_with(|| Verdict::stale(reason));
    }
}
