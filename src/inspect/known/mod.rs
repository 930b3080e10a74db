//! What well-known libraries mean by their pickles: arrays, frames, dates. Recognises by shape, never by running code.
//!
//! Everything here answers `None` for what it does not recognise; the value is then shown as the plain tree it is.

mod arrow;
mod column;
mod dtype;
mod flat;
mod ipc;
mod ipc_schema;
mod numpy;
mod pandas;
mod pyarrow;
mod python;
mod scalar;
mod stdlib;

pub(in crate::inspect) use column::{Cell, Column};
pub(in crate::inspect) use ipc::{Block, IpcFile, batch_facts};
pub(in crate::inspect) use numpy::{NdArray, NdData};
pub(in crate::inspect) use pandas::{Frame, FrameKind};
pub(in crate::inspect) use python::{float_repr, quote, quote_bytes};
pub(in crate::inspect) use scalar::{Scalar, TimeUnit};
pub(in crate::inspect) use stdlib::{Plain, class_of, plain};

use super::pickle::ValueRef;

/// A value that a library gives a meaning beyond its tree.
pub(in crate::inspect) enum Known<'a> {
    /// A numpy array.
    Array(NdArray<'a>),
    /// A numpy scalar, with its dtype's name.
    NumpyScalar(Scalar, String),
    /// A frame, series, index or table of pandas, polars or pyarrow.
    Frame(Frame<'a>),
    /// A value of the standard library with a short spelling of its own.
    Plain(Plain),
}

/// Recognises a value.
pub(in crate::inspect) fn recognise(value: ValueRef<'_>) -> Option<Known<'_>> {
    value.as_object()?;
    if let Some(array) = numpy::array(value) {
        return Some(Known::Array(array));
    }
    if let Some((scalar, dtype)) = numpy::scalar(value) {
        return Some(Known::NumpyScalar(scalar, dtype));
    }
    if let Some(frame) = pandas::frame(value)
        .or_else(|| pyarrow::frame(value))
        .or_else(|| ipc::frame(value))
    {
        return Some(Known::Frame(frame));
    }
    plain(value).map(Known::Plain)
}

/// The text of a value that a line of text says completely.
pub(in crate::inspect) fn simple(value: ValueRef<'_>) -> Option<String> {
    value.as_object()?;
    match numpy::scalar(value) {
        Some((scalar, _)) => Some(scalar.to_string()),
        None => plain(value).map(|plain| plain.text),
    }
}
