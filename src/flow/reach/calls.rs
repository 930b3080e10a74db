//! Calls that look names up themselves, and the one that names the next step.

use tree_sitter::Node;

use super::refs::{ANY_ATTRIBUTE, Ref, Target};
use super::scope::Collector;
use super::stored::root_of;
use crate::flow::source::called;
use crate::flow::source::imports::ImportedName;
use crate::flow::source::literal;
use crate::flow::source::next::is_self_next;
use crate::flow::source::syntax::{children, field, is_dotted, text};

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
        for import in called::called(node, self.source) {
            let target = |module: &str, attribute: Option<&str>| Target {
                level: import.level,
                module: module.to_owned(),
                attribute: attribute.map(str::to_owned),
            };
            self.add(match import.names {
                ImportedName::Computed => Ref::Package(target(&import.module, None)),
                // Its last parts may be names in a module.
                _ => match import.module.split_once('.') {
                    Some((head, rest)) => Ref::Imported(target(head, Some(rest)), String::new()),
                    None => Ref::Imported(target(&import.module, None), String::new()),
                },
            });
        }
        self.note_call(function, &listed);
        self.variable_of_call(function, &listed);
        self.note_made(function, &listed);
        match (text(function, self.source), listed.as_slice()) {
            ("getattr" | "hasattr", [object, name, rest @ ..]) => {
                let known = literal::string(*name, self.source);
                self.attribute_named(known.as_deref());
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
            ("setattr", [object, name, value]) => {
                self.visit(function);
                self.visit(*object);
                self.visit(*name);
                let into = self.object(root_of(*object));
                self.visit_value(*value, into);
            }
            // They take attributes by name of what they are given later.
            (
                "operator.attrgetter" | "attrgetter" | "operator.methodcaller" | "methodcaller",
                [name, ..],
            ) => {
                let known = literal::string(*name, self.source);
                self.attribute_named(known.as_deref());
                self.visit_children(node);
            }
            // The text is Python that is evaluated with the names of the module and the flow's configs.
            ("config_expr", [expression]) | ("metaflow.config_expr", [expression]) => {
                if let Some(expression) = literal::string(*expression, self.source) {
                    for word in expression.split(|c| !is_dotted(c)) {
                        if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                            self.add(Ref::ClassName(word.to_owned()));
                        }
                    }
                }
                self.visit_children(node);
            }
            _ => {
                if function.kind() == "attribute" {
                    self.format_fields(function);
                }
                // What is called is not what is stored.
                self.visit_value(function, Vec::new());
                if let Some(arguments) = arguments {
                    self.visit_arguments(arguments, function);
                }
            }
        }
    }

    /// An attribute is taken of something by its name, or by one that is not known.
    fn attribute_named(&mut self, name: Option<&str>) {
        match name {
            Some(name) => name.split('.').for_each(|part| self.takes(part)),
            None => self.takes(ANY_ATTRIBUTE),
        }
    }

    /// `"{0.name}".format(x)` takes an attribute.
    fn format_fields(&mut self, function: Node<'_>) {
        let is_format =
            field(function, "attribute").is_some_and(|name| text(name, self.source) == "format");
        let template = field(function, "object").filter(|_| is_format);
        let Some(template) = template.and_then(|template| literal::string(template, self.source))
        else {
            return;
        };
        for replaced in template.split('{').skip(1) {
            let name = replaced.split(['}', ':', '!']).next().unwrap_or("");
            name.split(['.', '[', ']'])
                .skip(1)
                .for_each(|part| self.takes(part));
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
