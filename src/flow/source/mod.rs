//! From a text to what it declares: lines, syntax, classes, steps, transitions, imports; and what in it is no Python.

pub(in crate::flow) mod called;
pub(in crate::flow) mod class;
mod errors;
pub(in crate::flow) mod functions;
pub(in crate::flow) mod imports;
mod layout;
mod lexer;
pub(in crate::flow) mod literal;
pub(in crate::flow) mod next;
mod parameter;
pub(in crate::flow) mod parse;
pub(in crate::flow) mod paths;
mod repair;
pub(in crate::flow) mod step;
pub(in crate::flow) mod syntax;
