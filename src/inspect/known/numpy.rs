//! numpy arrays and scalars.

use super::super::pickle::{Buffer, NodeId, ValueRef};
use super::dtype::{Dtype, object_items};
use super::scalar::Scalar;

/// An array of any dimension.
#[derive(Debug, Clone)]
pub(in crate::inspect) struct NdArray<'a> {
    /// The name of its class, usually `ndarray`.
    pub(in crate::inspect) class: &'a str,
    /// How elements lie in memory.
    pub(in crate::inspect) dtype: Dtype,
    /// The lengths of the axes.
    pub(in crate::inspect) shape: Vec<u64>,
    /// Whether the first axis varies fastest.
    pub(in crate::inspect) fortran: bool,
    /// The elements.
    pub(in crate::inspect) data: NdData<'a>,
}

/// Where an array's elements are.
#[derive(Debug, Clone, Copy)]
pub(in crate::inspect) enum NdData<'a> {
    /// In memory, one after the other.
    Raw(&'a Buffer),
    /// Python objects.
    Objects(ValueRef<'a>, &'a [NodeId]),
}

impl NdArray<'_> {
    /// The number of elements, or as many as can be counted.
    pub(in crate::inspect) fn count(&self) -> u64 {
        self.shape
            .iter()
            .fold(1, |count, axis| count.saturating_mul(*axis))
    }

    /// The element at a position in storage order.
    pub(in crate::inspect) fn at(&self, position: u64) -> Scalar {
        match self.data {
            NdData::Raw(buffer) => element(&self.dtype, buffer, position),
            NdData::Objects(..) => Scalar::Opaque,
        }
    }
}

/// The element at a position of an array, if its bytes are kept.
pub(super) fn element(dtype: &Dtype, buffer: &Buffer, position: u64) -> Scalar {
    usize::try_from(position)
        .ok()
        .and_then(|at| buffer.get(at.checked_mul(dtype.size)?, dtype.size))
        .map_or(Scalar::Opaque, |bytes| dtype.scalar(bytes))
}

/// The element at a position of plain bytes.
pub(super) fn raw(dtype: &Dtype, bytes: &[u8], position: u64) -> Scalar {
    usize::try_from(position)
        .ok()
        .and_then(|at| {
            let start = at.checked_mul(dtype.size)?;
            bytes.get(start..start.checked_add(dtype.size)?)
        })
        .map_or(Scalar::Opaque, |bytes| dtype.scalar(bytes))
}

/// Reads an array: `_reconstruct(class, …)` with its state, or protocol 5's `_frombuffer(bytes, dtype, shape, order)`.
pub(super) fn array(value: ValueRef<'_>) -> Option<NdArray<'_>> {
    let callee = value.callee()?;
    if callee.package() != "numpy" {
        return None;
    }
    let (class, shape, dtype, fortran, data) = match &*callee.name {
        "_reconstruct" => {
            let state = value.state()?;
            let fortran = state.item(3)?.as_bool()?;
            (
                &*value.arg(0)?.as_global()?.name,
                state.item(1)?,
                state.item(2)?,
                fortran,
                state.item(4)?,
            )
        }
        "_frombuffer" => {
            let order = value
                .arg(3)
                .and_then(ValueRef::as_str)
                .is_some_and(|o| o == "F");
            (
                "ndarray",
                value.arg(2)?,
                value.arg(1)?,
                order,
                value.arg(0)?,
            )
        }
        _ => return None,
    };
    let dtype = Dtype::read(dtype)?;
    let shape = shape
        .items()
        .map(|axis| axis.as_int().and_then(|n| u64::try_from(n).ok()))
        .collect::<Option<Vec<_>>>()?;
    let data = match data.as_buffer() {
        Some(buffer) => NdData::Raw(buffer),
        None if dtype.is_object() => NdData::Objects(data, object_items(data)?),
        None => return None,
    };
    Some(NdArray {
        class,
        dtype,
        shape,
        fortran,
        data,
    })
}

/// Reads a scalar, `numpy.core.multiarray.scalar(dtype, bytes)`, with its dtype's name.
pub(super) fn scalar(value: ValueRef<'_>) -> Option<(Scalar, String)> {
    let callee = value.callee()?;
    if callee.package() != "numpy" || &*callee.name != "scalar" {
        return None;
    }
    let dtype = Dtype::read(value.arg(0)?)?;
    let scalar = dtype.scalar(value.arg(1)?.as_buffer()?.head());
    Some((scalar, dtype.name))
}
