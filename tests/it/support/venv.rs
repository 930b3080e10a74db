//! The Python environment of the tests, in the target directory: made once from tests/requirements.txt, and again when that
//! or the Python changes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha1::{Digest, Sha1};

use super::repository;

static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
static LIBRARIES: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Its Python, or why there is none.
pub fn venv() -> Result<PathBuf, String> {
    READY.get_or_init(prepare).clone()
}

/// Its Python with the libraries of tests/libraries.txt, or why it has not got them.
pub fn libraries() -> Result<PathBuf, String> {
    let install = || {
        let python = venv()?;
        let place = target()?;
        let _lock = locked(&place)?;
        install(&place.join("venv"), "libraries")?;
        Ok(python)
    };
    LIBRARIES.get_or_init(install).clone()
}

/// The Python of the system if it has PyTorch, which is too large for the environment.
pub fn torch() -> Result<PathBuf, String> {
    let python = PathBuf::from("/usr/bin/python3");
    checked(Command::new(&python).args(["-c", "import torch"]))
        .map(|_| python)
        .map_err(|reason| format!("PyTorch (python3-torch): {reason}"))
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
    let target = target()?;
    let place = target.join("venv");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let _lock = locked(&target)?;
    install(&place, "requirements")?;
    Ok(place.join("bin/python"))
}

fn target() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    Ok(target.ok_or("no target directory")?.to_owned())
}

/// Other test processes wait here; the lock ends with the file.
fn locked(target: &Path) -> Result<File, String> {
    let lock = File::create(target.join("venv.lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    Ok(lock)
}

/// Makes sure that the environment has what tests/`list`.txt names. The environment is made for the first, `requirements`.
fn install(place: &Path, list: &str) -> Result<(), String> {
    let requirements = repository().join(format!("tests/{list}.txt"));
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
    let stamp_file = place.join(format!("{list}.sha1"));
    let python = place.join("bin/python");
    if fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp) && python.exists() {
        return Ok(());
    }
    if list == "requirements" {
        checked(Command::new("python3").args(["-m", "venv"]).arg(place))?;
    }
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
    fs::write(&stamp_file, stamp).map_err(|error| error.to_string())
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
