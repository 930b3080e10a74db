//! Calls that look names up themselves, and the one that names the next step.

use tree_sitter::Node;

use super::refs::{Ref, Target};
use super::scope::Collector;
use crate::flow::source::imports;
use crate::flow::source::literal;
use crate::flow::source::next::is_self_next;
use crate::flow::source::syntax::{children, field, text};

impl Collector<'_> {
    pub(super) fn call(&mut self, node: Node<'_>) {
        let Some(function) = field(node, "function") else {
            return self.visit_children(node);
        };
        let arguments = field(node, "arguments");
        let listed = arguments.map(children).unwrap_or_default();
        if is_self_next(node, self.source) {
            return self.transition(&listed);
        }
        match (text(function, self.source), listed.as_slice()) {
            ("getattr" | "hasattr", [object, name, rest @ ..]) => {
                let known = literal::string(*name, self.source);
                if let (Some(name), "identifier" | "attribute") = (&known, object.kind()) {
                    let written = text(*object, self.source);
                    let head = written.split('.').next().unwrap_or(written).trim();
                    self.name(head, &format!("{written}.{name}"));
                } else {
                    // The object is used whole; what a local variable holds was reached where it was taken from.
                    self.visit(*object);
                    self.visit(*name);
                }
                rest.iter().for_each(|node| self.visit(*node));
            }
            ("importlib.import_module" | "import_module" | "__import__", [name, ..]) => {
                let found = match literal::string(*name, self.source) {
                    Some(module) => {
                        let level = module.len() - module.trim_start_matches('.').len();
                        let module = module.trim_start_matches('.').to_owned();
                        let target = Target {
                            level,
                            module,
                            attribute: None,
                        };
                        Ref::Imported(target, String::new())
                    }
                    None => {
                        let package = imports::computed_package(*name, self.source);
                        let module = package.trim_start_matches('.').to_owned();
                        Ref::Package(Target {
                            level: package.len() - module.len(),
                            module,
                            attribute: None,
                        })
                    }
                };
                self.add(found);
                self.visit_children(node);
            }
            // The text is Python that is evaluated with the names of the module and the flow's configs.
            ("config_expr", [expression]) | ("metaflow.config_expr", [expression]) => {
                if let Some(expression) = literal::string(*expression, self.source) {
                    for word in
                        expression.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                    {
                        if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                            self.add(Ref::ClassName(word.to_owned()));
                        }
                    }
                }
                self.visit_children(node);
            }
            _ => {
                // What is called is not what is stored.
                self.visit_value(function, Vec::new());
                if let Some(arguments) = arguments {
                    self.visit(arguments);
                }
            }
        }
    }

    /// `self.next(self.a, …)`: the targets are edges, not code that this step runs.
    fn transition(&mut self, arguments: &[Node<'_>]) {
        for argument in arguments {
            match argument.kind() {
                "attribute" => {}
                "dictionary" => {
                    for pair in children(*argument) {
                        self.visit_field(pair, "key");
                    }
                }
                _ => self.visit(*argument),
            }
        }
    }
}
