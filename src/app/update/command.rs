//! What each command does.

use crate::{
    app::{
        Effect, inputs, popup,
        state::{Pane, RightTab, State, Tone},
    },
    config::Command,
};

use super::engine::Also;
use super::{edit, engine, loaded, navigate, quit, runs, search, select};

/// Carries out a command.
pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Spin => engine::spin_selected(state, Also::Nothing),
        Command::SpinInputs => engine::spin_selected(state, Also::Inputs),
        Command::SpinDescendants => engine::spin_selected(state, Also::Descendants),
        Command::Run => engine::run(state),
        Command::Resume => engine::resume(state),
        Command::ToggleAuto => {
            state.auto_spin = !state.auto_spin;
            let word = if state.auto_spin { "on" } else { "off" };
            state.say(Tone::Plain, format!("auto-spin {word}"));
            Vec::new()
        }
        Command::Cancel => engine::cancel_newest(state),
        Command::PickInputs => {
            state.popup = Some(popup::Popup::Choice(inputs::input_choice(state)));
            Vec::new()
        }
        Command::Edit => edit::open(state),
        Command::EditExternal => edit::open_external(state),
        // Both are the editor widget's own; without an editor there is nothing to save or leave.
        Command::Save | Command::LeaveEditor => Vec::new(),
        Command::NextPane => cycle_focus(state, 1),
        Command::PreviousPane => cycle_focus(state, Pane::ALL.len() - 1),
        Command::FocusGraph => focus(state, Pane::Graph),
        Command::FocusRuns => focus(state, Pane::Runs),
        Command::FocusSource => focus(state, Pane::Source),
        Command::FocusOutput => focus(state, Pane::Output),
        Command::FocusArtifacts => show(state, RightTab::Artifacts),
        Command::FocusData => show(state, RightTab::Data),
        Command::FocusCard => show(state, RightTab::Card),
        Command::NextTab => cycle_tab(state, 1),
        Command::PreviousTab => cycle_tab(state, RightTab::ALL.len() - 1),
        Command::Up
        | Command::Down
        | Command::Left
        | Command::Right
        | Command::PageUp
        | Command::PageDown
        | Command::Top
        | Command::Bottom => navigate::movement(state, command),
        Command::Open => open(state),
        Command::Back => back(state),
        Command::Search => search::open(state),
        Command::NextMatch => search::step(state, true),
        Command::PreviousMatch => search::step(state, false),
        Command::NextTask => select::neighbour_task(state, 1),
        Command::PreviousTask => select::neighbour_task(state, -1),
        Command::Follow => {
            state.follow = !state.follow;
            navigate::follow_output(state);
            Vec::new()
        }
        Command::Zoom => {
            state.zoomed = !state.zoomed;
            Vec::new()
        }
        Command::Copy => copy(state),
        Command::Timings => {
            state.popup = Some(popup::Popup::Timings);
            vec![Effect::LoadStatus]
        }
        Command::Palette => {
            state.popup = Some(popup::Popup::Palette {
                query: String::new(),
                cursor: 0,
            });
            Vec::new()
        }
        Command::Help => {
            state.popup = Some(popup::Popup::Help { offset: 0 });
            Vec::new()
        }
        Command::Reload => {
            let mut effects = loaded::ask_runs(state);
            effects.push(Effect::LoadFlow);
            effects
        }
        Command::Redraw => vec![Effect::Redraw],
        Command::Suspend => vec![Effect::Suspend],
        Command::Interrupt => interrupt(state),
        Command::Quit => ask_quit(state),
    }
}

fn focus(state: &mut State, pane: Pane) -> Vec<Effect> {
    state.focus = pane;
    Vec::new()
}

fn cycle_focus(state: &mut State, by: usize) -> Vec<Effect> {
    let at = Pane::ALL.iter().position(|pane| *pane == state.focus);
    let next = (at.unwrap_or(0) + by) % Pane::ALL.len();
    focus(state, Pane::ALL.get(next).copied().unwrap_or(Pane::Graph))
}

fn show(state: &mut State, tab: RightTab) -> Vec<Effect> {
    state.focus = Pane::Right;
    select::show_tab(state, tab)
}

fn cycle_tab(state: &mut State, by: usize) -> Vec<Effect> {
    let at = RightTab::ALL.iter().position(|tab| *tab == state.tab);
    let next = (at.unwrap_or(0) + by) % RightTab::ALL.len();
    show(state, RightTab::ALL.get(next).copied().unwrap_or_default())
}

fn open(state: &mut State) -> Vec<Effect> {
    match state.focus {
        Pane::Graph => focus(state, Pane::Source),
        Pane::Runs => runs::open(state),
        Pane::Source => edit::open(state),
        Pane::Output => select::open_traceback(state),
        Pane::Right => select::open_right(state),
    }
}

/// One level back, whichever is the nearest.
fn back(state: &mut State) -> Vec<Effect> {
    if state.search.take().is_some() {
        return Vec::new();
    }
    if state.zoomed {
        state.zoomed = false;
        return Vec::new();
    }
    if state.focus == Pane::Right && state.tab == RightTab::Data {
        return select::show_tab(state, RightTab::Artifacts);
    }
    if state.pinned.is_some() {
        return runs::unpin(state);
    }
    focus(state, Pane::Graph)
}

fn copy(state: &mut State) -> Vec<Effect> {
    let text = navigate::text_under_cursor(state);
    match text.filter(|text| !text.is_empty()) {
        Some(text) => {
            let shown: String = text.chars().take(40).collect();
            state.say(Tone::Plain, format!("copied: {shown}"));
            vec![Effect::Copy(text)]
        }
        None => {
            state.say(Tone::Plain, "nothing to copy here");
            Vec::new()
        }
    }
}

/// While a job runs, the first ctrl-c asks and the second stops; when idle it quits.
fn interrupt(state: &mut State) -> Vec<Effect> {
    let Some(label) = state.jobs.last().map(|job| job.label()) else {
        return ask_quit(state);
    };
    if state.armed {
        state.armed = false;
        return engine::cancel_newest(state);
    }
    state.armed = true;
    state.say(Tone::Warning, format!("ctrl-c again stops {label}"));
    Vec::new()
}

fn ask_quit(state: &mut State) -> Vec<Effect> {
    let question = match (state.jobs.as_slice(), &state.edit) {
        (_, Some(edit)) if edit.modified => {
            let name = edit.file.file_name().unwrap_or_default().to_string_lossy();
            format!("{name} has unsaved changes: quit and lose them?")
        }
        ([], _) => return quit(state),
        ([job], _) => format!("{} is running: stop it and quit?", job.label()),
        (jobs, _) => format!("{} jobs are running: stop them and quit?", jobs.len()),
    };
    state.popup = Some(popup::Popup::Confirm {
        question,
        action: popup::Confirmed::Quit,
    });
    Vec::new()
}
