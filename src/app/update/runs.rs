//! The runs pane: opening a run or a spin puts it on screen.

use crate::app::{
    Effect,
    records::{RunKey, RunKind, TaskKey},
    state::{State, Tone},
};

use super::{judgement, select};

/// Enter on a row.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.runs.get(state.runs_cursor.cursor).cloned() else {
        return Vec::new();
    };
    let live = state
        .details
        .get(&row.key)
        .is_some_and(|detail| detail.live);
    let mut effects = Vec::new();
    if row.kind == RunKind::Run {
        state.base = Some(row.key.clone());
        state.pinned = Some(state.generation);
        state.say(
            Tone::Plain,
            format!("run {} in view, esc goes back", row.key.run),
        );
        effects.extend(select::choose_subject(state));
        effects.extend(judgement::ask(state));
    } else {
        state.opening = Some(row.key.clone());
    }
    if !live {
        effects.push(Effect::LoadRun(row.key));
    }
    effects
}

/// Shows the task of a spin that was opened.
pub(super) fn show_spin(state: &mut State, run: RunKey, step: &str, task: String) -> Vec<Effect> {
    let mut effects = select::select_step(state, step, true);
    let key = TaskKey {
        run,
        step: step.to_owned(),
        task,
    };
    effects.extend(select::set_subject(state, Some(key)));
    effects
}

/// Back to the latest run.
pub(super) fn unpin(state: &mut State) -> Vec<Effect> {
    state.pinned = None;
    let latest = state.runs.iter().find(|row| row.kind == RunKind::Run);
    let latest = latest.map(|row| row.key.clone());
    state.base.clone_from(&latest);
    let mut effects = select::choose_subject(state);
    effects.extend(judgement::ask(state));
    if let Some(key) = latest
        && !state.details.contains_key(&key)
    {
        effects.push(Effect::LoadRun(key));
    }
    effects
}
