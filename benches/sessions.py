"""Sessions: what a command gains by one, what one takes that does nothing, and how soon it is there."""

import json
import os
import shutil
import subprocess
import sys
import time

from bench import AtMost, Faster
from screen import Terminal

RUNS = 10_000
IDLE_SECONDS = 10
_TICKS = os.sysconf("SC_CLK_TCK")


def sessions(bench):
    spin_by_socket(bench)
    idle(bench)
    first_frame(bench)


def spin_by_socket(bench):
    session = bench.start([bench.binary, "session", "--json"], stdout=subprocess.PIPE)
    try:
        if json.loads(session.stdout.readline() or "{}").get("session") != "listening":
            sys.exit("flowdev session ended early")
        ours, theirs = bench.flowdev("spin", "linear.py", "middle"), bench.metaflow("linear.py", "spin", "middle")
        bench.compare("spin of a trivial step, by a session's socket", ours, theirs, budget=Faster(30))
        measure_idle(bench, "idle session without a screen", session.pid)
    finally:
        session.terminate()
        session.wait()


def idle(bench):
    """After its first spin, with nothing large in memory."""
    terminal = Terminal([bench.binary, "linear.py"], bench.directory, bench.environment)
    try:
        terminal.wait_for("middle")
        terminal.settle(1)
        # The steps of the flow, the one that is looked at.
        terminal.send(b"s")
        terminal.wait_for("spun")
        measure_idle(bench, "idle session with a screen", terminal.pid, terminal.settle)
    finally:
        terminal.close()


def measure_idle(bench, what, pid, settle=time.sleep):
    """The time on processors and the memory of a process and of those below it, which do nothing."""
    settle(2)
    before, began = processor_seconds(pid), time.monotonic()
    while (passed := time.monotonic() - began) < IDLE_SECONDS:
        settle(IDLE_SECONDS - passed)
    share = 100 * (processor_seconds(pid) - before) / passed
    bench.row(what + ", % of a core", [share], budget=AtMost(p50=1))
    bench.row("    its memory with its Python processes, MB", [memory(pid)], budget=AtMost(p50=150))


def family(pid):
    """The process and all below it."""
    found = [pid]
    for one in found:
        for thread in os.listdir("/proc/%d/task" % one):
            with open("/proc/%d/task/%s/children" % (one, thread)) as children:
                found += map(int, children.read().split())
    return found


def processor_seconds(pid):
    total = 0
    for one in family(pid):
        with open("/proc/%d/stat" % one) as stat:
            total += sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
    return total / _TICKS


def memory(pid):
    """In MB; pages that several of the processes share count once."""
    total = 0
    for one in family(pid):
        with open("/proc/%d/smaps_rollup" % one) as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return total / 1000


def first_frame(bench):
    """From the start of the process until the steps of the flow can be read."""

    def opened():
        began = time.perf_counter()
        terminal = Terminal([bench.binary, "linear.py"], bench.directory, bench.environment)
        try:
            return 1000 * (terminal.wait_for("middle") - began)
        finally:
            terminal.close()

    within = AtMost(p50=150)
    bench.compare("first frame, few runs", opened, budget=within)
    store = bench.path(".metaflow/LinearFlow")
    some_run = next(name for name in os.listdir(store) if name.isdigit())
    copies = ["%016d" % number for number in range(RUNS)]
    try:
        for copy in copies:
            # Its files, but for the ids in them: none of them is read before somebody looks at the run.
            shutil.copytree(os.path.join(store, some_run), os.path.join(store, copy), copy_function=os.link)
        bench.compare("first frame, %d runs" % RUNS, opened, budget=within)
    finally:
        for copy in copies:
            shutil.rmtree(os.path.join(store, copy), ignore_errors=True)
