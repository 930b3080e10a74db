//! The flow's graph as a card has it, in layers from start to end.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::parts::Dag;

/// A step of the graph.
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    /// start, linear, split, foreach, switch, join, end, or unknown.
    pub(super) kind: &'a str,
    pub(super) next: Vec<&'a str>,
    pub(super) doc: &'a str,
    /// The longest way from the start, in steps.
    pub(super) layer: usize,
    /// How many splits are open around it.
    pub(super) depth: usize,
}

/// The steps in an order in which each follows what leads to it; empty when the data has none.
pub(super) fn steps(dag: &Dag) -> Vec<Step<'_>> {
    // Older cards have the steps without the object around them.
    let Some(all) = dag
        .data
        .get("steps")
        .or(Some(&dag.data))
        .and_then(Value::as_object)
    else {
        return Vec::new();
    };
    let next_of = |name: &str| -> Vec<&str> {
        let next = all
            .get(name)
            .and_then(|step| step.get("next"))
            .and_then(Value::as_array);
        next.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|next| all.contains_key(*next))
            .collect()
    };
    let start = dag
        .data
        .get("start_step")
        .and_then(Value::as_str)
        .unwrap_or("start");
    let order = order(start, all.keys().map(String::as_str), &next_of);
    let position: HashMap<&str, usize> = order
        .iter()
        .enumerate()
        .map(|(at, name)| (*name, at))
        .collect();
    let mut layers: HashMap<&str, usize> = HashMap::new();
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut steps = Vec::new();
    for name in &order {
        let Some(step) = all.get(*name) else { continue };
        let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = text("type");
        let layer = layers.get(name).copied().unwrap_or(0);
        let mut depth = depths.get(name).copied().unwrap_or(0);
        if kind == "join" {
            depth = depth.saturating_sub(1);
        }
        let next = next_of(name);
        let opens = next.len() > 1 || kind == "foreach";
        for follower in &next {
            // Edges that lead back, as of a loop, would have no end.
            if position.get(follower) > position.get(name) {
                let entry = layers.entry(follower).or_default();
                *entry = (*entry).max(layer + 1);
                depths
                    .entry(follower)
                    .or_insert(depth + usize::from(opens && kind != "switch"));
            }
        }
        steps.push(Step {
            name,
            kind,
            next,
            doc: text("doc"),
            layer,
            depth,
        });
    }
    steps
}

/// Depth first from the start, each step before what follows it; then what cannot be reached.
fn order<'a>(
    start: &'a str,
    all: impl Iterator<Item = &'a str>,
    next_of: &dyn Fn(&str) -> Vec<&'a str>,
) -> Vec<&'a str> {
    let mut done: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut stack: Vec<(&str, bool)> = vec![(start, false)];
    while let Some((name, finished)) = stack.pop() {
        if finished {
            done.push(name);
        } else if seen.insert(name) {
            stack.push((name, true));
            stack.extend(next_of(name).into_iter().map(|next| (next, false)));
        }
    }
    done.reverse();
    let missing: Vec<&str> = all.filter(|name| !seen.contains(name)).collect();
    done.extend(missing);
    done
}
