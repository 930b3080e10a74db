//! What names mean: from a reference in one piece of code to the pieces that it leads to, across modules and base classes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::builtins::is_builtin;
use super::modules;
use super::refs::Ref;
use super::units::{ClassUnits, ModuleIndex, Unit};
use crate::flow::model::{FlowDef, FlowFile};
use crate::flow::project::Project;
use crate::flow::resolve;
use crate::flow::source::class::Member;

/// A unit: the number of its module (0 is the flow file) and its number there.
pub(super) type Key = (usize, usize);

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Edge {
    Unit(Key),
    /// A module is imported: its statements run.
    Module(usize),
    /// Anything that can be found in a module: what it defines and what it imports.
    Whole(usize),
}

impl Edge {
    /// The unit that it leads to, if it is one.
    pub(super) fn unit(&self) -> Option<Key> {
        match self {
            Edge::Unit(key) => Some(*key),
            Edge::Module(_) | Edge::Whole(_) => None,
        }
    }
}

/// Re-exports that lead on further than this lead in circles.
const MOST_HOPS: usize = 30;

/// Looks names up for one flow of a project.
pub(super) struct Lookup<'a> {
    pub(super) project: &'a Project,
    pub(super) files: Vec<&'a FlowFile>,
    pub(super) modules: HashMap<&'a str, usize>,
    /// The names of the files; empty for the flow file.
    names: Vec<Arc<str>>,
    unnamed: Arc<str>,
    /// The flow's class and its ancestors: module and class name, nearest first.
    pub(super) ancestry: Vec<(usize, &'a str)>,
    /// Units that are steps.
    pub(super) steps: HashSet<Key>,
    /// Which modules were asked for which names during one lookup, and whether they have them.
    asked: RefCell<HashMap<(usize, Box<str>), bool>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(project: &'a Project, flow: &FlowDef) -> Self {
        let files: Vec<&FlowFile> = project.files().collect();
        let modules = project
            .modules
            .iter()
            .enumerate()
            .map(|(at, module)| (module.name.as_str(), at + 1))
            .collect();
        let unnamed: Arc<str> = Arc::from("");
        let named = project
            .modules
            .iter()
            .map(|module| Arc::from(&*module.name));
        let mut lookup = Self {
            project,
            files,
            modules,
            names: std::iter::once(Arc::clone(&unnamed)).chain(named).collect(),
            unnamed,
            ancestry: Vec::new(),
            steps: HashSet::new(),
            asked: RefCell::default(),
        };
        lookup.ancestry = lookup.ancestors(&flow.name);
        for (module, file) in lookup.files.iter().enumerate() {
            for class in &file.classes {
                let Some(units) = file.index.classes.get(&class.name) else {
                    continue;
                };
                let steps = class
                    .members
                    .iter()
                    .filter(|member| matches!(member, Member::Step(_)));
                let keys = steps
                    .filter_map(|step| units.members.get(step.name()))
                    .flatten();
                lookup.steps.extend(keys.map(|unit| (module, *unit)));
            }
        }
        lookup
    }

    fn ancestors(&self, flow: &str) -> Vec<(usize, &'a str)> {
        let project = self.project;
        let Some(class) = project
            .main
            .classes
            .iter()
            .rev()
            .find(|class| class.name == flow)
        else {
            return Vec::new();
        };
        let find = |file: &'a FlowFile, name: &str| project.imported_class(file, name);
        resolve::ancestry(&project.main, class, &find)
            .into_iter()
            .filter_map(|(file, class)| {
                let module = self
                    .files
                    .iter()
                    .position(|known| std::ptr::eq(*known, file))?;
                Some((module, class.name.as_str()))
            })
            .collect()
    }

    pub(super) fn unit(&self, key: Key) -> Option<&'a Unit> {
        self.files.get(key.0)?.index.units.get(key.1)
    }

    /// The dotted name of a module; empty for the flow file.
    pub(super) fn module_name(&self, module: usize) -> &Arc<str> {
        self.names.get(module).unwrap_or(&self.unnamed)
    }

    /// Whether a unit is a member of the flow's own class hierarchy.
    pub(super) fn is_flow_member(&self, key: Key) -> bool {
        let class = self.unit(key).and_then(|unit| unit.class.as_deref());
        class.is_some_and(|class| self.ancestry.contains(&(key.0, class)))
    }

    /// Whether a unit is the head of a class.
    pub(super) fn is_class(&self, key: Key) -> bool {
        self.unit(key)
            .is_some_and(|unit| unit.class.as_deref() == Some(&*unit.name))
    }

    /// Whether a unit is a function of a module.
    pub(super) fn is_function(&self, key: Key) -> bool {
        self.unit(key)
            .is_some_and(|unit| unit.is_definition && unit.class.is_none())
    }

    /// Whether a unit is a statement that gives a module's name its value.
    pub(super) fn is_value(&self, key: Key) -> bool {
        self.unit(key).is_some_and(|unit| {
            !unit.is_definition && unit.import.is_none() && unit.class.is_none()
        })
    }

    pub(super) fn index(&self, module: usize) -> Option<&'a ModuleIndex> {
        self.files.get(module).map(|file| &file.index)
    }

    pub(super) fn class(&self, module: usize, name: &str) -> Option<&'a ClassUnits> {
        self.index(module)?.classes.get(name)
    }

    /// The units of an attribute of the flow: those of the nearest class that has it.
    pub(super) fn member(&self, name: &str) -> Vec<Key> {
        for (module, class) in &self.ancestry {
            let units = self
                .class(*module, class)
                .and_then(|class| class.members.get(name));
            if let Some(units) = units {
                return units.iter().map(|unit| (*module, *unit)).collect();
            }
        }
        Vec::new()
    }

    /// What a unit leads to before anything is called that it makes.
    pub(super) fn early_edges(&self, key: Key) -> Vec<Edge> {
        let mut out = Vec::new();
        if let Some(unit) = self.unit(key) {
            let uses = &unit.code.uses;
            for reference in uses.refs.iter().filter(|found| !uses.late.contains(*found)) {
                self.follow(key, unit, reference, &mut out);
            }
        }
        out
    }

    /// What a unit leads to.
    pub(super) fn edges(&self, key: Key) -> Vec<Edge> {
        let mut out = Vec::new();
        if let Some(unit) = self.unit(key) {
            out.extend(unit.guard.map(|guard| Edge::Unit((key.0, guard))));
            for reference in &unit.code.uses.refs {
                self.follow(key, unit, reference, &mut out);
            }
            if let Some(target) = &unit.import {
                self.touch(key.0, target, &mut out);
            }
            self.of_flow(key, unit, &mut out);
            let taken = &unit.code.uses.attributes;
            if taken.contains("__subclasses__") {
                self.subclasses(&mut out);
            }
            if taken.contains("__doc__")
                || taken.contains("getdoc")
                || unit
                    .code
                    .uses
                    .refs
                    .contains(&Ref::Name("__doc__".to_owned()))
            {
                self.docs(key.0, &mut out);
            }
        }
        out
    }

    /// What is said about a module and those that were found in it, see `ModuleIndex::docs`.
    fn docs(&self, module: usize, out: &mut Vec<Edge>) {
        let mut modules: Vec<usize> = out
            .iter()
            .map(|edge| match edge {
                Edge::Unit((module, _)) | Edge::Module(module) | Edge::Whole(module) => *module,
            })
            .chain([module])
            .collect();
        modules.sort_unstable();
        modules.dedup();
        for module in modules {
            let docs = self.index(module).and_then(|index| index.docs);
            out.extend(docs.map(|docs| Edge::Unit((module, docs))));
        }
    }

    /// What code outside the flow's methods may take of a flow that it is given: a decorator's wrapper of its first argument,
    /// a property's function.
    fn of_flow(&self, key: Key, unit: &Unit, out: &mut Vec<Edge>) {
        if unit.is_definition && self.is_flow_member(key) {
            return;
        }
        let taken = unit.code.uses.of_parameters.iter();
        let members = taken.flat_map(|name| self.member(name)).filter(|key| {
            let is_method = self.unit(*key).is_some_and(|unit| unit.is_definition);
            is_method && !self.steps.contains(key)
        });
        out.extend(members.map(Edge::Unit));
    }

    fn follow(&self, from: Key, unit: &Unit, reference: &Ref, out: &mut Vec<Edge>) {
        let module = from.0;
        match reference {
            Ref::Name(chain) => {
                // The bases of a flow are looked up by attribute, never as a whole.
                let is_header = unit.class.as_deref() == Some(&*unit.name);
                let is_ancestor = is_header && self.names_ancestor(module, chain);
                if !is_ancestor {
                    self.name(module, chain, out, 0);
                }
            }
            Ref::ClassName(chain) => {
                let head = chain.split('.').next().unwrap_or(chain);
                let class = unit
                    .class
                    .as_deref()
                    .and_then(|class| self.class(module, class));
                match class.and_then(|class| class.members.get(head)) {
                    Some(units) => {
                        let own = units.iter().filter(|at| **at != from.1);
                        out.extend(own.map(|at| Edge::Unit((module, *at))));
                        // `rate = rate`: before the class has the name, it is the module's.
                        if units.iter().all(|at| *at >= from.1) {
                            self.name(module, chain, out, 0);
                        }
                    }
                    None => _ = self.name(module, chain, out, 0),
                }
            }
            Ref::Own(attribute) if self.is_flow_member(from) => {
                out.extend(self.member(attribute).into_iter().map(Edge::Unit));
            }
            Ref::Super(attribute) if self.is_flow_member(from) => {
                for (module, class) in &self.ancestry {
                    let units = self
                        .class(*module, class)
                        .and_then(|c| c.members.get(attribute));
                    out.extend(
                        units
                            .into_iter()
                            .flatten()
                            .map(|unit| Edge::Unit((*module, *unit))),
                    );
                }
            }
            Ref::OwnAll if self.is_flow_member(from) => {
                for (module, class) in &self.ancestry {
                    self.whole_class(*module, class, out);
                }
            }
            // A helper class is always reached as a whole.
            Ref::Own(_) | Ref::Super(_) | Ref::OwnAll | Ref::Taken(_) => {}
            Ref::Imported(target, rest) => self.target(module, target, rest, out, 0),
            Ref::Touch(target) => self.touch(module, target, out),
            Ref::WholeModule => out.push(Edge::Whole(module)),
            Ref::Package(target) => {
                let Some(package) = self.absolute(module, target) else {
                    return;
                };
                self.touch_path(&package, out);
                for at in 1..self.files.len() {
                    if modules::is_below(self.module_name(at), &package) {
                        out.push(Edge::Whole(at));
                    }
                }
            }
        }
    }

    fn names_ancestor(&self, module: usize, chain: &str) -> bool {
        let Some(file) = self.files.get(module) else {
            return false;
        };
        let own = file.classes.iter().rev().find(|class| class.name == chain);
        let found = own
            .map(|class| (*file, class))
            .or_else(|| self.project.imported_class(file, chain));
        found.is_some_and(|(file, class)| {
            self.ancestry.iter().any(|(module, name)| {
                *name == class.name
                    && self
                        .files
                        .get(*module)
                        .is_some_and(|f| std::ptr::eq(*f, file))
            })
        })
    }

    /// A module-level name with the attributes taken from it. `false` if the module has no such name. `hops`: how many
    /// modules have sent the question on.
    pub(super) fn name(
        &self,
        module: usize,
        chain: &str,
        out: &mut Vec<Edge>,
        hops: usize,
    ) -> bool {
        // Whoever asks first asks here or for what an import brings in, one further.
        if hops <= 1 {
            self.asked.borrow_mut().clear();
        }
        // Modules that import each other ask the same again and again: what there is to find is found the first time.
        let question = (module, Box::from(chain));
        if let Some(found) = self.asked.borrow().get(&question) {
            return *found;
        }
        self.asked.borrow_mut().insert(question.clone(), false);
        let found = self.name_in(module, chain, out, hops);
        self.asked.borrow_mut().insert(question, found);
        found
    }

    fn name_in(&self, module: usize, chain: &str, out: &mut Vec<Edge>, hops: usize) -> bool {
        let (head, rest) = chain.split_once('.').unwrap_or((chain, ""));
        let Some(index) = self.index(module).filter(|_| hops < MOST_HOPS) else {
            return false;
        };
        if let Some(units) = index.names.get(head) {
            for at in units {
                let Some(unit) = index.units.get(*at) else {
                    continue;
                };
                if let Some(target) = &unit.import {
                    out.push(Edge::Unit((module, *at)));
                    self.target(module, target, rest, out, hops + 1);
                } else if unit.class.is_some() {
                    self.class_use(module, head, rest, out);
                } else {
                    out.push(Edge::Unit((module, *at)));
                }
            }
            // What a star brings in takes the place of what stands before it.
            let first = units.iter().min().copied().unwrap_or(0);
            for (star, at) in self.stars(module) {
                if at > first && self.defines(star, head) {
                    self.starred(star, chain, out, hops);
                }
            }
            return true;
        }
        let stars: Vec<usize> = self.stars(module).map(|(star, _)| star).collect();
        let mut found = false;
        for star in &stars {
            found |= self.starred(*star, chain, out, hops);
        }
        if found {
            return true;
        }
        if stars.is_empty() || is_builtin(head) {
            return false;
        }
        // The name must come from one of the modules whose names are all imported, made in a way that the source hides.
        for star in stars {
            out.push(Edge::Whole(star));
        }
        true
    }

    /// Whether a module has a name by a statement of its own or of a module that it stars.
    fn defines(&self, module: usize, name: &str) -> bool {
        let mut modules = vec![module];
        let mut at = 0;
        while let Some(module) = modules.get(at).copied() {
            at += 1;
            if self
                .index(module)
                .is_some_and(|index| index.names.contains_key(name))
            {
                return true;
            }
            for (star, _) in self.stars(module) {
                if !modules.contains(&star) {
                    modules.push(star);
                }
            }
        }
        false
    }

    /// A name that a star may bring in from a module.
    fn starred(&self, star: usize, chain: &str, out: &mut Vec<Edge>, hops: usize) -> bool {
        let (head, rest) = chain.split_once('.').unwrap_or((chain, ""));
        let exported = self
            .index(star)
            .and_then(|index| index.names.get("__all__"));
        // It decides which names the star brings in, and may name modules of the package.
        let exported = exported
            .into_iter()
            .flatten()
            .map(|unit| Edge::Unit((star, *unit)));
        let is_found = self.name(star, chain, out, hops + 1) || {
            let inner = self.module(&format!("{}.{head}", self.module_name(star)));
            inner.is_some_and(|inner| {
                out.push(Edge::Module(inner));
                if rest.is_empty() || !self.name(inner, rest, out, hops + 1) {
                    out.push(Edge::Whole(inner));
                }
                true
            })
        };
        if is_found {
            out.extend(exported);
        }
        is_found
    }

    fn class_use(&self, module: usize, class: &str, rest: &str, out: &mut Vec<Edge>) {
        let attribute = rest.split('.').next().unwrap_or("");
        let is_flow = self.ancestry.contains(&(module, class));
        let members = self.class(module, class).map(|class| &class.members);
        match members.and_then(|members| members.get(attribute)) {
            Some(units) if is_flow => {
                out.extend(units.iter().map(|unit| Edge::Unit((module, *unit))));
            }
            _ if is_flow && !attribute.is_empty() => {
                out.extend(self.member(attribute).into_iter().map(Edge::Unit));
            }
            _ => self.whole_class(module, class, out),
        }
    }

    /// All of a class except steps, which only an edge of the graph can run.
    pub(super) fn whole_class(&self, module: usize, class: &str, out: &mut Vec<Edge>) {
        let Some(class) = self.class(module, class) else {
            return;
        };
        let members = class.members.values().flatten();
        for unit in class.always.iter().chain(members) {
            if !self.steps.contains(&(module, *unit)) {
                out.push(Edge::Unit((module, *unit)));
            }
        }
    }
}
