//! Definitions that do something when their module is imported: a decorator or a base class may put them where others find them
//! without naming them.

use super::effects::MOST_CALLS;
use super::lookup::{Edge, Key, Lookup};
use super::units::Applied;

/// Packages whose decorators keep nothing of what they decorate, except for what they return.
const HARMLESS: [&str; 36] = [
    "abc",
    "asyncio",
    "attr",
    "attrs",
    "backoff",
    "beartype",
    "cachetools",
    "contextlib",
    "cytoolz",
    "dataclasses",
    "deprecated",
    "enum",
    "functools",
    "jax",
    "joblib",
    "line_profiler",
    "metaflow",
    "more_itertools",
    "numba",
    "numpy",
    "overrides",
    "pydantic",
    "pytest",
    "ray",
    "retry",
    "retrying",
    "tenacity",
    "tensorflow",
    "toolz",
    "torch",
    "torchtyping",
    "tqdm",
    "typeguard",
    "types",
    "typing",
    "typing_extensions",
];

impl Lookup<'_> {
    /// Whether making a definition may register it.
    pub(super) fn registers(&self, key: Key) -> bool {
        let Some(unit) = self.unit(key).filter(|_| !self.steps.contains(&key)) else {
            return false;
        };
        let is_member = unit
            .class
            .as_ref()
            .is_some_and(|class| **class != *unit.name);
        let decorated = unit
            .decorators
            .iter()
            .any(|decorator| self.decorator_registers(key.0, decorator, is_member));
        decorated || (unit.class.is_some() && !is_member && self.is_made_by_bases(key))
    }

    /// `is_member`: of a method, most decorators only change what calling it does.
    fn decorator_registers(&self, module: usize, decorator: &Applied, is_member: bool) -> bool {
        let name = &*decorator.name;
        let mut out = Vec::new();
        self.name(module, name, &mut out, 0);
        let mut keys: Vec<Key> = out.iter().filter_map(Edge::unit).collect();
        // The import of the name, and what it stands for there.
        let named = keys.len();
        let is_attribute = name.contains('.');
        let is_object = |key: &Key| {
            let unit = self.unit(*key);
            unit.is_some_and(|unit| !unit.is_definition && unit.import.is_none())
        };
        let of_object = keys.iter().any(is_object);
        let mut at = 0;
        while let Some(key) = keys.get(at).copied() {
            at += 1;
            let Some(unit) = self.unit(key) else {
                continue;
            };
            if let Some(target) = &unit.import {
                let root = target.module.split('.').next().unwrap_or("");
                if at == 1
                    && target.level == 0
                    && !self.is_project(root)
                    && !HARMLESS.contains(&root)
                    && !is_member
                {
                    return true;
                }
                continue;
            }
            // A method of an object such as `@app.command()`: what the object does with it is its own affair.
            let is_object = !unit.is_definition && is_attribute && at <= 2;
            let is_method_of_function =
                unit.is_definition && unit.class.is_none() && is_attribute && at <= named;
            let changes = &unit.code.uses.changes;
            let keeps = of_object && changes.own && !unit.name.ends_with(".__init__");
            let may_change = changes.perhaps || is_object || is_method_of_function;
            let fills = decorator.is_called && changes.given && at <= named;
            let is_certain = keeps || fills || self.changes(key.0, unit);
            if is_certain || (may_change && !is_member) || at > MOST_CALLS {
                return true;
            }
            for edge in self.early_edges(key) {
                keys.extend(edge.unit().filter(|key| !keys.contains(key)));
            }
        }
        false
    }

    /// All classes that are made of others of the project: a class knows its subclasses.
    pub(super) fn subclasses(&self, out: &mut Vec<Edge>) {
        for (module, file) in self.files.iter().enumerate() {
            let keys = (0..file.index.units.len()).map(|at| (module, at));
            for key in keys.filter(|key| self.is_class(*key)) {
                let Some(unit) = self.unit(key) else {
                    continue;
                };
                let mut bases = unit
                    .code
                    .uses
                    .refs
                    .iter()
                    .flat_map(|it| self.found(key, it));
                if bases.any(|base| self.is_class(base)) {
                    self.whole_class(module, &unit.name, out);
                }
            }
        }
    }

    /// Whether a class has a base with `__init_subclass__`, or a metaclass, in the project.
    pub(super) fn is_made_by_bases(&self, class: Key) -> bool {
        let mut classes = vec![class];
        let mut at = 0;
        while let Some(key) = classes.get(at).copied() {
            at += 1;
            let Some(unit) = self.unit(key) else {
                continue;
            };
            let members = self.class(key.0, &unit.name).map(|class| &class.members);
            let hooks = members.is_some_and(|members| members.contains_key("__init_subclass__"));
            if at > 1 && (hooks || unit.is_metaclass) {
                return true;
            }
            for key in self.edges(key).iter().filter_map(Edge::unit) {
                if self.is_class(key) && !classes.contains(&key) && !self.is_flow_member(key) {
                    classes.push(key);
                }
            }
        }
        false
    }
}
