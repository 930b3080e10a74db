//! The `_graph_info` artifact: the graph as Metaflow's client, cards and resume read it.

use serde_json::{Map, Value, json};

use crate::flow::description::{DecoratorDescription, Description, StepDescription};
use crate::flow::graph::{Graph, Node, NodeKind};
use crate::flow::name::StepName;
use crate::flow::source::literal::dedent;
use crate::flow::source::next::{CaseKey, Next};

/// The dictionary that Metaflow stores as `_graph_info`, keys in its order. `graph` is that of the steps that the description
/// names. JSON has only strings for keys, so a case of a switch that is a number or a boolean becomes its JSON text, which is
/// what Python's `json` writes for such a dictionary too.
pub fn graph_info(graph: &Graph, description: &Description) -> Value {
    let file = description
        .file
        .file_name()
        .map(|name| name.to_string_lossy());
    let parameters: Vec<Value> = description
        .parameters
        .iter()
        .map(|p| json!({"name": p.attr, "type": p.kind}))
        .collect();
    let constants: Vec<Value> = description
        .constants
        .iter()
        .map(|c| json!({"name": c.name, "type": c.type_name}))
        .collect();
    let mut order = Vec::new();
    let structure = graph.structure_visiting(&mut order);
    let mut steps = Map::new();
    for name in order {
        if let Some(node) = graph.node(&name) {
            let described = description.steps.iter().find(|step| *name == *step.name);
            steps.insert(name.to_string(), step(node, described));
        }
    }
    let extensions = description.extensions.clone();
    let extensions = extensions.unwrap_or_else(|| json!({"installed": {}}));
    json!({
        "file": file,
        "start_step": graph.start,
        "end_step": graph.end,
        "parameters": parameters,
        "constants": constants,
        "steps": steps,
        "graph_structure": structure,
        "doc": dedent(description.doc.as_deref().unwrap_or("")),
        "decorators": decorators(&description.decorators),
        "extensions": extensions,
    })
}

fn step(node: &Node, described: Option<&StepDescription>) -> Value {
    let mut value = json!({
        "name": node.name,
        "type": node.kind.as_str(),
        "line": node.line,
        "source_file": node.file,
        "doc": node.doc,
        "decorators": described.map_or_else(|| json!([]), |d| decorators(&d.decorators)),
        "next": node.next,
        "node_info": described.map(|d| d.node_info.clone()).unwrap_or_default(),
    });
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    match (&node.transition, node.kind) {
        (Next::Foreach { var, .. }, NodeKind::SplitForeach) => {
            map.insert("foreach_artifact".to_owned(), json!(var));
        }
        (Next::Parallel { nodes, .. }, NodeKind::SplitParallel) => {
            map.insert("num_parallel".to_owned(), json!(nodes));
        }
        (Next::Switch { cases, condition }, NodeKind::SplitSwitch) => {
            map.insert("condition".to_owned(), json!(condition));
            let cases: Map<String, Value> = cases
                .iter()
                .map(|case| (case_text(&case.key), json!(case.step)))
                .collect();
            map.insert("switch_cases".to_owned(), Value::Object(cases));
        }
        _ => {}
    }
    if let Some(join) = &node.matching_join {
        map.insert("matching_join".to_owned(), json!(join));
    }
    value
}

fn case_text(key: &CaseKey) -> String {
    match key {
        CaseKey::Bool(value) => value.to_string(),
        other => other.to_string(),
    }
}

fn decorators(described: &[DecoratorDescription]) -> Value {
    json!(described)
}

impl Graph {
    /// The steps in Metaflow's nested form: names in order, and after each split a list of its branches, each a list of its own.
    pub fn structure(&self) -> Value {
        self.structure_visiting(&mut Vec::new())
    }

    /// The structure; `order` gets the steps in the order in which they are first met.
    fn structure_visiting(&self, order: &mut Vec<StepName>) -> Value {
        let mut blocks = match (&self.start, &self.end) {
            (Some(start), Some(end)) if start != end => {
                let mut walk = Walk {
                    order,
                    open: Vec::new(),
                    budget: MOST_BLOCKS,
                };
                self.block(start, Some(end), &mut walk)
            }
            _ => Vec::new(),
        };
        if let Some(end) = &self.end {
            blocks.push(json!(end));
            if !order.contains(end) {
                order.push(end.clone());
            }
        }
        Value::Array(blocks)
    }

    /// The steps from `from` up to, without, `to`.
    fn block(&self, from: &StepName, to: Option<&StepName>, walk: &mut Walk<'_>) -> Vec<Value> {
        let mut list = Vec::new();
        let before = walk.open.len();
        let mut at = Some(from);
        while let Some(name) = at.filter(|name| Some(*name) != to) {
            let Some(node) = self.node(name).filter(|_| walk.enter(name)) else {
                break;
            };
            list.push(json!(name));
            let branches = |to: Option<&StepName>, walk: &mut Walk<'_>| {
                let next = node.next.iter();
                let onward =
                    next.filter(|next| node.kind != NodeKind::SplitSwitch || *next != name);
                let lists = onward.map(|next| Value::Array(self.block(next, to, walk)));
                Value::Array(lists.collect())
            };
            at = match node.kind {
                NodeKind::SplitStatic | NodeKind::SplitForeach => {
                    let join = node.matching_join.as_ref();
                    list.push(branches(join, walk));
                    join
                }
                NodeKind::SplitSwitch => {
                    list.push(branches(to, walk));
                    None
                }
                _ => node.next.first(),
            };
        }
        walk.open.truncate(before);
        list
    }
}

/// Where a walk through the structure has been.
struct Walk<'a> {
    /// Steps in the order in which they were first met.
    order: &'a mut Vec<StepName>,
    /// The steps that led here: meeting one again is a loop, which only a broken graph has.
    open: Vec<StepName>,
    budget: usize,
}

impl Walk<'_> {
    fn enter(&mut self, name: &StepName) -> bool {
        if self.budget == 0 || self.open.contains(name) {
            return false;
        }
        self.budget -= 1;
        self.open.push(name.clone());
        if !self.order.contains(name) {
            self.order.push(name.clone());
        }
        true
    }
}

/// Bound of the steps in a structure: switches repeat what follows them in each of their branches.
const MOST_BLOCKS: usize = 50_000;
