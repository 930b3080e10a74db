//! What a step can reach in the project: its own source, and from there every function, class, constant and statement that
//! running it may use. Where the source does not tell, more is taken rather than less.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexSet;

use super::lookup::{Edge, Key, Lookup};
use crate::flow::model::FlowDef;
use crate::flow::project::Project;

/// Walks from the steps of one flow. Steps share most of what they reach, so what leads where is found out once.
pub(super) struct Reach<'a> {
    pub(super) lookup: Lookup<'a>,
    edges: HashMap<Key, Arc<[Edge]>>,
    effects: HashMap<usize, Arc<[Edge]>>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(project: &'a Project, flow: &FlowDef) -> Self {
        Self {
            lookup: Lookup::new(project, flow),
            edges: HashMap::new(),
            effects: HashMap::new(),
        }
    }

    /// Everything that a step reaches: the step itself, then what it uses from near to far, last the statements of the modules.
    pub(super) fn of_step(&mut self, step: &str) -> Vec<Key> {
        let mut found: IndexSet<Key> = IndexSet::new();
        let mut touched: IndexSet<usize> = IndexSet::from([0]);
        found.extend(self.lookup.member(step));
        let mut at = 0;
        let mut module = 0;
        let mut is_class_done = false;
        loop {
            if let Some(key) = found.get_index(at).copied() {
                at += 1;
                touched.insert(key.0);
                for edge in self.edges_of(key).iter().copied() {
                    match edge {
                        Edge::Unit(key) => _ = found.insert(key),
                        Edge::Module(module) => _ = touched.insert(module),
                    }
                }
            } else if !is_class_done {
                is_class_done = true;
                for (module, class) in self.lookup.ancestry.clone() {
                    let always = self
                        .lookup
                        .class(module, class)
                        .map(|class| class.always.as_slice());
                    found.extend(
                        always
                            .unwrap_or_default()
                            .iter()
                            .map(|unit| (module, *unit)),
                    );
                }
            } else if let Some(next) = touched.get_index(module).copied() {
                module += 1;
                for edge in self.effects_of(next).iter().copied() {
                    match edge {
                        Edge::Unit(key) => _ = found.insert(key),
                        Edge::Module(module) => _ = touched.insert(module),
                    }
                }
            } else {
                return found.into_iter().collect();
            }
        }
    }

    fn edges_of(&mut self, key: Key) -> Arc<[Edge]> {
        let lookup = &self.lookup;
        let edges = self
            .edges
            .entry(key)
            .or_insert_with(|| lookup.edges(key).into());
        Arc::clone(edges)
    }

    fn effects_of(&mut self, module: usize) -> Arc<[Edge]> {
        let lookup = &self.lookup;
        let edges = self
            .effects
            .entry(module)
            .or_insert_with(|| lookup.effects(module).into());
        Arc::clone(edges)
    }
}
