//! The mouse: the wheel scrolls what is under it, a click goes there.

use crate::app::{
    Effect,
    state::{Pane, RightTab, State},
};

use super::{
    height,
    navigate::{
        GRID_HEAD, GUTTER, Step, TREE_HEAD, card_len, clamp_column, graph_list, grid_height,
        load_rows, step_follows_source, tree_height, vertical,
    },
    runs, select,
};

pub(super) fn wheel(state: &mut State, pane: Pane, lines: isize) -> Vec<Effect> {
    let height = height(state, pane);
    match pane {
        Pane::Graph => {
            let focus = std::mem::replace(&mut state.focus, Pane::Graph);
            let effects = vertical(state, Step::By(lines.signum()));
            state.focus = focus;
            effects
        }
        Pane::Runs => {
            let len = state.runs.len();
            state.runs_cursor.scroll(lines, len, height);
            Vec::new()
        }
        Pane::Source => {
            let len = state.source_text().map_or(0, |text| text.len());
            state.source.list.scroll(lines, len, height);
            Vec::new()
        }
        Pane::Output => {
            let len = state.output().map_or(0, |output| output.len());
            state.output_cursor.scroll(lines, len, height);
            state.follow = state.output_cursor.offset + height >= len;
            Vec::new()
        }
        Pane::Right => match state.tab {
            RightTab::Artifacts => {
                let (len, height) = (state.tree.len(), tree_height(state));
                state.tree_cursor.scroll(lines, len, height);
                Vec::new()
            }
            RightTab::Card => {
                let len = card_len(state);
                state.card_cursor.scroll(lines, len, height);
                Vec::new()
            }
            RightTab::Data => {
                let rows = grid_height(state);
                let missing = state
                    .table
                    .as_mut()
                    .and_then(|grid| grid.scroll(lines as i64, rows));
                load_rows(state, missing)
            }
        },
    }
}

pub(super) fn click(state: &mut State, pane: Pane, line: usize, column: usize) -> Vec<Effect> {
    if state.popup.is_some() {
        return Vec::new();
    }
    state.focus = pane;
    let height = height(state, pane);
    match pane {
        Pane::Graph => {
            let row = state
                .flow
                .rows
                .get(graph_list(state).offset + line)
                .map(|row| row.step.clone());
            row.map_or_else(Vec::new, |step| select::select_step(state, &step, true))
        }
        Pane::Runs => {
            let at = state.runs_cursor.offset + line;
            let again = at == state.runs_cursor.cursor;
            let len = state.runs.len();
            state.runs_cursor.set(at, len, height);
            if again { runs::open(state) } else { Vec::new() }
        }
        Pane::Source => {
            let len = state.source_text().map_or(0, |text| text.len());
            let at = state.source.list.offset + line;
            state.source.list.set(at, len, height);
            state.source.column = state.source.left + column.saturating_sub(GUTTER);
            clamp_column(state);
            step_follows_source(state)
        }
        Pane::Output => {
            let len = state.output().map_or(0, |output| output.len());
            let at = state.output_cursor.offset + line;
            state.output_cursor.set(at, len, height);
            state.follow = at + 1 >= len;
            Vec::new()
        }
        Pane::Right => match state.tab {
            RightTab::Artifacts => {
                let Some(line) = line.checked_sub(TREE_HEAD) else {
                    return Vec::new();
                };
                let at = state.tree_cursor.offset + line;
                let again = at == state.tree_cursor.cursor;
                let (len, height) = (state.tree.len(), tree_height(state));
                state.tree_cursor.set(at, len, height);
                if again {
                    select::open_right(state)
                } else {
                    Vec::new()
                }
            }
            RightTab::Data => {
                let height = grid_height(state);
                let missing = state.table.as_mut().and_then(|grid| {
                    let row = grid.top + line.checked_sub(GRID_HEAD - 1)? as u64;
                    grid.go_to_row(row, height)
                });
                load_rows(state, missing)
            }
            RightTab::Card => Vec::new(),
        },
    }
}
