//! The order of what runs while a module is imported. Functions may stand anywhere, and so may constants that nothing else
//! decides about; but statements, several definitions of one name and the fields of a class count in their order.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::code::{CodeKind, CodeUnit};
use super::lookup::{Key, Lookup};
use super::normal::Normal;

impl Lookup<'_> {
    /// One unit for each module in which a step reaches several things whose order counts: the keys are theirs.
    pub(super) fn orders(&self, mut keys: Vec<Key>) -> Vec<CodeUnit> {
        keys.sort_unstable();
        keys.chunk_by(|a, b| a.0 == b.0)
            .filter(|keys| keys.len() > 1)
            .map(|keys| self.order(keys))
            .collect()
    }

    fn order(&self, keys: &[Key]) -> CodeUnit {
        let units: Vec<_> = keys.iter().filter_map(|key| self.unit(*key)).collect();
        let module = keys.first().map_or(0, |key| key.0);
        let first = units.first().map_or(1, |unit| unit.line);
        let mut hasher = Sha256::new();
        for unit in &units {
            hasher.update(unit.name.as_bytes());
            hasher.update([0]);
            hasher.update(unit.code.normal.digest.to_be_bytes());
        }
        let lines = units.iter().map(|unit| {
            (
                unit.line.saturating_sub(first),
                unit.code.normal.digest as u64,
            )
        });
        let normal = Normal::of_lines(&hasher.finalize(), lines);
        CodeUnit {
            module: Arc::clone(self.module_name(module)),
            name: Arc::from(""),
            kind: CodeKind::Order,
            line: first,
            digest: normal.digest,
            marks: normal.marks,
            offsets: normal.offsets,
        }
    }

    /// Whether it matters what a unit stands before and behind.
    pub(super) fn is_ordered(&self, key: Key) -> bool {
        let (Some(unit), Some(index)) = (self.unit(key), self.index(key.0)) else {
            return false;
        };
        let name = &*unit.name;
        let Some(class) = unit.class.as_deref() else {
            let is_again = name
                .split(", ")
                .any(|name| index.names.get(name).is_some_and(|units| units.len() > 1));
            let depends = !unit.code.uses.refs.is_empty() && !unit.is_definition;
            return name.is_empty() || is_again || depends || self.registers(key);
        };
        if class == name {
            return self.registers(key);
        }
        let member = name.split_once('.').map_or("", |(_, member)| member);
        let members = self.class(key.0, class).map(|class| &class.members);
        let is_again = members
            .and_then(|members| members.get(member))
            .is_some_and(|units| units.len() > 1);
        let is_field = !unit.is_definition && !self.is_flow_member(key);
        is_again || is_field
    }
}
