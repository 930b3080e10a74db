"""What every group of measurements needs: the two programs, a directory, the samples, and the table."""

import os
import subprocess
import sys
import time


# As events name them, in the order in which they come.
PHASES = ("event", "parse", "start", "fork", "exec", "prepare", "load", "step", "cards", "persist", "draw", "exit")


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

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
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

    def compare(self, what, flowdev, metaflow=None, samples=None, metaflow_samples=None, unit=1, budget=None):
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
        return self.row(what, ours, theirs, budget)

    def row(self, what, ours, theirs=(), budget=None):
        """Samples of one thing, beside those of Metaflow. Answers what was made of ours."""
        row = {"what": what, "flowdev": summary(ours), "metaflow": summary(theirs)}
        row["ratio"] = round(row["metaflow"]["p50"] / row["flowdev"]["p50"], 1) if theirs else None
        row["budget"], row["holds"] = budget.judge(row) if budget else (None, None)
        self.rows.append(row)
        print(line_of(row), flush=True)
        return row["flowdev"]

    def breakdown(self, samples):
        """Where the time of the last row went: milliseconds by phase, of each sample; medians, on a line of their own."""
        medians = {phase: summary([sample.get(phase, 0.0) for sample in samples])["p50"] for phase in PHASES}
        phases = {phase: millis for phase, millis in medians.items() if millis >= 0.05}
        self.rows[-1]["phases"] = phases
        print("    " + ", ".join("%s %.1f" % item for item in phases.items()), flush=True)


def at_rest(pid, seconds=0.3, patience=120):
    """Waits until a process and those that it has started have used next to no processor time for so long: what a session
    prepares for the next save is there."""
    end = time.monotonic() + patience
    before = ticks(pid)
    while time.monotonic() < end:
        time.sleep(seconds)
        now = ticks(pid)
        if now - before <= 1:
            return
        before = now
    sys.exit("process %d does not come to rest" % pid)


def ticks(root):
    """The processor time of a process and its descendants, in clock ticks."""
    children, spent = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name) as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            # It has ended.
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
        spent[int(name)] = int(fields[11]) + int(fields[12])
    total, left = 0, [root]
    while left:
        pid = left.pop()
        total += spent.get(pid, 0)
        left += children.get(pid, [])
    return total


class AtMost:
    """A budget in the row's own unit."""

    def __init__(self, p50=None, p95=None):
        self.limits = {"p50": p50, "p95": p95}

    def judge(self, row):
        limits = {name: limit for name, limit in self.limits.items() if limit is not None}
        text = ", ".join("%s <= %g" % limit for limit in limits.items())
        return text, all(row["flowdev"][name] <= limit for name, limit in limits.items())


class Faster:
    """A budget by the ratio of the medians."""

    def __init__(self, times):
        self.times = times

    def judge(self, row):
        if row["ratio"] is None:
            return "%gx" % self.times, None
        return "%gx" % self.times, row["ratio"] >= self.times


class TimesAnother:
    """A budget by another row's median."""

    def __init__(self, other, times):
        self.other, self.times = other, times

    def judge(self, row):
        limit = self.times * self.other["p50"]
        return "p50 <= %.2f" % limit, row["flowdev"]["p50"] <= limit


def summary(samples):
    """Minimum, median and 95th percentile; None for no samples."""
    if not samples:
        return None
    ordered = sorted(samples)

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"n": len(ordered), "min": round(ordered[0], 2), "p50": at(0.5), "p95": at(0.95)}


HEADER = "%-50s %3s %9s %9s %9s  %3s %9s %9s %9s %7s  %s" % (
    "milliseconds", "n", "flowdev", "p50", "p95", "n", "Metaflow", "p50", "p95", "ratio", "budget")  # fmt: skip


def line_of(row):
    def cells(side):
        if side is None:
            return "%3s %9s %9s %9s" % ("", "", "", "")
        return "%3d %9.2f %9.2f %9.2f" % (side["n"], side["min"], side["p50"], side["p95"])

    ratio = "%6.1fx" % row["ratio"] if row["ratio"] else ""
    verdict = {True: "holds", False: "MISSED", None: ""}[row["holds"]]
    line = "%-50s %s  %s %7s" % (row["what"], cells(row["flowdev"]), cells(row["metaflow"]), ratio)
    return ("%s  %s %s" % (line, row["budget"], verdict)).rstrip() if row["budget"] else line.rstrip()
