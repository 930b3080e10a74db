//! The Python environment of the tests, in the target directory: made once from tests/requirements.txt, and again when that
//! or the Python changes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha1::{Digest, Sha1};

use super::repository;

static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Its Python, or why there is none.
pub fn venv() -> Result<PathBuf, String> {
    READY.get_or_init(prepare).clone()
}

/// Its Python; the tests that need the real Metaflow ask `require(venv())` first.
pub fn python() -> PathBuf {
    venv().expect("the tests' Python environment")
}

/// Its Python, or whatever python3 there is: enough for tests that do without the oracle.
pub fn python_or_any() -> PathBuf {
    venv().unwrap_or_else(|_| PathBuf::from("python3"))
}

/// `site-packages/metaflow` of the environment.
pub fn metaflow_package() -> PathBuf {
    let mut command = Command::new(python());
    command.args([
        "-c",
        "import os, metaflow; print(os.path.dirname(metaflow.__file__))",
    ]);
    let output = command
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()
        .expect("python");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn prepare() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .ok_or("no target directory")?;
    let place = target.join("venv");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    // Other test processes wait here; the lock ends with the file.
    let lock = File::create(target.join("venv.lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;

    let requirements = repository().join("tests/requirements.txt");
    let wanted =
        fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let version = checked(Command::new("python3").args(["-c", "import sys; print(sys.version)"]))?;
    let stamp = format!(
        "{:x}",
        Sha1::new()
            .chain_update(&wanted)
            .chain_update(version)
            .finalize()
    );
    let stamp_file = place.join("requirements.sha1");
    let python = place.join("bin/python");
    if fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp) && python.exists() {
        return Ok(python);
    }
    checked(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    checked(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&requirements),
    )?;
    fs::write(&stamp_file, stamp).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Standard output of a command that must succeed.
fn checked(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
