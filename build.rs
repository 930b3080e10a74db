//! Copies the Python runtime and the demo to where `include_dir!` embeds them, without byte-code left by a test run, and
//! names their content by a hash, so that a changed file rebuilds the crate and gets a new cache directory.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=assets");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?)
        .join("assets");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut files = BTreeMap::new();
    collect(Path::new("assets"), &mut files)?;
    let mut hash = DefaultHasher::new();
    for (path, content) in &files {
        path.hash(&mut hash);
        content.hash(&mut hash);
        let to = out.join(path.strip_prefix("assets").map_err(io::Error::other)?);
        if let Some(dir) = to.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(to, content)?;
    }
    println!("cargo:rustc-env=FLOWDEV_ASSETS_HASH={:016x}", hash.finish());
    // All that this build is made from, for programs that must be of the same one to work together.
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let mut sources = BTreeMap::new();
    collect(Path::new("src"), &mut sources)?;
    sources.insert("Cargo.lock".into(), fs::read("Cargo.lock")?);
    sources.hash(&mut hash);
    println!("cargo:rustc-env=FLOWDEV_BUILD_HASH={:016x}", hash.finish());
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // At a fixed address the 166 000 pointers in the program's tables need no adjustment at each start: `--help` takes
        // 1.5 ms instead of 5.4. Stack, heap and libraries stay where the kernel puts them.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    Ok(())
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "__pycache__" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if !name.ends_with(".pyc") {
            files.insert(path.clone(), fs::read(&path)?);
        }
    }
    Ok(())
}
