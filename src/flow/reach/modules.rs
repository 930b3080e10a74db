//! What names of modules lead to: their names, their statements, or all of them.

use super::lookup::{Edge, Lookup};
use super::refs::Target;
use crate::flow::project::absolute;

impl Lookup<'_> {
    /// What can be found in a module: all but steps, which only an edge of the graph can run.
    pub(super) fn whole_module(&self, module: usize) -> Vec<Edge> {
        let mut out = vec![Edge::Module(module)];
        let units = self.index(module).map(|index| index.units.as_slice());
        for (at, unit) in units.unwrap_or_default().iter().enumerate() {
            if !self.steps.contains(&(module, at)) {
                out.push(Edge::Unit((module, at)));
            }
            if let Some(target) = &unit.import {
                self.target(module, target, "", &mut out, 0);
            }
        }
        out.extend(self.stars(module).map(|(star, _)| Edge::Whole(star)));
        out
    }

    /// The modules whose names a module imports with a star, and how many of its units stand before that.
    pub(super) fn stars(&self, module: usize) -> impl Iterator<Item = (usize, usize)> {
        let stars = self.index(module).map(|index| index.stars.as_slice());
        stars
            .unwrap_or_default()
            .iter()
            .filter_map(move |(star, at)| Some((self.module(&self.absolute(module, star)?)?, *at)))
    }

    /// Whether a top-level name is a module of the project.
    pub(super) fn is_project(&self, root: &str) -> bool {
        self.module(root).is_some()
    }

    pub(super) fn module(&self, name: &str) -> Option<usize> {
        self.modules.get(name).copied()
    }

    pub(super) fn absolute(&self, module: usize, target: &Target) -> Option<String> {
        let importer = module
            .checked_sub(1)
            .and_then(|at| self.project.modules.get(at));
        absolute(&target.module, target.level, importer)
    }

    /// What `rest` means, taken from what an import brought in.
    pub(super) fn target(
        &self,
        module: usize,
        target: &Target,
        rest: &str,
        out: &mut Vec<Edge>,
        hops: usize,
    ) {
        let Some(mut path) = self.absolute(module, target) else {
            return;
        };
        let parts: Vec<&str> = target
            .attribute
            .iter()
            .flat_map(|attribute| attribute.split('.'))
            .chain(rest.split('.'))
            .filter(|part| !part.is_empty())
            .collect();
        let mut found = self.module(&path).map(|module| (module, 0));
        for (at, part) in parts.iter().enumerate() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
            found = self.module(&path).map(|module| (module, at + 1)).or(found);
        }
        let Some((module, used)) = found else {
            return;
        };
        out.push(Edge::Module(module));
        let left = parts.get(used..).unwrap_or_default().join(".");
        if left.is_empty() || !self.name(module, &left, out, hops + 1) {
            // The module itself goes somewhere, or makes its names while it runs.
            out.push(Edge::Whole(module));
        }
    }

    pub(super) fn touch(&self, module: usize, target: &Target, out: &mut Vec<Edge>) {
        let Some(path) = self.absolute(module, target) else {
            return;
        };
        self.touch_path(&path, out);
        if let Some(attribute) = &target.attribute {
            let inner = format!("{path}.{attribute}");
            out.extend(self.module(inner.trim_start_matches('.')).map(Edge::Module));
        }
    }

    /// Importing a module runs the packages around it first.
    pub(super) fn touch_path(&self, path: &str, out: &mut Vec<Edge>) {
        let ends = path
            .match_indices('.')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let prefixes = ends.filter_map(|end| path.get(..end));
        out.extend(
            prefixes
                .filter_map(|prefix| self.module(prefix))
                .map(Edge::Module),
        );
    }
}

/// Whether a module is inside a package; one without a name has all.
pub(super) fn is_below(module: &str, package: &str) -> bool {
    if package.is_empty() {
        return true;
    }
    let rest = module.strip_prefix(package);
    rest.is_some_and(|rest| rest.starts_with('.'))
}
