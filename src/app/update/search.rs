//! Search in the pane that has the keys: `/`, then `n` and `N`.

use crate::{
    app::{
        Effect,
        state::{Pane, RightTab, Search, State, Tone},
    },
    config::{Key, KeyCode},
};

use super::{height, navigate, select};

/// Starts typing a query.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.search = Some(Search {
        pane: state.focus,
        query: String::new(),
        typing: true,
    });
    Vec::new()
}

/// A key while the query is typed.
pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(search) = &mut state.search else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Esc => {
            state.search = None;
            Vec::new()
        }
        KeyCode::Enter => {
            search.typing = false;
            if search.query.is_empty() {
                state.search = None;
                return Vec::new();
            }
            find(state, true, true)
        }
        KeyCode::Backspace => {
            if search.query.pop().is_none() {
                state.search = None;
            }
            Vec::new()
        }
        KeyCode::Char('u') if key.ctrl => {
            search.query.clear();
            Vec::new()
        }
        _ => {
            if let Some(c) = key.typed() {
                search.query.push(c);
            }
            Vec::new()
        }
    }
}

/// The next or the previous match.
pub(super) fn step(state: &mut State, forward: bool) -> Vec<Effect> {
    if state.search.is_none() {
        state.say(Tone::Plain, "no search yet: / starts one");
        return Vec::new();
    }
    find(state, forward, false)
}

/// Number of lines that a pane can search, and where its cursor is.
fn extent(state: &State, pane: Pane) -> (usize, usize) {
    match pane {
        Pane::Graph => (state.flow.rows.len(), navigate::graph_list(state).cursor),
        Pane::Runs => (state.runs.len(), state.runs_cursor.cursor),
        Pane::Source => {
            let lines = state.source_text().map_or(0, |text| text.len());
            (lines, state.source.list.cursor)
        }
        Pane::Output => {
            let lines = state.output().map_or(0, |output| output.len());
            (lines, state.output_cursor.cursor)
        }
        Pane::Right => match state.tab {
            RightTab::Artifacts => (state.tree.len(), state.tree_cursor.cursor),
            RightTab::Data => {
                let grid = state.table.as_ref();
                let rows = grid.map_or(0, |grid| grid.page.rows.len());
                let at = grid.map_or(0, |grid| grid.row.saturating_sub(grid.page.from));
                (rows, usize::try_from(at).unwrap_or(0))
            }
            RightTab::Card => {
                let lines = state.card.as_ref().and_then(|card| card.as_ref().ok());
                (
                    lines.map_or(0, |lines| lines.len()),
                    state.card_cursor.cursor,
                )
            }
        },
    }
}

/// Whether a line of the pane has the needle, which is lower-case.
fn line_matches(state: &State, pane: Pane, index: usize, needle: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(needle);
    match pane {
        Pane::Graph => state.flow.rows.get(index).is_some_and(|row| has(&row.step)),
        Pane::Runs => state
            .runs
            .get(index)
            .is_some_and(|row| has(&row.key.run) || row.step.as_deref().is_some_and(has)),
        Pane::Source => state
            .source_text()
            .is_some_and(|text| has(text.line(index))),
        Pane::Output => state
            .output()
            .is_some_and(|output| output.line_contains(index, needle)),
        Pane::Right => match state.tab {
            RightTab::Artifacts => state
                .tree
                .get(index)
                .is_some_and(|row| has(&row.label) || has(&row.preview) || has(&row.type_name)),
            RightTab::Data => state
                .table
                .as_ref()
                .and_then(|grid| grid.page.rows.get(index))
                .is_some_and(|row| row.iter().any(|cell| has(cell))),
            RightTab::Card => state
                .card
                .as_ref()
                .and_then(|card| card.as_ref().ok())
                .and_then(|lines| lines.get(index))
                .is_some_and(|line| has(&line.text())),
        },
    }
}

fn find(state: &mut State, forward: bool, here: bool) -> Vec<Effect> {
    let Some(search) = &state.search else {
        return Vec::new();
    };
    let needle = search.query.to_lowercase();
    let pane = state.focus;
    let (len, cursor) = extent(state, pane);
    let start = usize::from(!here);
    let found = (start..len + start)
        .map(|distance| {
            let at = if forward {
                cursor + distance
            } else {
                cursor + 2 * len - distance
            };
            at % len.max(1)
        })
        .find(|at| line_matches(state, pane, *at, &needle));
    match found.filter(|_| len > 0) {
        Some(at) => go_to(state, pane, at, len),
        None => {
            let text = format!("no match for {}", search.query);
            state.say(Tone::Warning, text);
            Vec::new()
        }
    }
}

fn go_to(state: &mut State, pane: Pane, at: usize, len: usize) -> Vec<Effect> {
    let height = height(state, pane);
    match pane {
        Pane::Graph => {
            let step = state.flow.rows.get(at).map(|row| row.step.clone());
            step.map_or_else(Vec::new, |step| select::select_step(state, &step, true))
        }
        Pane::Runs => {
            state.runs_cursor.set(at, len, height);
            Vec::new()
        }
        Pane::Source => {
            state.source.list.set(at, len, height);
            navigate::step_follows_source(state)
        }
        Pane::Output => {
            state.follow = false;
            state.output_cursor.set(at, len, height);
            Vec::new()
        }
        Pane::Right => {
            match state.tab {
                RightTab::Artifacts => {
                    let height = navigate::tree_height(state);
                    state.tree_cursor.set(at, len, height);
                }
                RightTab::Data => {
                    let height = navigate::grid_height(state);
                    if let Some(grid) = &mut state.table {
                        let row = grid.page.from + at as u64;
                        // The match is on the loaded page; its surroundings may load later.
                        let _ = grid.go_to_row(row, height);
                    }
                }
                RightTab::Card => state.card_cursor.set(at, len, height),
            }
            Vec::new()
        }
    }
}
