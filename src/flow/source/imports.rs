//! Import statements: what a file brings in, from where, and under which name.

use std::collections::BTreeSet;

use serde::Serialize;
use tree_sitter::Node;

use crate::flow::model::FlowFile;
use crate::flow::source::called::{self, names_hydra};
use crate::flow::source::syntax::{children, descend, field, line, text};

/// One import statement of one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The dotted module name without leading dots: `pkg.sub`. Empty for `from . import x`.
    pub module: String,
    /// How many leading dots a relative import has.
    pub level: usize,
    /// `import module` binds `module` or its alias; `from module import …` binds names.
    pub names: ImportedName,
    /// Whether it runs with the module itself, rather than inside a function.
    pub top_level: bool,
    /// Counted from 1.
    pub line: u32,
}

/// What an import binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportedName {
    /// `import a.b` (binds `a`) or `import a.b as c` (binds `c` to the submodule).
    Module { alias: Option<String> },
    /// `from m import a, b as c`: pairs of the name there and the name here.
    Names(Vec<(String, String)>),
    /// `from m import *`.
    Everything,
    /// `import_module("m." + name)`: some module of the package, or any module if that has no name. Binds nothing.
    Computed,
}

impl FlowFile {
    /// The top-level names of all imported modules except `metaflow`, sorted. Project modules are among them, since one
    /// file alone cannot tell; see `Project::third_party_imports`.
    pub fn third_party_imports(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.imports.iter().filter_map(Import::root).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

impl FlowFile {
    /// Whether a call imports the same in both files: both bring in the same at their top, wherever the statements stand.
    pub(in crate::flow) fn imports_like(&self, other: &FlowFile) -> bool {
        let brought = |file: &'_ FlowFile| -> Vec<_> {
            let imports = file.imports.iter().filter(|import| import.top_level);
            imports
                .map(|import| (import.level, import.module.clone(), import.names.clone()))
                .collect()
        };
        brought(self) == brought(other) && names_hydra(&self.text) == names_hydra(&other.text)
    }
}

impl Import {
    /// The first part of an absolute module name that could be installed; `None` for relative imports and Metaflow itself.
    pub(in crate::flow) fn root(&self) -> Option<&str> {
        let root = self.module.split('.').next().unwrap_or("");
        let foreign =
            self.level == 0 && !root.is_empty() && root != "metaflow" && root != "__future__";
        foreign.then_some(root)
    }

    /// The module of an absolute import; where it takes names from one, these instead, for each may be a module in it.
    pub(in crate::flow) fn possible_modules(&self) -> Vec<String> {
        match &self.names {
            ImportedName::Names(names) => names
                .iter()
                .map(|(name, _)| format!("{}.{name}", self.module))
                .collect(),
            ImportedName::Module { .. } | ImportedName::Everything | ImportedName::Computed => {
                vec![self.module.clone()]
            }
        }
    }
}

/// All imports below a node, in source order.
pub(in crate::flow) fn collect(root: Node<'_>, source: &str) -> Vec<Import> {
    let mut found = Vec::new();
    let mut function_end = 0;
    // Looking at every expression is only worth it if one of them can import.
    let may_call = called::may_import(source);
    descend(root, |node| {
        let is_top_level = node.start_byte() >= function_end;
        match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                found.extend(read(node, source, is_top_level));
                false
            }
            // Expressions cannot hold statements.
            "expression_statement"
            | "return_statement"
            | "assert_statement"
            | "raise_statement" => may_call,
            "call" => {
                found.extend(called::called(node, source));
                true
            }
            "function_definition" => {
                function_end = function_end.max(node.end_byte());
                true
            }
            _ => true,
        }
    });
    found
}

/// The imports of one statement: `import a, b` is two.
pub(in crate::flow) fn read(node: Node<'_>, source: &str, top_level: bool) -> Vec<Import> {
    let line = line(node);
    let make = |module: String, level, names| Import {
        module,
        level,
        names,
        top_level,
        line,
    };
    let mut cursor = node.walk();
    let names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
    let pairs = || {
        names
            .iter()
            .map(|name| aliased(*name, source))
            .map(|(name, alias)| (name.clone(), alias.unwrap_or(name)))
            .collect::<Vec<_>>()
    };
    match node.kind() {
        "import_statement" => names
            .iter()
            .map(|name| {
                let (module, alias) = aliased(*name, source);
                make(module, 0, ImportedName::Module { alias })
            })
            .collect(),
        "future_import_statement" => {
            vec![make(
                "__future__".to_owned(),
                0,
                ImportedName::Names(pairs()),
            )]
        }
        _ => {
            let from = field(node, "module_name").map_or("", |module| text(module, source));
            let spaceless: String = from.chars().filter(|c| !c.is_whitespace()).collect();
            let module = spaceless.trim_start_matches('.').to_owned();
            let level = spaceless.len() - module.len();
            let everything = children(node)
                .iter()
                .any(|child| child.kind() == "wildcard_import");
            let names = if everything {
                ImportedName::Everything
            } else {
                ImportedName::Names(pairs())
            };
            vec![make(module, level, names)]
        }
    }
}

/// A name and its alias, for `a.b` and `a.b as c`.
fn aliased(node: Node<'_>, source: &str) -> (String, Option<String>) {
    if node.kind() != "aliased_import" {
        return (text(node, source).to_owned(), None);
    }
    let name = field(node, "name").map_or("", |name| text(name, source));
    let alias = field(node, "alias").map(|alias| text(alias, source).to_owned());
    (name.to_owned(), alias)
}
