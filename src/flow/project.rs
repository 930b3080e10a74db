//! The flow file and the modules of the project that it imports.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::flow::files::Files;
use crate::flow::model::{FlowDef, FlowFile};
use crate::flow::name::StepName;
use crate::flow::reach::code::StepCode;
use crate::flow::resolve;
use crate::flow::source::class::Class;
use crate::flow::source::imports::{Import, ImportedName};
use crate::flow::source::parse::{parse, parse_after};
use crate::flow::source::paths::{exported, named, search_directories};

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

/// More modules than a flow's project has: a bound for a source tree that imports without end.
const MOST_MODULES: usize = 2000;

/// Packages in packages are looked into no deeper than this for modules with computed names.
const MOST_DEEP: usize = 4;

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
        let root = main.path.parent().map(Path::to_owned).unwrap_or_default();
        let mut loader = Loader {
            main: &main.path,
            root: &root,
            files,
            known,
            tried: BTreeSet::new(),
            searched: Vec::new(),
            modules: Vec::new(),
            followed: 0,
        };
        loader.follow(&main, None);
        loader.follow_modules();
        if std::iter::once(&main)
            .chain(loader.files())
            .any(imports_any)
        {
            loader.load_named(&main);
        }
        let modules = loader.modules;
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

fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}.{name}")
    }
}

/// The directory of a package below that of the project.
fn below(root: &Path, package: &str) -> PathBuf {
    let parts = package.split('.').filter(|part| !part.is_empty());
    parts.fold(root.to_owned(), |path, part| path.join(part))
}

impl FlowFile {
    /// The modules that texts in the file name, as dotted names from the project's directory.
    fn named_modules(&self, importer: Option<&Module>) -> Vec<String> {
        let names = self.named.get_or_init(|| named(&self.text)).iter();
        let found = names.filter_map(|name| {
            let module = name.trim_start_matches('.');
            absolute(module, name.len() - module.len(), importer)
        });
        found.filter(|name| !name.is_empty()).collect()
    }
}

fn renewed(file: &FlowFile, text: &str) -> FlowFile {
    if *file.text == *text {
        file.clone()
    } else {
        parse_after(file, text)
    }
}

/// Whether a file imports modules by names that can be any.
fn imports_any(file: &FlowFile) -> bool {
    let mut imports = file.imports.iter();
    imports.any(|import| {
        import.names == ImportedName::Computed && import.module.is_empty() && import.level == 0
    })
}

struct Loader<'a> {
    main: &'a Path,
    root: &'a Path,
    files: &'a dyn Files,
    /// Modules that were parsed before.
    known: &'a [Module],
    /// Names that were looked for, found or not.
    tried: BTreeSet<String>,
    /// Directories beside the root that files put on `sys.path`.
    searched: Vec<PathBuf>,
    modules: Vec<Module>,
    /// How many of these have been followed.
    followed: usize,
}

impl Loader<'_> {
    fn files(&self) -> impl Iterator<Item = &FlowFile> {
        self.modules.iter().map(|module| &*module.file)
    }

    fn follow_modules(&mut self) {
        while let Some(module) = self.modules.get(self.followed) {
            let module = module.clone();
            self.followed += 1;
            self.follow(&module.file, Some(&module));
        }
    }

    /// Loads the modules that texts name, for code that imports what it is given the name of.
    fn load_named(&mut self, main: &FlowFile) {
        let mut names: VecDeque<String> = main.named_modules(None).into();
        let mut read = 0;
        loop {
            while let Some(module) = self.modules.get(read) {
                names.extend(module.file.named_modules(Some(module)));
                read += 1;
            }
            let Some(name) = names.pop_front() else {
                return;
            };
            let head = name.split('.').next().unwrap_or(&name);
            self.load(head);
            let is_module = self.modules.iter().any(|module| module.name == head);
            if is_module || !self.files.list(&self.directory(head)).is_empty() {
                self.load(&name);
                self.follow_modules();
            }
        }
    }

    fn follow(&mut self, file: &FlowFile, importer: Option<&Module>) {
        for directory in search_directories(file, self.root) {
            if !self.searched.contains(&directory) {
                self.searched.push(directory);
            }
        }
        for import in &file.imports {
            let Some(module) = absolute(&import.module, import.level, importer) else {
                continue;
            };
            self.load(&module);
            if let ImportedName::Names(pairs) = &import.names {
                // `from pkg import x` may mean the module `pkg.x`.
                for (there, _) in pairs {
                    self.load(&join(&module, there));
                }
            }
            match import.names {
                ImportedName::Computed => self.load_below(&module, 0),
                ImportedName::Everything => self.load_exported(&module),
                _ => {}
            }
        }
    }

    /// Loads a module and the packages around it, since importing it runs them.
    fn load(&mut self, name: &str) {
        let parts: Vec<&str> = name.split('.').collect();
        for length in 1..=parts.len() {
            let Some(prefix) = parts.get(..length).map(|parts| parts.join(".")) else {
                return;
            };
            if prefix.is_empty() || self.modules.len() >= MOST_MODULES {
                return;
            }
            if self.tried.insert(prefix.clone()) {
                self.modules.extend(self.find(&prefix));
            }
        }
    }

    /// Loads the modules that a star imports from a package.
    fn load_exported(&mut self, package: &str) {
        let file = self.modules.iter().find(|module| module.name == package);
        let names = file
            .map(|module| exported(&module.file))
            .unwrap_or_default();
        for name in names {
            self.load(&join(package, &name));
        }
    }

    /// Loads all modules of a package and of the packages in it, since any of them may be meant.
    fn load_below(&mut self, package: &str, depth: usize) {
        let mut inside = self.files.list(&self.directory(package));
        inside.sort();
        for path in inside {
            let is_module = path.extension().is_none_or(|kind| kind == "py");
            if let Some(name) = path.file_stem().and_then(|name| name.to_str())
                && is_module
                && name != "__init__"
                && path != self.main
            {
                let inner = join(package, name);
                self.load(&inner);
                if path.extension().is_none() && !package.is_empty() && depth < MOST_DEEP {
                    self.load_below(&inner, depth + 1);
                }
            }
        }
    }

    fn directory(&self, package: &str) -> PathBuf {
        below(self.root, package)
    }

    fn parsed(&self, path: &Path, text: &str) -> Arc<FlowFile> {
        let known = self.known.iter().find(|module| module.file.path == path);
        match known {
            Some(module) if *module.file.text == *text => Arc::clone(&module.file),
            Some(module) => Arc::new(parse_after(&module.file, text)),
            None => Arc::new(parse(path, text)),
        }
    }

    fn find(&self, name: &str) -> Option<Module> {
        let roots = std::iter::once(self.root).chain(self.searched.iter().map(|path| &**path));
        let bases = roots.map(|root| below(root, name));
        let mut candidates =
            bases.flat_map(|base| [base.join("__init__.py"), base.with_extension("py")]);
        candidates.find_map(|path| {
            let text = self.files.read(&path)?;
            Some(Module {
                name: name.to_owned(),
                file: self.parsed(&path, &text),
            })
        })
    }
}
