//! The session in a terminal: open, edit from outside, see the step's result; and leaving it as one found it.

use std::fs;

use rustix::process::Signal;

use crate::support::pty::{CTRL_C, ESC, TAB, Terminal};
use crate::support::{Sandbox, run};

/// A sandbox in which the session's flow has run once; what ran then is forgotten.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("session/loop.py");
    sandbox.flow("session/helpers.py");
    for name in ["loop.py", "helpers.py"] {
        fs::rename(sandbox.path(&format!("session/{name}")), sandbox.path(name)).expect("rename");
    }
    fs::remove_dir(sandbox.path("session")).expect("empty");
    run(sandbox.flowdev(["run", "loop.py"]))
        .expect_code(0)
        .expect_text(&["user: result 6", "user: last <6>"]);
    fs::remove_file(sandbox.path("ran.txt")).expect("the steps ran");
    sandbox
}

/// Opens the flow; the first frame is there when this returns.
#[track_caller]
fn open(sandbox: &Sandbox, columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::start(sandbox, &["loop.py"], columns, rows);
    terminal.wait_for(&["loop.py", "start", "middle", "last", "end"]);
    terminal
}

/// Quits a session; the terminal must be as before.
#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.send("q");
    // What a test has seen of a task may have come before its end.
    if terminal.ends_or_shows("quit?") {
        terminal.send("y");
    }
    assert!(terminal.wait_exit().success());
    terminal.expect_restored();
}

#[test]
fn it_opens_at_any_size_and_quits_without_a_trace() {
    let sandbox = project();
    for (columns, rows) in [(80, 24), (200, 50), (120, 40)] {
        quit(open(&sandbox, columns, rows));
    }
    assert_eq!(sandbox.lines("ran.txt").len(), 0, "opening ran something");
}

#[test]
fn the_first_frame_needs_no_python() {
    let sandbox = project();
    let terminal = Terminal::start_with(
        &sandbox,
        &["loop.py"],
        120,
        40,
        &[("FLOWDEV_PYTHON", "/not/there/python")],
    );
    terminal.wait_for(&["loop.py", "middle"]);
    quit(terminal);
}

#[test]
fn an_edit_in_place_spins_that_step_alone() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) * 7");
    // Its output, its artifacts and their values.
    terminal.wait_for(&["user: result 42", "result", "numbers"]);
    assert_eq!(sandbox.lines("ran.txt"), ["middle"]);
    quit(terminal);
}

#[test]
fn an_edit_by_rename_spins_that_step_alone_again_and_again() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    for factor in 2..5 {
        let old = if factor == 2 {
            "sum(self.numbers)".to_owned()
        } else {
            format!("sum(self.numbers) * {}", factor - 1)
        };
        sandbox.edit_by_rename("loop.py", &old, &format!("sum(self.numbers) * {factor}"));
        terminal.wait_for(&[&format!("user: result {}", 6 * factor)]);
    }
    assert_eq!(sandbox.lines("ran.txt"), ["middle"; 3]);
    quit(terminal);
}

#[test]
fn the_card_of_a_spin_is_drawn() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) * 7");
    terminal.wait_for(&["user: result 42"]);
    terminal.send("7");
    terminal.wait_for(&["Heading of the card", "42"]);
    quit(terminal);
}

#[test]
fn a_small_terminal_shows_the_result_of_an_edit_too() {
    let sandbox = project();
    let terminal = open(&sandbox, 80, 24);
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) * 7");
    // One pane after the other has a place on the screen.
    terminal.send("4");
    terminal.wait_for(&["user: result 42"]);
    terminal.send("5");
    terminal.wait_for(&["result", "42", "numbers"]);
    terminal.send("7");
    terminal.wait_for(&["Heading of the card"]);
    terminal.send("3");
    terminal.wait_for(&["sum(self.numbers) * 7"]);
    assert_eq!(sandbox.lines("ran.txt"), ["middle"]);
    quit(terminal);
}

#[test]
fn the_demo_is_edited_as_its_readme_says() {
    let sandbox = Sandbox::new();
    run(sandbox.flowdev(["demo", "--no-open", "--dir", "demo"])).expect_code(0);
    run(sandbox.flowdev(["run", "demo/flow.py"])).expect_code(0);
    let terminal = Terminal::start(&sandbox, &["demo/flow.py"], 200, 50);
    terminal.wait_for(&["flow.py", "start", "analyse", "compare", "report", "end"]);
    // The heading of the card.
    sandbox.edit_by_rename(
        "demo/flow.py",
        "# Weather, compared",
        "# Weather, seen anew",
    );
    terminal.wait_until("the spin of report", |screen| {
        screen.contains("spin report") && screen.contains("spun")
    });
    terminal.send("7");
    terminal.wait_for(&["Weather, seen anew", "Lisbon", "Warm days"]);
    // A helper that one step reaches, in another file.
    sandbox.edit_by_rename("demo/helpers.py", "\"█\" *", "\"#\" *");
    terminal.wait_for(&["########", "°C"]);
    quit(terminal);
}

#[test]
fn a_comment_runs_nothing() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit(
        "loop.py",
        "        note(\"middle\")\n",
        "        # nothing but words\n        note(\"middle\")\n",
    );
    terminal.wait_for(&["nothing but words"]);
    // The next edit is answered, and nothing ran before it.
    sandbox.edit("loop.py", "user: last", "user: very last");
    terminal.wait_for(&["user: very last <6>"]);
    assert_eq!(sandbox.lines("ran.txt"), ["last"]);
    quit(terminal);
}

#[test]
fn an_edit_in_a_helper_spins_the_step_that_reaches_it() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit_by_rename("helpers.py", "return None", "return 1");
    sandbox.edit_by_rename("helpers.py", "<%s>", "[[%s]]");
    terminal.wait_for(&["user: last [[6]]"]);
    assert_eq!(sandbox.lines("ran.txt"), ["last"]);
    quit(terminal);
}

#[test]
fn a_syntax_error_is_shown_at_its_line_and_nothing_is_lost() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) * 7");
    terminal.wait_for(&["user: result 42"]);
    let good = sandbox.read("loop.py");
    let bad = good.replace(
        "self.result = sum(self.numbers) * 7",
        "self.result = sum((self.numbers * 7",
    );
    let line = 1 + bad
        .lines()
        .position(|line| line.contains("sum((self"))
        .expect("the broken line");
    sandbox.write("loop.py", &bad);
    let screen = terminal.wait_for(&["sum((self.numbers", &format!("loop.py:{line}")]);
    assert!(
        screen.contains("user: result 42"),
        "the last good output is gone:\n{screen}"
    );
    sandbox.write("loop.py", &good.replace("* 7", "* 8"));
    terminal.wait_for(&["user: result 48"]);
    assert_eq!(sandbox.lines("ran.txt"), ["middle", "middle"]);
    quit(terminal);
}

#[test]
fn a_failing_step_shows_its_error_and_the_next_save_spins_it_again() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    let good = sandbox.read("loop.py");
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) / 0");
    terminal.wait_for(&["ZeroDivisionError", "loop.py"]);
    sandbox.write(
        "loop.py",
        &good.replace("sum(self.numbers)", "max(self.numbers)"),
    );
    terminal.wait_for(&["user: result 3"]);
    assert_eq!(sandbox.lines("ran.txt"), ["middle", "middle"]);
    quit(terminal);
}

#[test]
fn r_runs_the_flow_while_the_screen_stays_alive() {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    let terminal = Terminal::start(&sandbox, &["waiting.py"], 160, 45);
    terminal.wait_for(&["waiting.py", "start", "wait", "end"]);
    terminal.send("r");
    terminal.wait_until("the step's output", |_| sandbox.path("held.lock").exists());
    // Help opens over the running flow, and closes again.
    let of_help = "asks while something runs";
    terminal.send("?");
    terminal.wait_for(&[of_help]);
    terminal.send(ESC);
    terminal.wait_until("help is closed", |screen| !screen.contains(of_help));
    terminal.send(TAB);
    sandbox.write("go", "");
    terminal.wait_until("the end of the run", |_| {
        sandbox.root().join("WaitingFlow").is_dir() && ended(&sandbox)
    });
    quit(terminal);
}

/// Whether a run of the waiting flow has reached its end.
fn ended(sandbox: &Sandbox) -> bool {
    let run = sandbox.read(".metaflow/WaitingFlow/latest_run");
    !crate::support::store::done_tasks(&sandbox.root(), "WaitingFlow", &run, "end").is_empty()
}

/// A session in which the waiting flow runs and waits.
#[track_caller]
fn waiting() -> (Sandbox, Terminal) {
    let sandbox = Sandbox::new();
    sandbox.flow("waiting.py");
    let terminal = Terminal::start(&sandbox, &["waiting.py"], 160, 45);
    terminal.wait_for(&["waiting.py", "start", "wait", "end"]);
    terminal.send("r");
    terminal.wait_until("the step's output", |_| sandbox.path("held.lock").exists());
    (sandbox, terminal)
}

#[test]
fn x_cancels_and_then_q_quits() {
    let (_sandbox, terminal) = waiting();
    terminal.send("x");
    terminal.wait_for(&["⊘"]);
    quit(terminal);
}

#[test]
fn ctrl_c_asks_once_and_stops_the_second_time() {
    let (_sandbox, terminal) = waiting();
    let before = terminal.text();
    terminal.send(CTRL_C);
    terminal.wait_until("a question", |screen| {
        screen != before && screen.to_lowercase().contains("ctrl-c")
    });
    terminal.send(CTRL_C);
    terminal.wait_for(&["⊘"]);
    quit(terminal);
}

#[test]
fn q_asks_while_something_runs() {
    let (_sandbox, mut terminal) = waiting();
    terminal.send("q");
    terminal.wait_until("a question", |screen| {
        screen.contains('?') && screen.to_lowercase().contains("quit")
    });
    terminal.send("y");
    terminal.wait_exit();
    terminal.expect_restored();
}

#[test]
fn a_terminated_session_restores_the_terminal() {
    let sandbox = project();
    let mut terminal = open(&sandbox, 120, 40);
    terminal.signal(Signal::TERM);
    terminal.wait_exit();
    terminal.expect_restored();
}

#[test]
fn it_follows_the_size_of_its_window_down_to_almost_nothing() {
    let sandbox = project();
    let terminal = open(&sandbox, 120, 40);
    for (columns, rows) in [(60, 20), (20, 5), (10, 3), (200, 50)] {
        let before = terminal.text();
        terminal.resize(columns, rows);
        terminal.wait_until("another frame", |screen| {
            screen != before && !screen.trim().is_empty()
        });
    }
    terminal.wait_for(&["loop.py", "start", "middle", "last", "end"]);
    quit(terminal);
}

#[test]
fn two_sessions_share_a_store() {
    let sandbox = project();
    let first = open(&sandbox, 120, 40);
    let second = open(&sandbox, 200, 50);
    run(sandbox.flowdev(["run", "loop.py", "--tag", "seen"])).expect_code(0);
    let id = sandbox.read(".metaflow/LoopFlow/latest_run");
    // A run that another process wrote appears by itself; its id may be shortened.
    second.wait_until("the run of another process", |screen| {
        screen.contains(&id) || screen.contains(&id[id.len() - 6..])
    });
    quit(second);
    quit(first);
}

#[test]
fn commands_find_the_open_flow_ready() {
    let sandbox = project();
    // The terminal sets this variable otherwise.
    let shell = ("SHELL", "/bin/sh");
    let terminal = Terminal::start_with(&sandbox, &["loop.py"], 200, 50, &[shell]);
    terminal.wait_for(&["loop.py", "start", "middle", "last", "end"]);
    let flowdev = |words: &[&str]| {
        let mut command = sandbox.flowdev(words);
        command.env(shell.0, shell.1);
        run(command)
    };
    let shown = run(sandbox.flowdev(["session", "status", "--json"])).expect_code(0);
    shown.expect_text(&["\"kind\":\"window\"", "\"engines\":[{"]);
    run(sandbox.flowdev(["session", "stop"]))
        .expect_code(1)
        .expect_text(&["ends with its window"]);
    flowdev(&["spin", "loop.py", "middle"])
        .expect_code(0)
        .expect_text(&["user: result 6"]);
    // By the engine of the window: there is one.
    let shown = run(sandbox.flowdev(["session", "status", "--json"])).expect_code(0);
    assert_eq!(
        shown.stdout.matches("\"python\"").count(),
        1,
        "{}",
        shown.stdout
    );
    flowdev(&["run", "loop.py"]).expect_code(0);
    terminal.send("3");
    terminal.wait_for(&["loop.py"]);
    quit(terminal);
    run(sandbox.flowdev(["session", "status"])).expect_code(1);
}

#[test]
fn the_second_window_says_that_commands_use_the_first() {
    let sandbox = project();
    let first = open(&sandbox, 120, 40);
    let second = Terminal::start(&sandbox, &["loop.py"], 160, 40);
    second.wait_for(&["commands do not use this session"]);
    quit(second);
    run(sandbox.flowdev(["session", "status"])).expect_code(0);
    quit(first);
}

/// A flow that can not run without a parameter, and tells it.
const NEEDY: &str = r#"
from metaflow import Config, FlowSpec, Parameter, step

class Needy(FlowSpec):
    alpha = Parameter("alpha", required=True, type=int, help="how much")
    cfg = Config("cfg", default_value="{}")

    @step
    def start(self):
        print("user: alpha is <%s> of <%s>" % (self.alpha, self.cfg.get("unit")))
        self.next(self.end)

    @step
    def end(self):
        print("user: end has <%s>" % self.alpha)

if __name__ == "__main__":
    Needy()
"#;

#[test]
fn a_run_asks_for_a_parameter_that_it_needs() {
    let sandbox = Sandbox::new();
    sandbox.write("needy.py", NEEDY);
    let terminal = Terminal::start(&sandbox, &["needy.py"], 120, 40);
    terminal.wait_for(&["start", "end"]);
    terminal.send("r");
    terminal.wait_for(&["the run needs alpha", "how much"]);
    terminal.send("17\r");
    terminal.wait_for(&["user: alpha is <17> of <None>"]);
    quit(terminal);
}

#[test]
fn a_session_gives_its_parameters_and_configs_to_what_it_starts() {
    let sandbox = Sandbox::new();
    sandbox.write("needy.py", NEEDY);
    sandbox.write("cfg.json", "{\"unit\": \"miles\"}");
    let words = ["needy.py", "--alpha", "12", "--config", "cfg", "cfg.json"];
    let terminal = Terminal::start(&sandbox, &words, 120, 40);
    terminal.wait_for(&["start", "end"]);
    terminal.send("r");
    terminal.wait_for(&["user: alpha is <12> of <miles>"]);
    quit(terminal);
}

#[test]
fn what_follows_is_spun_by_a_key_and_is_fresh_then() {
    let sandbox = project();
    let terminal = open(&sandbox, 200, 50);
    sandbox.edit("loop.py", "sum(self.numbers)", "sum(self.numbers) * 7");
    terminal.wait_for(&["user: result 42", "~ last", "stale", "S spin on"]);
    terminal.send("S");
    terminal.wait_for(&["spin middle and 1 more", "✓ last", "✓ end"]);
    // What reads nothing is fresh.
    assert_eq!(sandbox.lines("ran.txt"), ["middle", "middle", "last"]);
    // The same result by other code: what follows needs nothing.
    let other = sandbox.read("loop.py").replace(") * 7", ") * 7 + 0");
    let other = other.replace("user: result", "user: again");
    sandbox.write("loop.py", &other);
    terminal.wait_for(&["user: again 42", "✓ middle", "✓ last", "✓ end"]);

    // From below: what is stale before.
    terminal.send("a");
    terminal.wait_for(&["auto-spin off"]);
    sandbox.edit("loop.py", "[3, 1, 2]", "[3, 1, 3]");
    terminal.wait_for(&["~ start", "~ middle", "~ last"]);
    terminal.send("1jj");
    terminal.wait_for(&["(u)", "u inputs first"]);
    terminal.send("u");
    terminal.wait_for(&[
        "user: last <49>",
        "spin last and 2 more",
        "✓ start",
        "✓ end",
    ]);
    quit(terminal);
}

#[test]
fn a_session_has_the_limits_of_a_run() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "wide.py",
        &NEEDY
            .replace("self.next(self.end)", "self.next(self.each, foreach='two')")
            .replace("required=True", "default=1")
            .replace(
                "    @step\n    def end(self):",
                "    two = [1, 2]\n\n    @step\n    def each(self):\n        self.next(self.join)\n\n    @step\n    def \
                 join(self, inputs):\n        self.next(self.end)\n\n    @step\n    def end(self):",
            ),
    );
    let words = ["wide.py", "--max-num-splits", "1"];
    let terminal = Terminal::start(&sandbox, &words, 200, 50);
    terminal.wait_for(&["start", "each", "end"]);
    terminal.send("r");
    terminal.wait_for(&["fans out into 2 tasks, but at most 1 are allowed"]);
    quit(terminal);
}
