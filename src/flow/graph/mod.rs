//! The graph that the steps make: kinds of nodes, who follows whom, which split a join belongs to.
//!
//! The rules are Metaflow's, since what follows is stored in `_graph_info` and compared with recorded transitions.

mod balance;
pub(in crate::flow) mod check;
mod connect;
pub(in crate::flow) mod info;

use std::fmt;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::flow::model::{Position, SourceRange, Step};
use crate::flow::name::StepName;
use crate::flow::source::next::Next;

/// What a node does with the flow of control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The first step, if it does not split.
    Start,
    Linear,
    Join,
    /// The last step, also if it is the only one.
    End,
    SplitStatic,
    SplitForeach,
    SplitParallel,
    SplitSwitch,
}

impl NodeKind {
    /// Whether one task is followed by several.
    pub fn is_split(self) -> bool {
        matches!(
            self,
            NodeKind::SplitStatic | NodeKind::SplitForeach | NodeKind::SplitParallel
        )
    }

    /// Whether the branches are tasks of the same step.
    pub fn is_foreach(self) -> bool {
        matches!(self, NodeKind::SplitForeach | NodeKind::SplitParallel)
    }

    /// Metaflow's word, as in `_graph_info`.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeKind::Start => "start",
            NodeKind::Linear => "linear",
            NodeKind::Join => "join",
            NodeKind::End => "end",
            NodeKind::SplitStatic => "split-static",
            NodeKind::SplitForeach => "split-foreach",
            NodeKind::SplitParallel => "split-parallel",
            NodeKind::SplitSwitch => "split-switch",
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A step in its place.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    pub name: StepName,
    pub kind: NodeKind,
    /// The line of `def`, which Metaflow records.
    pub line: u32,
    pub file: PathBuf,
    pub range: SourceRange,
    pub position: Position,
    pub next_position: Option<Position>,
    /// The transition as the source has it.
    pub transition: Next,
    /// The targets, in the order of the call.
    pub next: Vec<StepName>,
    /// The steps that lead here from the start step, sorted. An edge back to an earlier step is not one of them.
    pub inputs: Vec<StepName>,
    /// Splits that are open here, outermost first; for a join the last one is the split that it closes.
    pub split_parents: Vec<StepName>,
    /// The first steps of the branches that lead here, one for each of the open splits.
    pub split_branches: Vec<StepName>,
    /// The join that closes this split.
    pub matching_join: Option<StepName>,
    /// Whether the step takes `inputs`.
    pub is_join: bool,
    /// Names of the positional arguments.
    pub args: Vec<String>,
    /// Whether several tasks of this step run, because of a foreach around it.
    pub inside_foreach: bool,
    /// Whether a decorator makes the step a member of a gang.
    pub parallel_step: bool,
    /// `@step(start=True)`.
    pub marked_start: bool,
    /// `@step(end=True)`.
    pub marked_end: bool,
    /// The docstring, without indentation.
    pub doc: String,
}

impl Node {
    /// The artifact that a foreach iterates over.
    pub fn foreach_var(&self) -> Option<&str> {
        match &self.transition {
            Next::Foreach { var, .. } => var.as_deref(),
            _ => None,
        }
    }

    /// The artifact that a switch looks at.
    pub fn condition(&self) -> Option<&str> {
        match &self.transition {
            Next::Switch { condition, .. } => Some(condition),
            _ => None,
        }
    }
}

/// All steps of a flow and how they follow each other.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Graph {
    /// In the order of the steps that the graph was built from.
    pub nodes: IndexMap<StepName, Node>,
    /// The first step, if there is exactly one.
    pub start: Option<StepName>,
    /// The last step, if there is exactly one.
    pub end: Option<StepName>,
}

impl Graph {
    /// Connects steps. Never fails: `check` says what is wrong with the result.
    pub fn build(steps: &[Step]) -> Graph {
        let nodes = steps
            .iter()
            .map(|step| (step.name.clone(), node(step)))
            .collect();
        let mut graph = Graph {
            nodes,
            start: None,
            end: None,
        };
        graph.find_terminals();
        graph.connect();
        graph.mark_foreach();
        graph
    }

    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    fn find_terminals(&mut self) {
        let pick = |marked: fn(&Node) -> bool, usual: &str| {
            let mut annotated = self.nodes.values().filter(|node| marked(node));
            match (annotated.next(), annotated.next()) {
                (Some(only), None) => Some(only.name.clone()),
                (None, _) => self.nodes.get(usual).map(|node| node.name.clone()),
                _ => None,
            }
        };
        let mut start = pick(|node| node.marked_start, "start");
        let mut end = pick(|node| node.marked_end, "end");
        if let (1, Some((only, _))) = (self.nodes.len(), self.nodes.first()) {
            start = Some(only.clone());
            end = Some(only.clone());
        }
        if let Some(node) = start.as_ref().and_then(|name| self.nodes.get_mut(name))
            && node.kind == NodeKind::Linear
        {
            node.kind = NodeKind::Start;
        }
        if let Some(node) = end.as_ref().and_then(|name| self.nodes.get_mut(name)) {
            node.kind = NodeKind::End;
        }
        self.start = start;
        self.end = end;
    }

    fn mark_foreach(&mut self) {
        let inside: Vec<StepName> = self
            .nodes
            .values()
            .filter(|node| {
                node.split_parents.iter().any(|split| {
                    self.nodes.get(split).is_some_and(|split| {
                        split.kind.is_foreach() && split.matching_join.as_ref() != Some(&node.name)
                    })
                })
            })
            .map(|node| node.name.clone())
            .collect();
        for name in inside {
            if let Some(node) = self.nodes.get_mut(&name) {
                node.inside_foreach = true;
            }
        }
    }

    /// The split that a join closes.
    pub fn split_of(&self, join: &str) -> Option<&Node> {
        let node = self.node(join).filter(|node| node.kind == NodeKind::Join)?;
        self.node(node.split_parents.last()?)
    }

    /// The steps that lead to a join, in the order of the branches of the split that it closes.
    pub fn branches_of(&self, join: &Node) -> Vec<StepName> {
        let split = self.split_of(&join.name);
        let order = split.map(|split| split.next.as_slice()).unwrap_or_default();
        let mut parents = join.inputs.clone();
        parents.sort_by_key(|parent| {
            let leads_there = |step: &StepName| {
                step == parent || self.descendants(step.as_str()).contains(parent)
            };
            order.iter().position(leads_there)
        });
        parents
    }

    /// All steps that can follow a step, nearest first, without the step itself unless a loop leads back to it.
    pub fn descendants(&self, step: &str) -> Vec<StepName> {
        self.reach(step, |node| &node.next)
    }

    /// All steps that can lead to a step, nearest first.
    pub fn ancestors(&self, step: &str) -> Vec<StepName> {
        self.reach(step, |node| &node.inputs)
    }

    /// The steps, each after all that lead to it; loops aside.
    pub fn in_order(&self) -> Vec<&StepName> {
        let mut order: Vec<&StepName> = self.nodes.keys().collect();
        order.sort_by_cached_key(|step| {
            let before = self.ancestors(step);
            before.iter().filter(|other| other != step).count()
        });
        order
    }

    fn reach(&self, step: &str, towards: impl Fn(&Node) -> &Vec<StepName>) -> Vec<StepName> {
        let mut found: indexmap::IndexSet<StepName> = indexmap::IndexSet::new();
        let mut at = 0;
        let mut from = self.node(step);
        while let Some(node) = from {
            found.extend(
                towards(node)
                    .iter()
                    .filter(|name| self.nodes.contains_key(*name))
                    .cloned(),
            );
            from = found.get_index(at).and_then(|name| self.node(name));
            at += 1;
        }
        found.into_iter().collect()
    }
}

fn node(step: &Step) -> Node {
    let kind = match &step.next {
        Next::Steps(steps) if steps.len() > 1 => NodeKind::SplitStatic,
        Next::Steps(_) if step.is_join => NodeKind::Join,
        Next::Foreach { .. } => NodeKind::SplitForeach,
        Next::Parallel { .. } => NodeKind::SplitParallel,
        Next::Switch { .. } => NodeKind::SplitSwitch,
        Next::Invalid { .. } | Next::None if step.is_join => NodeKind::Join,
        Next::Steps(_) | Next::None | Next::Invalid { .. } => NodeKind::Linear,
    };
    Node {
        name: step.name.clone(),
        kind,
        line: step.def_line,
        file: step.file.clone(),
        range: step.range,
        position: step.position,
        next_position: step.next_position,
        transition: step.next.clone(),
        next: step.next.steps(),
        inputs: Vec::new(),
        split_parents: Vec::new(),
        split_branches: Vec::new(),
        matching_join: None,
        is_join: step.is_join,
        args: step.args.clone(),
        inside_foreach: false,
        parallel_step: step
            .decorators
            .iter()
            .any(|d| PARALLEL.contains(&d.short_name())),
        marked_start: step.start,
        marked_end: step.end,
        doc: step.doc.clone(),
    }
}

/// Decorators that make a step a member of a gang.
const PARALLEL: [&str; 2] = ["parallel", "pytorch_parallel"];
