"""Whole commands, from the shell's point of view, and what no engine that runs Python can beat."""

import subprocess

from bench import AtMost, Faster

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


def floors(bench):
    """In flowdev's columns for want of better ones."""
    bench.compare("floor: python -c pass", lambda: bench.command([bench.python, "-c", "pass"]))
    forks = subprocess.run(
        [bench.python, "-c", FORKS, str(bench.options.samples + 1)], capture_output=True, text=True, check=True
    )
    bench.row("floor: fork of a bare Python", [float(word) for word in forks.stdout.split()[1:]])


def commands(bench):
    flow = "linear.py"
    quick = AtMost(p50=30)
    bench.compare("--help", bench.flowdev("--help"), bench.metaflow(flow, "--help"), budget=quick)
    bench.compare("show", bench.flowdev("show", flow), bench.metaflow(flow, "show"), budget=quick)
    bench.compare("check", bench.flowdev("check", flow), bench.metaflow(flow, "check"), budget=quick)
    bench.compare(
        "run of 3 trivial steps, cold", bench.flowdev("run", flow), bench.metaflow(flow, "run"), budget=Faster(15)
    )
    bench.compare(
        "spin of a trivial step, cold",
        bench.flowdev("spin", flow, "middle"),
        bench.metaflow(flow, "spin", "middle"),
        budget=Faster(10),
    )
