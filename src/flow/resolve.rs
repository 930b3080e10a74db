//! Inheritance: which classes are flows, and what they have from their bases.

use indexmap::IndexMap;

use crate::flow::model::{FlowDef, FlowFile};
use crate::flow::source::class::{Class, Member, Names};

/// Finds the class that a name written in a file means, when the file itself does not define it.
pub(in crate::flow) type FindClass<'a> =
    dyn Fn(&'a FlowFile, &str) -> Option<(&'a FlowFile, &'a Class)> + 'a;

/// The flows of a file, with everything that they inherit from classes that `find` knows.
pub(in crate::flow) fn flows<'a>(file: &'a FlowFile, find: &FindClass<'a>) -> Vec<FlowDef> {
    file.classes
        .iter()
        .filter_map(|class| {
            let order = ancestry(file, class, find);
            let derives = order
                .iter()
                .any(|(file, class)| derives_directly(file, class));
            let has_steps = order
                .iter()
                .any(|(_, class)| class.members.iter().any(|m| matches!(m, Member::Step(_))));
            // A base class from an installed package cannot be seen; a class with steps that the module runs is a flow.
            let is_run = has_steps && file.called.contains(&class.name);
            (derives || is_run).then(|| assemble(class, &order))
        })
        .collect()
}

fn derives_directly(file: &FlowFile, class: &Class) -> bool {
    let names = Names::new(&file.imports);
    class.bases.iter().any(|base| names.means(base, "FlowSpec"))
}

/// A class and its ancestors, nearest first: Python's method resolution order for all but contrived hierarchies.
pub(in crate::flow) fn ancestry<'a>(
    file: &'a FlowFile,
    class: &'a Class,
    find: &FindClass<'a>,
) -> Vec<(&'a FlowFile, &'a Class)> {
    let mut found: Vec<(&FlowFile, &Class)> = Vec::new();
    let mut path = Vec::new();
    visit(file, class, find, &mut path, &mut found);
    // A shared base comes after the last class that has it.
    let mut order: Vec<(&FlowFile, &Class)> = Vec::new();
    for entry in found.into_iter().rev() {
        if !order.iter().any(|known| std::ptr::eq(known.1, entry.1)) {
            order.push(entry);
        }
    }
    order.reverse();
    order
}

/// More classes than any hierarchy has: a file of nonsense may have bases that repeat without end.
const MOST_ANCESTORS: usize = 1000;

fn visit<'a>(
    file: &'a FlowFile,
    class: &'a Class,
    find: &FindClass<'a>,
    path: &mut Vec<&'a Class>,
    found: &mut Vec<(&'a FlowFile, &'a Class)>,
) {
    if path.iter().any(|known| std::ptr::eq(*known, class)) || found.len() >= MOST_ANCESTORS {
        return;
    }
    path.push(class);
    found.push((file, class));
    for base in &class.bases {
        let own = file.classes.iter().rev().find(|other| other.name == *base);
        let resolved = own.map(|own| (file, own)).or_else(|| find(file, base));
        if let Some((base_file, base)) = resolved {
            visit(base_file, base, find, path, found);
        }
    }
    path.pop();
}

fn assemble(class: &Class, order: &[(&FlowFile, &Class)]) -> FlowDef {
    let mut members: IndexMap<&str, &Member> = IndexMap::new();
    for (_, ancestor) in order.iter().rev() {
        for member in &ancestor.members {
            members.insert(member.name(), member);
        }
    }
    let mut flow = FlowDef {
        name: class.name.clone(),
        doc: class.doc.clone(),
        range: class.range,
        position: class.position,
        bases: class.bases.clone(),
        decorators: class.decorators.clone(),
        steps: Vec::new(),
        parameters: Vec::new(),
        constants: Vec::new(),
    };
    for member in members.into_values() {
        match member {
            Member::Step(step) => flow.steps.push(step.clone()),
            Member::Parameter(parameter) => flow.parameters.push(parameter.clone()),
            Member::Constant(constant) => flow.constants.push(constant.clone()),
            Member::Other(_) => {}
        }
    }
    flow
}
