//! What a value is, in a line: its type, its size in elements, and a glimpse.

use super::known::{self, Known, NdArray};
use super::pickle::{Node, ValueRef};
use super::repr;
use super::view::{View, class_name, view};

/// Characters of a preview.
pub const PREVIEW_CHARS: usize = 200;

/// What an artifact is, for a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// The short name of the type: `DataFrame`, `ndarray`, `dict`, `KMeans`.
    pub type_name: String,
    /// The module of the type, where it is not a builtin.
    pub module: Option<String>,
    /// The lengths of its axes with `×` between: `5M×5`, `3`. None for what has no length.
    pub shape: Option<String>,
    /// The type of an array's elements, such as `float64`.
    pub dtype: Option<String>,
    /// The size in bytes as stored or pickled, as the caller gave it.
    pub size: u64,
    /// The value as Python would print it, on one line of at most [`PREVIEW_CHARS`] characters.
    pub preview: String,
}

/// Summarises a value whose stored size in bytes is `size`.
#[must_use]
pub fn summarise(value: ValueRef<'_>, size: u64) -> Summary {
    let mut summary = Summary {
        type_name: type_name(value),
        module: known::class_of(value).map(|class| class.module.to_string()),
        shape: None,
        dtype: None,
        size,
        preview: String::new(),
    };
    match known::recognise(value) {
        Some(Known::Array(array)) => {
            array.class.clone_into(&mut summary.type_name);
            summary.shape = Some(array_shape(&array));
            summary.preview = repr::array_text(&array);
            summary.dtype = Some(array.dtype.name);
        }
        Some(Known::NumpyScalar(scalar, dtype)) => {
            summary.preview = scalar.to_string();
            summary.type_name = dtype;
            summary.module = Some("numpy".to_owned());
        }
        Some(Known::Frame(frame)) => {
            summary.shape = Some(match frame.kind {
                known::FrameKind::Table => format!("{}×{}", count(frame.rows), frame.columns.len()),
                known::FrameKind::Single => count(frame.rows),
            });
            if let (known::FrameKind::Single, Some(column)) = (frame.kind, frame.columns.first()) {
                summary.dtype = Some(column.dtype.clone());
            }
            summary.preview = repr::frame_text(&frame);
            summary.type_name = frame.class;
        }
        Some(Known::Plain(plain)) => {
            summary.type_name = plain.type_name;
            summary.preview = plain.text;
        }
        None => {
            summary.shape = shape(value);
            summary.preview =
                special_preview(value).unwrap_or_else(|| repr::line(value, PREVIEW_CHARS));
        }
    }
    summary.preview = repr::truncate(&summary.preview, PREVIEW_CHARS);
    summary
}

/// The short name of a value's type.
pub(super) fn type_name(value: ValueRef<'_>) -> String {
    match value.node() {
        Node::None => "NoneType",
        Node::Bool(_) => "bool",
        Node::Int(_) | Node::BigInt(_) => "int",
        Node::Float(_) => "float",
        Node::Str(_) => "str",
        Node::Bytes(_) => "bytes",
        Node::ByteArray(_) => "bytearray",
        Node::List(_) => "list",
        Node::Tuple(_) => "tuple",
        Node::Set(_) => "set",
        Node::FrozenSet(_) => "frozenset",
        Node::Dict(_) => "dict",
        Node::Global(_) => "type",
        Node::Persistent(_) => "object",
        Node::Elided => "…",
        Node::Object(_) => match known::recognise(value) {
            Some(Known::Plain(plain)) => return plain.type_name,
            Some(Known::Frame(frame)) => return frame.class,
            Some(Known::NumpyScalar(_, dtype)) => return dtype,
            Some(Known::Array(array)) => return array.class.to_owned(),
            None => display_class(value),
        },
    }
    .to_owned()
}

/// The class, with better names for what helper functions make.
fn display_class(value: ValueRef<'_>) -> &str {
    match class_name(value) {
        "_rebuild_tensor_v2" => "Tensor",
        "_rebuild_parameter" => "Parameter",
        other => other,
    }
}

/// A count as people read it: exact up to 9999, then `12k`, `5M`, `1.2G`.
pub(super) fn count(number: u64) -> String {
    let (scale, unit) = match number {
        0..10_000 => return number.to_string(),
        10_000..1_000_000 => (1_000, "k"),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "G"),
    };
    let (whole, tenth) = (number / scale, number % scale / (scale / 10));
    if tenth == 0 || whole >= 100 {
        format!("{whole}{unit}")
    } else {
        format!("{whole}.{tenth}{unit}")
    }
}

fn array_shape(array: &NdArray<'_>) -> String {
    if array.shape.is_empty() {
        return "()".to_owned();
    }
    array
        .shape
        .iter()
        .map(|axis| count(*axis))
        .collect::<Vec<_>>()
        .join("×")
}

/// The length of a container, or what an object says its shape is.
fn shape(value: ValueRef<'_>) -> Option<String> {
    if let Node::Str(text) = value.node() {
        return Some(count(text.as_str().chars().count() as u64).to_string())
            .filter(|_| text.is_whole());
    }
    if let Some(buffer) = value.as_buffer() {
        return Some(count(buffer.len()));
    }
    match view(value) {
        View::Sequence { total, .. } | View::Mapping { total, .. } => Some(count(total)),
        View::Object {
            class: "_rebuild_tensor_v2",
            ..
        } => axes(value.arg(2)?),
        View::Object { fields, .. } => axes(
            fields
                .iter()
                .find(|(name, _)| name == "_shape" || name == "shape")
                .map(|(_, shape)| *shape)?,
        ),
        View::Leaf => None,
    }
}

/// A tuple of ints as a shape.
fn axes(value: ValueRef<'_>) -> Option<String> {
    let axes: Vec<String> = value
        .items()
        .map(|axis| axis.as_int().and_then(|n| u64::try_from(n).ok()).map(count))
        .collect::<Option<_>>()?;
    (!axes.is_empty()).then(|| axes.join("×"))
}

/// Previews of classes whose pickles say less plainly what matters.
fn special_preview(value: ValueRef<'_>) -> Option<String> {
    let View::Object { class, fields } = view(value) else {
        return None;
    };
    let field = |name: &str| {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| *value)
    };
    if class == "MetaflowExceptionWrapper" {
        let (kind, text) = (field("type")?.as_str()?, field("exception")?.as_str()?);
        return Some(
            format!("{}: {text}", kind.rsplit('.').next().unwrap_or(&kind)).replace('\n', " "),
        );
    }
    // What was fitted ends in an underscore and what is private starts with one; the rest are the parameters.
    if field("_sklearn_version").is_some() {
        let parameters = fields.iter().filter(|(name, value)| {
            !name.starts_with('_') && !name.ends_with('_') && !value.is_none()
        });
        let shown: Vec<String> = parameters
            .map(|(name, value)| format!("{name}={}", repr::line(*value, 40)))
            .collect();
        return Some(format!("{class}({})", shown.join(", ")));
    }
    None
}
