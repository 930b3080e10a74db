//! Who leads to whom, and which splits are open where: Metaflow's walk over the graph, without walking any stretch twice.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Graph, NodeKind};
use crate::flow::name::StepName;

type Names = Arc<Vec<StepName>>;

/// More than any flow has; a bound for the combinations of open splits in a graph that closes none of them.
const MOST_VISITS: usize = 20_000;

struct Visit {
    step: StepName,
    parents: Names,
    branches: Names,
    /// The path that led here, by its place in the list of paths.
    path: Option<usize>,
}

/// A path: its last step, and the path before that.
struct Path {
    step: StepName,
    before: Option<usize>,
}

/// Whether an edge leads back. The start step does not count as passed, which is how an edge into it becomes one of its inputs.
fn on_path(paths: &[Path], path: usize, step: &StepName) -> bool {
    let mut at = paths.get(path);
    while let Some(Path {
        step: passed,
        before: Some(before),
    }) = at
    {
        if passed == step {
            return true;
        }
        at = paths.get(*before);
    }
    false
}

fn with(names: &Names, name: &StepName) -> Names {
    let mut longer = names.to_vec();
    longer.push(name.clone());
    Arc::new(longer)
}

fn without_last(names: &Names) -> Names {
    let mut shorter = names.to_vec();
    shorter.pop();
    Arc::new(shorter)
}

impl Graph {
    /// Walks all paths from the start, carrying the open splits. Paths that arrive at a step with the same open splits are
    /// walked on once only.
    pub(super) fn connect(&mut self) {
        let Some(start) = self.start.clone() else {
            return;
        };
        let mut seen = HashSet::new();
        let mut stack = vec![Visit {
            step: start,
            parents: Arc::default(),
            branches: Arc::default(),
            path: None,
        }];
        let mut paths: Vec<Path> = Vec::new();
        let mut edges: Vec<(StepName, StepName)> = Vec::new();
        while let Some(visit) = stack.pop() {
            if seen.len() >= MOST_VISITS
                || !seen.insert((visit.step.clone(), Arc::clone(&visit.parents)))
            {
                continue;
            }
            let follow = self.enter(&visit);
            let path = paths.len();
            paths.push(Path {
                step: visit.step.clone(),
                before: visit.path,
            });
            for (target, parents, branches) in follow.into_iter().rev() {
                if self.nodes.contains_key(&target) && !on_path(&paths, path, &target) {
                    edges.push((visit.step.clone(), target.clone()));
                    stack.push(Visit {
                        step: target,
                        parents,
                        branches,
                        path: Some(path),
                    });
                }
            }
        }
        for (from, to) in edges {
            if let Some(node) = self.nodes.get_mut(&to)
                && !node.inputs.contains(&from)
            {
                node.inputs.push(from);
            }
        }
        for node in self.nodes.values_mut() {
            node.inputs.sort();
        }
    }

    /// Records what a path brings to a step; gives the targets with what they get.
    fn enter(&mut self, visit: &Visit) -> Vec<(StepName, Names, Names)> {
        let mut parents = Arc::clone(&visit.parents);
        let mut branches = Arc::clone(&visit.branches);
        let mut opens = false;
        let mut closes = None;
        let Some(node) = self.nodes.get_mut(&visit.step) else {
            return Vec::new();
        };
        if node.kind == NodeKind::Join {
            if let Some(split) = parents.last().cloned() {
                node.split_parents = parents.to_vec();
                parents = without_last(&parents);
                branches = without_last(&branches);
                node.split_branches = branches.to_vec();
                closes = Some(split);
            }
        } else {
            node.split_parents = parents.to_vec();
            node.split_branches = branches.to_vec();
            if node.kind.is_split() {
                opens = true;
                parents = with(&parents, &visit.step);
            }
        }
        let targets = node.next.clone();
        if let Some(split) = closes.and_then(|split| self.nodes.get_mut(&split)) {
            split.matching_join = Some(visit.step.clone());
        }
        targets
            .into_iter()
            .map(|target| {
                let branches = if opens {
                    with(&branches, &target)
                } else {
                    Arc::clone(&branches)
                };
                (target, Arc::clone(&parents), branches)
            })
            .collect()
    }
}
