//! Whether something that runs while a module is imported changes what others see: `_done = install(handler)`.

use std::collections::HashSet;

use super::effects::MOST_CALLS;
use super::lookup::{Edge, Key, Lookup};
use super::mutations::sets_up;
use super::refs::Ref;
use super::units::Unit;

/// Members that run without being named: what makes an object, calls it, enters it.
const UNNAMED: [&str; 8] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__call__",
    "__enter__",
    "__exit__",
    "__set_name__",
    "__class_getitem__",
];

impl Lookup<'_> {
    /// Whether a statement that binds names, or the body of a class, does more than that.
    pub(super) fn acts(&self, key: Key) -> bool {
        let Some(unit) = self.unit(key) else {
            return false;
        };
        let runs = !unit.is_definition && unit.import.is_none();
        runs && (self.changes(key.0, unit)
            || (unit.code.uses.calls && self.calls_lead_to_change(key)))
    }

    /// Whether the code of a unit changes something that is not its own.
    pub(super) fn changes(&self, module: usize, unit: &Unit) -> bool {
        let changes = &unit.code.uses.changes;
        let is_object = |called: &Ref| match called {
            Ref::Name(chain) => {
                let method = chain.rsplit('.').next().unwrap_or("");
                sets_up(method) || !self.is_foreign(module, chain)
            }
            _ => true,
        };
        changes.surely
            || changes.by_calls.iter().any(is_object)
            || changes
                .of_made
                .iter()
                .any(|made| !self.is_fresh(module, made))
    }

    /// Whether a call gives an object that nothing else has.
    fn is_fresh(&self, module: usize, called: &Ref) -> bool {
        let found = self.found((module, 0), called);
        let mut classes = found
            .iter()
            .copied()
            .filter(|key| self.is_class(*key))
            .peekable();
        if classes.peek().is_none() {
            let Ref::Name(chain) = called else {
                return false;
            };
            let name = chain.rsplit('.').next().unwrap_or("");
            return self.is_foreign(module, chain) && name.starts_with(char::is_uppercase);
        }
        classes.all(|key| {
            let name = self.unit(key).map_or("", |unit| &*unit.name);
            let members = self.class(key.0, name).map(|class| &class.members);
            let is_shared = members.is_some_and(|members| members.contains_key("__new__"));
            !is_shared && !self.is_made_by_bases(key)
        })
    }

    /// Whether a name comes from a library.
    fn is_foreign(&self, module: usize, chain: &str) -> bool {
        let head = chain.split('.').next().unwrap_or(chain);
        let units = self.index(module).and_then(|index| index.names.get(head));
        let targets = units
            .into_iter()
            .flatten()
            .filter_map(|unit| self.unit((module, *unit))?.import.as_ref());
        let mut roots = targets.map(|target| {
            target
                .module
                .split('.')
                .next()
                .filter(|_| target.level == 0)
        });
        roots.any(|root| root.is_some_and(|root| !self.is_project(root)))
    }

    fn calls_lead_to_change(&self, start: Key) -> bool {
        let mut keys: Vec<Key> = self
            .early_edges(start)
            .iter()
            .filter_map(Edge::unit)
            .collect();
        let mut attributes: HashSet<&str> = HashSet::new();
        let mut of_objects: HashSet<&str> = HashSet::new();
        self.note_names(start, &mut attributes, &mut of_objects);
        // Members of classes that nothing has named yet.
        let mut waiting: Vec<Key> = Vec::new();
        let mut at = 0;
        while let Some(key) = keys.get(at).copied() {
            at += 1;
            if at > MOST_CALLS {
                return true;
            }
            let Some(unit) = self
                .unit(key)
                .filter(|unit| unit.import.is_none() && key != start)
            else {
                continue;
            };
            let member = unit
                .name
                .split_once('.')
                .filter(|_| unit.class.is_some())
                .map(|(_, member)| member);
            if let Some(member) = member {
                if !UNNAMED.contains(&member) && !attributes.contains(member) {
                    waiting.push(key);
                    continue;
                }
                if unit.code.uses.changes.own && of_objects.contains(member) {
                    return true;
                }
            }
            // A value was made when its own module was imported; its function and class may be called.
            if unit.is_definition && self.changes(key.0, unit) {
                return true;
            }
            self.note_names(key, &mut attributes, &mut of_objects);
            let fresh = self.early_edges(key);
            let named = waiting.iter().copied().filter(|key| {
                let member = self.unit(*key).and_then(|unit| unit.name.split_once('.'));
                member.is_some_and(|(_, member)| attributes.contains(member))
            });
            let more: Vec<Key> = fresh
                .iter()
                .filter_map(Edge::unit)
                .filter(|key| !keys.contains(key))
                .chain(named)
                .collect();
            waiting.retain(|key| !more.contains(key));
            keys.extend(more);
        }
        false
    }

    /// The attributes that a unit takes of anything, and those of objects that stand in modules.
    fn note_names<'b>(
        &'b self,
        key: Key,
        attributes: &mut HashSet<&'b str>,
        of_objects: &mut HashSet<&'b str>,
    ) {
        let Some(unit) = self.unit(key) else {
            return;
        };
        attributes.extend(unit.code.uses.attributes.iter().map(|name| &**name));
        for reference in &unit.code.uses.refs {
            if let Ref::Name(chain) | Ref::ClassName(chain) = reference
                && let Some((_, rest)) = chain.split_once('.')
            {
                let mut found = Vec::new();
                self.name(key.0, chain, &mut found, 0);
                if found
                    .iter()
                    .filter_map(Edge::unit)
                    .any(|key| self.is_value(key))
                {
                    of_objects.extend(rest.split('.'));
                }
            }
        }
    }
}
