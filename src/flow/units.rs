//! What a module is made of.

use tree_sitter::Node;

use super::model::FlowFile;

#[derive(Debug, Clone, Default)]
pub(super) struct ModuleIndex {}

impl ModuleIndex {
    pub(super) fn read(_root: Node<'_>, _source: &str, _file: &FlowFile) -> Self {
        Self {}
    }
}
