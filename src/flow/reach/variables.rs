//! Environment variables that a piece of code asks for by name: `os.environ["RATE"]`, `os.getenv("RATE")`.

use tree_sitter::Node;

use super::scope::Collector;
use crate::flow::source::literal;
use crate::flow::source::syntax::{children, field, text};

/// Methods of `os.environ` that look one variable up.
const LOOKUPS: [&str; 4] = ["get", "pop", "setdefault", "__getitem__"];

impl Collector<'_> {
    /// `os.environ["RATE"]`
    pub(super) fn variable_of_subscript(&mut self, node: Node<'_>) {
        if self.is_environment(field(node, "value")) {
            self.variable(field(node, "subscript"));
        }
    }

    /// `os.getenv("RATE")`, `os.environ.get("RATE")`
    pub(super) fn variable_of_call(&mut self, function: Node<'_>, arguments: &[Node<'_>]) {
        let name = text(function, self.source);
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_lookup = LOOKUPS.contains(&last) && self.is_environment(field(function, "object"));
        if last == "getenv" || is_lookup {
            self.variable(arguments.first().copied());
        }
    }

    /// `"RATE" in os.environ`
    pub(super) fn variable_of_comparison(&mut self, node: Node<'_>) {
        let operands = children(node);
        if let [name, container] = operands.as_slice()
            && self.is_environment(Some(*container))
        {
            self.variable(Some(*name));
        }
    }

    fn is_environment(&self, object: Option<Node<'_>>) -> bool {
        let name = object.map_or("", |object| text(object, self.source));
        matches!(name, "environ" | "os.environ" | "_os.environ")
    }

    fn variable(&mut self, name: Option<Node<'_>>) {
        let name = name.and_then(|name| literal::string(name, self.source));
        self.uses.variables.extend(name.map(String::into_boxed_str));
    }
}
