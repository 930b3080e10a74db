//! A source file was saved: which step to look at, what became stale, whether to spin.

use crate::app::{
    Effect,
    flow_view::FlowView,
    msg::Changed,
    popup::{Choice, Chosen, Entry, Popup},
    state::{ErrorMark, State, Tone},
};

use super::{engine, judgement, navigate, select};

pub(super) fn changed(state: &mut State, changed: Changed) -> Vec<Effect> {
    let Changed {
        flow,
        broken,
        steps,
        cause,
        seen,
    } = changed;
    let mut effects = adopt(state, flow, broken);
    if broken {
        mark_problem(state);
        return effects;
    }
    // Whatever was marked is not what the file says any more.
    state.error = None;
    let names: Vec<&String> = steps.iter().map(|(step, _)| step).collect();
    if names.is_empty() {
        state.say(Tone::Plain, format!("{cause}: no step changed"));
        if !mark_problem(state) {
            effects.extend(judgement::ask(state));
        }
        return effects;
    }
    state.generation += 1;
    judgement::forget(state);
    judgement::mark_changed(state, &steps);
    state.say(Tone::Plain, format!("{cause}: {}", list(&names)));
    // A graph that cannot run is no reason to leave the step that makes it so, but one not to try.
    let sound = !mark_problem(state);

    let own = state.selected.clone().filter(|step| names.contains(&step));
    let target = match (own, names.as_slice()) {
        (Some(own), _) => Some(own),
        (None, [only]) => Some((*only).clone()),
        (None, _) => None,
    };
    let Some(target) = target else {
        effects.extend(engine::stop_spins(state));
        if state.auto_spin && sound {
            offer(state, &steps);
        }
        effects.extend(judgement::ask(state));
        return effects;
    };
    if matches!(state.popup, Some(Popup::Choice(_))) {
        // It offered the steps of an older save.
        state.popup = None;
    }
    effects.extend(select::select_step(state, &target, state.edit.is_none()));
    if state.auto_spin && sound {
        // The result is waited for: what else the screen needs is made meanwhile.
        let rest = effects;
        effects = engine::spin(state, &target, cause, seen);
        effects.extend(rest);
    } else {
        effects.extend(engine::stop_spins(state));
        if sound {
            effects.push(Effect::Warm(Box::new(state.request.clone())));
        }
    }
    effects
}

/// Takes the new texts over, and the steps too unless a file is broken. Gives the highlighting to ask for.
pub(super) fn adopt(state: &mut State, flow: FlowView, broken: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (file, text) in &flow.sources {
        if state.flow.sources.get(file) != Some(text) || !state.highlights.contains_key(file) {
            effects.push(Effect::Highlight {
                file: file.clone(),
                text: text.text.clone(),
            });
        }
    }
    let version = state.flow.version + 1;
    if broken && state.flow.version > 0 {
        state.flow.sources = flow.sources;
        state.flow.problems = flow.problems;
        state.flow.version = version;
    } else {
        state.flow = FlowView { version, ..flow };
    }
    let still_there = state
        .selected
        .as_deref()
        .is_some_and(|step| state.flow.step(step).is_some());
    if !still_there && let Some(row) = state.flow.rows.first() {
        let first = row.step.clone();
        effects.extend(select::select_step(state, &first, true));
    }
    navigate::clamp_all(state);
    effects
}

/// Shows the first thing that keeps the flow from running, at its line and in the status line; says whether there is one.
pub(super) fn mark_problem(state: &mut State) -> bool {
    let Some(problem) = state.flow.first_error().cloned() else {
        return false;
    };
    let name = problem
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let text = format!("{name}:{}: {}", problem.line, problem.message);
    state.say(Tone::Error, text);
    state.error = Some(ErrorMark {
        file: problem.file,
        line: problem.line,
        message: problem.message,
        step: None,
    });
    true
}

/// Several steps changed and none of them is under the cursor: the user chooses.
fn offer(state: &mut State, steps: &[(String, String)]) {
    let entries = steps.iter().map(|(step, reason)| Entry {
        label: step.clone(),
        detail: reason.clone(),
        action: Chosen::Spin(step.clone()),
    });
    state.popup = Some(Popup::Choice(Choice {
        title: "several steps changed: spin which?".to_owned(),
        entries: entries.collect(),
        cursor: 0,
        offset: 0,
    }));
}

fn list(names: &[&String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("{only} changed"),
        [first, second] => format!("{first} and {second} changed"),
        [first, rest @ ..] => format!("{first} and {} more steps changed", rest.len()),
    }
}
