//! What the result of a step depends on in the project's source: the fingerprint of that, and what an edit changes.
//!
//! A step reaches what running it can use. Where the source does not tell, more is taken: a class counts as a whole, names that
//! are looked up while the program runs mean all of a module, classes and functions that a step uses may come to the steps after
//! it in artifacts. Not followed: what a file other than Python's says, in which order modules are imported, and modules that
//! code outside the project imports by name.

mod acts;
mod bindings;
mod builtins;
mod calls;
pub(in crate::flow) mod changes;
mod classes;
pub(in crate::flow) mod code;
mod compound;
mod effects;
pub(in crate::flow) mod fingerprint;
mod handed;
mod lookup;
mod modules;
mod mutations;
mod nested;
pub(in crate::flow) mod normal;
mod order;
mod refs;
mod registers;
mod scope;
mod stored;
pub(in crate::flow) mod units;
mod values;
mod variables;
mod walk;
