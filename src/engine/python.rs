//! Which Python runs user code.

use std::path::{Path, PathBuf};

use super::environment::Environment;

/// The interpreter for a flow: `--python`, then `FLOWDEV_PYTHON`, then `$VIRTUAL_ENV`, then a `.venv` beside the flow or
/// above it, then `python3` on PATH.
pub fn choose(asked: Option<&Path>, env: &Environment, flow: &Path) -> PathBuf {
    if let Some(python) = asked {
        return python.to_owned();
    }
    if let Some(python) = env.filled("FLOWDEV_PYTHON") {
        return python.into();
    }
    if let Some(venv) = env.filled("VIRTUAL_ENV") {
        let python = Path::new(venv).join("bin/python");
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

/// The same as a path that says which file it is, where a program of that name can be found.
pub fn interpreter(asked: Option<&Path>, env: &Environment, flow: &Path, cwd: &Path) -> PathBuf {
    let chosen = choose(asked, env, flow);
    if chosen.components().count() > 1 {
        return cwd.join(chosen);
    }
    let search = env.filled("PATH").unwrap_or_default();
    std::env::split_paths(search)
        .map(|dir| cwd.join(dir).join(&chosen))
        .find(|path| path.is_file())
        .unwrap_or(chosen)
}
