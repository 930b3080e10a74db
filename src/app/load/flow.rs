//! The flow's source as the screen needs it, from what `flow` and `watcher` say of it.

use crate::{
    app::{
        flow_view::{FlowView, Needed, Problem, SourceText, StepKind, StepView},
        msg::Changed,
    },
    engine::Disk,
    flow::{self, FlowDef, Graph, Next, NodeKind, ParameterKind, Project, Severity},
    watcher::Change,
};

use super::Library;

impl Library {
    /// Reads and parses the flow and its modules.
    pub(super) fn project(&self) -> Project {
        let file =
            std::path::absolute(&self.request.file).unwrap_or_else(|_| self.request.file.clone());
        let mut project = Project::load(&file, &Disk);
        project.class.clone_from(&self.request.class);
        project
    }

    /// The flow as it is on disk.
    pub fn flow(&self) -> FlowView {
        view(&self.project())
    }
}

/// The view of a project, with the findings about it.
pub fn view(project: &Project) -> FlowView {
    let mut problems: Vec<Problem> = project
        .files()
        .flat_map(|file| &file.diagnostics)
        .map(problem)
        .collect();
    let definition = project.flow();
    let steps = definition
        .map(|flow| flow.steps.as_slice())
        .unwrap_or_default();
    let graph = Graph::build(steps);
    if problems.is_empty() && definition.is_some() {
        problems.extend(flow::check(&graph).iter().map(problem));
    }
    if definition.is_none() && problems.is_empty() {
        problems.push(Problem {
            error: true,
            message: "no flow in this file".to_owned(),
            hint: Some("a flow is a class that derives from FlowSpec".to_owned()),
            file: project.main.path.clone(),
            line: 1,
            column: 1,
        });
    }
    let fingerprints = project.fingerprints();
    let mut views: Vec<StepView> = steps
        .iter()
        .map(|step| {
            let node = graph.nodes.get(&step.name);
            let (next, cases) = edges(&step.next);
            StepView {
                name: step.name.to_string(),
                kind: node.map_or(StepKind::Linear, |node| kind(node.kind)),
                next,
                cases,
                join: node
                    .and_then(|node| node.matching_join.as_ref())
                    .map(ToString::to_string),
                file: step.file.clone(),
                first_line: step.range.start_line,
                def_line: step.def_line,
                last_line: step.range.end_line,
                doc: step.doc.clone(),
                fingerprint: fingerprints
                    .get(&step.name)
                    .map(|print| print.as_str().to_owned()),
            }
        })
        .collect();
    // The drawing begins at the first step, wherever it stands in the source.
    if let Some(start) = &graph.start
        && let Some(at) = views.iter().position(|step| step.name == start.as_str())
    {
        let first = views.remove(at);
        views.insert(0, first);
    }
    let class = definition.map(|flow| flow.name.clone()).unwrap_or_default();
    let mut view = FlowView::new(project.main.path.clone(), class, views);
    view.problems = problems;
    view.needed = needed(definition);
    view.sources = project
        .files()
        .map(|file| (file.path.clone(), SourceText::new(file.text.clone())))
        .collect();
    view
}

/// What has to be given for a run, unless its variable is set.
fn needed(flow: Option<&FlowDef>) -> Vec<Needed> {
    let parameters = flow.into_iter().flat_map(|flow| &flow.parameters);
    parameters
        .filter(|parameter| parameter.required && parameter.default.is_none())
        .filter(|parameter| {
            let name = parameter.name.to_uppercase().replace('-', "_");
            std::env::var_os(format!("METAFLOW_RUN_{name}")).is_none()
        })
        .map(|parameter| Needed {
            name: parameter.name.clone(),
            is_config: parameter.kind == ParameterKind::Config,
            help: parameter.help.clone().unwrap_or_default(),
        })
        .collect()
}

fn problem(diagnostic: &flow::Diagnostic) -> Problem {
    Problem {
        error: diagnostic.severity == Severity::Error,
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
        file: diagnostic.file.clone(),
        line: diagnostic.line,
        column: diagnostic.column,
    }
}

fn kind(kind: NodeKind) -> StepKind {
    match kind {
        NodeKind::Start | NodeKind::Linear | NodeKind::End => StepKind::Linear,
        NodeKind::Join => StepKind::Join,
        NodeKind::SplitStatic => StepKind::Split,
        NodeKind::SplitForeach | NodeKind::SplitParallel => StepKind::Foreach,
        NodeKind::SplitSwitch => StepKind::Switch,
    }
}

/// Targets, and for a switch the words on the edges.
fn edges(next: &Next) -> (Vec<String>, Vec<String>) {
    let targets = next.steps().iter().map(ToString::to_string).collect();
    let cases = match next {
        Next::Switch { cases, .. } => cases.iter().map(|case| case.key.to_string()).collect(),
        _ => Vec::new(),
    };
    (targets, cases)
}

/// What a save means to the session.
pub fn changed(change: &Change) -> Changed {
    let name = change
        .cause
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let mut flow = view(&change.project);
    if change.broken && !flow.problems.iter().any(|problem| problem.error) {
        flow.problems = change.diagnostics.iter().map(problem).collect();
    }
    Changed {
        flow,
        broken: change.broken,
        steps: change
            .steps
            .iter()
            .map(|change| (change.step.to_string(), change.reason.clone()))
            .collect(),
        cause: format!("saved {name}"),
        seen: Some(change.seen),
    }
}
