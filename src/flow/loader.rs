//! Which files a flow's project is made of: modules are found by following imports.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::flow::files::Files;
use crate::flow::model::FlowFile;
use crate::flow::project::{Module, absolute, join};
use crate::flow::source::imports::ImportedName;
use crate::flow::source::parse::{parse, parse_after};
use crate::flow::source::paths::{exported, named, search_directories};

/// More modules than a flow's project has: a bound for a source tree that imports without end.
const MOST_MODULES: usize = 2000;

/// Packages in packages are looked into no deeper than this for modules with computed names.
const MOST_DEEP: usize = 4;

/// All modules that a flow file imports, directly or through others, in the order in which they are found. `known`: as they
/// were parsed before.
pub(in crate::flow) fn modules(
    main: &FlowFile,
    files: &dyn Files,
    known: &[Module],
) -> Vec<Module> {
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
    loader.follow(main, None);
    loader.follow_modules();
    let own = loader.modules.iter().map(|module| &*module.file);
    if std::iter::once(main).chain(own).any(imports_any) {
        loader.load_named(main);
    }
    loader.modules
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
