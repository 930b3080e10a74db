//! Libraries with threads of their own in forked steps, and flows that cannot be forked: they are known as such, and their
//! steps are no less warm.

use std::fs;

use serde_json::Value;

use crate::support::events::{self, Live};
use crate::support::{Sandbox, require, run, venv};

/// A flow that has run once, under watch; `environment` is added to that of the sandbox.
fn watched(sandbox: &Sandbox, file: &str, environment: &[(&str, &str)]) -> Live {
    let command = |arguments: &[&str]| {
        let mut command = sandbox.flowdev(arguments);
        command.envs(environment.iter().copied());
        command
    };
    run(command(&["run", file])).expect_code(0);
    Live::watch(command(&["watch", file, "--json"]))
}

/// Reads to the end of the next spin; its events.
#[track_caller]
fn spun(live: &mut Live) -> Vec<Value> {
    live.seen.clear();
    live.until_success();
    std::mem::take(&mut live.seen)
}

/// What the one step of a spin wrote.
#[track_caller]
fn written(spin: &[Value]) -> String {
    let started = events::of_kind(spin, "task_started");
    let step = started[0]["step"].as_str().expect("a name");
    events::output(spin, step).trim_end().to_owned()
}

/// The reason that the session gives for a process of each task's own.
fn reason(events: &[Value]) -> Option<&str> {
    let notes = events.iter().filter(|event| event["event"] == "note");
    notes
        .filter_map(|event| event["text"].as_str())
        .find_map(|text| text.strip_prefix("each task has a process of its own, not a fork: "))
}

/// Saves the flow with each of these factors in the place of the first one: every spin is a fork, and writes its line.
#[track_caller]
fn spin_factors(
    (sandbox, file, mut live): (&Sandbox, &str, Live),
    factors: std::ops::Range<u32>,
    line: impl Fn(u32) -> String,
) {
    let text = sandbox.read(file);
    let first = format!("factor = {}\n", factors.start - 1);
    for factor in factors {
        sandbox.replace(file, &text.replace(&first, &format!("factor = {factor}\n")));
        let events = spun(&mut live);
        assert_eq!(reason(&events), None);
        assert_eq!(written(&events), line(factor));
    }
    live.interrupt().expect_code(0);
}

#[test]
fn a_thousand_forked_steps_compute_with_every_library() {
    if require(venv::libraries()).is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.flow("libraries.py");
    let live = watched(&sandbox, "libraries.py", &[]);
    spin_factors((&sandbox, "libraries.py", live), 2..1_002, |factor| {
        format!("factor {factor} wrong: {{}}")
    });
}

#[test]
fn processes_that_joblib_starts_in_a_forked_step_end_with_it() {
    if require(venv::libraries()).is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.flow("libraries.py");
    let live = watched(&sandbox, "libraries.py", &[]);
    spin_factors((&sandbox, "libraries.py", live), 3..6, |factor| {
        format!("factor {factor} right: True")
    });
}

#[test]
fn torch_is_forked_although_its_pool_has_worked() {
    let Some(python) = require(venv::torch()) else {
        return;
    };
    let sandbox = Sandbox::new();
    sandbox.flow("torch_steps.py");
    let python = python.display().to_string();
    let environment = [("FLOWDEV_PYTHON", python.as_str())];
    let live = watched(&sandbox, "torch_steps.py", &environment);
    spin_factors((&sandbox, "torch_steps.py", live), 2..22, |factor| {
        format!("factor {factor} wrong: []")
    });
}

/// A flow whose import begins with `{PRELUDE}`. `slow` notes each process that imports it.
const FLOW: &str = r#"import os

import slow
{PRELUDE}
from metaflow import FlowSpec, step


class OwnFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print(os.getpid(), "spin 0", {RESULT})


if __name__ == "__main__":
    OwnFlow()
"#;

const SLOW: &str = r#"import os

with open(os.environ["IMPORTS"], "a") as file:
    file.write(f"{os.getpid()}\n")
"#;

/// A session on a flow that cannot be forked.
struct Own {
    sandbox: Sandbox,
    live: Live,
    /// The flow as it was first.
    text: String,
    spins: u32,
}

impl Own {
    /// `prelude` and `result` are the flow's, `library` is the end of the third-party module that it imports.
    fn start(prelude: &str, result: &str, library: &str, module: &str) -> Self {
        let sandbox = Sandbox::new();
        let text = FLOW
            .replace("{PRELUDE}", prelude)
            .replace("{RESULT}", result);
        sandbox.write("own.py", &text);
        sandbox.write("utils.py", module);
        // Outside of the working directory: a library, not a part of the project.
        let slow = sandbox.write("../home/site/slow.py", &format!("{SLOW}{library}"));
        let site = slow.parent().expect("directory").display().to_string();
        let imports = sandbox.path("../imports").display().to_string();
        let environment = [("PYTHONPATH", site.as_str()), ("IMPORTS", imports.as_str())];
        let live = watched(&sandbox, "own.py", &environment);
        Self {
            sandbox,
            live,
            text,
            spins: 0,
        }
    }

    /// Saves a change of the last step; the events of its spin, and the pid that the step has printed.
    fn save(&mut self) -> (Vec<Value>, String, String) {
        self.spins += 1;
        let edited = self.text.replace("spin 0", &format!("spin {}", self.spins));
        self.sandbox.replace("own.py", &edited);
        let events = spun(&mut self.live);
        let line = written(&events);
        let (pid, result) = line.split_once(' ').expect("a pid, then the rest");
        let result = result.replace(&format!("spin {} ", self.spins), "");
        let pid = pid.to_owned();
        (events, pid, result)
    }

    fn imports(&self) -> Vec<String> {
        self.sandbox.lines("../imports")
    }
}

/// Whether a process does something else than wait; none that has ended does.
fn is_busy(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, state)| &state[..1]);
    state.is_some_and(|state| state != "S" && state != "Z")
}

/// The flow itself is what cannot be forked: its tasks are forks of the process that has the imports.
#[track_caller]
fn stays_warm(prelude: &str, result: &str, module: &str, expected: (&str, &str)) {
    let mut own = Own::start(prelude, result, "", module);
    let (events, _, result) = own.save();
    assert_eq!(reason(&events), Some(expected.0));
    assert_eq!(result, expected.1);
    let before = own.imports();
    let (events, _, result) = own.save();
    assert_eq!(reason(&events), None, "it is said once");
    assert_eq!(result, expected.1);
    assert_eq!(own.imports(), before, "imported again");
    own.live.interrupt().expect_code(0);
}

#[test]
fn a_thread_of_the_flow_is_the_reason_for_processes_of_their_own() {
    stays_warm(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True, name='beat').start()",
        "threading.active_count()",
        "",
        (
            "the thread beat was started while the flow was imported",
            "2",
        ),
    );
}

#[test]
fn a_thread_of_a_module_is_named_with_its_place() {
    stays_warm(
        "import utils",
        "utils.pool.submit(pow, 2, 5).result()",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1, 'pool')\npool.submit(pow, 2, 3).result()\n",
        (
            "the thread pool_0 was started while the flow was imported",
            "32",
        ),
    );
}

#[test]
fn what_tasks_would_share_without_a_name_is_the_reason() {
    let made = [
        ("import os\nends = os.pipe()", "a pipe was made"),
        (
            "import socket\nends = socket.socketpair()",
            "a pair of sockets was made",
        ),
        (
            "import asyncio\nends = asyncio.new_event_loop()",
            "a pair of sockets was made",
        ),
        (
            "import tempfile\nends = tempfile.TemporaryFile()",
            "a temporary file was opened",
        ),
    ];
    for (prelude, what) in made {
        let why = format!("{what} while the flow was imported");
        stays_warm(prelude, "bool(ends)", "", (&why, "True"));
        let module = prelude.replace("ends", "held");
        stays_warm("import utils", "bool(utils.held)", &module, (&why, "True"));
    }
}

#[test]
fn what_libraries_and_the_past_leave_open_is_none() {
    let library = "import os, socket\nheld = os.pipe(), socket.socketpair()\n";
    let prelude = "import asyncio, subprocess, tempfile\n\
                   subprocess.run(['true'], capture_output=True)\n\
                   asyncio.run(asyncio.sleep(0))\n\
                   named = tempfile.NamedTemporaryFile()\n\
                   with tempfile.TemporaryFile() as file: pass";
    let mut own = Own::start(prelude, "bool(named)", library, "");
    for _ in 0..2 {
        let (events, _, result) = own.save();
        assert_eq!((reason(&events), result.as_str()), (None, "True"));
    }
    own.live.interrupt().expect_code(0);
}

#[test]
fn a_library_at_work_during_the_import_with_a_pipe_of_its_own_is_none() {
    if require(venv::libraries()).is_none() {
        return;
    }
    let prelude = "import io\nimport pyarrow.csv\nimport matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n\
                   plt.plot([1, 2])\nplt.savefig(io.BytesIO())\ntable = pyarrow.csv.read_csv(io.BytesIO(b'a\\n1\\n'))";
    let mut own = Own::start(prelude, "len(table)", "", "");
    let (events, _, result) = own.save();
    assert_eq!((reason(&events), result.as_str()), (None, "1"));
    own.live.interrupt().expect_code(0);
}

#[test]
fn polars_at_work_during_the_import_is_the_reason() {
    if require(venv::libraries()).is_none() {
        return;
    }
    stays_warm(
        "import polars as pl\ntotal = lambda: pl.LazyFrame({'x': range(9)}).group_by('x').len().collect()['len'].sum()\ntotal()",
        "total()",
        "",
        ("polars started threads while the flow was imported", "9"),
    );
}

#[test]
fn a_channel_of_grpc_is_the_reason() {
    if require(venv::libraries()).is_none() {
        return;
    }
    stays_warm(
        "import grpc\nchannel = grpc.insecure_channel('127.0.0.1:1')",
        "type(channel).__name__",
        "",
        (
            "grpc started threads while the flow was imported",
            "Channel",
        ),
    );
}

#[test]
fn a_pool_of_openmp_is_stopped_and_works_again_in_the_step() {
    if require(venv::libraries()).is_none() {
        return;
    }
    let mut own = Own::start(
        "import numpy as np\nfrom sklearn.cluster import KMeans\npoints = np.random.default_rng(0).random((3000, 8))\n\
         fit = lambda: KMeans(8, n_init=1, random_state=0).fit(points).inertia_\nfirst = fit()",
        "abs(fit() - first) < 1e-6",
        "",
        "",
    );
    let (events, _, result) = own.save();
    assert_eq!(reason(&events), None);
    assert_eq!(result, "True");
    own.live.interrupt().expect_code(0);
}

#[test]
fn a_library_with_a_thread_is_imported_before_the_save() {
    let library = "import threading, time\n\n\ndef beat():\n    time.sleep(600)\n\n\n\
                   threading.Thread(target=beat, daemon=True, name='beat').start()\n";
    let mut own = Own::start("", "slow.threading.active_count()", library, "");
    let (events, ..) = own.save();
    assert_eq!(
        reason(&events),
        Some("the thread beat was started (slow.py:8) while its libraries were imported")
    );
    // A process that is there before the save takes the task, unless the save comes while it still imports.
    let is_warm = (0..20).any(|_| {
        let before = own.imports();
        let (events, pid, result) = own.save();
        assert_eq!((reason(&events), result.as_str()), (None, "2"));
        let is_warm = before.contains(&pid);
        // A task that was imported for has written a line itself; the next process writes another.
        let lines = before.len() + if is_warm { 1 } else { 2 };
        while own.imports().len() < lines || own.imports().iter().any(|pid| is_busy(pid)) {
            std::thread::yield_now();
        }
        is_warm
    });
    assert!(is_warm, "each task was imported for after its save");
    own.live.interrupt().expect_code(0);
}

#[test]
fn cuda_in_use_is_the_reason() {
    let sandbox_torch = "import sys, types\ntorch = sys.modules['torch'] = types.ModuleType('torch')\n\
                         cuda = sys.modules['torch.cuda'] = types.ModuleType('torch.cuda')\ncuda.is_initialized = lambda: True\n";
    stays_warm(
        &format!("{sandbox_torch}del torch, cuda, types"),
        "1",
        "",
        ("torch initialised CUDA while the flow was imported", "1"),
    );
}
