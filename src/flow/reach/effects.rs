//! What importing a module does.

use super::lookup::{Edge, Lookup};
use super::refs::Target;
use crate::flow::source::imports::ImportedName;

/// Calls lead on no further than this before they are taken for ones that change something.
pub(super) const MOST_CALLS: usize = 200;

impl Lookup<'_> {
    /// What importing a module does: its statements, functions that a decorator puts into a registry, assignments of what a
    /// call gives that changes something besides, other imports.
    pub(super) fn effects(&self, module: usize) -> Vec<Edge> {
        let mut out = Vec::new();
        if let Some(index) = self.index(module) {
            let main = if module == 0 {
                index.main_effects.as_slice()
            } else {
                &[]
            };
            let statements = index.effects.iter().chain(main);
            out.extend(statements.map(|unit| Edge::Unit((module, *unit))));
            for (at, unit) in index.units.iter().enumerate() {
                let key = (module, at);
                if module > 0 && index.under_main.iter().any(|units| units.contains(&at)) {
                    continue;
                }
                if self.acts(key) {
                    out.push(Edge::Unit(key));
                } else if self.registers(key) {
                    match &unit.class {
                        Some(class) if !self.is_flow_member(key) => {
                            self.whole_class(module, class, &mut out)
                        }
                        _ => out.push(Edge::Unit(key)),
                    }
                }
            }
            self.imports_of(module, &mut out);
        }
        out
    }

    fn imports_of(&self, module: usize, out: &mut Vec<Edge>) {
        let Some(file) = self.files.get(module) else {
            return;
        };
        if let Some(name) = Some(&**self.module_name(module)).filter(|name| !name.is_empty()) {
            self.touch_path(name, out);
        }
        for import in file.imports.iter().filter(|import| import.top_level) {
            let target = |attribute: Option<&String>| Target {
                level: import.level,
                module: import.module.clone(),
                attribute: attribute.cloned(),
            };
            self.touch(module, &target(None), out);
            if let ImportedName::Names(pairs) = &import.names {
                for (there, _) in pairs {
                    self.touch(module, &target(Some(there)), out);
                }
            }
        }
    }
}
