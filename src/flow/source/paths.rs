//! Where the imports of a file can lead beside the project's own directory, as far as its text says so.

use std::path::{Path, PathBuf};

use tree_sitter::Node;

use crate::flow::model::FlowFile;
use crate::flow::source::literal;
use crate::flow::source::syntax::{descend, dotted, field, is_dotted};

/// Directories that a file may put on `sys.path`, below a root: those that the texts in such a statement name, from the root or
/// from the directory of the file.
pub(in crate::flow) fn search_directories(file: &FlowFile, root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let tree = file
        .tree
        .as_ref()
        .filter(|_| file.text.contains("sys.path") || file.text.contains("addsitedir"));
    let Some(tree) = tree else {
        return found;
    };
    let text = &*file.text;
    let from = [Some(root), file.path.parent()];
    descend(tree.root_node(), |node| {
        if node.kind() == "call" && adds_path(node, text) {
            let parts = field(node, "arguments")
                .map(|arguments| literals(arguments, text))
                .unwrap_or_default();
            // As the one path that they make up, and each by itself.
            let whole: PathBuf = parts.iter().collect();
            let paths = std::iter::once(whole).chain(parts.iter().map(PathBuf::from));
            for path in paths.filter(|path| path.is_relative() && !path.as_os_str().is_empty()) {
                let below = from.iter().flatten().map(|from| from.join(&path));
                found.extend(below.filter(|path| path.starts_with(root)));
            }
            return false;
        }
        true
    });
    found.dedup();
    found
}

fn adds_path(call: Node<'_>, text: &str) -> bool {
    let function = field(call, "function").and_then(|function| dotted(function, text));
    function.is_some_and(|function| {
        let (object, method) = function.rsplit_once('.').unwrap_or(("", &function));
        method == "addsitedir"
            || (object.ends_with("sys.path") && matches!(method, "insert" | "append" | "extend"))
    })
}

/// The names that a package's `__all__` lists, which may be those of modules in it.
pub(in crate::flow) fn exported(file: &FlowFile) -> Vec<String> {
    let mut found = Vec::new();
    let Some(tree) = file.tree.as_ref().filter(|_| file.text.contains("__all__")) else {
        return found;
    };
    descend(tree.root_node(), |node| match node.kind() {
        "assignment" | "augmented_assignment" => {
            let left = field(node, "left").and_then(|left| dotted(left, &file.text));
            let right = field(node, "right").filter(|_| left.as_deref() == Some("__all__"));
            found.extend(
                right
                    .map(|right| literals(right, &file.text))
                    .unwrap_or_default(),
            );
            false
        }
        "function_definition" | "class_definition" => false,
        _ => true,
    });
    found
}

/// The texts below a node.
pub(super) fn literals(node: Node<'_>, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    descend(node, |node| match literal::string(node, source) {
        Some(text) => {
            found.push(text);
            false
        }
        None => true,
    });
    found
}

/// Texts that may be the names of modules or of something in them, as `jobs.train` and `jobs.train:main`: what code may import that
/// gets such a name from elsewhere.
pub(in crate::flow) fn named(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, quote) in source.match_indices(['"', '\'']) {
        let rest = source.get(at + 1..).unwrap_or("");
        let end = rest.find(|c| !(is_dotted(c) || c == ':'));
        let Some((text, behind)) = end.map(|end| rest.split_at(end)) else {
            continue;
        };
        let module = text.split(':').next().unwrap_or("");
        if behind.starts_with(quote) && text.contains(['.', ':']) && !module.is_empty() {
            found.push(module.to_owned());
        }
    }
    found
}
