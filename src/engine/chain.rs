//! Several spins as one job: the stale steps before the one that is asked for, and those that follow it. What is stale is judged
//! anew after each: where a step gives the same as before, what builds on it is fresh, and left alone.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::EngineError;
use super::event::{Level, Outcome, Part};
use super::inputs::{self, Wanted};
use super::loaded::LoadedFlow;
use super::request::{SpinRequest, StatusRequest};
use super::run::{SPUN_TASK, blocking};
use super::spin::spun;
use super::staleness::{self, FlowStatus, Reason, StepVerdict};
use super::submit::{Shared, Wires};
use super::{origin, scheduler::Place};
use crate::flow::{Graph, NodeKind, StepName};
use crate::store::FlowStore;

/// Tasks that are spun in one job at most: a run does more of them faster, and the history of spins does not reach further.
const MOST: usize = 40;

/// The id of the last spin and how it ended.
type End = (String, Outcome);

/// Spins the step, with what is asked for before and after it.
///
/// # Errors
/// When it cannot be said what is stale, or there is too much of it.
pub(super) async fn chain(
    shared: &Arc<Shared>,
    request: SpinRequest,
    wires: &Wires,
) -> Result<End, EngineError> {
    if !request.is_chained() {
        return Ok(spun(Arc::clone(shared), request, wires, None).await);
    }
    let mut chain = Chain {
        shared,
        request,
        wires,
        run: None,
        done: HashSet::new(),
        told: HashSet::new(),
        number: 0,
    };
    chain.settle().await?;
    if chain.request.with_stale_inputs
        && let Some(end) = chain.stale(Side::Before).await?
    {
        return Ok(end);
    }
    let end = chain.asked().await?;
    if chain.request.with_stale_descendants && end.1 == Outcome::Success {
        return Ok(chain.stale(Side::After).await?.unwrap_or(end));
    }
    Ok(end)
}

/// Where the stale steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    /// The other splits of the step itself included.
    After,
}

struct Chain<'a> {
    shared: &'a Arc<Shared>,
    request: SpinRequest,
    wires: &'a Wires,
    /// The run that was the latest at the beginning: others may begin meanwhile.
    run: Option<String>,
    /// Where something was spun: nothing is spun twice, whatever is said of it then.
    done: HashSet<(StepName, Vec<u64>)>,
    /// Steps that the user was told a spin cannot help.
    told: HashSet<StepName>,
    number: usize,
}

impl Chain<'_> {
    /// A task that is named becomes its place: all spins are on the latest run and the spins since.
    async fn settle(&mut self) -> Result<(), EngineError> {
        if self.request.pathspec.is_none() {
            return Ok(());
        }
        let (_, flow) = self.judge().await?;
        let store = self.store(&flow);
        let wanted = Wanted::parse(&flow.description.name, &self.request)?;
        self.request.indices = blocking(move || inputs::indices(&store, &wanted)).await?;
        self.request.pathspec = None;
        Ok(())
    }

    /// Spins the step that was asked for.
    async fn asked(&mut self) -> Result<End, EngineError> {
        let mut after = 0;
        if self.request.with_stale_descendants {
            let (status, flow) = self.judge().await?;
            after = self.due(&status, &flow, Side::After)?;
            let own = status.of(&self.request.step);
            // One of its own splits is the one that is asked for.
            after -= usize::from(own.is_some_and(|own| !own.due.is_empty())).min(after);
        }
        let step = self.request.step.clone();
        let part = self.part(&step, after);
        let spin = SpinRequest {
            pathspec: self.on(),
            ..self.request.clone()
        };
        let (id, outcome) = spun(Arc::clone(self.shared), spin, self.wires, part).await;
        if outcome == Outcome::Success && self.request.with_stale_descendants {
            let (_, flow) = self.judge().await?;
            let spins = self.store(&flow);
            let spins = spins.store().spin_sibling().flow(spins.name());
            let task = spins.run(&id).task(&step, SPUN_TASK);
            let place = blocking(move || Ok(origin::done(&task)?.map(|done| done.place))).await?;
            self.done
                .extend(place.map(|Place { step, indices, .. }| (step, indices)));
        }
        Ok((id, outcome))
    }

    /// Spins the stale steps at one side, in order. Gives the spin that did not end well, if one did not; at the side of what
    /// follows, else the last one.
    async fn stale(&mut self, side: Side) -> Result<Option<End>, EngineError> {
        let mut last = None;
        loop {
            let (status, flow) = self.judge().await?;
            if status.run.is_none() {
                // There is nothing to start from, which is said by the spin itself.
                return Ok(None);
            }
            let total = self.due(&status, &flow, side)?;
            let next = self.next(&status, &flow, side);
            self.tell(&status, &flow, side).await;
            if next.is_empty() {
                return Ok(last);
            }
            for (at, (verdict, indices)) in next.into_iter().enumerate() {
                if self.wires.is_stopped() {
                    return Ok(Some((String::new(), Outcome::Cancelled)));
                }
                // Before it, the step that was asked for is still to come.
                let more = total.saturating_sub(at + usize::from(side == Side::After));
                let end = self.one(verdict, indices, more, side).await;
                if end.1 != Outcome::Success {
                    return Ok(Some(end));
                }
                last = (side == Side::After).then_some(end);
            }
        }
    }

    async fn one(
        &mut self,
        verdict: &StepVerdict,
        indices: Vec<u64>,
        more: usize,
        side: Side,
    ) -> End {
        let step = &verdict.step;
        let why = verdict.sentence();
        let why = why.unwrap_or_else(|| verdict.state.as_str().to_owned());
        let when = match side {
            Side::Before => "first",
            Side::After => "too",
        };
        let text = format!("{step} is spun {when}: {why}");
        self.wires.note(Some(step), Level::Info, text).await;
        let part = self.part(step, more);
        let spin = SpinRequest {
            flow: self.request.flow.clone(),
            step: step.to_string(),
            indices: Some(indices.clone()),
            pathspec: self.on(),
            with_stale_inputs: true,
            silent: true,
            parameters: self.request.parameters.clone(),
            ..SpinRequest::default()
        };
        self.done.insert((step.clone(), indices));
        spun(Arc::clone(self.shared), spin, self.wires, part).await
    }

    /// The run that spins are on; without the steps before, whichever has what the step needs.
    fn on(&self) -> Option<String> {
        self.run.clone().filter(|_| self.request.with_stale_inputs)
    }

    /// The next spin, with so many that follow it; `None` if it is the only one.
    fn part(&mut self, step: &str, more: usize) -> Option<Part> {
        self.number += 1;
        let of = self.number + more;
        (of > 1).then(|| Part {
            step: step.to_owned(),
            number: self.number,
            of,
        })
    }

    async fn judge(&mut self) -> Result<(FlowStatus, Arc<LoadedFlow>), EngineError> {
        let question = StatusRequest {
            flow: self.request.flow.clone(),
            run: self.run.clone(),
            without_spins: false,
            parameters: self.request.parameters.clone(),
        };
        let towards = Some(self.request.step.as_str());
        let judged = staleness::status(Arc::clone(self.shared), question, towards).await?;
        self.run.clone_from(&judged.0.run);
        Ok(judged)
    }

    fn store(&self, flow: &LoadedFlow) -> FlowStore {
        let located = self.shared.store(&self.request.flow);
        located.store.flow(&flow.description.name)
    }

    /// The steps at one side, with what is said of them.
    fn scope<'s>(
        &self,
        status: &'s FlowStatus,
        flow: &LoadedFlow,
        side: Side,
    ) -> Vec<&'s StepVerdict> {
        let asked = self.request.step.as_str();
        let steps = match side {
            Side::Before => flow.graph.ancestors(asked),
            Side::After => flow.graph.descendants(asked),
        };
        let is_there = |step: &StepName| match step.as_str() == asked {
            true => side == Side::After,
            false => steps.contains(step),
        };
        let verdicts = status.steps.iter();
        verdicts.filter(|it| is_there(&it.step)).collect()
    }

    /// How many spins there are at one side as things look now.
    ///
    /// # Errors
    /// When these are too many.
    fn due(
        &self,
        status: &FlowStatus,
        flow: &LoadedFlow,
        side: Side,
    ) -> Result<usize, EngineError> {
        let due = |verdict: &StepVerdict| match self.places(verdict, flow, side).len() {
            // It has to wait and see.
            0 => usize::from(verdict.state.is_due() && verdict.due.is_empty()),
            count => count,
        };
        let scope = self.scope(status, flow, side);
        let count = scope.into_iter().map(due).sum();
        if count <= MOST {
            return Ok(count);
        }
        let place = match side {
            Side::Before => "before",
            Side::After => "in and after",
        };
        Err(EngineError::request(
            format!(
                "{count} tasks {place} {} are stale, more than are spun one by one",
                self.request.step
            ),
            "run them: `flowdev run FLOW --only-stale`, or `flowdev resume FLOW --auto`",
        ))
    }

    /// Where a step is to be spun. Before a split of a foreach only what that split builds on counts.
    fn places<'v>(
        &self,
        verdict: &'v StepVerdict,
        flow: &LoadedFlow,
        side: Side,
    ) -> Vec<&'v Vec<u64>> {
        if is_beyond(verdict, flow, &self.request) {
            return Vec::new();
        }
        let own = self.own_indices(flow);
        let theirs = foreachs(&flow.graph, &verdict.step);
        let asked = foreachs(&flow.graph, &self.request.step);
        let common = asked.iter().zip(&theirs).take_while(|(a, b)| a == b);
        let common = match side {
            Side::Before => common.count(),
            Side::After => 0,
        };
        let is_own = |indices: &&Vec<u64>| {
            let pairs = own.iter().zip(indices.iter()).take(common);
            pairs
                .into_iter()
                .all(|(own, at)| own.is_none_or(|own| own == *at))
        };
        let is_new = |indices: &&Vec<u64>| {
            let place = (verdict.step.clone(), (*indices).clone());
            !self.done.contains(&place)
        };
        let due = verdict.due.iter();
        due.filter(is_own).filter(is_new).collect()
    }

    /// The splits around the task that is asked for, as far as they are named.
    fn own_indices(&self, flow: &LoadedFlow) -> Vec<Option<u64>> {
        if let Some(indices) = &self.request.indices {
            return indices.iter().map(|index| Some(*index)).collect();
        }
        let mut own = vec![None; foreachs(&flow.graph, &self.request.step).len()];
        if let Some(innermost) = own.last_mut() {
            *innermost = Some(self.request.split.unwrap_or(0));
        }
        own
    }

    /// What can be spun now: nothing that is stale comes before it.
    fn next<'s>(
        &self,
        status: &'s FlowStatus,
        flow: &LoadedFlow,
        side: Side,
    ) -> Vec<(&'s StepVerdict, Vec<u64>)> {
        let scope = self.scope(status, flow, side).into_iter();
        let open: Vec<(&StepVerdict, Vec<&Vec<u64>>)> = scope
            .map(|verdict| (verdict, self.places(verdict, flow, side)))
            .filter(|(_, places)| !places.is_empty())
            .collect();
        let is_open = |step: &StepName| open.iter().any(|(verdict, _)| verdict.step == *step);
        let mut next = Vec::new();
        for (verdict, places) in &open {
            let before = flow.graph.ancestors(&verdict.step);
            let mut before = before.iter().filter(|step| **step != verdict.step);
            if !before.any(is_open) {
                next.extend(places.iter().map(|indices| (*verdict, (*indices).clone())));
            }
        }
        next
    }

    /// Says of which steps a spin cannot help.
    async fn tell(&mut self, status: &FlowStatus, flow: &LoadedFlow, side: Side) {
        for verdict in self.scope(status, flow, side) {
            let is_beyond = is_beyond(verdict, flow, &self.request);
            if is_beyond && self.told.insert(verdict.step.clone()) {
                let why = verdict.sentence().unwrap_or_default();
                let text = format!(
                    "{} stays stale, for a spin keeps the configs and the graph of its run: {why}",
                    verdict.step
                );
                let step = Some(verdict.step.as_str());
                self.wires.note(step, Level::Warning, text).await;
            }
        }
    }
}

/// The foreachs that a step is in, outermost first.
fn foreachs<'g>(graph: &'g Graph, step: &str) -> Vec<&'g StepName> {
    let Some(node) = graph.node(step) else {
        return Vec::new();
    };
    let closed = graph.split_of(step).filter(|_| node.kind == NodeKind::Join);
    let splits = node.split_parents.iter();
    let is_open = |split: &&StepName| {
        let is_foreach = graph
            .node(split)
            .is_some_and(|split| split.kind.is_foreach());
        is_foreach && closed.is_none_or(|closed| closed.name != **split)
    };
    splits.filter(is_open).collect()
}

/// Whether a spin would leave the step as stale as it is: `current` has the graph of the run then, and of the configs it takes those of
/// the run, unless they are given.
fn is_beyond(verdict: &StepVerdict, flow: &LoadedFlow, request: &SpinRequest) -> bool {
    let key = match &verdict.reason {
        Some(Reason::Config { key }) => key,
        Some(Reason::Current { name }) => return name == "graph",
        _ => return false,
    };
    let attribute = key.split(['.', '[']).next().unwrap_or(key);
    let mut parameters = flow.description.parameters.iter();
    let name = parameters.find(|parameter| parameter.attr == attribute);
    let name = name.map_or(attribute, |parameter| parameter.name.as_str());
    let given = &request.flow.configs;
    !given.files.contains_key(name) && !given.values.contains_key(name)
}
