//! Which run, task or split supplies a spin's inputs.

use super::{
    popup::{Choice, Chosen, Entry},
    records::{RunKind, RunRow},
    state::State,
};

/// The user's pick. Without one, the engine takes the newest valid output of each parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPick {
    /// Run id.
    pub run: String,
    /// One task of one step, which the pick then is for; without it, the pick is for all steps.
    pub task: Option<(String, String)>,
}

impl InputPick {
    /// The pathspec that a spin of `step` is given.
    pub fn pathspec(&self, step: &str) -> String {
        match &self.task {
            Some((of, task)) if of == step => format!("{}/{of}/{task}", self.run),
            _ => format!("{}/{step}", self.run),
        }
    }

    /// For the header.
    pub fn label(&self) -> String {
        match &self.task {
            Some((step, task)) => format!("{}/{step}/{task}", self.run),
            None => format!("run {}", self.run),
        }
    }
}

/// The header's word on the inputs of the next spin.
pub fn inputs_label(state: &State) -> String {
    if let Some(pick) = &state.inputs {
        return pick.label();
    }
    match latest_run(state) {
        Some(row) => format!("run {} (latest)", row.key.run),
        None => "none yet".to_owned(),
    }
}

fn latest_run(state: &State) -> Option<&RunRow> {
    state.runs.iter().find(|row| row.kind == RunKind::Run)
}

/// Why the inputs of the selected step are not to be trusted: the reason a parent is stale.
pub fn inputs_warning(state: &State) -> Option<String> {
    let step = state.selected.as_deref()?;
    state.flow.parents(step).find_map(|parent| {
        Some(format!(
            "{} is stale: {}",
            parent.name,
            state.stale_reason(&parent.name)?
        ))
    })
}

/// The picker: automatic, then each task of the selected step in the run in view, then each run.
pub fn input_choice(state: &State) -> Choice {
    let mut entries = vec![Entry {
        label: "latest".to_owned(),
        detail: "newest valid output of each parent".to_owned(),
        action: Chosen::Inputs(None),
    }];
    let base = state
        .base
        .as_ref()
        .and_then(|key| state.details.get_key_value(key));
    if let (Some((key, detail)), Some(step)) = (base, &state.selected)
        && let Some(tasks) = detail.steps.get(step)
    {
        for task in &tasks.tasks {
            let split = task.split.map(|split| format!("split {split}"));
            entries.push(Entry {
                label: format!("{}/{step}/{}", key.run, task.task),
                detail: split.unwrap_or_default(),
                action: Chosen::Inputs(Some(InputPick {
                    run: key.run.clone(),
                    task: Some((step.clone(), task.task.clone())),
                })),
            });
        }
    }
    for row in state.runs.iter().filter(|row| row.kind == RunKind::Run) {
        entries.push(Entry {
            label: format!("run {}", row.key.run),
            detail: super::words::ago(state.now_ms, row.started_ms),
            action: Chosen::Inputs(Some(InputPick {
                run: row.key.run.clone(),
                task: None,
            })),
        });
    }
    let title = match &state.selected {
        Some(step) => format!("inputs of {step}"),
        None => "inputs".to_owned(),
    };
    Choice {
        title,
        entries,
        cursor: 0,
        offset: 0,
    }
}
