//! The graph as rows of a tree: a row per step, branches one level deeper than their split, the join back on the level of
//! the split. Which step closes a split is read from dominators, so that switches and hand-made merges draw as well as joins.

use super::flow_view::{StepKind, StepView};

/// One row of the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphRow {
    pub step: String,
    /// Rails and corners before the state's glyph; three columns a level.
    pub rail: String,
    /// The step runs once per item of a foreach.
    pub many: bool,
    /// What stands behind the name: the case that leads here, an edge backwards.
    pub note: String,
}

/// Rows of all steps in drawing order. Steps that nothing reaches (a graph mid-edit) come last.
pub fn graph_rows(steps: &[StepView]) -> Vec<GraphRow> {
    let mut tree = Tree::new(steps);
    let mut rows = Vec::new();
    if !steps.is_empty() {
        tree.draw(0, "", "", false, &mut rows);
    }
    for index in 0..steps.len() {
        if !tree.drawn.get(index).copied().unwrap_or(true) {
            tree.draw(index, "", "", false, &mut rows);
        }
    }
    rows
}

/// The forward edges by index, and for each step the steps that it immediately dominates.
struct Tree<'a> {
    steps: &'a [StepView],
    forward: Vec<Vec<usize>>,
    /// Targets of edges that lead back to a step before.
    back: Vec<Vec<usize>>,
    dominated: Vec<Vec<usize>>,
    drawn: Vec<bool>,
}

impl<'a> Tree<'a> {
    fn new(steps: &'a [StepView]) -> Self {
        let count = steps.len();
        let index = |name: &String| steps.iter().position(|step| &step.name == name);
        let edges: Vec<Vec<usize>> = steps
            .iter()
            .map(|step| {
                let mut edges: Vec<usize> = step.next.iter().filter_map(index).collect();
                // The join of a foreach hangs on its body alone; this edge makes it close the split.
                if step.kind == StepKind::Foreach {
                    edges.extend(step.join.as_ref().and_then(index));
                }
                edges
            })
            .collect();
        let mut tree = Self {
            steps,
            forward: vec![Vec::new(); count],
            back: vec![Vec::new(); count],
            dominated: vec![Vec::new(); count],
            drawn: vec![false; count],
        };
        let order = tree.order(&edges);
        tree.dominators(&order);
        tree
    }

    /// Sorts the edges into forward and back ones; gives the reached steps in topological order.
    fn order(&mut self, edges: &[Vec<usize>]) -> Vec<usize> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Closed,
        }
        let mut marks = vec![Mark::New; edges.len()];
        let mut order = Vec::new();
        // An explicit stack: a chain of steps may be longer than the thread's own.
        let mut stack: Vec<(usize, usize)> = Vec::new();
        if !edges.is_empty() {
            stack.push((0, 0));
        }
        while let Some((node, at)) = stack.pop() {
            if at == 0
                && let Some(mark) = marks.get_mut(node)
            {
                *mark = Mark::Open;
            }
            let Some(next) = edges.get(node).and_then(|targets| targets.get(at)).copied() else {
                if let Some(mark) = marks.get_mut(node) {
                    *mark = Mark::Closed;
                }
                order.push(node);
                continue;
            };
            stack.push((node, at + 1));
            let mark = marks.get(next).copied().unwrap_or(Mark::Closed);
            let lists = if mark == Mark::Open {
                &mut self.back
            } else {
                &mut self.forward
            };
            if let Some(list) = lists.get_mut(node)
                && !list.contains(&next)
            {
                list.push(next);
            }
            if mark == Mark::New {
                stack.push((next, 0));
            }
        }
        order.reverse();
        order
    }

    /// Immediate dominators of a graph without cycles: the lowest common one of all predecessors, in topological order.
    fn dominators(&mut self, order: &[usize]) {
        let count = self.steps.len();
        let mut parent: Vec<Option<usize>> = vec![None; count];
        let mut depth = vec![0usize; count];
        let lift = |parent: &[Option<usize>], node: usize| parent.get(node).copied().flatten();
        for &node in order.iter().skip(1) {
            let mut common: Option<usize> = None;
            for (before, targets) in self.forward.iter().enumerate() {
                if !targets.contains(&node) {
                    continue;
                }
                common = match common {
                    None => Some(before),
                    Some(mut a) => {
                        let mut b = before;
                        while a != b {
                            let deeper = depth.get(a) >= depth.get(b);
                            let target = if deeper { &mut a } else { &mut b };
                            match lift(&parent, *target) {
                                Some(up) => *target = up,
                                None => b = a,
                            }
                        }
                        Some(a)
                    }
                };
            }
            if let Some(common) = common {
                let below = depth.get(common).copied().unwrap_or(0) + 1;
                if let (Some(slot), Some(level), Some(list)) = (
                    parent.get_mut(node),
                    depth.get_mut(node),
                    self.dominated.get_mut(common),
                ) {
                    *slot = Some(common);
                    *level = below;
                    list.push(node);
                }
            }
        }
    }

    /// Draws the step and everything it dominates. `first` is the rail of the step's own row, `rest` that of the rows of
    /// the same chain below it.
    fn draw(&mut self, node: usize, first: &str, rest: &str, many: bool, rows: &mut Vec<GraphRow>) {
        let (mut node, mut first) = (node, first.to_owned());
        loop {
            let Some(step) = self.steps.get(node) else {
                return;
            };
            match self.drawn.get_mut(node) {
                Some(drawn) if !*drawn => *drawn = true,
                _ => return,
            }
            rows.push(GraphRow {
                step: step.name.clone(),
                rail: first.clone(),
                many,
                note: self.note(node),
            });
            let below = self.dominated.get(node).cloned().unwrap_or_default();
            let targets = self.forward.get(node).cloned().unwrap_or_default();
            let splits = step.kind == StepKind::Foreach || targets.len() > 1;
            if !splits {
                match below.first() {
                    Some(next) => (node, first) = (*next, rest.to_owned()),
                    None => return,
                }
                continue;
            }
            let joins = |candidate: &usize| {
                step.join.as_ref() == self.steps.get(*candidate).map(|step| &step.name)
                    || !targets.contains(candidate)
                    || self.entries(*candidate) > 1
            };
            let (mut closing, branches): (Vec<usize>, Vec<usize>) =
                below.iter().partition(|c| joins(c));
            let mut branches: Vec<usize> = branches;
            branches.sort_by_key(|branch| targets.iter().position(|target| target == branch));
            let count = branches.len();
            for (at, branch) in branches.into_iter().enumerate() {
                let last = at + 1 == count && closing.is_empty();
                let (own, under) = match (step.kind == StepKind::Foreach, last) {
                    (true, _) => ("┊  ", "┊  "),
                    (false, false) => ("├─ ", "│  "),
                    (false, true) => ("└─ ", "   "),
                };
                let many = many || step.kind == StepKind::Foreach;
                let (own, under) = (format!("{rest}{own}"), format!("{rest}{under}"));
                self.draw(branch, &own, &under, many, rows);
            }
            let Some(next) = (!closing.is_empty()).then(|| closing.remove(0)) else {
                return;
            };
            for other in closing.into_iter().rev() {
                self.draw(other, rest, rest, many, rows);
            }
            (node, first) = (next, rest.to_owned());
        }
    }

    /// How many forward edges lead to the step.
    fn entries(&self, node: usize) -> usize {
        let entering = self
            .forward
            .iter()
            .filter(|targets| targets.contains(&node));
        entering.count()
    }

    /// The case that leads here, and where a loop leads back to.
    fn note(&self, node: usize) -> String {
        let name = |index: &usize| self.steps.get(*index).map(|step| step.name.as_str());
        let own = self.steps.get(node).map_or("", |step| step.name.as_str());
        let mut notes = Vec::new();
        for step in self
            .steps
            .iter()
            .filter(|step| step.kind == StepKind::Switch)
        {
            for (target, case) in step.next.iter().zip(&step.cases) {
                if target == own {
                    notes.push(format!("if {case}"));
                }
            }
        }
        for target in self.back.get(node).into_iter().flatten().filter_map(name) {
            notes.push(format!("↺ {target}"));
        }
        notes.join(", ")
    }
}
