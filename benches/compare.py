#!/usr/bin/env python3
"""flowdev beside Metaflow: the same flows, the same Python, in one run, alternating.

    python3 benches/compare.py target/release/flowdev

prints a table of minimum (under the name), median and 95th percentile in milliseconds with the ratio of the medians, and writes the same as
JSON. It is a measurement, not a test: it never fails on a slow machine. Build with `cargo build --release` before.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

LINEAR = '''from metaflow import FlowSpec, step


class LinearFlow(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.middle)

    @step
    def middle(self):
        self.y = self.x + 1
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    LinearFlow()
'''

FAN = '''from metaflow import FlowSpec, Parameter, step


class FanFlow(FlowSpec):
    splits = Parameter("splits", default=50)

    @step
    def start(self):
        self.items = list(range(self.splits))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.y = self.input + 1
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(one.y for one in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FanFlow()
'''

FRAME = '''import pandas

from metaflow import FlowSpec, card, current, step
from metaflow.cards import Table


class FrameFlow(FlowSpec):
    @step
    def start(self):
        self.frame = pandas.DataFrame({"a": range(ROWS), "b": range(ROWS)})
        self.next(self.middle)

    @card(type="blank")
    @step
    def middle(self):
        self.y = int(self.frame.a.sum()) + 1
        current.card.append(Table.from_dataframe(self.frame.head(5)))
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FrameFlow()
'''

FORKS = """
import os, sys, time
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    print(1000 * (time.perf_counter() - began))
"""


class Bench:
    """The two programs, the directory they work in, and what was measured."""

    def __init__(self, binary, python, directory, options):
        self.binary = binary
        self.python = python
        self.directory = directory
        self.options = options
        self.rows = []
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "FLOWDEV_", "PYTHON"))}
        self.environment = {
            **keep,
            "USERNAME": "bench",
            "HOME": directory,
            "XDG_CACHE_HOME": os.path.join(directory, "cache"),
            "FLOWDEV_PYTHON": python,
        }

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as f:
            f.write(text)

    def start(self, arguments, **more):
        return subprocess.Popen(arguments, cwd=self.directory, env=self.environment, text=True, **more)

    def command(self, arguments):
        """Milliseconds of a command, which must succeed."""
        began = time.perf_counter()
        done = subprocess.run(arguments, cwd=self.directory, env=self.environment, capture_output=True, text=True)
        took = 1000 * (time.perf_counter() - began)
        if done.returncode != 0:
            sys.exit("%s: exit code %d\n%s%s" % (" ".join(arguments), done.returncode, done.stdout, done.stderr))
        return took

    def flowdev(self, *arguments):
        return lambda: self.command([self.binary, *arguments])

    def metaflow(self, *arguments):
        flow, *rest = arguments
        return lambda: self.command([self.python, flow, "--no-pylint", *rest])

    def compare(self, what, flowdev, metaflow=None, samples=None, metaflow_samples=None, unit=1):
        """Measures both in turns after one turn that does not count; `unit` divides, for figures per task."""
        samples = samples or self.options.samples
        theirs_wanted = samples if metaflow_samples is None else metaflow_samples
        flowdev()
        if metaflow:
            metaflow()
        ours, theirs = [], []
        for turn in range(samples):
            ours.append(flowdev() / unit)
            if metaflow and turn < theirs_wanted:
                theirs.append(metaflow() / unit)
        self.row(what, ours, theirs)

    def row(self, what, ours, theirs=()):
        row = {"what": what, "flowdev": summary(ours), "metaflow": summary(theirs)}
        row["ratio"] = round(row["metaflow"]["p50"] / row["flowdev"]["p50"], 1) if theirs else None
        self.rows.append(row)
        print(line_of(row), flush=True)


def summary(samples):
    """Minimum, median and 95th percentile; None for no samples."""
    if not samples:
        return None
    ordered = sorted(samples)

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"n": len(ordered), "min": round(ordered[0], 2), "p50": at(0.5), "p95": at(0.95)}


HEADER = "%-44s %4s %9s %9s %9s   %4s %9s %9s %9s %7s" % (
    "milliseconds", "n", "flowdev", "p50", "p95", "n", "Metaflow", "p50", "p95", "ratio")  # fmt: skip


def line_of(row):
    def cells(side):
        if side is None:
            return "%4s %9s %9s %9s" % ("", "", "", "")
        return "%4d %9.2f %9.2f %9.2f" % (side["n"], side["min"], side["p50"], side["p95"])

    ratio = "%6.1fx" % row["ratio"] if row["ratio"] else ""
    return "%-44s %s   %s %7s" % (row["what"], cells(row["flowdev"]), cells(row["metaflow"]), ratio)


def floors(bench):
    """What no engine that runs Python can beat, in flowdev's columns for want of better ones."""
    bench.compare("floor: python -c pass", lambda: bench.command([bench.python, "-c", "pass"]))
    forks = subprocess.run(
        [bench.python, "-c", FORKS, str(bench.options.samples + 1)], capture_output=True, text=True, check=True
    )
    bench.row("floor: fork of a bare Python", [float(word) for word in forks.stdout.split()[1:]])


def commands(bench):
    """Whole commands, from the shell's point of view."""
    flow = "linear.py"
    bench.compare("--help", bench.flowdev("--help"), bench.metaflow(flow, "--help"))
    bench.compare("show", bench.flowdev("show", flow), bench.metaflow(flow, "show"))
    bench.compare("check", bench.flowdev("check", flow), bench.metaflow(flow, "check"))
    bench.compare("run of 3 trivial steps, cold", bench.flowdev("run", flow), bench.metaflow(flow, "run"))
    bench.compare(
        "spin of a trivial step, cold", bench.flowdev("spin", flow, "middle"), bench.metaflow(flow, "spin", "middle")
    )


def session(bench, what, flow, old, metaflow):
    """From the rename that saves a file to the event that the step's attempt is stored; Metaflow's side is a spin."""
    with open(os.path.join(bench.directory, flow)) as f:
        text = f.read()
    watch = bench.start(
        [bench.binary, "watch", flow, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        while "watching" not in (line := watch.stderr.readline()):
            if not line:
                sys.exit("flowdev watch ended early")
        count = 0

        def save():
            nonlocal count
            count += 1
            bench.write("saved~", text.replace(old, "%s + %d" % (old, count)))
            began = time.perf_counter()
            os.rename(os.path.join(bench.directory, "saved~"), os.path.join(bench.directory, flow))
            for line in watch.stdout:
                event = json.loads(line)["event"]
                if event == "task_finished":
                    took = 1000 * (time.perf_counter() - began)
                if event == "job_finished":
                    return took
            sys.exit("flowdev watch ended early")

        bench.compare(what, save, metaflow)
    finally:
        watch.terminate()
        watch.wait()
        bench.write(flow, text)


def foreach(bench):
    slow = bench.options.slow_samples
    bench.compare(
        "foreach of 50",
        bench.flowdev("run", "fan.py"),
        bench.metaflow("fan.py", "run"),
        metaflow_samples=slow,
    )
    for splits in (50, 1000):
        arguments = ["run", "fan.py", "--splits", str(splits), "--max-num-splits", str(splits)]
        bench.compare("foreach of %d, per task" % splits, bench.flowdev(*arguments), samples=slow, unit=splits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="a release build of flowdev")
    parser.add_argument("--python", default="target/venv/bin/python", help="Python with metaflow and pandas (%(default)s)")
    parser.add_argument("--json", default="target/compare.json", help="where the figures go (%(default)s)")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--slow-samples", type=int, default=3, help="of what takes Metaflow many seconds (%(default)s)")
    parser.add_argument("--only", help="only the groups whose name contains this: floors, commands, session, foreach")
    options = parser.parse_args()
    binary, python = os.path.abspath(options.binary), os.path.abspath(options.python)
    if not os.path.exists(binary) or not os.path.exists(python):
        sys.exit("missing: %s" % (binary if not os.path.exists(binary) else python + " (`cargo test` makes it)"))

    directory = os.path.realpath(tempfile.mkdtemp(prefix="flowdev-bench-"))
    bench = Bench(binary, python, directory, options)
    host = {
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg(),
    }
    print("%(cores)d cores, %(machine)s, load %(load_before)s" % host)
    print(HEADER)
    try:
        os.mkdir(os.path.join(directory, ".metaflow"))
        for name, text in (("linear.py", LINEAR), ("fan.py", FAN)):
            bench.write(name, text)
        for rows, name in ((1000, "small.py"), (12_500_000, "large.py")):
            bench.write(name, FRAME.replace("ROWS", str(rows)))
        # What the spins start from.
        for flow in ("linear.py", "small.py", "large.py"):
            bench.flowdev("run", flow)()
        groups = {
            "floors": lambda: floors(bench),
            "commands": lambda: commands(bench),
            "session": lambda: sessions(bench),
            "foreach": lambda: foreach(bench),
        }
        for name, group in groups.items():
            if not options.only or options.only in name:
                group()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    host["load_after"] = os.getloadavg()
    with open(options.json, "w") as f:
        json.dump({"host": host, "rows": bench.rows}, f, indent=1)
    print("load %s; written to %s" % (host["load_after"], options.json))


def sessions(bench):
    saved = "save -> step executed"
    session(bench, saved, "linear.py", "self.x + 1", bench.metaflow("linear.py", "spin", "middle"))
    old = "int(self.frame.a.sum()) + 1"
    session(bench, saved + ", pandas and card", "small.py", old, bench.metaflow("small.py", "spin", "middle"))
    session(bench, saved + ", 200 MB parent frame", "large.py", old, bench.metaflow("large.py", "spin", "middle"))


if __name__ == "__main__":
    main()
