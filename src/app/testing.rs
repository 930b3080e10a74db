//! Sessions with fixed data, for tests of this room and of the ones that draw it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    config::{Key, Settings},
    engine::{
        Event, FlowRequest, FlowStatus, JobKind, Outcome, Reason, StepState, StepVerdict, TaskRef,
    },
    flow::Project,
};

use super::{
    Changed, Effect, Msg, Remembered, RunLoaded, State,
    flow_view::FlowView,
    load,
    records::{
        ArtifactRow, Progress, RunKey, RunKind, RunRow, StepTasks, TaskFacts, TaskKey, TaskRow,
    },
    start, update,
};

/// The clock of all tests, milliseconds since 1970.
pub const NOW: i64 = 1_700_000_000_000;

/// A flow with a foreach and a static split.
pub const FLOW: &str = r#"from metaflow import FlowSpec, step, card


class RecommendFlow(FlowSpec):
    """Recommend films."""

    @step
    def start(self):
        self.items = [1, 2, 3]
        self.next(self.train, foreach="items")

    @card
    @step
    def train(self):
        # fit a model
        self.score = self.input * 2
        print(f"score {self.score}")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.best = max(i.score for i in inputs)
        self.next(self.pick)

    @step
    def pick(self):
        self.next(self.report, self.export)

    @step
    def report(self):
        self.next(self.done)

    @step
    def export(self):
        self.next(self.done)

    @step
    def done(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"#;

/// Where the flow pretends to be.
pub fn file() -> PathBuf {
    PathBuf::from("/project/recommend.py")
}

/// The view of a source text.
pub fn view_of(source: &str) -> FlowView {
    let read = |path: &Path| (path == file()).then(|| source.to_owned());
    load::view(&Project::load(&file(), &read))
}

/// A session that has asked for everything and got nothing yet.
pub fn empty() -> State {
    let request = FlowRequest {
        file: file(),
        ..FlowRequest::default()
    };
    let mut state = State::new(request, Settings::default());
    state.now_ms = NOW;
    start(&mut state);
    state
}

/// A session with the flow loaded.
pub fn loaded() -> State {
    let mut state = empty();
    update(
        &mut state,
        Msg::Flow(Box::new(view_of(FLOW)), Remembered::default()),
    );
    update(&mut state, Msg::Warmed(Ok(())));
    state
}

/// A run's key in the tests' store.
pub fn run_key(run: &str) -> RunKey {
    RunKey {
        root: Arc::new(PathBuf::from("/project/.metaflow")),
        run: run.to_owned(),
    }
}

/// A task's key in the tests' store.
pub fn task_key(run: &str, step: &str, task: &str) -> TaskKey {
    TaskKey {
        run: run_key(run),
        step: step.to_owned(),
        task: task.to_owned(),
    }
}

/// Tasks of a step that ended so.
pub fn tasks(ids: &[&str], progress: Progress) -> StepTasks {
    let rows = ids.iter().enumerate().map(|(index, id)| TaskRow {
        task: (*id).to_owned(),
        attempt: 0,
        progress,
        millis: Some(120.0),
        split: (ids.len() > 1).then_some(index as u64),
        ended_ms: NOW - 60_000,
        fingerprint: None,
    });
    StepTasks {
        tasks: rows.collect(),
        queued: 0,
    }
}

/// A session with a run that ended well, with the task of its first step in view.
pub fn with_run() -> State {
    let mut state = loaded();
    let row = RunRow {
        key: run_key("17"),
        kind: RunKind::Run,
        step: None,
        progress: Progress::Done,
        started_ms: NOW - 120_000,
        millis: None,
    };
    let ticket = state.tickets.runs;
    update(
        &mut state,
        Msg::Runs {
            ticket,
            runs: Ok(vec![row]),
        },
    );
    let steps = [
        ("start", tasks(&["1"], Progress::Done)),
        ("train", tasks(&["2", "3", "4"], Progress::Done)),
        ("join", tasks(&["5"], Progress::Done)),
        ("pick", tasks(&["10"], Progress::Done)),
        ("report", tasks(&["6"], Progress::Done)),
        ("export", tasks(&["7"], Progress::Done)),
        ("done", tasks(&["8"], Progress::Done)),
        ("end", tasks(&["9"], Progress::Done)),
    ];
    let loaded = RunLoaded {
        key: run_key("17"),
        steps: steps.map(|(step, tasks)| (step.to_owned(), tasks)).into(),
        problem: None,
    };
    update(&mut state, Msg::Run(Box::new(loaded)));
    state
}

/// Presses keys, as the key map writes them; gives all effects.
pub fn press(state: &mut State, keys: &[&str]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys {
        let key: Key = key.parse().expect("a key");
        effects.extend(update(state, Msg::Key(key)));
    }
    effects
}

/// A save of the flow as the watcher reports it.
pub fn save(state: &mut State, source: &str, steps: &[&str]) -> Vec<Effect> {
    let flow = view_of(source);
    let changed = Changed {
        seen: None,
        broken: flow.steps.len() < 8,
        flow,
        steps: steps
            .iter()
            .map(|step| ((*step).to_owned(), format!("{step} changed at line 1")))
            .collect(),
        cause: "saved recommend.py".to_owned(),
    };
    update(state, Msg::Changed(Box::new(changed)))
}

/// The token of the job that the effects submit.
pub fn submitted(effects: &[Effect]) -> Option<u64> {
    effects.iter().find_map(|effect| match effect {
        Effect::Submit { token, .. } => Some(*token),
        _ => None,
    })
}

/// Tells the session what a job says.
pub fn tell(state: &mut State, token: u64, event: Event) -> Vec<Effect> {
    update(state, Msg::Job { token, event })
}

/// The first task of a step of a run.
pub fn task_ref(run: &str, step: &str, task: &str) -> TaskRef {
    TaskRef {
        run: run.to_owned(),
        step: step.to_owned(),
        task: task.to_owned(),
        attempt: 0,
    }
}

/// A job that has started.
pub fn started(job: JobKind, run: &str) -> Event {
    Event::JobStarted {
        job,
        flow: "RecommendFlow".to_owned(),
        run: run.to_owned(),
        origin: None,
        root: "/project/.metaflow".to_owned(),
        part: None,
    }
}

/// A task that has started.
pub fn task_started(task: TaskRef, split_index: Option<u64>) -> Event {
    Event::TaskStarted {
        task,
        pid: 1,
        split_index,
        inputs: Vec::new(),
        fallback: false,
    }
}

/// A line that a task wrote.
pub fn line(task: TaskRef, text: &str) -> Event {
    Event::Output {
        task,
        stream: crate::engine::Stream::Stdout,
        text: text.to_owned(),
        partial: false,
    }
}

/// A task that ended well.
pub fn task_finished(task: TaskRef) -> Event {
    Event::TaskFinished {
        task,
        artifacts: Vec::new(),
        splits: None,
        success: true,
        millis: 23.0,
        timing: Default::default(),
    }
}

/// A job that ended.
pub fn finished(job: JobKind, run: &str, outcome: Outcome) -> Event {
    Event::JobFinished {
        job,
        run: run.to_owned(),
        outcome,
        millis: 23.0,
        timing: Default::default(),
    }
}

/// A spin of a step, from its key press to its end.
pub fn spin(state: &mut State, run: &str, step: &str) -> u64 {
    let token = submitted(&press(state, &["s"])).expect("a spin");
    tell(state, token, started(JobKind::Spin, run));
    tell(state, token, task_started(task_ref(run, step, "1"), None));
    tell(state, token, line(task_ref(run, step, "1"), "score 2"));
    tell(state, token, task_finished(task_ref(run, step, "1")));
    tell(state, token, finished(JobKind::Spin, run, Outcome::Success));
    update(state, Msg::JobEnded { token });
    token
}

/// Gives the task in view its artifacts.
pub fn give_facts(state: &mut State, artifacts: &[(&str, &str)]) -> Vec<Effect> {
    let rows = artifacts.iter().map(|(name, value)| ArtifactRow {
        name: (*name).to_owned(),
        type_name: "int".to_owned(),
        size: 5,
        preview: (*value).to_owned(),
        hash: format!("hash of {value}"),
        opens: true,
        ..ArtifactRow::default()
    });
    let facts = TaskFacts {
        artifacts: rows.collect(),
        ..TaskFacts::default()
    };
    let task = state.subject.clone().expect("a task in view");
    let ticket = state.tickets.task;
    update(
        state,
        Msg::Task {
            ticket,
            task,
            facts: Box::new(facts),
        },
    )
}

/// Names of the steps and their states in words.
pub fn states(state: &State) -> Vec<(String, &'static str)> {
    let steps = state.flow.rows.iter();
    steps
        .map(|row| {
            (
                row.step.clone(),
                super::status::step_status(state, &row.step).state.word(),
            )
        })
        .collect()
}

/// The engine's judgement, of these steps with these reasons; all others are fresh.
pub fn judge(state: &mut State, stale: &[(&str, &str)]) {
    let steps = state.flow.steps.iter().map(|step| {
        let change = stale.iter().find(|(of, _)| *of == step.name);
        let change = change.map(|(_, change)| (*change).to_owned());
        StepVerdict {
            step: step.name.as_str().into(),
            state: match &change {
                Some(_) => StepState::Stale,
                None => StepState::Fresh,
            },
            reason: change.map(|change| Reason::Code { change }),
            is_first: false,
            tasks: 1,
            stale: 1,
            due: Vec::new(),
        }
    });
    let status = FlowStatus {
        run: Some("17".to_owned()),
        steps: steps.collect(),
        ..FlowStatus::default()
    };
    let ticket = state.tickets.judgement;
    let status = Ok(Box::new(status));
    update(state, Msg::Judged { ticket, status });
}
