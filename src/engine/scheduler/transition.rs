//! Whether what a task decided is what its step says today.

use super::types::Transition;
use crate::flow::{Node, NodeKind, StepName};

impl Transition {
    /// What is wrong with it, as a clause about the step.
    pub(super) fn mismatch(&self, node: &Node) -> Option<String> {
        let fits = if node.kind == NodeKind::SplitSwitch {
            self.next.len() == 1 && node.next.contains(&self.next[0])
        } else {
            self.next == node.next
        };
        if !fits {
            return Some(format!(
                "went on to {}, but its source says {}",
                list(&self.next),
                list(&node.next)
            ));
        }
        let counted = self.num_splits.is_some() || self.unbounded;
        (node.kind.is_foreach() && !counted)
            .then(|| "did not say over how many items it fans out".to_owned())
    }
}

fn list(steps: &[StepName]) -> String {
    if steps.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<&str> = steps.iter().map(StepName::as_str).collect();
    names.join(", ")
}
