//! From a text to a `FlowFile`.

use std::path::Path;
use std::sync::OnceLock;

use tree_sitter::{Node, Tree};

use crate::flow::model::FlowFile;
use crate::flow::reach::units::ModuleIndex;
use crate::flow::resolve;
use crate::flow::source::class::{self, Names};
use crate::flow::source::errors;
use crate::flow::source::imports;
use crate::flow::source::lexer;
use crate::flow::source::repair;
use crate::flow::source::syntax::{self, descend, field, text};

/// Reads a file. A broken text gives the steps that can be told and diagnostics for the rest.
pub fn parse(path: &Path, source: &str) -> FlowFile {
    with_tree(path, source, syntax::tree(source), None)
}

/// Reads the next version of a file, quicker than from scratch.
pub(in crate::flow) fn parse_after(before: &FlowFile, source: &str) -> FlowFile {
    let tree = match &before.tree {
        Some(tree) => syntax::tree_after(tree, &before.text, source),
        None => syntax::tree(source),
    };
    with_tree(&before.path, source, tree, Some(before))
}

fn with_tree(path: &Path, source: &str, tree: Option<Tree>, before: Option<&FlowFile>) -> FlowFile {
    let mut file = FlowFile {
        path: path.to_owned(),
        text: source.into(),
        flows: Vec::new(),
        imports: Vec::new(),
        diagnostics: Vec::new(),
        classes: Vec::new(),
        called: Vec::new(),
        tree: None,
        named: OnceLock::new(),
        index: ModuleIndex::default(),
    };
    let Some(tree) = tree else {
        return file;
    };
    let problems = errors::find(tree.root_node(), source);
    file.diagnostics = errors::diagnostics(&problems, source, path);
    if !file.is_broken() {
        read(&mut file, tree.root_node(), source, before);
        file.tree = Some(tree);
        return file;
    }
    // The grammar stumbles over comments that are indented less than the code around them.
    let bare = lexer::without_comments(source);
    if let Some(tree) =
        syntax::tree(&bare).filter(|tree| errors::find(tree.root_node(), &bare).is_empty())
    {
        file.diagnostics.clear();
        read(&mut file, tree.root_node(), &bare, None);
        return file;
    }
    // The grammar would take good steps down with a broken one.
    let repaired = repair::repair(source, &problems);
    if let Some(tree) = syntax::tree(&repaired) {
        read(&mut file, tree.root_node(), &repaired, None);
    }
    file
}

/// Fills in what a tree declares.
fn read(file: &mut FlowFile, root: Node<'_>, source: &str, before: Option<&FlowFile>) {
    let path = file.path.clone();
    file.imports = imports::collect(root, source);
    file.classes = class::collect(root, source, &path, &Names::new(&file.imports));
    calls(root, source, &mut file.called);
    file.index = ModuleIndex::read(root, source, file, before);
    file.flows = resolve::flows(file, &|_, _| None);
}

/// Names that the module itself calls, as `MyFlow()` under the `__main__` guard.
fn calls(root: Node<'_>, source: &str, found: &mut Vec<String>) {
    descend(root, |node| match node.kind() {
        "function_definition" | "class_definition" | "decorated_definition" => false,
        "call" => {
            let function = field(node, "function").filter(|f| f.kind() == "identifier");
            found.extend(function.map(|function| text(function, source).to_owned()));
            true
        }
        _ => true,
    });
}
