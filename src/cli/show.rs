//! `flowdev show`.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, ExitKind};
use super::{flow_file, out};
use crate::flow::{FlowDef, Graph};

/// Print the steps of a flow, their documentation and where they lead
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flowdev show train.py
  flowdev show train.py --json")]
pub struct Args {
    /// The flow's file [default: the only flow in this directory]
    flow: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<ExitKind, CliError> {
    let path = flow_file::find(args.flow.as_deref())?;
    let project = flow_file::project(&path)?;
    let flow = flow_file::main_flow(&project)?;
    let graph = Graph::build(&flow.steps);
    if args.json {
        out::json(&json!({
            "flow": flow.name,
            "file": path,
            "doc": flow.doc,
            "start": graph.start,
            "end": graph.end,
            "parameters": flow.parameters,
            "steps": graph.nodes.values().collect::<Vec<_>>(),
            "structure": graph.structure(),
        }))?;
    } else {
        print(flow, &graph)?;
    }
    Ok(ExitKind::Success)
}

fn print(flow: &FlowDef, graph: &Graph) -> Result<(), CliError> {
    out::line(&flow.name)?;
    indented(&flow.doc)?;
    for parameter in &flow.parameters {
        let default = parameter.default.as_deref().unwrap_or("no default");
        let help = parameter.help.as_deref().unwrap_or_default();
        out::line(&format!("  --{} ({default})  {help}", parameter.name))?;
    }
    for node in graph.nodes.values() {
        out::line("")?;
        out::line(&format!("{}  {}  line {}", node.name, node.kind, node.line))?;
        indented(&node.doc)?;
        if !node.next.is_empty() {
            let next: Vec<&str> = node.next.iter().map(|step| step.as_str()).collect();
            let each = node
                .foreach_var()
                .map(|var| format!(" for each of self.{var}"))
                .unwrap_or_default();
            let on = node
                .condition()
                .map(|var| format!(" by self.{var}"))
                .unwrap_or_default();
            out::line(&format!("    => {}{each}{on}", next.join(", ")))?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> Result<(), CliError> {
    for line in text.trim().lines() {
        out::line(&format!("    {line}"))?;
    }
    Ok(())
}
