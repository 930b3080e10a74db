//! Two snapshots of the oracle beside each other: what must be equal, and the short list of what can not be, with reasons.

use serde_json::Value;

/// Fails with every difference that counts between what Metaflow's run and flowdev's run look like to the Client.
#[track_caller]
pub fn expect_same(what: &str, metaflow: &Value, flowdev: &Value) {
    let differences = differences(metaflow, flowdev);
    assert!(
        differences.is_empty(),
        "{what}: metaflow | flowdev\n{}",
        differences.join("\n")
    );
}

/// One line for each difference.
pub fn differences(metaflow: &Value, flowdev: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), metaflow, flowdev, &mut found);
    found
}

fn walk(path: &mut Vec<String>, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys = ours
                .keys()
                .chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
            for key in keys {
                path.push(key.clone());
                let pair = (ours.get(key), theirs.get(key));
                if !excused(path, pair.0, pair.1) {
                    walk(
                        path,
                        pair.0.unwrap_or(&ABSENT),
                        pair.1.unwrap_or(&ABSENT),
                        found,
                    );
                }
                path.pop();
            }
        }
        (Value::Array(ours), Value::Array(theirs))
            if ours.len() == theirs.len() && ours != theirs =>
        {
            for (index, (left, right)) in ours.iter().zip(theirs).enumerate() {
                path.push(index.to_string());
                if !excused(path, Some(left), Some(right)) {
                    walk(path, left, right, found);
                }
                path.pop();
            }
        }
        _ if left == right => {}
        _ => found.push(format!(
            "  {}: {} | {}",
            path.join(" "),
            short(left),
            short(right)
        )),
    }
}

static ABSENT: Value = Value::Null;

/// What may differ.
fn excused(path: &[String], metaflow: Option<&Value>, flowdev: Option<&Value>) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match *path {
        // Each engine says which it is.
        ["tags", _] | ["tasks", _, "tags", _] => versions(metaflow) && versions(flowdev),
        ["tasks", _, "metadata", "metaflow_version" | "runtime"] => {
            metaflow.is_some() && flowdev.is_some()
        }
        // A resumed run of Metaflow forgets how its first and last step are called; then the Client finds no end of a flow that
        // calls them otherwise.
        [
            "tasks",
            "_parameters",
            "metadata",
            "start_step" | "end_step",
        ] => metaflow.is_none(),
        // Additional facts of flowdev (fingerprints) are no difference; a missing one is.
        ["tasks", _, "metadata", name] => metaflow.is_none() && name.starts_with("flowdev"),
        // Standard error holds tracebacks, where flowdev shows only the user's frames. The tests look for the user's lines.
        ["tasks", _, "logs", _, "1"] => user_lines(metaflow) == user_lines(flowdev),
        // Compared by `value`; the pickles of an exception hold the traceback, with the runtime's own files.
        [
            "tasks",
            _,
            "artifacts",
            "_exception" | "_catch_exception" | "oops",
            "sha" | "size",
        ] => metaflow.is_some() && flowdev.is_some(),
        // An included file of the tutorials, compared by its content: the record of where that is has a note in it, and each
        // engine has its own words for it.
        ["tasks", _, "artifacts", "movie_data", "sha" | "size"] => {
            metaflow.is_some() && flowdev.is_some()
        }
        // Compared by `value`, without the ids in it.
        [
            "tasks",
            _,
            "artifacts",
            "_control_mapper_tasks",
            "sha" | "size",
        ] => metaflow.is_some() && flowdev.is_some(),
        // Metaflow's control task of its unbounded foreach prints the command lines of the tasks that it starts.
        ["tasks", _, "logs", _, "0"] => {
            let starts = metaflow
                .and_then(Value::as_str)
                .is_some_and(|text| text.starts_with("Simulating UnboundedForeach"));
            starts && user_lines(metaflow) == user_lines(flowdev)
        }
        // Equal by `value`: how often the pickle of this dictionary shares a string depends on how it was put together.
        ["tasks", _, "artifacts", "_graph_info", "sha" | "size"] => {
            metaflow.is_some() && flowdev.is_some()
        }
        _ => false,
    }
}

/// Whether this is the tag that says which version made the run.
fn versions(tag: Option<&Value>) -> bool {
    let tag = tag.and_then(Value::as_str);
    tag.is_some_and(|tag| tag.starts_with("metaflow_version:"))
}

/// The lines that the fixtures' own code wrote, which say so.
fn user_lines(log: Option<&Value>) -> Vec<&str> {
    let text = log.and_then(Value::as_str).unwrap_or_default();
    text.lines()
        .filter(|line| line.starts_with("user: "))
        .collect()
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
