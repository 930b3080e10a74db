//! Which steps an edit changes, and why.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::lookup::{Key, Lookup};
use super::units::Unit;
use super::walk::Reach;
use crate::flow::name::StepName;
use crate::flow::project::Project;

/// A step whose code, or code that it reaches, differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepChange {
    pub step: StepName,
    /// Such as `train changed at line 42`, `utils.clean changed at line 41`, `new step`.
    pub reason: String,
}

/// The steps of the flow of `new` that are not what they were in `old`, in source order.
pub fn changes(old: &Project, new: &Project) -> Vec<StepChange> {
    let Some(flow) = new.flow() else {
        return Vec::new();
    };
    let old_flow = old.flow();
    let mut before = old_flow.map(|flow| Reach::new(old, flow));
    let mut after = Reach::new(new, flow);
    flow.steps
        .iter()
        .filter_map(|step| {
            let known = old_flow.is_some_and(|flow| flow.step(&step.name).is_some());
            let reason = match before.as_mut().filter(|_| known) {
                None => Some("new step".to_owned()),
                Some(before) => reason(before, &mut after, &step.name),
            };
            reason.map(|reason| StepChange {
                step: step.name.clone(),
                reason,
            })
        })
        .collect()
}

/// Why a step is not what it was; `None` if it is.
fn reason(before: &mut Reach<'_>, after: &mut Reach<'_>, step: &str) -> Option<String> {
    let old = before.of_step(step);
    let new = after.of_step(step);
    let old_units = identities(&before.lookup, &old);
    let new_units = identities(&after.lookup, &new);
    let known: HashSet<_> = old_units
        .iter()
        .map(|(id, unit)| (*id, unit.code.normal.digest))
        .collect();
    let current: HashSet<_> = new_units
        .iter()
        .map(|(id, unit)| (*id, unit.code.normal.digest))
        .collect();
    // What is nearest to the step comes first, and says most.
    let changed = new_units
        .iter()
        .zip(&new)
        .find(|((id, unit), _)| !known.contains(&(*id, unit.code.normal.digest)));
    if let Some(((id, unit), key)) = changed {
        let mut earlier: HashMap<_, &Unit> = HashMap::new();
        for (id, unit) in &old_units {
            if !current.contains(&(*id, unit.code.normal.digest)) {
                earlier.entry(*id).or_insert(unit);
            }
        }
        let differs = earlier
            .get(id)
            .and_then(|old| unit.code.normal.first_difference(&old.code.normal));
        let line = unit.line + differs.unwrap_or(0);
        return Some(format!(
            "{} changed at line {line}",
            display(&after.lookup, *key, unit)
        ));
    }
    let gone = old_units
        .iter()
        .zip(&old)
        .find(|((id, unit), _)| !current.contains(&(*id, unit.code.normal.digest)));
    gone.map(|((_, unit), key)| format!("{} was removed", display(&before.lookup, *key, unit)))
}

type Identity<'a> = (&'a str, &'a str);

fn identities<'a>(lookup: &Lookup<'a>, keys: &[Key]) -> Vec<(Identity<'a>, &'a Unit)> {
    keys.iter()
        .filter_map(|key| {
            let unit = lookup.unit(*key)?;
            Some(((lookup.module_name(key.0), unit.name.as_str()), unit))
        })
        .collect()
}

/// How people call a unit.
fn display(lookup: &Lookup<'_>, key: Key, unit: &Unit) -> String {
    let module = lookup.module_name(key.0);
    let prefix = if module.is_empty() {
        String::new()
    } else {
        format!("{module}.")
    };
    if unit.import.is_some() {
        return format!("the import of {}{}", prefix, unit.name);
    }
    if unit.name.is_empty() {
        return match module {
            "" => "module-level code".to_owned(),
            module => format!("module-level code of {module}"),
        };
    }
    match unit.name.split_once('.') {
        Some((class, "")) => format!("the body of {prefix}{class}"),
        Some((_, member)) if module.is_empty() && lookup.is_flow_member(key) => member.to_owned(),
        _ => format!("{prefix}{}", unit.name),
    }
}
