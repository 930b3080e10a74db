"""Programs beside a flow: the Runner and what it gives, the client after a run, and spun tasks."""

from differential import Case

_FLOW = """
from metaflow import FlowSpec, Parameter, current, step


class DrivenFlow(FlowSpec):
    alpha = Parameter("alpha", default=1)
    fails = Parameter("fails", default=False)

    @step
    def start(self):
        print("user: start", self.alpha)
        self.items = [self.alpha, 10]
        self.next(self.inner, foreach="items")

    @step
    def inner(self):
        self.doubled = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(one.doubled for one in inputs)
        self.next(self.end)

    @step
    def end(self):
        if self.fails and current.origin_run_id is None:
            raise ValueError("user: as asked")
        print("user: end", self.total)


if __name__ == "__main__":
    DrivenFlow()
"""

_RUNNER = """
import asyncio
import json
import os

from metaflow import Runner, namespace
from metaflow.runner.metaflow_runner import ExecutingRun

namespace(None)


def say(what, *facts):
    print(what, json.dumps(facts, default=str))


def user_lines(text):
    return sorted(line[line.index("user: "):] for line in text.splitlines() if "user: " in line and "Error" not in line)


def outcome(executing):
    said = user_lines(executing.stdout), "Traceback" in executing.stdout + executing.stderr
    return executing.status, executing.returncode, *said, type(executing).__name__


def raised(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return "nothing"


with Runner("flow.py", show_output=False, pylint=False) as runner:
    with runner.run(alpha=3, tags=["one", "two"], max_workers=2) as running:
        say("run", outcome(running), running.run.data.total, sorted(running.run.user_tags), running.run.successful)
        say("command", running.command_obj.process.returncode, sorted(running.command_obj.log_files))
        say("is", isinstance(running, ExecutingRun), running.run.pathspec.split("/")[0], "running" in repr(running).lower())
        first = running.run.id
    failed = runner.run(fails=True)
    say("failed", outcome(failed), failed.run.successful, failed.run["end"].task.exception.type)
    again = runner.resume(origin_run_id=failed.run.id)
    say("resumed", outcome(again), again.run.data.total, again.run.origin_pathspec.split("/")[1] == failed.run.id)
    from_step = runner.resume(step_to_rerun="join", origin_run_id=first, tags=["three"])
    say("from step", outcome(from_step), from_step.run.data.total, sorted(from_step.run.user_tags))
    spun = runner.spin(first + "/join", persist=True)
    say("spun", outcome(spun), spun.task.pathspec.split("/")[0], spun.task["total"].data, spun.task.finished)
    other = runner.spin(first + "/end", persist=False)
    say("not kept", outcome(other))
    for wrong in (dict(nothing=1), dict(alpha="x"), dict(max_workers="many"), dict(tags=3)):
        say("refused", sorted(wrong), raised(runner.run, **wrong))
runner = Runner("flow.py", show_output=False)
with runner.run() as running:
    logs = dict(running.command_obj.log_files)
runner.cleanup()
say("clean", [os.path.exists(file) for file in logs.values()])
say("no file", raised(lambda: Runner("nowhere.py").run()))


async def streams():
    async with Runner("flow.py", show_output=False, pylint=False) as runner:
        running = await runner.async_run(alpha=5)
        await running.wait()
        lines = [line async for _, line in running.stream_log("stdout")]
        say("async", outcome(running), user_lines("\\n".join(lines)))
        running = await runner.async_resume(step_to_rerun="end", origin_run_id=running.run.id)
        await running.wait(timeout=60)
        say("async resume", outcome(running))
        running = await runner.async_spin("start")
        await running.wait()
        say("async spin", outcome(running))


asyncio.run(streams())
"""

_SPIN = """
import json
import os
import subprocess
import sys

from metaflow import Flow, Task, get_metadata, inspect_spin, metadata, namespace

namespace(None)


def spin(*arguments):
    for name in ("id", "attributes"):
        if os.path.exists(name):
            os.remove(name)
    command = [sys.executable, "flow.py", "--no-pylint", "spin", *arguments]
    command += ["--run-id-file", "id", "--runner-attribute-file", "attributes"]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line[line.index("user: "):] for line in done.stdout.splitlines() if "user: " in line]
    print(arguments[0].split("/")[-1], arguments[1:], done.returncode, lines)
    if os.path.exists("id"):
        attributes = json.load(open("attributes"))
        print(sorted(attributes), attributes["flow_name"], attributes["step_name"], attributes["task_id"])
        return open("id").read()


run = next(iter(Flow("DrivenFlow")))
with open("given.py", "w") as file:
    file.write("ARTIFACTS = {'total': 99}\\n")
ids = {
    "start": spin("start", "--persist"),
    "inner": spin(f"{run.id}/inner/{sorted(task.id for task in run['inner'])[1]}", "--persist"),
    "join": spin(f"DrivenFlow/{run.id}/join", "--persist"),
    "end": spin(f"{run.id}/end", "--persist", "--skip-decorators"),
    "given": spin(f"{run.id}/end", "--persist", "--artifacts-module", "given.py"),
}
for wrong in ("nothing", f"{run.id}/nothing", "OtherFlow/1/start/1", "1/start", "a/b/c/d/e"):
    spin(wrong)
inspect_spin(".")
print(get_metadata().split("@")[0])
for name, made in ids.items():
    step = "end" if name == "given" else name
    task = Task(f"DrivenFlow/{made}/{step}/0")
    values = {artifact.id: artifact.data for artifact in task}
    print(name, sorted(values.items()), task.successful, task.finished, task.index)
    print([line for _, line in task.loglines("stdout") if "user:" in line])
print(len(list(Flow("DrivenFlow"))))
metadata("local@" + os.getcwd())
print(get_metadata().split("@")[0], next(iter(Flow("DrivenFlow"))).id == run.id)
"""

CASES = (
    Case("runner", "DrivenFlow", _FLOW, program=_RUNNER),
    Case("spin", "DrivenFlow", _FLOW, commands=(("run", "--alpha", "4"),), program=_SPIN),
)
