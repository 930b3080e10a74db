//! `flowdev peek`.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value, json};

use super::error::{CliError, ExitKind};
use super::{flow_file, out, pathspec};
use crate::inspect::{self, Described, Table};

/// Look into an artifact or a data file, without running any of it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev peek train.py fit/model                      an artifact of the latest run
  flowdev peek train.py 1763000000000000/fit/3/table --rows 50
  flowdev peek data.parquet
  flowdev peek train.py fit/scores --json")]
pub struct Args {
    /// The flow's file, or a Parquet, CSV, Arrow or JSON-lines file
    file: PathBuf,
    /// STEP/ARTIFACT, RUN/STEP/ARTIFACT or RUN/STEP/TASK/ARTIFACT
    pathspec: Option<String>,
    /// Rows of a table
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let is_flow = args.file.extension().is_some_and(|end| end == "py");
    match &args.pathspec {
        Some(pathspec) => artifact(args, pathspec)?,
        None if !is_flow => {
            let table = inspect::file_table(&args.file, 0, args.rows)?;
            if args.json {
                out::json(&table_json(&table))?;
            } else {
                print_table(&table)?;
            }
        }
        None => {
            return Err(CliError::usage(
                "which artifact?",
                "name it as STEP/ARTIFACT; `flowdev artifacts FLOW STEP` lists them",
            ));
        }
    }
    Ok(ExitKind::Success)
}

fn artifact(args: &Args, pathspec: &str) -> Result<(), CliError> {
    let flow = flow_file::store(Some(Path::new(&args.file)))?;
    let Some((task, name)) = pathspec.rsplit_once('/') else {
        return Err(CliError::usage(
            format!("{pathspec} does not name an artifact"),
            "write STEP/ARTIFACT, RUN/STEP/ARTIFACT or RUN/STEP/TASK/ARTIFACT",
        ));
    };
    let tasks = pathspec::tasks(&flow, task)?;
    for task in &tasks {
        let place = format!("{}/{}/{}", task.run().id(), task.step().name(), task.id());
        let manifest = task.latest_manifest()?.unwrap_or_default();
        let Some(artifact) = manifest.objects.get(name) else {
            let names: Vec<&str> = manifest
                .objects
                .keys()
                .map(String::as_str)
                .filter(|name| !name.starts_with('_'))
                .collect();
            return Err(CliError::usage(
                format!("{place} has no artifact {name}"),
                format!("its artifacts are {}", names.join(", ")),
            ));
        };
        let bytes = Bytes::from(task.run().flow().blob(artifact.key)?);
        let described = inspect::describe(&bytes, artifact.size)?;
        if args.json {
            out::json(&value_json(&place, name, &described, args.rows))?;
            continue;
        }
        print_value(&place, name, &described, args.rows)?;
    }
    Ok(())
}

fn print_value(
    place: &str,
    name: &str,
    described: &Described,
    rows: usize,
) -> Result<(), CliError> {
    let summary = &described.summary;
    let shape = summary.shape.as_ref().map(|shape| format!("  {shape}"));
    out::line(&format!(
        "{place}/{name}  {}{}  {}",
        summary.type_name,
        shape.unwrap_or_default(),
        out::size(summary.size)
    ))?;
    match inspect::table(described.value.root(), rows) {
        Some(table) => print_table(&table),
        None => Ok(out::line(&inspect::repr(described.value.root(), 100, 6))?),
    }
}

fn value_json(place: &str, name: &str, described: &Described, rows: usize) -> Value {
    let table = inspect::table(described.value.root(), rows);
    json!({
        "task": place,
        "name": name,
        "type": described.summary.type_name,
        "shape": described.summary.shape,
        "size": described.summary.size,
        "table": table.as_ref().map(table_json),
        "value": table.is_none().then(|| inspect::to_json(described.value.root())),
    })
}

fn table_json(table: &Table) -> Value {
    let columns = &table.columns;
    let rows: Vec<Vec<String>> = (0..table.height())
        .map(|row| {
            (0..columns.len())
                .map(|column| table.cell(row, column))
                .collect()
        })
        .collect();
    json!({
        "rows": table.rows,
        "columns": columns
            .iter()
            .map(|column| json!({"name": column.name, "type": column.dtype}))
            .collect::<Vec<_>>(),
        "data": rows,
    })
}

fn print_table(table: &Table) -> Result<(), CliError> {
    let columns = &table.columns;
    let header: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let rows: Vec<Vec<String>> = (0..table.height())
        .map(|row| {
            (0..columns.len())
                .map(|column| table.cell(row, column))
                .collect()
        })
        .collect();
    out::table(&header, &rows)?;
    let shown = rows.len();
    if (shown as u64) < table.rows {
        out::line(&format!("… {shown} of {} rows", table.rows))?;
    }
    Ok(())
}
