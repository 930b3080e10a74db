//! What is done when nobody waits: for the next spin of a step, its artifacts are held unpickled, libraries are imported, and
//! the processes that it needs are forked. A newer request ends it at the next opportunity.

use std::sync::Arc;

use super::error::EngineError;
use super::hot::{Home, StepKey, Wanted};
use super::inputs;
use super::loaded::LoadedFlow;
use super::origin::Output;
use super::processes::Source;
use super::run::blocking;
use super::staleness::Record;
use super::submit::Shared;
use super::worker::Forkserver;
use super::worker::message::{Around, Held, Preload, Reads};
use crate::flow::{Project, StepName};
use crate::store::{FlowStore, READS, RunStore, Store};

/// Bytes of artifacts that are asked for at once: a request that comes meanwhile waits at most for these.
const AT_ONCE: u64 = 16 << 20;

/// Opening a blob takes as long as reading so much of one: a join may want thousands.
const EACH: u64 = 64 << 10;

/// What is read so quickly that it is read whatever comes: saves in quick succession must not keep everything from memory.
const SMALL: u64 = 1 << 20;

/// What to prepare.
pub(super) struct Warming {
    pub flow: Arc<LoadedFlow>,
    /// The step, and what it reads.
    pub step: Option<(String, Vec<Wanted>)>,
    /// Modules that were imported on the way.
    pub imports: Vec<String>,
    /// The number of the request that this belongs to.
    pub request: u64,
}

/// Prepares for a spin of a step of this flow, if one is named.
pub(super) async fn step(
    shared: &Shared,
    store: &Store,
    flow: Arc<LoadedFlow>,
    step: Option<String>,
    request: u64,
) {
    let wanted = match step {
        Some(step) => of_step(shared, store, &flow, step).await,
        None => None,
    };
    let warming = Warming {
        imports: flow.imports.clone(),
        flow,
        step: wanted,
        request,
    };
    prepare(shared, warming).await;
}

/// A step with what it will read; `None` where it cannot be spun.
async fn of_step(
    shared: &Shared,
    store: &Store,
    flow: &Arc<LoadedFlow>,
    step: String,
) -> Option<(String, Vec<Wanted>)> {
    let from = store.flow(&flow.description.name);
    let (flow, memory) = (Arc::clone(flow), shared.memory.clone());
    let found = blocking(move || {
        let asked = inputs::Wanted {
            step: StepName::from(step.as_str()),
            run: None,
            task: None,
            split: None,
            indices: None,
            with_spins: true,
        };
        let found = inputs::find(&memory, &from, &flow.graph, &asked)?;
        let wanted = match last_record(&from, &found.run, &step)? {
            Some(record) => recorded(&record, &found.outputs),
            None => mentioned(&flow.project, &step, &found.outputs),
        };
        Ok((step, wanted))
    });
    found.await.ok()
}

/// What the newest task of the step has read: of its newest spin, else in the run.
fn last_record(from: &FlowStore, run: &str, step: &str) -> Result<Option<Record>, EngineError> {
    let spins = from.store().spin_sibling().flow(from.name());
    let newest = spins.runs()?.into_iter().take(SPINS);
    let mut candidates: Vec<RunStore> = newest.map(|id| spins.run(&id)).collect();
    candidates.push(from.run(run));
    for candidate in candidates {
        for task in candidate.tasks(step)? {
            if let Some(record) = task.sysmeta(READS)? {
                return Ok(serde_json::from_str(&record.text()).ok());
            }
        }
    }
    Ok(None)
}

/// Newest spins that are looked through, at most.
const SPINS: usize = 20;

/// The step that was spun last.
pub(super) async fn last_spun(store: &Store, flow: &LoadedFlow) -> Option<String> {
    let spins = store.spin_sibling().flow(&flow.description.name);
    let steps: Vec<String> = flow.graph.nodes.keys().map(ToString::to_string).collect();
    let found = blocking(move || {
        let Some(newest) = spins.runs()?.into_iter().next() else {
            return Ok(None);
        };
        let spin = spins.run(&newest);
        for step in steps {
            if !spin.tasks(&step)?.is_empty() {
                return Ok(Some(step));
            }
        }
        Ok(None)
    });
    found.await.ok().flatten()
}

/// Prepares for the next spin. That any of it fails is no reason to fail anything: the spin then does it itself.
pub(super) async fn prepare(shared: &Shared, warming: Warming) {
    let _turn = shared.warming.lock().await;
    let _ = Preparation {
        shared,
        warming: &warming,
        changed: false,
    }
    .carry_out()
    .await;
    warming.flow.processes.renew().await;
}

struct Preparation<'a> {
    shared: &'a Shared,
    warming: &'a Warming,
    /// The processes that are forked from now on have more than those before.
    changed: bool,
}

impl Preparation<'_> {
    async fn carry_out(mut self) -> Result<(), EngineError> {
        let Some(forkserver) = self.shared.workers.lock().await.forkserver() else {
            return Ok(());
        };
        // First what the next save needs, whatever else comes.
        self.current(&forkserver).await.fork_ahead().await?;
        self.learn(&forkserver).await?;
        let around = self.around();
        self.hold(&forkserver, Home::Forkserver, &around).await?;
        let project = self.project(&forkserver).await?;
        if let Some(project) = &project {
            self.hold(project, Home::Project, &around).await?;
        }
        let from = project.unwrap_or(forkserver);
        from.fork_ahead().await?;
        if self.changed {
            let processes = &self.warming.flow.processes;
            processes.outdate(Source::Forks(from)).await;
        }
        Ok(())
    }

    /// Whether nothing newer has been asked for.
    fn is_wanted(&self) -> bool {
        self.shared.newest() == self.warming.request
    }

    /// The process that the next template comes from as things are.
    async fn current(&self, forkserver: &Arc<Forkserver>) -> Arc<Forkserver> {
        let workers = self.shared.workers.lock().await;
        let project = workers.project_process(&self.warming.flow.project);
        project.unwrap_or_else(|| Arc::clone(forkserver))
    }

    fn around(&self) -> Around {
        let file = &self.warming.flow.project.main.path;
        Around::of(file, &self.shared.config.cwd)
    }

    /// Has the forkserver import what was imported on the way.
    async fn learn(&mut self, forkserver: &Forkserver) -> Result<(), EngineError> {
        let modules = self
            .shared
            .workers
            .lock()
            .await
            .to_learn(&self.warming.imports);
        if modules.is_empty() || !self.is_wanted() {
            return Ok(());
        }
        let preload = Preload {
            modules,
            project: self.around(),
        };
        let answer = forkserver.preload(&preload).await?;
        self.changed = true;
        let mut workers = self.shared.workers.lock().await;
        workers.installed.note(&answer.installed);
        workers.learned(preload.modules, answer.obstacle.is_some());
        if answer.obstacle.is_some() {
            return Err(EngineError::WorkerGone);
        }
        // It was forked from the forkserver as it was before.
        workers.lose_project();
        Ok(())
    }

    /// Has a process hold what the step reads, and forget what has to make room.
    async fn hold(
        &mut self,
        process: &Forkserver,
        home: Home,
        around: &Around,
    ) -> Result<(), EngineError> {
        let Some((step, wanted)) = &self.warming.step else {
            return Ok(());
        };
        let key = StepKey {
            flow: self.warming.flow.description.name.clone(),
            step: step.clone(),
        };
        let plan = self
            .shared
            .workers
            .lock()
            .await
            .heat
            .plan(&key, wanted, home);
        if plan.drop.iter().any(|(at, _)| *at != home) {
            // It is made anew without them.
            self.shared.workers.lock().await.lose_project();
        }
        let here = plan.drop.into_iter().filter(|(at, _)| *at == home);
        let gone: Vec<String> = here.map(|(_, sha)| sha).collect();
        if !gone.is_empty() {
            process.hold(around, "", &[], &gone).await?;
            self.changed = true;
        }
        for portion in portions(plan.hold) {
            if portion.cost > SMALL && !self.is_wanted() {
                break;
            }
            let shas: Vec<String> = portion.shas;
            let answer = match process.hold(around, &portion.blobs, &shas, &[]).await {
                Ok(answer) => answer,
                Err(error) => {
                    // It may have taken all memory: that is not to happen again.
                    let mut workers = self.shared.workers.lock().await;
                    for sha in shas.iter().filter(|_| !error.is_lost()) {
                        workers
                            .heat
                            .is_unsafe(sha, "the process that held it ended");
                    }
                    return Err(error);
                }
            };
            self.changed = true;
            self.note(home, answer).await?;
        }
        Ok(())
    }

    /// The process that has imported the project's modules, where the flow has some: made anew when the forkserver has more
    /// than it had at its fork.
    async fn project(
        &mut self,
        forkserver: &Arc<Forkserver>,
    ) -> Result<Option<Arc<Forkserver>>, EngineError> {
        let source = &self.warming.flow.project;
        if source.modules.is_empty() {
            return Ok(None);
        }
        let known = self.shared.workers.lock().await.project_process(source);
        if known.is_some() && !self.changed {
            return Ok(known);
        }
        let process = forkserver.fork().await?.into_forkserver();
        let imported = process.import(self.warming.flow.processes.load()).await?;
        if imported.obstacle.is_some() {
            // The flow itself will have them too, and says what comes of it.
            return Ok(None);
        }
        let process = Arc::new(process);
        let mut workers = self.shared.workers.lock().await;
        workers.installed.note(&imported.installed);
        workers.set_project_process(source, &imported, &process);
        self.changed = true;
        Ok(Some(process))
    }

    async fn note(&self, home: Home, answer: Held) -> Result<(), EngineError> {
        let mut workers = self.shared.workers.lock().await;
        workers.heat.held(home, &answer.held);
        workers.heat.refused(home, answer.refused);
        let Some((sha, why)) = answer.unsafe_after else {
            return Ok(());
        };
        workers.heat.is_unsafe(&sha, &why);
        match home {
            Home::Forkserver => workers.lose_forkserver(),
            Home::Project => workers.lose_project(),
        }
        Err(EngineError::WorkerGone)
    }
}

/// Artifacts that are asked for at once.
struct Portion {
    blobs: String,
    shas: Vec<String>,
    /// In bytes.
    cost: u64,
}

/// The first of them is [`SMALL`], if that is not for one artifact alone.
fn portions(wanted: Vec<Wanted>) -> Vec<Portion> {
    let mut portions: Vec<Portion> = Vec::new();
    for artifact in wanted {
        let cost = EACH + artifact.bytes;
        let most = if portions.len() > 1 { AT_ONCE } else { SMALL };
        match portions.last_mut() {
            Some(last) if last.blobs == artifact.blobs && last.cost + cost <= most => {
                last.shas.push(artifact.sha);
                last.cost += cost;
            }
            _ => portions.push(Portion {
                blobs: artifact.blobs,
                shas: vec![artifact.sha],
                cost,
            }),
        }
    }
    portions
}

/// What a task has read, as it was stored with its inputs.
pub(super) fn read(reads: &Reads, inputs: &[Output]) -> Vec<Wanted> {
    let mut wanted = system(inputs);
    for (name, of) in &reads.artifacts {
        let of = of.iter().filter_map(|index| inputs.get(*index));
        wanted.extend(of.filter_map(|input| found(input, name)));
    }
    for name in &reads.parameters {
        wanted.extend(inputs.first().and_then(|input| found(input, name)));
    }
    wanted
}

/// The same by the record of an earlier task of the step, whose inputs may have been others.
pub(super) fn recorded(record: &Record, inputs: &[Output]) -> Vec<Wanted> {
    let mut wanted = system(inputs);
    for (name, seen) in &record.artifacts {
        let is_of = |index: &usize| seen.of.as_ref().is_none_or(|of| of.contains(index));
        let of = inputs.iter().enumerate().filter(|(index, _)| is_of(index));
        wanted.extend(of.filter_map(|(_, input)| found(input, name)));
    }
    for name in record.parameters.keys() {
        wanted.extend(inputs.first().and_then(|input| found(input, name)));
    }
    wanted
}

/// What a step that has never run will read, by what its code mentions.
pub(super) fn mentioned(project: &Project, step: &str, inputs: &[Output]) -> Vec<Wanted> {
    let mut wanted = system(inputs);
    let Some(step) = project.flow().and_then(|flow| flow.step(step)) else {
        return wanted;
    };
    let file = project.files().find(|file| file.path == step.file);
    let first = step.range.start_line.saturating_sub(1) as usize;
    let count = (step.range.end_line as usize).saturating_sub(first);
    let lines = file.map_or("", |file| &file.text).lines();
    let code: Vec<&str> = lines.skip(first).take(count).collect();
    let is_mentioned = |name: &str| code.iter().any(|line| has_attribute(line, name));
    for input in inputs {
        let names = input.artifacts.names();
        let names = names.filter(|name| is_mentioned(name));
        wanted.extend(names.filter_map(|name| found(input, name)));
    }
    wanted
}

/// Whether `.name` stands in a line, and not as the beginning of a longer name.
fn has_attribute(line: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name)
        .any(|(at, _)| line[..at].ends_with('.') && !line[at + name.len()..].starts_with(is_part))
}

/// Where a task is in the flow's loops: read by every one.
fn system(inputs: &[Output]) -> Vec<Wanted> {
    let names = ["_foreach_stack", "_iteration_stack"];
    let of = |input: &Output| {
        names
            .iter()
            .filter_map(|name| found(input, name))
            .collect::<Vec<_>>()
    };
    inputs.iter().flat_map(of).collect()
}

fn found(input: &Output, name: &str) -> Option<Wanted> {
    let artifact = input.artifacts.get(name)?;
    let blobs = input.flow().blobs_dir()?;
    artifact.is_pickle().then(|| Wanted {
        name: name.to_owned(),
        sha: artifact.key.to_string(),
        bytes: artifact.size,
        blobs: blobs.display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, EACH, SMALL, Wanted, has_attribute, portions};

    #[test]
    fn what_is_wanted_comes_in_portions() {
        let wanted = |bytes: u64| Wanted {
            name: "x".to_owned(),
            sha: String::new(),
            bytes,
            blobs: "data".to_owned(),
        };
        let sizes = |wanted: Vec<Wanted>| -> Vec<u64> {
            let portions = portions(wanted);
            portions.iter().map(|it| it.shas.len() as u64).collect()
        };
        // The first is small, so that something is held however soon another request comes.
        let (first, most) = (SMALL / EACH - 1, AT_ONCE / EACH - 1);
        let tiny = vec![wanted(5); (first + most + 1) as usize];
        assert_eq!(sizes(tiny), [first, most, 1]);
        assert_eq!(
            sizes(vec![wanted(5), wanted(AT_ONCE), wanted(5)]),
            [1, 1, 1]
        );
        assert_eq!(sizes(vec![wanted(5), wanted(9)]), [2]);
    }

    #[test]
    fn an_attribute_is_told_from_a_longer_one() {
        assert!(has_attribute("x = self.frame.sum()", "frame"));
        assert!(has_attribute("[one.frame for one in inputs]", "frame"));
        assert!(!has_attribute("self.frames", "frame"));
        assert!(!has_attribute("frame = 1", "frame"));
    }
}
