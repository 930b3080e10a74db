"""From the rename that saves a file to the result: as an event of `flowdev watch`, and on the screen of a terminal."""

import json
import os
import re
import subprocess
import sys
import time

from bench import PHASES, AtMost, TimesAnother, at_rest
from screen import Terminal

# A line of the session's view of the last spin's time.
_PHASE = re.compile(r"(%s) +(\d+\.\d)" % "|".join(PHASES))

# Flow, the expression that is changed, and what it is without the number that is added to it. 8 bytes a cell, 2 columns.
SMALL, LARGE, HUGE = 1000, 12_500_000, 125_000_000
FLOWS = {
    "linear.py": ("self.x + 1", 1),
    "small.py": ("int(self.frame.a.sum()) + 1", SMALL * (SMALL - 1) // 2),
    "large.py": ("int(self.frame.a.sum()) + 1", LARGE * (LARGE - 1) // 2),
    "huge.py": ("int(self.frame.a.sum()) + 1", HUGE * (HUGE - 1) // 2),
}


class Edits:
    """One flow file, saved again and again with another number in one place."""

    def __init__(self, bench, flow):
        self.bench, self.flow = bench, flow
        self.old, self.base = FLOWS[flow]
        with open(bench.path(flow)) as f:
            self.text = f.read()
        self.count = 1_000_000

    def save(self):
        """Saves as editors do; answers the moment, and the value of `y` that the step will have."""
        self.count += 1
        new = "%s%d" % (self.old[:-1], self.count)
        self.bench.write("saved~", self.text.replace(self.old, new))
        began = time.perf_counter()
        os.rename(self.bench.path("saved~"), self.bench.path(self.flow))
        return began, str(self.base + self.count)

    def undo(self):
        self.bench.write(self.flow, self.text)


def to_event(bench, what, flow, metaflow=None, budget=None):
    """Until the event says that the step's attempt is stored; Metaflow's side is a spin."""
    edits = Edits(bench, flow)
    watch = bench.start(
        [bench.binary, "watch", flow, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    phases = []
    try:
        while "watching" not in (line := watch.stderr.readline()):
            if not line:
                sys.exit("flowdev watch ended early")

        def save():
            # As one that is typed, it meets a session that has prepared for it.
            at_rest(watch.pid)
            began, _ = edits.save()
            for line in watch.stdout:
                event = json.loads(line)
                if event["event"] == "task_finished":
                    took = 1000 * (time.perf_counter() - began)
                    of_task = event["timing"]
                if event["event"] == "job_finished":
                    phases.append({**event["timing"], **{n: event["timing"].get(n, 0.0) + t for n, t in of_task.items()}})
                    return took
            sys.exit("flowdev watch ended early")

        found = bench.compare(what, save, metaflow, budget=budget)
    finally:
        watch.terminate()
        watch.wait()
        edits.undo()
    # The first was no sample.
    bench.breakdown(phases[1:])
    return found


def to_screen(bench, what, flow, metaflow=None, budget=None):
    """Until the new value of the artifact can be read on the screen."""
    edits = Edits(bench, flow)
    terminal = Terminal([bench.binary, flow], bench.directory, bench.environment, rows=45, columns=160)
    phases = []
    try:
        terminal.wait_for("middle")
        terminal.settle(1)

        def save():
            at_rest(terminal.pid)
            terminal.settle()
            began, value = edits.save()
            took = 1000 * (terminal.time_of(value) - began)
            terminal.send(b"t")
            terminal.wait_for("until it is on the screen")
            phases.append({name: float(millis) for name, millis in _PHASE.findall(terminal.screen.text())})
            terminal.send(b"\x1b")
            terminal.settle()
            return took

        # The first makes the step the one that is looked at.
        save()
        found = bench.compare(what, save, metaflow, budget=budget)
    finally:
        terminal.close()
        edits.undo()
    # The first two were no samples.
    bench.breakdown(phases[2:])
    return found


def saves(bench):
    spin = {flow: bench.metaflow(flow, "spin", "middle") for flow in FLOWS}
    trivial = AtMost(p50=20, p95=40)
    event, screen = "save -> step executed", "save -> result on screen"
    to_event(bench, event, "linear.py", spin["linear.py"], trivial)
    to_screen(bench, screen, "linear.py", spin["linear.py"], trivial)
    pandas = to_event(bench, event + ", pandas, card", "small.py", spin["small.py"], AtMost(p50=40))
    shown = to_screen(bench, screen + ", pandas, card", "small.py", spin["small.py"], AtMost(p50=40))
    within = TimesAnother(pandas, 1.5), TimesAnother(shown, 1.5)
    to_event(bench, event + ", 200 MB parent frame", "large.py", spin["large.py"], within[0])
    to_screen(bench, screen + ", 200 MB parent frame", "large.py", spin["large.py"], within[1])
    if bench.options.huge:
        bench.flowdev("run", "huge.py")()
        to_event(bench, event + ", 2 GB parent frame", "huge.py", budget=TimesAnother(pandas, 2))
        to_screen(bench, screen + ", 2 GB parent frame", "huge.py", budget=TimesAnother(shown, 2))
