//! What a step reaches, as values that outlive the source: they can be recorded with a task, and compared later with what the
//! step reaches then. Fingerprints, changes between two states of a project and reasons of staleness are all made from these.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::fingerprint::Fingerprint;
use super::lookup::{Key, Lookup};
use super::normal::{Digest, Normal};
use super::walk::Reach;
use crate::flow::name::StepName;
use crate::flow::project::{Project, Reached};

/// Changes when the units or fingerprints of the same source change: recorded ones then match no more.
const VERSION: u32 = 7;

/// All that a step reaches, from near to far: its own source first. The value to record with a task.
///
/// As JSON: `{"version": 7, "units": [["utils", "clean", "", 41, "<digest>", "<a mark of each line>"], …]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCode {
    version: u32,
    pub units: Vec<CodeUnit>,
    /// Environment variables that this code asks for by name. Not recorded: units are, see `with_variables`.
    #[serde(skip)]
    pub variables: BTreeSet<String>,
}

/// A function, a member of a class, a module-level name, an import or a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct CodeUnit {
    /// The dotted name of its module; empty for the flow file.
    pub module: Arc<str>,
    /// `clean`, `Helper.run`; empty for a statement that binds no name.
    pub name: Arc<str>,
    pub kind: CodeKind,
    /// The first line, counted from 1.
    pub line: u32,
    /// Of the normal form. Units with equal digests are equal code.
    pub digest: Digest,
    /// One short hash per line that holds code, see `Normal::marks`.
    pub(super) marks: Arc<str>,
    /// How far below the first line those lines stand. Not recorded: the lines that a reason names are today's.
    pub(super) offsets: Arc<[u32]>,
}

/// What a unit is called in a sentence depends on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeKind {
    #[serde(rename = "")]
    Plain,
    /// A name that an import brings in.
    #[serde(rename = "i")]
    Import,
    /// Not a piece of code, but the order of all those of a module that run when it is imported.
    #[serde(rename = "o")]
    Order,
    /// A member of the flow itself, which needs no class in front of its name.
    #[serde(rename = "m")]
    Member,
    /// Not code, but the value of an environment variable that it asks for.
    #[serde(rename = "v")]
    Variable,
}

/// How a unit is written down.
type Row = (Arc<str>, Arc<str>, CodeKind, u32, String, Arc<str>);

impl From<CodeUnit> for Row {
    fn from(unit: CodeUnit) -> Row {
        let digest = format!("{:032x}", unit.digest);
        (
            unit.module,
            unit.name,
            unit.kind,
            unit.line,
            digest,
            unit.marks,
        )
    }
}

impl From<Row> for CodeUnit {
    fn from((module, name, kind, line, digest, marks): Row) -> CodeUnit {
        CodeUnit {
            module,
            name,
            kind,
            line,
            // What is no digest equals none.
            digest: Digest::from_str_radix(&digest, 16).unwrap_or_default(),
            marks,
            offsets: Arc::default(),
        }
    }
}

/// Why a step's code is not what it was: the unit nearest to the step that differs. As text: `utils.clean changed at line 41`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeChange {
    /// What changed, and the line of today's source at which it begins to differ; 0 for what is not in the source.
    Changed {
        what: String,
        module: String,
        line: u32,
    },
    /// What the step does not reach any more.
    Removed { what: String },
    /// Nothing can be said: the units were recorded by another version of the program, which cut code otherwise.
    Incomparable,
}

impl fmt::Display for CodeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodeChange::Changed { what, line: 0, .. } => write!(f, "{what} changed"),
            CodeChange::Changed { what, line, .. } => write!(f, "{what} changed at line {line}"),
            CodeChange::Removed { what } => write!(f, "{what} was removed"),
            CodeChange::Incomparable => write!(f, "its code was recorded by another version"),
        }
    }
}

impl Project {
    /// What every step of the project's flow reaches, in the order of the steps. Found out once.
    pub fn code(&self) -> Arc<IndexMap<StepName, StepCode>> {
        let reached = self.reached.get_or_init(|| Reached {
            class: self.class.clone(),
            code: Arc::new(code_of(self)),
        });
        if reached.class == self.class {
            Arc::clone(&reached.code)
        } else {
            Arc::new(code_of(self))
        }
    }
}

fn code_of(project: &Project) -> IndexMap<StepName, StepCode> {
    let Some(flow) = project.flow() else {
        return IndexMap::new();
    };
    let mut reach = Reach::new(project, flow);
    let reached = reach.of_steps(flow);
    let lookup = &reach.lookup;
    let mut known: HashMap<Key, Known> = HashMap::new();
    let mut code = |keys: Vec<Key>| {
        let mut ordered = Vec::new();
        let mut units = Vec::with_capacity(keys.len());
        let mut variables = BTreeSet::new();
        for key in keys {
            let uses = lookup.unit(key).map(|unit| &unit.code.uses.variables);
            variables.extend(uses.into_iter().flatten().map(|name| name.to_string()));
            let entry = known.entry(key).or_insert_with(|| Known {
                unit: unit(lookup, key),
                is_ordered: lookup.is_ordered(key),
            });
            units.extend(entry.unit.clone());
            ordered.extend(entry.is_ordered.then_some(key));
        }
        units.extend(lookup.orders(ordered));
        StepCode {
            version: VERSION,
            units,
            variables,
        }
    };
    reached
        .into_iter()
        .map(|(step, keys)| (step, code(keys)))
        .collect()
}

/// Steps share most units.
struct Known {
    unit: Option<CodeUnit>,
    is_ordered: bool,
}

fn unit(lookup: &Lookup<'_>, key: Key) -> Option<CodeUnit> {
    let unit = lookup.unit(key)?;
    let kind = match &unit.import {
        Some(_) => CodeKind::Import,
        None if key.0 == 0 && lookup.is_flow_member(key) => CodeKind::Member,
        None => CodeKind::Plain,
    };
    let normal: &Normal = &unit.code.normal;
    Some(CodeUnit {
        module: Arc::clone(lookup.module_name(key.0)),
        name: Arc::clone(&unit.name),
        kind,
        line: unit.line,
        digest: normal.digest,
        marks: Arc::clone(&normal.marks),
        offsets: Arc::clone(&normal.offsets),
    })
}

/// How much is kept of the hash of a variable's value: enough to see that it changed, too little to find out a password.
const VARIABLE_BITS: u32 = 24;

fn variable(name: &str, value: Option<String>) -> CodeUnit {
    let content = value.map_or_else(|| "unset".to_owned(), |value| format!("={value}"));
    CodeUnit {
        module: Arc::from(""),
        name: Arc::from(name),
        kind: CodeKind::Variable,
        line: 0,
        digest: Normal::of_text(&content).digest & ((1 << VARIABLE_BITS) - 1),
        marks: Arc::default(),
        offsets: Arc::default(),
    }
}

/// What makes two units the same code: where something stands is no part of what it does.
type Content<'a> = (&'a str, &'a str, Digest);

impl StepCode {
    /// The same with the values of the environment variables that it asks for.
    pub fn with_variables(&self, value: impl Fn(&str) -> Option<String>) -> StepCode {
        let mut code = self.clone();
        let units = self
            .variables
            .iter()
            .map(|name| variable(name, value(name)));
        code.units.extend(units);
        code
    }

    /// Equal for steps that reach the same code.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut contents: Vec<Content<'_>> = self.units.iter().map(CodeUnit::content).collect();
        contents.sort_unstable();
        let mut hasher = Sha256::new();
        hasher.update(self.version.to_be_bytes());
        for (module, name, digest) in contents {
            for part in [module.as_bytes(), name.as_bytes(), &digest.to_be_bytes()] {
                hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(part);
            }
        }
        Fingerprint::from(hasher)
    }

    /// What is different from what the step reached before; `None` exactly if the fingerprints are equal.
    pub fn change_since(&self, before: &StepCode) -> Option<CodeChange> {
        if self.version != before.version {
            return Some(CodeChange::Incomparable);
        }
        let same = |(now, then): (&CodeUnit, &CodeUnit)| now.content() == then.content();
        let is_equal = self.units.len() == before.units.len();
        if is_equal && self.units.iter().zip(&before.units).all(same) {
            return None;
        }
        let (fresh, gone) = (self.without(before), before.without(self));
        let is_code = |unit: &&&CodeUnit| unit.kind != CodeKind::Order;
        let changed = |unit: &&CodeUnit| {
            let earlier = gone.iter().find(|old| old.is_named_like(unit));
            CodeChange::Changed {
                what: unit.called(),
                module: unit.module.to_string(),
                line: unit.line + earlier.map_or(0, |old| unit.first_difference(old)),
            }
        };
        let removed = |unit: &&CodeUnit| CodeChange::Removed {
            what: unit.called(),
        };
        // What is nearest to the step comes first, and says most. Every other change can change an order, too.
        let code = fresh.iter().find(is_code).map(changed);
        code.or_else(|| gone.iter().find(is_code).map(removed))
            .or_else(|| fresh.first().map(changed))
            .or_else(|| gone.first().map(removed))
    }

    /// The units that the other has not, or not as often.
    fn without<'a>(&'a self, other: &'a StepCode) -> Vec<&'a CodeUnit> {
        let mut counts: HashMap<Content<'_>, usize> = HashMap::new();
        for unit in &other.units {
            *counts.entry(unit.content()).or_default() += 1;
        }
        let mut is_new = |content| match counts.get_mut(&content) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        self.units
            .iter()
            .filter(|unit| is_new(unit.content()))
            .collect()
    }
}

impl CodeUnit {
    fn content(&self) -> Content<'_> {
        (&self.module, &self.name, self.digest)
    }

    fn is_named_like(&self, other: &CodeUnit) -> bool {
        self.module == other.module && self.name == other.name && self.kind == other.kind
    }

    /// The first line that differs from an earlier form, counted from the unit's own first line.
    fn first_difference(&self, before: &CodeUnit) -> u32 {
        let pairs = self.marks.as_bytes().chunks(2);
        let same = pairs
            .zip(before.marks.as_bytes().chunks(2))
            .take_while(|(now, then)| now == then)
            .count();
        let line = self.offsets.get(same).or(self.offsets.last());
        line.copied().unwrap_or(0)
    }

    /// How people call it.
    pub fn called(&self) -> String {
        let module = &*self.module;
        let prefix = if module.is_empty() {
            String::new()
        } else {
            format!("{module}.")
        };
        if self.kind == CodeKind::Import {
            return format!("the import of {prefix}{}", self.name);
        }
        if self.kind == CodeKind::Variable {
            return format!("the environment variable {}", self.name);
        }
        if self.kind == CodeKind::Order {
            return match module {
                "" => "the order of module-level code".to_owned(),
                module => format!("the order of module-level code of {module}"),
            };
        }
        if self.name.is_empty() {
            return match module {
                "" => "module-level code".to_owned(),
                module => format!("module-level code of {module}"),
            };
        }
        match self.name.split_once('.') {
            Some((class, "")) => format!("the body of {prefix}{class}"),
            Some((_, member)) if self.kind == CodeKind::Member => member.to_owned(),
            _ => format!("{prefix}{}", self.name),
        }
    }
}
