//! Which step and which task everything on screen is about.

use std::path::Path;

use crate::app::{
    Effect,
    list::ListCursor,
    output::TermBuffer,
    popup::{Choice, Chosen, Entry, Popup},
    records::{TableSource, TaskFacts, TaskKey},
    state::{Pane, RightTab, State, Tone},
    status::step_status,
    table::{Grid, PAGE_ROWS},
    tree::tree_rows,
};

use super::{height, navigate};

/// Tasks whose output is kept in memory; the log files have the others.
const OUTPUTS: usize = 64;

/// Makes a step the one that everything is about. `move_source` shows its code, too.
pub(super) fn select_step(state: &mut State, name: &str, move_source: bool) -> Vec<Effect> {
    let Some(step) = state.flow.step(name) else {
        return Vec::new();
    };
    let (file, first, def) = (step.file.clone(), step.first_line, step.def_line);
    if move_source {
        show_line(state, &file, def);
        // The decorators are part of the step: put them at the top if they fit.
        let height = height(state, Pane::Source);
        let first = usize::try_from(first).unwrap_or(1).saturating_sub(1);
        let lines = state.source_text().map_or(0, |text| text.len());
        let list = &mut state.source.list;
        list.offset = first.saturating_sub(1).min(list.cursor);
        list.clamp(lines, height);
    }
    if state.selected.as_deref() == Some(name) {
        return Vec::new();
    }
    state.selected = Some(name.to_owned());
    let mut effects = choose_subject(state);
    effects.extend(warm_selected(state));
    effects
}

/// Whoever looks at a step, or begins to edit it, may soon spin it.
pub(super) fn warm_selected(state: &State) -> Option<Effect> {
    Some(Effect::WarmStep {
        request: Box::new(state.request.clone()),
        step: state.selected.clone()?,
    })
}

/// Puts the source cursor on a line, 1-based.
pub(super) fn show_line(state: &mut State, file: &Path, line: u32) {
    if state.source.file != file {
        state.source.file = file.to_owned();
        state.source.list = ListCursor::default();
        state.source.column = 0;
        state.source.left = 0;
    }
    let lines = state.source_text().map_or(0, |text| text.len());
    let height = height(state, Pane::Source);
    let target = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let list = &mut state.source.list;
    let seen = target >= list.offset && target < list.offset + height.max(1);
    if !seen {
        list.offset = target.saturating_sub(height / 3);
    }
    list.set(target, lines, height);
}

/// Shows the newest task of the selected step.
pub(super) fn choose_subject(state: &mut State) -> Vec<Effect> {
    let newest = state
        .selected
        .as_deref()
        .and_then(|step| newest_task(state, step));
    set_subject(state, newest)
}

fn newest_task(state: &State, step: &str) -> Option<TaskKey> {
    if step_status(state, step).spun {
        return state.spins.get(step).map(|spin| spin.task.clone());
    }
    let run = state.base.as_ref()?;
    let row = state.details.get(run)?.steps.get(step)?.representative()?;
    Some(TaskKey {
        run: run.clone(),
        step: step.to_owned(),
        task: row.task.clone(),
    })
}

/// Shows a task. What was shown of the one before stays, marked as such, until its own facts have come.
pub(super) fn set_subject(state: &mut State, subject: Option<TaskKey>) -> Vec<Effect> {
    if state.subject == subject {
        return Vec::new();
    }
    let same_step = match (&state.subject, &subject) {
        (Some(old), Some(new)) => old.step == new.step,
        _ => false,
    };
    state.subject = subject.clone();
    state.follow = true;
    state.output_left = 0;
    state.card_index = 0;
    if !same_step {
        clear_facts(state);
    }
    let Some(task) = subject else {
        navigate::follow_output(state);
        return Vec::new();
    };
    let mut effects = Vec::new();
    if !state.outputs.contains_key(&task) && !is_running(state, &task) {
        effects.push(Effect::LoadLog(task.clone()));
    }
    navigate::follow_output(state);
    if !is_running(state, &task) {
        effects.extend(ask_facts(state, task));
    }
    effects
}

fn clear_facts(state: &mut State) {
    state.facts = TaskFacts::default();
    state.facts_of = None;
    state.values.clear();
    state.open.clear();
    state.changed.clear();
    state.table = None;
    state.table_source = None;
    state.card = None;
    state.tree_cursor = ListCursor::default();
    state.card_cursor = ListCursor::default();
    refresh_tree(state);
}

/// Whether the task is under way in this session: its facts come when it ends.
fn is_running(state: &State, task: &TaskKey) -> bool {
    use crate::app::records::Progress;

    let row = state.details.get(&task.run).and_then(|detail| {
        let tasks = detail.steps.get(&task.step)?;
        tasks.tasks.iter().find(|row| row.task == task.task)
    });
    row.is_some_and(|row| row.progress == Progress::Running)
}

/// Asks for artifacts and cards of a task.
pub(super) fn ask_facts(state: &mut State, task: TaskKey) -> Vec<Effect> {
    let ticket = state.number();
    state.tickets.task = ticket;
    vec![Effect::LoadTask { ticket, task }]
}

/// The buffer of a task's output; the oldest that is not on screen makes room.
pub(super) fn output_of<'a>(state: &'a mut State, task: &TaskKey) -> &'a mut TermBuffer {
    if !state.outputs.contains_key(task) && state.outputs.len() >= OUTPUTS {
        let old = state
            .outputs
            .keys()
            .position(|key| Some(key) != state.subject.as_ref());
        if let Some(old) = old {
            state.outputs.shift_remove_index(old);
        }
    }
    let capacity = state.settings.scrollback.value;
    state
        .outputs
        .entry(task.clone())
        .or_insert_with(|| TermBuffer::new(capacity))
}

/// Works the rows of the artifact tree out again.
pub(super) fn refresh_tree(state: &mut State) {
    state.tree = tree_rows(state);
    let height = navigate::tree_height(state);
    state.tree_cursor.clamp(state.tree.len(), height);
}

/// Another task of the same step and run.
pub(super) fn neighbour_task(state: &mut State, by: isize) -> Vec<Effect> {
    let Some(subject) = state.subject.clone() else {
        return Vec::new();
    };
    let tasks = state
        .details
        .get(&subject.run)
        .and_then(|detail| detail.steps.get(&subject.step));
    let tasks = tasks
        .map(|tasks| tasks.tasks.as_slice())
        .unwrap_or_default();
    let at = tasks
        .iter()
        .position(|row| row.task == subject.task)
        .unwrap_or(0);
    let count = tasks.len();
    if count < 2 {
        state.say(Tone::Plain, format!("{} has one task", subject.step));
        return Vec::new();
    }
    let next = (at + count).saturating_add_signed(by) % count;
    let task = tasks
        .get(next)
        .map(|row| row.task.clone())
        .unwrap_or_default();
    set_subject(state, Some(TaskKey { task, ..subject }))
}

pub(super) fn show_tab(state: &mut State, tab: RightTab) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.tab, tab);
    match tab {
        RightTab::Card if state.card.is_none() => load_card(state),
        // Coming from the tree, the data pane shows what is under the cursor there.
        RightTab::Data if before == RightTab::Artifacts => {
            let row = state.tree.get(state.tree_cursor.cursor);
            let of = |name: &str| {
                state
                    .facts
                    .artifacts
                    .iter()
                    .any(|artifact| artifact.name == name && artifact.table)
            };
            let name = row.map(|row| row.artifact.clone()).filter(|name| of(name));
            let shown = match &state.table_source {
                Some(TableSource::Artifact { name, .. }) => Some(name.clone()),
                Some(TableSource::File(_)) | None => None,
            };
            match name {
                Some(name) if shown.as_ref() != Some(&name) => open_table(state, &name),
                _ => Vec::new(),
            }
        }
        RightTab::Artifacts | RightTab::Data | RightTab::Card => Vec::new(),
    }
}

/// Asks for the card on screen.
pub(super) fn load_card(state: &mut State) -> Vec<Effect> {
    let index = state
        .card_index
        .min(state.facts.cards.len().saturating_sub(1));
    let Some(card) = state.facts.cards.get(index) else {
        state.card = None;
        return Vec::new();
    };
    let path = card.path.clone();
    let ticket = state.number();
    state.tickets.card = ticket;
    vec![Effect::LoadCard {
        ticket,
        path,
        width: state.viewports.right.0,
    }]
}

/// Enter in the right pane.
pub(super) fn open_right(state: &mut State) -> Vec<Effect> {
    match state.tab {
        RightTab::Artifacts => {
            let Some(row) = state.tree.get(state.tree_cursor.cursor) else {
                return Vec::new();
            };
            if row.depth == 0 && row.table && !row.expandable {
                let name = row.artifact.clone();
                return open_table(state, &name);
            }
            let (artifact, path, expandable) =
                (row.artifact.clone(), row.path.clone(), row.expandable);
            if expandable {
                toggle(state, &artifact, &path)
            } else {
                Vec::new()
            }
        }
        RightTab::Data => Vec::new(),
        RightTab::Card => {
            if state.facts.cards.len() > 1 {
                let entries = state.facts.cards.iter().enumerate();
                let entries = entries.map(|(index, card)| Entry {
                    label: card.title.clone(),
                    detail: String::new(),
                    action: Chosen::Card(index),
                });
                state.popup = Some(Popup::Choice(Choice {
                    title: "cards".to_owned(),
                    entries: entries.collect(),
                    cursor: state.card_index,
                    offset: 0,
                }));
            }
            Vec::new()
        }
    }
}

/// Opens or closes a node of the tree.
pub(super) fn toggle(state: &mut State, artifact: &str, path: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !state.open.remove(path) {
        state.open.insert(path.to_owned());
        if path == artifact
            && !state.values.contains_key(artifact)
            && let Some(task) = state.facts_of.clone()
        {
            effects.push(Effect::LoadValue {
                task,
                name: artifact.to_owned(),
            });
        }
    }
    refresh_tree(state);
    effects
}

/// Shows an artifact in the data pane.
pub(super) fn open_table(state: &mut State, name: &str) -> Vec<Effect> {
    let Some(task) = state.facts_of.clone() else {
        return Vec::new();
    };
    state.tab = RightTab::Data;
    let source = TableSource::Artifact {
        task,
        name: name.to_owned(),
    };
    state.table = Some(Grid::default());
    ask_table(state, source, 0)
}

/// Asks for a page of a table.
pub(super) fn ask_table(state: &mut State, source: TableSource, from: u64) -> Vec<Effect> {
    let ticket = state.number();
    state.tickets.table = ticket;
    state.table_source = Some(source.clone());
    let grid = state.table.get_or_insert_with(Grid::default);
    grid.loading = true;
    vec![Effect::LoadTable {
        ticket,
        source,
        from,
        rows: PAGE_ROWS,
    }]
}

/// Jumps to the place in the source that a traceback's line under the cursor names.
pub(super) fn open_traceback(state: &mut State) -> Vec<Effect> {
    let Some(text) = navigate::text_under_cursor(state) else {
        return Vec::new();
    };
    let Some((file, line)) = super::failure::place_in(&text) else {
        state.say(Tone::Plain, "no place in the source on this line");
        return Vec::new();
    };
    if !state.flow.sources.contains_key(Path::new(&file)) {
        state.say(Tone::Warning, format!("{file} is not of this project"));
        return Vec::new();
    }
    show_line(state, Path::new(&file), line);
    state.focus = Pane::Source;
    navigate::step_follows_source(state)
}
