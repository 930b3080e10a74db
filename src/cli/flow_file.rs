//! Which flow file a command is about.

use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::engine::Disk;
use crate::flow::{self, Diagnostic, FlowDef, Project};
use crate::store::{FlowStore, Store};

/// The file that was named, or the only flow of this directory.
///
/// # Errors
/// When the file is missing, or there is none or more than one to choose from.
pub fn find(named: Option<&Path>) -> Result<PathBuf, CliError> {
    if let Some(path) = named {
        return match path.canonicalize() {
            Ok(path) if path.is_file() => Ok(path),
            Ok(path) if path.is_dir() => only_flow_in(&path),
            Ok(path) => Err(CliError::usage(
                format!("{} is not a file", path.display()),
                "name a Python file with a FlowSpec class",
            )),
            Err(source) => Err(CliError::Read {
                path: path.to_owned(),
                source,
            }),
        };
    }
    only_flow_in(&std::env::current_dir()?)
}

fn only_flow_in(dir: &Path) -> Result<PathBuf, CliError> {
    let mut flows: Vec<PathBuf> = std::fs::read_dir(dir)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "py"))
        .filter(|path| declares_flow(path))
        .collect();
    flows.sort();
    match flows.as_slice() {
        [only] => Ok(only.canonicalize()?),
        [] => Err(CliError::usage(
            format!("there is no flow in {}", dir.display()),
            "name one (`flowdev FLOW.py`), or see an example with `flowdev demo`",
        )),
        several => {
            let names: Vec<String> = several
                .iter()
                .filter_map(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            Err(CliError::usage(
                format!("there are several flows here: {}", names.join(", ")),
                format!("name one, as in `flowdev {}`", names[0]),
            ))
        }
    }
}

fn declares_flow(path: &Path) -> bool {
    std::fs::read_to_string(path)
        .is_ok_and(|text| text.contains("FlowSpec") && !flow::parse(path, &text).flows.is_empty())
}

/// The project around a flow file, read from disk.
///
/// # Errors
/// When the flow file itself cannot be read.
pub fn project(path: &Path) -> Result<Project, CliError> {
    // The reader below turns errors of modules into absence; the flow file's own error must be seen.
    std::fs::read_to_string(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(Project::load(path, &Disk))
}

/// The flow that the file would run.
///
/// # Errors
/// When the file declares none.
pub fn main_flow(project: &Project) -> Result<&FlowDef, CliError> {
    project.main.main_flow().ok_or_else(|| {
        let broken: Option<&Diagnostic> = project.main.diagnostics.first();
        let path = project.main.path.display();
        match broken {
            Some(error) => CliError::usage(
                format!("{path}:{}:{}: {}", error.line, error.column, error.message),
                "mend the syntax first",
            ),
            None => CliError::usage(
                format!("{path} declares no flow"),
                "a flow is a class that derives from FlowSpec",
            ),
        }
    })
}

/// The flow's part of the store that the working directory belongs to.
///
/// # Errors
/// When the file is missing or declares no flow.
pub fn store(named: Option<&Path>) -> Result<FlowStore, CliError> {
    let project = project(&find(named)?)?;
    let flow = main_flow(&project)?;
    let env = |name: &str| std::env::var(name).ok();
    let located = Store::locate(&std::env::current_dir()?, &env);
    Ok(located.store.flow(&flow.name))
}
