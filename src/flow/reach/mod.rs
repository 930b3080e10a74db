//! What the result of a step depends on in the project's source: the fingerprint of that, and what an edit changes.

mod bindings;
mod builtins;
mod calls;
pub(in crate::flow) mod changes;
pub(in crate::flow) mod code;
mod compound;
mod effects;
pub(in crate::flow) mod fingerprint;
mod handed;
mod lookup;
mod modules;
pub(in crate::flow) mod normal;
mod order;
mod refs;
mod registers;
mod scope;
pub(in crate::flow) mod units;
mod walk;
