#!/usr/bin/env python3
"""flowdev beside Metaflow: the same flows, the same Python, in one run, alternating.

    python3 benches/compare.py target/release/flowdev

prints a table of minimum (under the name), median and 95th percentile in milliseconds, with the ratio of the medians and the budget that the
row has; under a row of saves, where the time goes by phase. Writes the same as JSON. It is a measurement, not a test: it never fails on a slow
machine. Build with `cargo build --release` before. ext4 is slow at making files for five minutes after many were deleted
(`recently_deleted` in a profile), as this program does at its end: wait before it is started again. `--only foreach` measures one group; `--huge` adds the parent frame of 2 GB.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile

import flows
import saves
from bench import HEADER, Bench
from commands import commands, floors
from persist import persist
from sessions import sessions
from splits import foreach

GROUPS = {
    "floors": floors,
    "commands": commands,
    "foreach": foreach,
    "saves": saves.saves,
    "sessions": sessions,
    "persist": persist,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="a release build of flowdev")
    parser.add_argument("--python", default="target/venv/bin/python", help="Python with metaflow and pandas (%(default)s)")
    parser.add_argument("--json", default="target/compare.json", help="where the figures go (%(default)s)")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--slow-samples", type=int, default=3, help="of what takes Metaflow many seconds (%(default)s)")
    parser.add_argument("--splits", type=int, default=10_000, help="of the largest foreach (%(default)s)")
    parser.add_argument("--huge", action="store_true", help="also a parent frame of 2 GB, which takes 10 GB of memory")
    parser.add_argument("--only", action="append", choices=GROUPS, help="only these groups")
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
    chosen = options.only or list(GROUPS)
    try:
        prepare(bench, chosen)
        for name in chosen:
            # What one group has written is not to be waited for in the next.
            os.sync()
            GROUPS[name](bench)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    host["load_after"] = os.getloadavg()
    with open(options.json, "w") as f:
        json.dump({"host": host, "rows": bench.rows}, f, indent=1)
    print("load %s; written to %s" % (host["load_after"], options.json))


def prepare(bench, chosen):
    """The flows, and the runs that their spins start from."""
    os.mkdir(bench.path(".metaflow"))
    for name, text in (("linear.py", flows.LINEAR), ("fan.py", flows.FAN), ("persist.py", flows.PERSIST)):
        bench.write(name, text)
    for name, rows in (("small", saves.SMALL), ("large", saves.LARGE), ("huge", saves.HUGE)):
        text = flows.FRAME.replace("ROWS", str(rows)).replace("NAME", name.capitalize() + "Flow")
        bench.write(name + ".py", text)
    bench.flowdev("run", "linear.py")()
    if "saves" in chosen:
        for flow in ("small.py", "large.py"):
            bench.flowdev("run", flow)()


if __name__ == "__main__":
    main()
