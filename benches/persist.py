"""A 200 MB frame of floats that becomes an artifact: the time that this adds to a run, and what it takes on the disk."""

import os
import shutil

from bench import AtMost

STORES = {"flowdev": ".metaflow/PersistFlow/data", "metaflow": "theirs/.metaflow/PersistFlow/data"}


def persist(bench):
    slow = bench.options.slow_samples
    ours, theirs, sizes = [], [], {}
    os.makedirs(bench.path("theirs/.metaflow"), exist_ok=True)
    root = ["env", "METAFLOW_DATASTORE_SYSROOT_LOCAL=" + bench.path("theirs")]
    sides = (
        ("flowdev", [bench.binary, "run", "persist.py"], ours, max(slow, bench.options.samples // 2)),
        ("metaflow", [*root, bench.python, "persist.py", "--no-pylint", "run"], theirs, slow),
    )
    for turn in range(1 + max(wanted for *_, wanted in sides)):
        for side, command, samples, wanted in sides:
            if turn > wanted:
                continue
            # What is there already would not be written again.
            shutil.rmtree(bench.path(STORES[side]), ignore_errors=True)
            without = bench.command([*command, "--kept", "False", "--seed", str(turn)])
            with_it = bench.command([*command, "--kept", "True", "--seed", str(turn)])
            sizes[side] = size_of(bench.path(STORES[side]))
            if turn:
                samples.append(with_it - without)
    bench.row("persist a 200 MB float frame", ours, theirs, AtMost(p50=1500))
    limit = AtMost(p50=round(1.05 * sizes["metaflow"], 2))
    bench.row("    its size in the store, MB", [sizes["flowdev"]], [sizes["metaflow"]], limit)


def size_of(directory):
    """Of all files below it, in MB."""
    found = (os.path.join(top, name) for top, _, names in os.walk(directory) for name in names)
    return sum(map(os.path.getsize, found)) / 1e6
