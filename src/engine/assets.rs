//! The Python side, carried in the binary and unpacked where Python can import it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::EngineError;
use include_dir::{Dir, include_dir};

static PYTHON: Dir<'_> = include_dir!("$OUT_DIR/assets/python");
static DEMO: Dir<'_> = include_dir!("$OUT_DIR/assets/demo");

/// Names the content of both; from build.rs.
const DIGEST: &str = env!("FLOWDEV_ASSETS_HASH");

/// The directory to put first on PYTHONPATH. It is named by a hash of its content, so that versions live side by side and a
/// finished one is never written again. `$FLOWDEV_ASSETS` names another one, to work on the Python side without a build.
///
/// # Errors
/// When the cache directory cannot be written.
pub fn python_path(env: &Environment) -> Result<PathBuf, EngineError> {
    if let Some(dir) = env.filled("FLOWDEV_ASSETS") {
        return Ok(dir.into());
    }
    let root = cache_dir(env).join("python").join(DIGEST);
    if root.is_dir() {
        return Ok(root);
    }
    unpack(&root).map_err(|source| EngineError::Assets {
        path: root.clone(),
        source,
    })?;
    Ok(root)
}

/// The Python side, ready to be imported by whoever starts `python flow.py`.
pub struct Installed {
    /// The directory to put first on PYTHONPATH.
    pub python_path: PathBuf,
    /// This program.
    pub binary: PathBuf,
    /// Whether the package knows where this program is.
    pub recorded: bool,
}

/// Unpacks the Python side if need be, and records beside it where this program is.
///
/// # Errors
/// When the cache directory cannot be written.
pub fn install_python() -> Result<Installed, EngineError> {
    let env = Environment::own();
    let python_path = python_path(&env)?;
    let failed = |source| EngineError::Assets {
        path: python_path.clone(),
        source,
    };
    let binary = std::env::current_exe().map_err(failed)?;
    // A directory that somebody works on is left as it is.
    let recorded = env.filled("FLOWDEV_ASSETS").is_none();
    if recorded {
        record_binary(&python_path, &binary).map_err(failed)?;
    }
    Ok(Installed {
        python_path,
        binary,
        recorded,
    })
}

/// `_cli/binary.py` reads this file.
fn record_binary(root: &Path, binary: &Path) -> io::Result<()> {
    let place = root.join("_binary");
    let text = binary.as_os_str().as_encoded_bytes();
    if fs::read(&place).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let staging = root.join(format!("._binary-{}", uuid::Uuid::new_v4().simple()));
    fs::write(&staging, text)?;
    fs::rename(&staging, &place)
}

/// Writes the example project into a directory that must not exist yet.
///
/// # Errors
/// `AlreadyExists` if there is anything at that path.
pub fn write_demo(to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    DEMO.extract(to)
}

fn unpack(root: &Path) -> io::Result<()> {
    let parent = root
        .parent()
        .ok_or_else(|| io::Error::other("no parent directory"))?;
    fs::create_dir_all(parent)?;
    let staging = parent.join(format!(".new-{}", uuid::Uuid::new_v4().simple()));
    fs::create_dir(&staging)?;
    PYTHON.extract(&staging)?;
    match fs::rename(&staging, root) {
        Ok(()) => Ok(()),
        // Another process was quicker; its copy is the same.
        Err(_) if root.is_dir() => fs::remove_dir_all(&staging),
        Err(error) => Err(error),
    }
}

/// `$FLOWDEV_CACHE_DIR`, else `$XDG_CACHE_HOME/flowdev`, else `~/.cache/flowdev`, else a directory in the temporary one.
fn cache_dir(env: &Environment) -> PathBuf {
    if let Some(dir) = env.filled("FLOWDEV_CACHE_DIR") {
        return dir.into();
    }
    if let Some(dir) = env.filled("XDG_CACHE_HOME") {
        return PathBuf::from(dir).join("flowdev");
    }
    match env.filled("HOME") {
        Some(home) => PathBuf::from(home).join(".cache").join("flowdev"),
        None => std::env::temp_dir().join("flowdev-cache"),
    }
}
