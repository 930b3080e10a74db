//! The one function that changes the state: a message in, effects out. It reads no clock, no file and no terminal.

mod change;
mod command;
mod edit;
mod engine;
mod events;
mod failure;
mod judgement;
mod keys;
mod loaded;
mod navigate;
mod pointer;
mod popup;
mod runs;
mod search;
mod select;
mod task_events;

#[cfg(test)]
mod tests;

pub use failure::sentence as failure_sentence;
pub use keys::{EditorKey, contexts, editor_is_open, editor_key, pane_contexts};
pub use navigate::{GUTTER, graph_list};

use crate::engine::Phase;

use super::{
    effect::Effect,
    msg::Msg,
    remember::Remembered,
    state::{Pane, State, Tone},
};

/// What a session asks for before the first message.
pub fn start(state: &mut State) -> Vec<Effect> {
    state.warming = true;
    let ticket = state.number();
    state.tickets.runs = ticket;
    vec![Effect::LoadFlow, Effect::LoadRuns { ticket }]
}

/// Takes in one message.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let effects = dispatch(state, msg);
    if matches!(state.focus, Pane::Source | Pane::Output | Pane::Right) {
        state.main = state.focus;
    }
    effects
}

fn dispatch(state: &mut State, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => keys::key(state, key),
        Msg::Paste(text) => keys::paste(state, &text),
        Msg::Command(command) => command::run(state, command),
        Msg::Click { pane, line, column } => pointer::click(state, pane, line, column),
        Msg::ClickTab(tab) => {
            state.focus = Pane::Right;
            select::show_tab(state, tab)
        }
        Msg::Focus(pane) => {
            state.focus = pane;
            Vec::new()
        }
        Msg::Wheel { pane, lines } => pointer::wheel(state, pane, lines),
        Msg::Viewports(viewports) => {
            let wider = viewports.right.0 != state.viewports.right.0;
            state.viewports = viewports;
            navigate::clamp_all(state);
            // A card is broken into lines for a width.
            if wider {
                select::load_card(state)
            } else {
                Vec::new()
            }
        }
        Msg::FocusGained => {
            let mut effects = loaded::ask_runs(state);
            // A config, or what is installed, may be another now.
            effects.extend(judgement::ask(state));
            effects
        }
        Msg::Tick => {
            state.ticks = state.ticks.wrapping_add(1);
            Vec::new()
        }
        Msg::Terminate => quit(state),

        Msg::Flow(flow, remembered) => loaded::flow(state, *flow, remembered),
        Msg::Changed(changed) => change::changed(state, *changed),
        Msg::Runs { ticket, runs } => loaded::runs(state, ticket, runs),
        Msg::RunsChanged => loaded::ask_runs(state),
        Msg::ConfigChanged(file) => judgement::config_changed(state, &file),
        Msg::Judged { ticket, status } => judgement::judged(state, ticket, status),
        Msg::Run(loaded) => loaded::run(state, *loaded),
        Msg::Task {
            ticket,
            task,
            facts,
        } => loaded::task(state, ticket, task, *facts),
        Msg::Summaries {
            ticket,
            task,
            artifacts,
        } => loaded::summaries(state, ticket, &task, artifacts),
        Msg::Log { task, bytes } => loaded::log(state, task, &bytes),
        Msg::Value { task, name, value } => loaded::value(state, &task, name, value),
        Msg::Table { ticket, page } => loaded::table(state, ticket, page),
        Msg::Card { ticket, lines } => {
            if ticket == state.tickets.card {
                let count = lines.as_ref().map_or(0, |lines| lines.len());
                let height = usize::from(state.viewports.right.1);
                state.card_cursor.clamp(count, height);
                state.card = Some(lines);
            }
            Vec::new()
        }
        Msg::Highlighted { file, highlights } => {
            state.highlights.insert(file, highlights);
            Vec::new()
        }

        Msg::Job { token, event } => events::event(state, token, event),
        Msg::JobEnded { token } => events::ended(state, token),
        Msg::Warmed(result) => {
            state.warming = false;
            match result {
                Ok(()) => judgement::ask(state),
                Err(failure) => failure::cold(state, &failure),
            }
        }

        Msg::Status(status) => {
            state.engine = Some(*status);
            Vec::new()
        }

        Msg::EditorSave(text) => edit::save(state, text),
        Msg::EditorLeave { modified } => edit::leave(state, modified),
        Msg::EditorModified(modified) => {
            if let Some(edit) = &mut state.edit {
                edit.modified = modified;
            }
            Vec::new()
        }
        Msg::Saved(result) => edit::saved(state, result),
        Msg::EditorDone(result) => {
            if let Err(problem) = result {
                state.say(Tone::Error, problem);
            }
            Vec::new()
        }
        Msg::Drawn(millis) => {
            if let Some(spin) = &mut state.timing {
                spin.timing.add(Phase::Draw, millis);
            }
            Vec::new()
        }
        Msg::Notice(text) => {
            state.say(Tone::Warning, text);
            Vec::new()
        }
    }
}

/// Stops everything and leaves.
fn quit(state: &mut State) -> Vec<Effect> {
    state.quitting = true;
    let mut effects: Vec<Effect> = state
        .jobs
        .iter()
        .map(|job| Effect::Cancel(job.token))
        .collect();
    effects.push(Effect::Remember(Remembered::of(state)));
    effects.push(Effect::Quit);
    effects
}

/// Height of a pane's inside, in lines.
fn height(state: &State, pane: Pane) -> usize {
    let view = &state.viewports;
    let (_, height) = match pane {
        Pane::Graph => view.graph,
        Pane::Runs => view.runs,
        Pane::Source => view.source,
        Pane::Output => view.output,
        Pane::Right => view.right,
    };
    usize::from(height)
}

/// Width of a pane's inside, in cells.
fn width(state: &State, pane: Pane) -> usize {
    let view = &state.viewports;
    let (width, _) = match pane {
        Pane::Graph => view.graph,
        Pane::Runs => view.runs,
        Pane::Source => view.source,
        Pane::Output => view.output,
        Pane::Right => view.right,
    };
    usize::from(width)
}
