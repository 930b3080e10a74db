"""Many tasks: time per task, and the memory of the engine."""

import json
import subprocess
import sys
import time

from bench import AtMost

PER_TASK = AtMost(p50=4)
# The memory stays flat, but for what the join has to be told of each task.
KILOBYTES_PER_SPLIT = AtMost(p50=2.5)


def foreach(bench):
    slow = bench.options.slow_samples
    bench.compare(
        "foreach of 50", bench.flowdev("run", "fan.py"), bench.metaflow("fan.py", "run"), metaflow_samples=slow
    )
    peaks = {}
    for splits in (50, 1000, bench.options.splits):
        few = slow if splits <= 1000 else 1
        samples = [run(bench, splits) for _ in range(few)]
        milliseconds, _, tail = ([sample[n] for sample in samples] for n in range(3))
        bench.row("foreach of %d, per task" % splits, [took / splits for took in milliseconds], budget=PER_TASK)
        bench.row("    from the last task to the end of the run", tail)
        peaks[splits] = max(sample[1] for sample in samples)
    for splits, peak in peaks.items():
        bench.row("engine's memory with %d splits, MB" % splits, [peak])
    few, many = min(peaks), max(peaks)
    growth = 1000 * (peaks[many] - peaks[few]) / (many - few)
    bench.row("    what each more takes, KB", [growth], budget=KILOBYTES_PER_SPLIT)


def run(bench, splits, *more):
    """Milliseconds of a run, the engine's largest resident set in MB, milliseconds from its last split to its end."""
    arguments = ["run", "fan.py", "--splits", str(splits), "--max-num-splits", str(splits), "--json", *more]
    began = time.perf_counter()
    process = bench.start([bench.binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    last, peak = began, 0.0
    for line in process.stdout:
        if '"task_finished"' not in line and '"job_finished"' not in line:
            continue
        event = json.loads(line)
        if event.get("step") == "work":
            last = time.perf_counter()
        else:
            peak = max(peak, resident(process.pid))
    if process.wait() != 0:
        sys.exit("the foreach of %d failed" % splits)
    ended = time.perf_counter()
    return 1000 * (ended - began), peak, 1000 * (ended - last)


def resident(pid):
    """The largest resident set so far, in MB; 0 where the system does not say."""
    try:
        with open("/proc/%d/status" % pid) as status:
            fields = dict(line.split(":", 1) for line in status)
    except OSError:
        return 0.0
    return int(fields["VmHWM"].split()[0]) / 1000
