//! The flow file and the modules of the project that it imports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::flow::files::Files;
use crate::flow::loader;
use crate::flow::model::{FlowDef, FlowFile};
use crate::flow::name::StepName;
use crate::flow::reach::code::StepCode;
use crate::flow::resolve;
use crate::flow::source::class::Class;
use crate::flow::source::imports::{Import, ImportedName};
use crate::flow::source::parse::{parse, parse_after};

/// A module of the project that the flow imports, directly or through others.
#[derive(Debug, Clone)]
pub struct Module {
    /// The dotted name under which it is imported: `utils`, `pkg.sub`.
    pub name: String,
    pub file: Arc<FlowFile>,
}

/// A flow file with everything of the project that it can reach.
#[derive(Debug, Clone)]
pub struct Project {
    /// The flow file. Its flows hold what they inherit from other modules.
    pub main: FlowFile,
    /// Imported project modules, in the order in which they are found.
    pub modules: Vec<Module>,
    /// The class to look at if the file has several flows; otherwise the file's `main_flow`.
    pub class: Option<String>,
    /// What the steps reach, once somebody has asked.
    pub(in crate::flow) reached: OnceLock<Reached>,
}

/// What the steps of a class reach.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Reached {
    pub class: Option<String>,
    pub code: Arc<IndexMap<StepName, StepCode>>,
}

impl Project {
    /// Parses the flow file and all project modules that it imports: files beside it, and packages below. A flow file that cannot
    /// be read is an empty one.
    pub fn load(main: &Path, files: &dyn Files) -> Project {
        let text = files.read(main).unwrap_or_default();
        Self::load_with(parse(main, &text), files, &[])
    }

    /// The project as `files` has it now. Only what changed is parsed.
    pub fn reload(&self, files: &dyn Files) -> Project {
        let text = files.read(&self.main.path).unwrap_or_default();
        let mut project = Self::load_with(renewed(&self.main, &text), files, &self.modules);
        project.class = self.class.clone();
        project
    }

    fn load_with(main: FlowFile, files: &dyn Files, known: &[Module]) -> Project {
        let modules = loader::modules(&main, files, known);
        let mut project = Project {
            main,
            modules,
            class: None,
            reached: OnceLock::new(),
        };
        project.main.flows = project.resolved_flows();
        project
    }

    /// The flow that the project is about.
    pub fn flow(&self) -> Option<&FlowDef> {
        match &self.class {
            Some(class) => self.main.flow(class),
            None => self.main.main_flow(),
        }
    }

    fn resolved_flows(&self) -> Vec<FlowDef> {
        resolve::flows(&self.main, &|file, name| self.imported_class(file, name))
    }

    /// All files: the flow's and those of the modules.
    pub fn files(&self) -> impl Iterator<Item = &FlowFile> {
        std::iter::once(&self.main).chain(self.modules.iter().map(|module| &*module.file))
    }

    /// The paths of all files.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files().map(|file| file.path.clone()).collect()
    }

    /// Whether both are the same text in the same files.
    pub fn reads_as(&self, other: &Project) -> bool {
        let mut modules = self.modules.iter().zip(&other.modules);
        self.main.path == other.main.path
            && self.main.text == other.main.text
            && self.finds_as(other)
            && modules.all(|(one, other)| one.file.text == other.file.text)
    }

    /// Whether the flow files of both import the same, and find it in the same files.
    pub fn has_imports_of(&self, other: &Project) -> bool {
        self.main.path == other.main.path
            && self.main.imports == other.main.imports
            && self.finds_as(other)
    }

    /// Whether all names mean modules in the same files: a file that was not there may have come before another one.
    fn finds_as(&self, other: &Project) -> bool {
        let mut modules = self.modules.iter().zip(&other.modules);
        self.modules.len() == other.modules.len()
            && modules
                .all(|(one, other)| one.name == other.name && one.file.path == other.file.path)
    }

    /// Names at the top of which the project has the module, whatever else is installed under them.
    pub fn own_names(&self) -> impl Iterator<Item = &str> {
        let names = self.modules.iter().map(|module| module.name.as_str());
        names.filter(|name| !name.contains('.'))
    }

    /// What is imported from modules that are neither part of the project nor Metaflow, as dotted names, sorted: modules, and
    /// names in them that may be modules. Python's own are among them.
    pub fn third_party_imports(&self) -> Vec<String> {
        let own: BTreeSet<&str> = self
            .modules
            .iter()
            .filter_map(|module| module.name.split('.').next())
            .collect();
        let foreign = |import: &&Import| import.root().is_some_and(|root| !own.contains(root));
        let imports = self.files().flat_map(|file| &file.imports);
        let names: BTreeSet<String> = imports
            .filter(foreign)
            .flat_map(Import::possible_modules)
            .collect();
        names.into_iter().collect()
    }

    /// The module of this dotted name.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// The dotted name of a file's module; `None` for the flow file.
    pub(in crate::flow) fn module_of(&self, file: &FlowFile) -> Option<&Module> {
        self.modules
            .iter()
            .find(|module| module.file.path == file.path)
    }

    /// The dotted name that an import statement of a file means.
    pub(in crate::flow) fn absolute(&self, file: &FlowFile, import: &Import) -> Option<String> {
        absolute(&import.module, import.level, self.module_of(file))
    }

    /// The class that a name means which the file imports.
    pub(in crate::flow) fn imported_class(
        &self,
        file: &FlowFile,
        name: &str,
    ) -> Option<(&FlowFile, &Class)> {
        self.class_by_import(file, name, &mut BTreeSet::new())
    }

    /// `asked`: modules and names that were looked into already, for modules may import each other.
    fn class_by_import(
        &self,
        file: &FlowFile,
        name: &str,
        asked: &mut BTreeSet<(String, String)>,
    ) -> Option<(&FlowFile, &Class)> {
        let (head, rest) = name
            .split_once('.')
            .map_or((name, None), |(h, r)| (h, Some(r)));
        for import in file.imports.iter().rev() {
            let Some(module) = self.absolute(file, import) else {
                continue;
            };
            let found = match (&import.names, rest) {
                (ImportedName::Names(pairs), rest) => pairs
                    .iter()
                    .find(|(_, here)| here == head)
                    .and_then(|(there, _)| match rest {
                        None => self.class_in(&module, there, asked),
                        Some(rest) => self.class_in(&join(&module, there), rest, asked),
                    }),
                (ImportedName::Everything, None) => self.class_in(&module, head, asked),
                (ImportedName::Module { alias: Some(alias) }, Some(rest)) if alias == head => {
                    self.class_in(&module, rest, asked)
                }
                (ImportedName::Module { alias: None }, Some(_)) => name
                    .rsplit_once('.')
                    .filter(|(path, _)| *path == module)
                    .and_then(|(_, class)| self.class_in(&module, class, asked)),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn class_in(
        &self,
        module: &str,
        name: &str,
        asked: &mut BTreeSet<(String, String)>,
    ) -> Option<(&FlowFile, &Class)> {
        if !asked.insert((module.to_owned(), name.to_owned())) {
            return None;
        }
        let file: &FlowFile = &self.module(module)?.file;
        let own = file.classes.iter().rev().find(|class| class.name == name);
        own.map(|class| (file, class))
            .or_else(|| self.class_by_import(file, name, asked))
    }
}

/// The dotted name that `level` dots and `module` mean in the module `importer` (`None`: the flow file, where relative imports
/// do not work).
pub(in crate::flow) fn absolute(
    module: &str,
    level: usize,
    importer: Option<&Module>,
) -> Option<String> {
    if level == 0 {
        return Some(module.to_owned());
    }
    let importer = importer?;
    let mut package: Vec<&str> = importer.name.split('.').collect();
    let is_package = importer
        .file
        .path
        .file_name()
        .is_some_and(|name| name == "__init__.py");
    let up = level - usize::from(is_package);
    package.truncate(package.len().checked_sub(up)?);
    package.extend(module.split('.').filter(|part| !part.is_empty()));
    Some(package.join("."))
}

pub(in crate::flow) fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}.{name}")
    }
}

fn renewed(file: &FlowFile, text: &str) -> FlowFile {
    if *file.text == *text {
        file.clone()
    } else {
        parse_after(file, text)
    }
}
