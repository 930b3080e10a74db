//! What a step can reach in the project: its own source, and from there every function, class, constant and statement that
//! running it may use. Where the source does not tell, more is taken rather than less.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::handed::Kept;
use super::lookup::{Edge, Key, Lookup};
use super::values::Stored;
use crate::flow::model::FlowDef;
use crate::flow::name::StepName;
use crate::flow::project::Project;

/// Walks from the steps of one flow. Steps share most of what they reach, so what leads where is found out once.
pub(super) struct Reach<'a> {
    pub(super) lookup: Lookup<'a>,
    edges: HashMap<Key, Arc<[Edge]>>,
    effects: HashMap<usize, Arc<[Edge]>>,
    whole: HashMap<usize, Arc<[Edge]>>,
    /// Functions that units give to classes, see `Lookup::given`.
    pub(super) given: HashMap<Key, Arc<[Kept]>>,
    /// What members of the flow store, see `Lookup::stored`.
    pub(super) stored: HashMap<Key, Stored<'a>>,
}

/// What one step reaches, as far as the walk has come.
#[derive(Default)]
pub(super) struct Reached {
    /// The step itself, then what it uses from near to far, last the statements of the modules.
    pub(super) units: IndexSet<Key>,
    modules: IndexSet<usize>,
    whole: IndexSet<usize>,
    /// How many of these have been followed.
    walked: usize,
    imported: usize,
    opened: usize,
    is_class_done: bool,
}

impl<'a> Reach<'a> {
    pub(super) fn new(project: &'a Project, flow: &FlowDef) -> Self {
        Self {
            lookup: Lookup::new(project, flow),
            edges: HashMap::new(),
            effects: HashMap::new(),
            whole: HashMap::new(),
            given: HashMap::new(),
            stored: HashMap::new(),
        }
    }

    /// Everything that each step reaches, from near to far, in the order of the steps.
    pub(super) fn of_steps(&mut self, flow: &FlowDef) -> IndexMap<StepName, Vec<Key>> {
        let mut reached: IndexMap<StepName, Reached> = IndexMap::new();
        for step in &flow.steps {
            let mut found = Reached::default();
            found.modules.insert(0);
            found.units.extend(self.lookup.member(&step.name));
            self.walk(&mut found);
            reached.insert(step.name.clone(), found);
        }
        self.hand_on(flow, &mut reached);
        let keys = |found: Reached| found.units.into_iter().collect();
        reached
            .into_iter()
            .map(|(step, found)| (step, keys(found)))
            .collect()
    }

    /// Follows all that was reached and not followed yet.
    pub(super) fn walk(&mut self, found: &mut Reached) {
        loop {
            if let Some(key) = found.units.get_index(found.walked).copied() {
                found.walked += 1;
                found.modules.insert(key.0);
                let edges = self.edges_of(key);
                found.take(&edges);
            } else if let Some(module) = found.whole.get_index(found.opened).copied() {
                found.opened += 1;
                let edges = self.whole_of(module);
                found.take(&edges);
            } else if !found.is_class_done {
                found.is_class_done = true;
                for (module, class) in &self.lookup.ancestry {
                    let class = self.lookup.class(*module, class);
                    let always = class.map(|class| class.always.as_slice());
                    let always = always.unwrap_or_default().iter();
                    found.units.extend(always.map(|unit| (*module, *unit)));
                }
            } else if let Some(module) = found.modules.get_index(found.imported).copied() {
                found.imported += 1;
                let edges = self.effects_of(module);
                found.take(&edges);
            } else {
                return;
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

    fn whole_of(&mut self, module: usize) -> Arc<[Edge]> {
        let lookup = &self.lookup;
        let edges = self
            .whole
            .entry(module)
            .or_insert_with(|| lookup.whole_module(module).into());
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

impl Reached {
    pub(super) fn take(&mut self, edges: &[Edge]) {
        for edge in edges.iter().copied() {
            match edge {
                Edge::Unit(key) => _ = self.units.insert(key),
                Edge::Module(module) => _ = self.modules.insert(module),
                Edge::Whole(module) => _ = self.whole.insert(module),
            }
        }
    }
}
