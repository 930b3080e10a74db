//! Which Python runs user code.

use std::path::{Path, PathBuf};

/// The interpreter for a flow: `--python`, then `FLOWDEV_PYTHON`, then `$VIRTUAL_ENV`, then a `.venv` beside the flow or
/// above it, then `python3` on PATH.
pub fn choose(asked: Option<&Path>, flow: &Path) -> PathBuf {
    if let Some(python) = asked {
        return python.to_owned();
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(python) = set("FLOWDEV_PYTHON") {
        return python.into();
    }
    if let Some(env) = set("VIRTUAL_ENV") {
        let python = Path::new(&env).join("bin/python");
        if python.exists() {
            return python;
        }
    }
    flow.ancestors()
        .skip(1)
        .map(|dir| dir.join(".venv/bin/python"))
        .find(|python| python.exists())
        .unwrap_or_else(|| PathBuf::from("python3"))
}
