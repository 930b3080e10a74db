//! What a step stores in attributes of `self`: functions and methods as values, its own and those that helpers return to it.

use std::collections::HashSet;

use indexmap::IndexSet;

use super::lookup::{Edge, Key, Lookup};
use super::refs::{Ref, Values};

/// Functions and methods that go somewhere as values.
#[derive(Default)]
pub(super) struct Stored<'a> {
    pub(super) functions: Vec<Key>,
    /// Names of methods.
    pub(super) methods: Vec<&'a str>,
}

impl<'a> Lookup<'a> {
    /// What a unit stores in attributes of `self`, what is in tables that it stores included.
    pub(super) fn stored(&self, key: Key) -> Stored<'a> {
        let mut stored = Stored::default();
        let mut found: IndexSet<Key> = IndexSet::new();
        let mut makers: IndexSet<Key> = IndexSet::new();
        let Some(unit) = self.unit(key) else {
            return stored;
        };
        let mut take = |from: Key, values: &'a Values, makers: &mut IndexSet<Key>| {
            for name in &values.names {
                match name {
                    Ref::Taken(method) => stored.methods.push(method),
                    _ => found.extend(self.values_of(from, name)),
                }
            }
            let called = values.makers.iter();
            makers.extend(called.flat_map(|maker| self.found(from, maker)));
        };
        take(key, &unit.code.uses.stored, &mut makers);
        let mut at = 0;
        while let Some(maker) = makers.get_index(at).copied() {
            at += 1;
            if let Some(unit) = self.unit(maker).filter(|unit| unit.is_definition) {
                take(maker, &unit.code.uses.returned, &mut makers);
            }
        }
        let mut at = 0;
        while let Some(key) = found.get_index(at).copied() {
            at += 1;
            // An import leads on, too.
            let is_import = self.unit(key).is_some_and(|unit| unit.import.is_some());
            if is_import || self.is_value(key) {
                found.extend(self.edges(key).iter().filter_map(Edge::unit));
            }
        }
        found.retain(|key| self.is_function(*key));
        stored.functions = found.into_iter().collect();
        stored
    }

    /// The units that a reference leads to.
    pub(super) fn found(&self, from: Key, reference: &Ref) -> Vec<Key> {
        self.leads(from, reference)
            .iter()
            .filter_map(Edge::unit)
            .collect()
    }

    /// The same for a value; one taken of a module by a name that the source does not tell is any of what the module defines.
    fn values_of(&self, from: Key, reference: &Ref) -> Vec<Key> {
        let mut found = Vec::new();
        let mut opened = HashSet::new();
        for edge in self.leads(from, reference) {
            match edge {
                Edge::Unit(key) => found.push(key),
                Edge::Whole(module) if opened.insert(module) => {
                    let units = self.index(module).map_or(0, |index| index.units.len());
                    found.extend((0..units).map(|at| (module, at)));
                }
                Edge::Whole(_) | Edge::Module(_) => {}
            }
        }
        found
    }

    fn leads(&self, from: Key, reference: &Ref) -> Vec<Edge> {
        let mut out = Vec::new();
        match reference {
            Ref::Name(chain) => _ = self.name(from.0, chain, &mut out, 0),
            Ref::Imported(target, rest) => self.target(from.0, target, rest, &mut out, 0),
            Ref::Own(attribute) if self.is_flow_member(from) => {
                out.extend(self.member(attribute).into_iter().map(Edge::Unit));
            }
            _ => {}
        }
        out
    }
}
