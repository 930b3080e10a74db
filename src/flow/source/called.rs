//! Calls that import a module by its name, as `importlib.import_module("plugins.csv")`, or by one that is put together.

use tree_sitter::Node;

use crate::flow::source::imports::{self, Import, ImportedName};
use crate::flow::source::literal;
use crate::flow::source::paths::literals;
use crate::flow::source::syntax::{children, field, is_dotted, line, text};

/// Functions that import a module by its name.
const IMPORTERS: [&str; 5] = [
    "import_module",
    "__import__",
    "resolve_name",
    "run_module",
    "locate",
];

/// Functions that run the file at a path, and which of their arguments that is.
const RUNNERS: [(&str, usize); 4] = [
    ("run_path", 0),
    ("spec_from_file_location", 1),
    ("SourceFileLoader", 1),
    ("module_from_spec", usize::MAX),
];

/// Functions that list the modules of a package, to import them.
const LISTERS: [&str; 2] = ["iter_modules", "walk_packages"];

/// Functions of libraries that give a package names which they import when somebody asks for them.
const ATTACHERS: [&str; 2] = ["attach", "attach_stub"];

/// Hydra's function that makes what a configuration names.
const INSTANTIATE: &str = "instantiate";

/// Functions that run a text.
const EVALUATORS: [&str; 2] = ["exec", "eval"];

/// Whether a text may have such a call at all.
pub(super) fn may_import(source: &str) -> bool {
    let runners = RUNNERS.iter().map(|(name, _)| name);
    IMPORTERS
        .iter()
        .chain(&EVALUATORS)
        .chain(&LISTERS)
        .chain(&ATTACHERS)
        .chain(runners)
        .chain([&INSTANTIATE])
        .any(|name| source.contains(name))
}

/// The imports that a call makes. They bind nothing.
pub(in crate::flow) fn called(call: Node<'_>, source: &str) -> Vec<Import> {
    let whole = field(call, "function").map_or("", |function| text(function, source));
    let function = whole.rsplit('.').next().unwrap_or("");
    let arguments = field(call, "arguments").map(children).unwrap_or_default();
    let Some(first) = arguments.first() else {
        return Vec::new();
    };
    let make = |(module, level): (String, usize), names| Import {
        module,
        level,
        names,
        top_level: false,
        line: line(call),
    };
    if EVALUATORS.contains(&function) {
        let modules = evaluated(*first, source);
        let make = |module| make((module, 0), ImportedName::Names(Vec::new()));
        return modules.into_iter().map(make).collect();
    }
    if LISTERS.contains(&function) {
        let package = listed(*first, source);
        let import = package.map(|package| make(package, ImportedName::Computed));
        return import.into_iter().collect();
    }
    if ATTACHERS.contains(&function) && text(*first, source) == "__name__" {
        return vec![make((String::new(), 1), ImportedName::Computed)];
    }
    if let Some((_, at)) = RUNNERS.iter().find(|(name, _)| *name == function) {
        return run(arguments.get(*at).copied(), source)
            .into_iter()
            .map(|(module, names)| make(module, names))
            .collect();
    }
    // It imports what the configuration names.
    if function == INSTANTIATE && names_hydra(source) {
        return vec![make((String::new(), 0), ImportedName::Computed)];
    }
    if !IMPORTERS.contains(&function) || (function == "locate" && whole != "pydoc.locate") {
        return Vec::new();
    }
    let (name, names) = match literal::string(*first, source) {
        Some(name) => {
            let module = name.split(':').next().unwrap_or("").to_owned();
            (module, ImportedName::Names(Vec::new()))
        }
        None => (computed_package(*first, source), ImportedName::Computed),
    };
    let module = name.trim_start_matches('.');
    let level = name.len() - module.len();
    // What a relative name starts from.
    let package = arguments
        .get(1)
        .filter(|_| function == "import_module")
        .map(|package| match package.kind() {
            "keyword_argument" => field(*package, "value").unwrap_or(*package),
            _ => *package,
        });
    let is_relative = level > 0 || names == ImportedName::Computed && module.is_empty();
    let (module, level) = match package.filter(|_| is_relative) {
        None => (module.to_owned(), level),
        Some(package) => match literal::string(package, source) {
            Some(package) => (below(&package, level, module), 0),
            None if matches!(text(package, source), "__name__" | "__package__") => {
                (module.to_owned(), level.max(1))
            }
            // It may be any package.
            None => return vec![make((String::new(), 0), ImportedName::Computed)],
        },
    };
    vec![make((module, level), names)]
}

/// The modules that a text names which is run as Python.
fn evaluated(code: Node<'_>, source: &str) -> Vec<String> {
    let code = literal::string(code, source).unwrap_or_default();
    let words: Vec<&str> = code
        .split(|c| !is_dotted(c))
        .filter(|word| !word.is_empty())
        .collect();
    let imported = words.windows(2).filter(|pair| {
        matches!(pair, ["import" | "from", _])
            || matches!(pair, [name, _] if IMPORTERS.contains(name))
    });
    imported
        .filter_map(|pair| pair.last())
        .map(|module| (*module).to_owned())
        .collect()
}

/// The package whose modules are listed: `plugins.__path__`, or in the package itself `__path__`.
fn listed(path: Node<'_>, source: &str) -> Option<(String, usize)> {
    let written = text(path, source);
    if let Some(package) = written.strip_suffix(".__path__") {
        return Some(meaning(path, package, source));
    }
    let is_own = written == "__path__" || written.contains("__file__");
    is_own.then(|| (String::new(), 1))
}

/// Whether a file may import Hydra, wherever it does.
pub(in crate::flow) fn names_hydra(source: &str) -> bool {
    source.contains("hydra")
}

/// The imports at the top of the file that a node is in.
fn imports_around(node: Node<'_>, source: &str) -> Vec<Import> {
    let mut root = node;
    while let Some(parent) = root.parent() {
        root = parent;
    }
    let statements = children(root).into_iter().filter(|statement| {
        matches!(
            statement.kind(),
            "import_statement" | "import_from_statement"
        )
    });
    let read = |statement| imports::read(statement, source, true);
    statements.flat_map(read).collect()
}

/// The module, with its leading dots, that a dotted name means by the imports at the top of a file.
fn meaning(node: Node<'_>, name: &str, source: &str) -> (String, usize) {
    for import in imports_around(node, source) {
        match &import.names {
            ImportedName::Module { alias: Some(alias) } if alias == name => {
                return (import.module, 0);
            }
            ImportedName::Names(pairs) => {
                if let Some((there, _)) = pairs.iter().find(|(_, here)| here == name) {
                    let parts = [&*import.module, there];
                    let parts = parts.into_iter().filter(|part| !part.is_empty());
                    return (parts.collect::<Vec<_>>().join("."), import.level);
                }
            }
            _ => {}
        }
    }
    (name.to_owned(), 0)
}

/// The modules that a path means: the file that it names, or any in the directory that it names.
fn run(path: Option<Node<'_>>, source: &str) -> Vec<((String, usize), ImportedName)> {
    let parts = path.map(|path| literals(path, source)).unwrap_or_default();
    let whole = parts.join("/");
    let (whole, names) = match whole.strip_suffix(".py") {
        Some(file) => (file, ImportedName::Names(Vec::new())),
        None => (&*whole, ImportedName::Computed),
    };
    let module = whole.trim_matches(['.', '/']).replace('/', ".");
    let module = if module.chars().all(is_dotted) {
        module
    } else {
        String::new()
    };
    // It may start from the directory of the program, or from that of the file.
    let own = path.is_some_and(|path| text(path, source).contains("__file__"));
    let mut found = vec![((module.clone(), 0), names.clone())];
    found.extend(own.then_some(((module, 1), names)));
    found
}

/// The module that a name with so many leading dots means in a package.
fn below(package: &str, level: usize, module: &str) -> String {
    let up = level.saturating_sub(1);
    let mut parts: Vec<&str> = package.split('.').collect();
    parts.truncate(parts.len().saturating_sub(up));
    parts.extend(Some(module).filter(|module| !module.is_empty()));
    parts.join(".")
}

/// The package whose modules a computed name can mean, with leading dots: what stands before the last dot of the text that the
/// name begins with for sure, as `plugins` for `f"plugins.{kind}"`.
pub(in crate::flow) fn computed_package(name: Node<'_>, source: &str) -> String {
    let mut first = name;
    while !matches!(first.kind(), "string" | "concatenated_string") {
        let inner = match first.kind() {
            // `__name__ + ".jobs." + kind`
            "identifier" if matches!(text(first, source), "__name__" | "__package__") => {
                return ".".to_owned();
            }
            "binary_operator" => field(first, "left"),
            // `"plugins.{}".format(kind)`
            "call" => field(first, "function").and_then(|function| field(function, "object")),
            "parenthesized_expression" => children(first).first().copied(),
            _ => None,
        };
        let Some(inner) = inner else {
            return String::new();
        };
        first = inner;
    }
    let written = text(first, source);
    let start = written.find(['"', '\'']).map_or(0, |at| at + 1);
    let known = written
        .get(start..)
        .unwrap_or("")
        .trim_start_matches(['"', '\'']);
    let own = ["{__name__}", "{__package__}"];
    let known = own
        .iter()
        .find_map(|own| known.strip_prefix(own))
        .unwrap_or(known);
    let fixed = known
        .split(['{', '%', '"', '\'', '\\'])
        .next()
        .unwrap_or("");
    let dots = fixed.len() - fixed.trim_start_matches('.').len();
    let package = fixed.rsplit_once('.').map_or("", |(package, _)| package);
    format!("{}{}", ".".repeat(dots), package.trim_matches('.'))
}
