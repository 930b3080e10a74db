//! Values as JSON, for programs that read the command's output.

use serde_json::{Map, Number, Value as Json, json};

use super::known::{self, Cell, Frame, FrameKind, Known, NdArray, NdData, Scalar, float_repr};
use super::pickle::{Node, ValueRef};
use super::repr;
use super::view::{View, key_text, view};

/// Values written at most; further ones become an ellipsis.
const MAX_VALUES: usize = 100_000;

/// Levels written at most.
const MAX_DEPTH: usize = 64;

/// The value as JSON: dicts, lists, text and numbers as themselves, floats that JSON has no word for as text, objects as
/// `{"__type__": class, …attributes}`, arrays as lists, frames as lists of columns. Large values are cut with an `…`.
#[must_use]
pub fn to_json(value: ValueRef<'_>) -> Json {
    Writer {
        left: MAX_VALUES,
        path: Vec::new(),
    }
    .value(value)
}

struct Writer<'a> {
    left: usize,
    /// The containers being written, so that a cycle ends.
    path: Vec<ValueRef<'a>>,
}

impl<'a> Writer<'a> {
    fn value(&mut self, value: ValueRef<'a>) -> Json {
        let Some(left) = self.left.checked_sub(1) else {
            return json!("…");
        };
        self.left = left;
        match value.node() {
            Node::None => return Json::Null,
            Node::Bool(value) => return json!(value),
            Node::Int(value) => return json!(value),
            Node::Float(value) => return float(*value),
            Node::Str(text) => return json!(text.as_str()),
            _ => {}
        }
        match known::recognise(value) {
            Some(Known::NumpyScalar(scalar, _)) => return scalar_json(&scalar),
            Some(Known::Plain(plain)) => return json!(plain.text),
            Some(Known::Array(array)) => return self.array(&array),
            Some(Known::Frame(frame)) => return self.frame(&frame),
            None => {}
        }
        if self.path.len() >= MAX_DEPTH || self.path.contains(&value) {
            return json!("…");
        }
        self.path.push(value);
        let written = match view(value) {
            View::Leaf => json!(repr::line(value, 1000)),
            View::Sequence { items, total, .. } => {
                let kept = items.len() as u64;
                let mut list = self.list(items.into_iter());
                if total > kept {
                    list.push(json!("…"));
                }
                Json::Array(list)
            }
            View::Mapping { pairs, .. } => {
                let mut map = Map::new();
                for (key, item) in pairs {
                    if self.left == 0 {
                        break;
                    }
                    map.insert(key_text(key), self.value(item));
                }
                Json::Object(map)
            }
            View::Object { class, fields } => {
                let mut map = Map::new();
                map.insert("__type__".to_owned(), json!(class));
                for (at, (name, item)) in fields.into_iter().enumerate() {
                    let name = if name.is_empty() {
                        at.to_string()
                    } else {
                        name
                    };
                    map.insert(name, self.value(item));
                }
                Json::Object(map)
            }
        };
        self.path.pop();
        written
    }

    fn list(&mut self, items: impl Iterator<Item = ValueRef<'a>>) -> Vec<Json> {
        let mut list = Vec::new();
        for item in items {
            if self.left == 0 {
                list.push(json!("…"));
                break;
            }
            list.push(self.value(item));
        }
        list
    }

    /// Elements in storage order; the shape says how they nest.
    fn array(&mut self, array: &NdArray<'a>) -> Json {
        let count = array.count().min(self.left as u64);
        let mut items: Vec<Json> = match array.data {
            NdData::Raw(_) => (0..count).map(|at| scalar_json(&array.at(at))).collect(),
            NdData::Objects(of, ids) => ids
                .iter()
                .map(|id| json!(repr::line(of.at(*id), 200)))
                .collect(),
        };
        self.left -= self.left.min(items.len());
        if array.count() > items.len() as u64 {
            items.push(json!("…"));
        }
        match array.shape[..] {
            [_] => Json::Array(items),
            [] => items.into_iter().next().unwrap_or(Json::Null),
            _ => {
                json!({"__type__": array.class, "dtype": array.dtype.name, "shape": array.shape, "data": items})
            }
        }
    }

    fn frame(&mut self, frame: &Frame<'a>) -> Json {
        let mut columns = Map::new();
        for column in frame.index.iter().chain(&frame.columns) {
            let mut cells = Vec::new();
            for row in 0..column.len {
                if self.left == 0 {
                    cells.push(json!("…"));
                    break;
                }
                self.left -= 1;
                cells.push(match column.cell(row) {
                    Cell::Scalar(scalar) => scalar_json(&scalar),
                    Cell::Value(value) => json!(repr::line(value, 200)),
                });
            }
            columns.insert(column.name.clone(), Json::Array(cells));
        }
        match frame.kind {
            FrameKind::Table => {
                json!({"__type__": frame.class, "rows": frame.rows, "columns": columns})
            }
            FrameKind::Single => columns
                .into_iter()
                .next_back()
                .map_or(Json::Null, |(_, cells)| cells),
        }
    }
}

fn float(value: f64) -> Json {
    Number::from_f64(value).map_or_else(|| json!(float_repr(value)), Json::Number)
}

fn scalar_json(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::UInt(value) => json!(value),
        Scalar::Float(value) => float(*value),
        // By its own digits: 0.1 in 32 bits is not 0.10000000149.
        Scalar::Single(_) => scalar
            .to_string()
            .parse()
            .map_or_else(|_| json!(scalar.to_string()), float),
        Scalar::Text(text) => json!(text),
        Scalar::Complex(..)
        | Scalar::Bytes(_)
        | Scalar::Nested(_)
        | Scalar::Datetime(..)
        | Scalar::Date(_)
        | Scalar::Timedelta(..)
        | Scalar::Opaque => json!(scalar.to_string()),
    }
}
