//! What comes to a step in artifacts: instances of the project's classes, whose methods it calls without naming the class, and
//! functions that an earlier step stored.
//!
//! The source does not tell which artifact holds what. So a step that reads artifacts reaches each class that a step before it
//! reaches, if something that it does could lead into the class: an attribute by the name of one of its members, or what
//! Python does by itself, such as unpickling, comparing and iterating.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::builtins::PLAIN_BASES;
use super::lookup::{Edge, Key, Lookup};
use super::refs::{ANY_ATTRIBUTE, Ref};
use super::walk::{Reach, Reached};
use crate::flow::model::{FlowDef, Step};
use crate::flow::name::StepName;
use crate::flow::source::next::Next;

/// Dunder members that only making an object or a class uses, or that nothing calls.
const MAKERS: [&str; 7] = [
    "__doc__",
    "__init__",
    "__init_subclass__",
    "__module__",
    "__post_init__",
    "__qualname__",
    "__annotations__",
];

/// Attributes of `self` that every flow has, and that are no artifacts.
const OF_FLOWS: [&str; 10] = [
    "cmd",
    "foreach_stack",
    "index",
    "is_production",
    "name",
    "next",
    "parallel",
    "script_name",
    "step_name",
    "__class__",
];

/// How often what is handed on is looked through again, for classes that come by way of other classes.
const MOST_ROUNDS: usize = 4;

impl<'a> Reach<'a> {
    /// Adds what steps get from those before them.
    pub(super) fn hand_on(&mut self, flow: &FlowDef, reached: &mut IndexMap<StepName, Reached>) {
        let before = predecessors(flow);
        let mut families: HashMap<Key, Family> = HashMap::new();
        for _ in 0..MOST_ROUNDS {
            let mut is_done = true;
            let handed: HashMap<StepName, Handed<'a>> = reached
                .iter()
                .map(|(step, found)| (step.clone(), self.handed(&found.units)))
                .collect();
            for step in &flow.steps {
                let earlier: Vec<&Handed<'a>> = before
                    .get(&step.name)
                    .into_iter()
                    .flatten()
                    .filter_map(|step| handed.get(step))
                    .collect();
                let Some(found) = reached.get_mut(&step.name) else {
                    continue;
                };
                if earlier.is_empty() || !(step.is_join || self.reads_artifacts(&found.units)) {
                    continue;
                }
                is_done &= !self.receive(&earlier, found, &mut families);
            }
            if is_done {
                return;
            }
        }
    }

    /// Whether there was something new for a step in what comes from those before.
    fn receive(
        &mut self,
        earlier: &[&Handed<'a>],
        found: &mut Reached,
        families: &mut HashMap<Key, Family>,
    ) -> bool {
        let known = found.units.len();
        loop {
            let size = found.units.len();
            let missing = |key: &&Key| !found.units.contains(*key);
            let handed = earlier.iter();
            let classes: Vec<Key> = handed
                .clone()
                .flat_map(|handed| handed.classes.iter().filter(missing))
                .copied()
                .collect();
            let functions = handed.clone().flat_map(|handed| handed.functions.iter());
            let kept = handed
                .flat_map(|handed| &handed.kept)
                .filter(|kept| kept.by.is_none_or(|class| found.units.contains(&class)))
                .map(|kept| &kept.function);
            let functions = functions.chain(kept).filter(missing);
            let mut edges: Vec<Edge> = functions.copied().map(Edge::Unit).collect();
            if classes.is_empty() && edges.is_empty() {
                return size > known;
            }
            let used = self.lookup.attributes(&found.units);
            for class in classes {
                let family = families
                    .entry(class)
                    .or_insert_with(|| self.lookup.family(class));
                let mut stored = earlier.iter().flat_map(|handed| &handed.methods);
                let is_used = family.acts
                    || stored.any(|name| family.methods.contains(*name))
                    || used.contains(ANY_ATTRIBUTE)
                    || family.members.iter().any(|name| used.contains(&**name));
                if is_used && let Some(unit) = self.lookup.unit(class) {
                    self.lookup.whole_class(class.0, &unit.name, &mut edges);
                }
            }
            found.take(&edges);
            self.walk(found);
            if found.units.len() == size {
                return size > known;
            }
        }
    }

    /// What a step that reaches these units can put into artifacts.
    fn handed(&mut self, units: &IndexSet<Key>) -> Handed<'a> {
        let mut handed = Handed::default();
        for key in units.iter().copied() {
            if self.lookup.is_flow_member(key) {
                let lookup = &self.lookup;
                let stored = self.stored.entry(key).or_insert_with(|| lookup.stored(key));
                handed.functions.extend(stored.functions.iter().copied());
                handed.methods.extend(stored.methods.iter().copied());
            } else if self.lookup.is_class(key) {
                handed.classes.push(key);
            }
            let lookup = &self.lookup;
            let given = self
                .given
                .entry(key)
                .or_insert_with(|| lookup.given(key).into());
            handed.kept.extend(given.iter().copied());
        }
        handed
    }

    fn reads_artifacts(&self, units: &IndexSet<Key>) -> bool {
        let members = units.iter().filter(|key| self.lookup.is_flow_member(**key));
        members
            .filter_map(|key| self.lookup.unit(*key))
            .flat_map(|unit| &unit.code.uses.refs)
            .any(|reference| match reference {
                Ref::OwnAll => true,
                Ref::Own(name) => {
                    !OF_FLOWS.contains(&&**name) && self.lookup.member(name).is_empty()
                }
                _ => false,
            })
    }
}

/// What a step can put into artifacts.
#[derive(Default)]
struct Handed<'a> {
    /// The heads of classes that it reaches.
    classes: Vec<Key>,
    /// Functions that it stores as values.
    functions: Vec<Key>,
    /// Names of methods that it stores, as `model.predict`.
    methods: Vec<&'a str>,
    kept: Vec<Kept>,
}

/// A function that is given to something that keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// The class of what keeps it; `None` for `functools.partial`.
    by: Option<Key>,
    function: Key,
}

/// A class with all that it inherits in the project.
#[derive(Default)]
struct Family {
    members: HashSet<Box<str>>,
    /// Those of them that are functions.
    methods: HashSet<Box<str>>,
    /// Whether its instances do something that no name tells.
    acts: bool,
}

impl<'a> Lookup<'a> {
    /// The names of all attributes that units take of anything.
    fn attributes(&self, units: &IndexSet<Key>) -> HashSet<&'a str> {
        let units = units.iter().filter_map(|key| self.unit(*key));
        units
            .flat_map(|unit| unit.code.uses.attributes.iter().map(|name| &**name))
            .collect()
    }

    fn family(&self, class: Key) -> Family {
        let mut family = Family::default();
        let mut classes = vec![class];
        let mut at = 0;
        while let Some(key) = classes.get(at).copied() {
            at += 1;
            let Some(unit) = self.unit(key) else {
                continue;
            };
            family.acts |= !unit.decorators.is_empty();
            let members = self.class(key.0, &unit.name).map(|class| &class.members);
            for (name, units) in members.into_iter().flatten() {
                let mut units = units.iter().filter_map(|at| self.unit((key.0, *at)));
                if units.any(|unit| unit.is_definition && unit.decorators.is_empty()) {
                    family.methods.insert(name.as_str().into());
                }
                let is_dunder = name.starts_with("__") && name.ends_with("__");
                family.acts |= is_dunder && !MAKERS.contains(&&**name);
                family.members.insert(name.as_str().into());
            }
            for reference in &unit.code.uses.refs {
                let Ref::Name(chain) = reference else {
                    continue;
                };
                let mut bases = self.found(key, reference);
                bases.retain(|base| self.is_class(*base));
                family.acts |= bases.is_empty() && !PLAIN_BASES.contains(&&**chain);
                for base in bases {
                    if !classes.contains(&base) {
                        classes.push(base);
                    }
                }
            }
        }
        family
    }

    /// The functions that a unit gives to classes as values, or to Python's `partial`, and the classes.
    fn given(&self, key: Key) -> Vec<Kept> {
        let mut found = Vec::new();
        let given = self
            .unit(key)
            .into_iter()
            .flat_map(|unit| &unit.code.uses.given);
        for (by, name) in given {
            let called = self.found(key, by);
            let mut keepers: Vec<Option<Key>> = called
                .iter()
                .filter(|key| self.is_class(**key))
                .map(|key| Some(*key))
                .collect();
            keepers.extend(is_partial(by).then_some(None));
            if keepers.is_empty() {
                continue;
            }
            let functions = self.found(key, name).into_iter();
            for function in functions.filter(|key| self.is_function(*key)) {
                found.extend(keepers.iter().map(|by| Kept { by: *by, function }));
            }
        }
        found
    }
}

fn is_partial(called: &Ref) -> bool {
    match called {
        Ref::Name(chain) => chain == "partial" || chain.ends_with(".partial"),
        _ => false,
    }
}

/// The steps that can have run before each step. A step whose transition is not known may lead anywhere.
fn predecessors(flow: &FlowDef) -> HashMap<StepName, IndexSet<StepName>> {
    let is_last = |step: &Step| step.end || step.name == *"end";
    let next = |step: &Step| match &step.next {
        Next::None | Next::Invalid { .. } if !is_last(step) => {
            flow.steps.iter().map(|step| step.name.clone()).collect()
        }
        next => next.steps(),
    };
    let edges: Vec<(&StepName, Vec<StepName>)> = flow
        .steps
        .iter()
        .map(|step| (&step.name, next(step)))
        .collect();
    let mut before: HashMap<StepName, IndexSet<StepName>> = HashMap::new();
    for (from, _) in &edges {
        let mut queue: Vec<&StepName> = vec![from];
        let mut seen: HashSet<&StepName> = HashSet::new();
        while let Some(at) = queue.pop() {
            let targets = edges.iter().filter(|(step, _)| *step == at);
            for target in targets.flat_map(|(_, targets)| targets) {
                if seen.insert(target) {
                    before
                        .entry(target.clone())
                        .or_default()
                        .insert((*from).clone());
                    queue.push(target);
                }
            }
        }
    }
    before
}
