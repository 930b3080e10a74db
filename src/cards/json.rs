//! JSON as Metaflow writes it, which may have bare `NaN` and `Infinity`.

use serde_json::Value;

/// Parses JSON; numbers that JSON has no word for become text.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) => serde_json::from_str(&quote_non_numbers(text)).map_err(|_| error),
    }
}

/// Puts quotes around `NaN`, `Infinity` and `-Infinity` outside of strings.
fn quote_non_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        if in_string && c == '\\' {
            let mut escaped = rest.chars();
            out.extend(escaped.by_ref().take(2));
            rest = escaped.as_str();
            continue;
        }
        if c == '"' {
            in_string = !in_string;
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

/// A JSON value as one reads it in a cell: text bare, None as Python has it, the rest as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
