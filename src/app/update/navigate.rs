//! Moving: the cursor of each pane, the wheel, clicks.

use crate::{
    app::{
        Effect,
        list::ListCursor,
        state::{Pane, RightTab, State},
    },
    config::Command,
};

use super::{height, select, width};

/// Cells before the text in the source pane: number, mark, space.
pub const GUTTER: usize = 6;
/// Lines of the data pane that are not rows: header, types, status.
pub const GRID_HEAD: usize = 3;
/// Lines of the artifacts pane that are not rows: the header.
pub const TREE_HEAD: usize = 1;

/// How far a movement goes.
#[derive(Clone, Copy)]
pub(super) enum Step {
    By(isize),
    Top,
    Bottom,
}

/// Carries out a movement in the pane that has the keys.
pub(super) fn movement(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(height(state, state.focus).max(2) - 1).unwrap_or(1);
    match command {
        Command::Up => vertical(state, Step::By(-1)),
        Command::Down => vertical(state, Step::By(1)),
        Command::PageUp => vertical(state, Step::By(-page)),
        Command::PageDown => vertical(state, Step::By(page)),
        Command::Top => vertical(state, Step::Top),
        Command::Bottom => vertical(state, Step::Bottom),
        Command::Left => horizontal(state, -1),
        Command::Right => horizontal(state, 1),
        _ => Vec::new(),
    }
}

fn apply(list: &mut ListCursor, step: Step, len: usize, height: usize) {
    match step {
        Step::By(delta) => list.move_by(delta, len, height),
        Step::Top => list.set(0, len, height),
        Step::Bottom => list.set(len.saturating_sub(1), len, height),
    }
}

pub(super) fn vertical(state: &mut State, step: Step) -> Vec<Effect> {
    let height = height(state, state.focus);
    match state.focus {
        Pane::Graph => {
            let mut list = graph_list(state);
            apply(&mut list, step, state.flow.rows.len(), height);
            let row = state.flow.rows.get(list.cursor).map(|row| row.step.clone());
            row.map_or_else(Vec::new, |step| select::select_step(state, &step, true))
        }
        Pane::Runs => {
            let len = state.runs.len();
            apply(&mut state.runs_cursor, step, len, height);
            Vec::new()
        }
        Pane::Source => {
            let len = state.source_text().map_or(0, |text| text.len());
            apply(&mut state.source.list, step, len, height);
            clamp_column(state);
            step_follows_source(state)
        }
        Pane::Output => {
            let len = state.output().map_or(0, |output| output.len());
            apply(&mut state.output_cursor, step, len, height);
            state.follow = state.output_cursor.cursor + 1 >= len;
            Vec::new()
        }
        Pane::Right => match state.tab {
            RightTab::Artifacts => {
                let (len, height) = (state.tree.len(), tree_height(state));
                apply(&mut state.tree_cursor, step, len, height);
                Vec::new()
            }
            RightTab::Card => {
                // A card has no cursor line: the movement scrolls.
                let len = card_len(state);
                match step {
                    Step::By(delta) => state.card_cursor.scroll(delta, len, height),
                    Step::Top | Step::Bottom => apply(&mut state.card_cursor, step, len, height),
                }
                Vec::new()
            }
            RightTab::Data => grid_row(state, step),
        },
    }
}

fn horizontal(state: &mut State, delta: isize) -> Vec<Effect> {
    match state.focus {
        Pane::Graph | Pane::Runs => Vec::new(),
        Pane::Source => {
            state.source.column = state.source.column.saturating_add_signed(delta);
            clamp_column(state);
            Vec::new()
        }
        Pane::Output => {
            state.output_left = state.output_left.saturating_add_signed(delta * 8).min(4096);
            Vec::new()
        }
        Pane::Right => match state.tab {
            RightTab::Artifacts => open_or_close(state, delta > 0),
            RightTab::Data => {
                let width = width(state, Pane::Right);
                if let Some(grid) = &mut state.table {
                    grid.move_column(delta, width);
                }
                Vec::new()
            }
            RightTab::Card => Vec::new(),
        },
    }
}

/// Right opens the row's node, left closes it, or goes to the one above it.
fn open_or_close(state: &mut State, open: bool) -> Vec<Effect> {
    let at = state.tree_cursor.cursor;
    let Some(row) = state.tree.get(at).cloned() else {
        return Vec::new();
    };
    if row.expandable && row.expanded != open {
        return select::toggle(state, &row.artifact, &row.path);
    }
    if !open && row.depth > 0 {
        let parent = state
            .tree
            .iter()
            .take(at)
            .rposition(|other| other.depth < row.depth);
        let (len, height) = (state.tree.len(), tree_height(state));
        state.tree_cursor.set(parent.unwrap_or(0), len, height);
    }
    Vec::new()
}

fn grid_row(state: &mut State, step: Step) -> Vec<Effect> {
    let height = grid_height(state);
    let Some(grid) = &mut state.table else {
        return Vec::new();
    };
    let target = match step {
        Step::By(delta) => grid.row.saturating_add_signed(delta as i64),
        Step::Top => 0,
        Step::Bottom => grid.page.total,
    };
    let missing = grid.go_to_row(target, height);
    load_rows(state, missing)
}

pub(super) fn load_rows(state: &mut State, missing: Option<u64>) -> Vec<Effect> {
    match (missing, state.table_source.clone()) {
        (Some(from), Some(source)) => select::ask_table(state, source, from),
        _ => Vec::new(),
    }
}

/// Rows of a table that fit.
pub fn grid_height(state: &State) -> usize {
    height(state, Pane::Right).saturating_sub(GRID_HEAD)
}

/// Rows of the artifact tree that fit.
pub fn tree_height(state: &State) -> usize {
    height(state, Pane::Right).saturating_sub(TREE_HEAD)
}

pub(super) fn card_len(state: &State) -> usize {
    let lines = state.card.as_ref().and_then(|card| card.as_ref().ok());
    lines.map_or(0, |lines| lines.len())
}

/// Cursor and offset of the graph: its cursor is the selected step.
pub fn graph_list(state: &State) -> ListCursor {
    let selected = state
        .selected
        .as_deref()
        .and_then(|step| state.flow.row_of(step));
    let mut list = ListCursor {
        cursor: selected.unwrap_or(0),
        offset: 0,
    };
    let height = height(state, Pane::Graph);
    // Keep the selection in the middle as soon as the graph is longer than the pane.
    list.offset = list.cursor.saturating_sub(height / 2);
    list.clamp(state.flow.rows.len(), height);
    list
}

/// The step whose code the source cursor is in becomes the selected one.
pub(super) fn step_follows_source(state: &mut State) -> Vec<Effect> {
    let line = u32::try_from(state.source.list.cursor + 1).unwrap_or(u32::MAX);
    let step = state
        .flow
        .step_at(&state.source.file, line)
        .map(|step| step.name.clone());
    step.map_or_else(Vec::new, |step| select::select_step(state, &step, false))
}

pub(super) fn clamp_column(state: &mut State) {
    let line = state
        .source_text()
        .map(|text| text.line(state.source.list.cursor).chars().count());
    let width = width(state, Pane::Source).saturating_sub(GUTTER).max(1);
    let source = &mut state.source;
    source.column = source.column.min(line.unwrap_or(0).saturating_sub(1));
    source.left = source.left.min(source.column);
    if source.column >= source.left + width {
        source.left = source.column + 1 - width;
    }
}

/// Keeps the end of the output in view while it is followed.
pub(super) fn follow_output(state: &mut State) {
    let len = state.output().map_or(0, |output| output.len());
    let height = height(state, Pane::Output);
    if state.follow {
        state.output_cursor.set(len.saturating_sub(1), len, height);
    } else {
        state.output_cursor.clamp(len, height);
    }
}

/// A row came in above the cursor.
pub(super) fn shift_runs_cursor(state: &mut State) {
    let (len, height) = (state.runs.len(), height(state, Pane::Runs));
    state.runs_cursor.move_by(1, len, height);
}

/// Brings every cursor back into its list.
pub(super) fn clamp_all(state: &mut State) {
    let len = state.runs.len();
    let runs_height = height(state, Pane::Runs);
    state.runs_cursor.clamp(len, runs_height);
    let len = state.source_text().map_or(0, |text| text.len());
    let source_height = height(state, Pane::Source);
    state.source.list.clamp(len, source_height);
    clamp_column(state);
    follow_output(state);
    let (len, tree) = (state.tree.len(), tree_height(state));
    state.tree_cursor.clamp(len, tree);
    let (len, card) = (card_len(state), height(state, Pane::Right));
    state.card_cursor.clamp(len, card);
    let grid = grid_height(state);
    if let Some(table) = &mut state.table {
        let row = table.row;
        // Rows that are missing now are asked for with the next movement.
        let _ = table.go_to_row(row, grid);
    }
}

/// What `y` copies.
pub(super) fn text_under_cursor(state: &State) -> Option<String> {
    match state.focus {
        Pane::Graph => match &state.subject {
            Some(subject) => Some(format!("{}/{}", state.flow.class, subject.pathspec())),
            None => state.selected.clone(),
        },
        Pane::Runs => {
            let row = state.runs.get(state.runs_cursor.cursor)?;
            Some(format!("{}/{}", state.flow.class, row.key.run))
        }
        Pane::Source => Some(
            state
                .source_text()?
                .line(state.source.list.cursor)
                .to_owned(),
        ),
        Pane::Output => Some(state.output()?.line(state.output_cursor.cursor).text),
        Pane::Right => match state.tab {
            RightTab::Artifacts => {
                let row = state.tree.get(state.tree_cursor.cursor)?;
                Some(format!("{} = {}", row.label, row.preview))
            }
            RightTab::Data => {
                let grid = state.table.as_ref()?;
                grid.row(grid.row)?.get(grid.column).cloned()
            }
            RightTab::Card => {
                let lines = state.card.as_ref()?.as_ref().ok()?;
                Some(lines.get(state.card_cursor.cursor)?.text())
            }
        },
    }
}
