//! What the source says: classes, steps, edges, parameters, the graph that they make, what is wrong with it, and which
//! steps an edit changes.
//!
//! Pure: texts come in, values come out. Nothing here reads a file, runs Python or fails; a broken file gives what can be
//! read of it and diagnostics. It must not know where runs are stored, how they run or how anything is drawn.

mod balance;
mod bindings;
mod builtins;
mod changes;
mod check;
mod class;
mod description;
mod diagnostic;
mod errors;
mod fingerprint;
mod graph;
mod graph_info;
mod imports;
mod layout;
mod lexer;
mod literal;
mod model;
mod name;
mod next;
mod normal;
mod parameter;
mod parse;
mod project;
mod reach;
mod repair;
mod resolve;
mod scope;
mod step;
mod syntax;
mod units;

pub use changes::{StepChange, changes};
pub use check::check;
pub use description::{
    ConstantDescription, DecoratorDescription, Description, ParameterDescription, StepDescription,
};
pub use diagnostic::{Diagnostic, Severity};
pub use fingerprint::Fingerprint;
pub use graph::{Graph, Node, NodeKind};
pub use graph_info::graph_info;
pub use imports::{Import, ImportedName};
pub use model::{
    ConstantDef, Decorator, FlowDef, FlowFile, ParameterDef, ParameterKind, Position, SourceRange,
    Step,
};
pub use name::StepName;
pub use next::{CaseKey, Next, SwitchCase};
pub use parse::{parse, step_from_source};
pub use project::{Module, Project};

#[cfg(test)]
mod tests;
