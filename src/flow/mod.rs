//! What the source says: classes, steps, edges, parameters, the graph that they make, what is wrong with it, and which
//! steps an edit changes.
//!
//! Pure: texts come in, values come out. Nothing here reads a file, runs Python or fails; a broken file gives what can be
//! read of it and diagnostics. It must not know where runs are stored, how they run or how anything is drawn.

mod description;
mod diagnostic;
mod files;
mod graph;
mod loader;
mod model;
mod name;
mod project;
mod reach;
mod resolve;
mod source;

pub use description::{
    ConstantDescription, DecoratorDescription, Description, ParameterDescription, StepDescription,
};
pub use diagnostic::{Diagnostic, Severity};
pub use files::Files;
pub use graph::check::check;
pub use graph::info::graph_info;
pub use graph::{Graph, Node, NodeKind};
pub use model::{
    ConstantDef, Decorator, FlowDef, FlowFile, ParameterDef, ParameterKind, Position, SourceRange,
    Step,
};
pub use name::StepName;
pub use project::{Module, Project};
pub use reach::changes::{StepChange, changes};
pub use reach::code::{CodeChange, CodeKind, CodeUnit, StepCode};
pub use reach::fingerprint::Fingerprint;
pub use reach::normal::Digest;
pub use source::imports::{Import, ImportedName};
pub use source::next::{CaseKey, Next, SwitchCase};
pub use source::parse::parse;

#[cfg(test)]
mod tests;
