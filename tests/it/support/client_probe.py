"""Prints all that a client says of the flows that are named: by Metaflow's client and by ours it is to be the same."""

import json
import sys

from metaflow import client
from metaflow.client import DataArtifact, Flow, Metaflow, Run, Step, Task, namespace


def value(function):
    try:
        answer = function()
        if hasattr(answer, "__next__"):
            answer = list(answer)
        return answer
    except BaseException as error:
        return type(error).__module__ + "." + type(error).__name__


def say(what, function):
    print(what, "->", json.dumps(text(value(function)), ensure_ascii=False, sort_keys=True))


def text(answer):
    if isinstance(answer, (frozenset, set)):
        return sorted(map(text, answer))
    if isinstance(answer, (list, tuple)):
        return [text(part) for part in answer]
    if isinstance(answer, dict):
        return {str(key): text(part) for key, part in answer.items()}
    if isinstance(answer, (str, int, float)) or answer is None:
        return answer
    return f"{type(answer).__module__}.{type(answer).__name__}: {answer}"


COMMON = (
    "id", "pathspec", "path_components", "parent", "created_at", "tags", "user_tags", "system_tags", "origin_pathspec",
)


def common(thing, names):
    for name in (*COMMON, *names):
        say(f"{thing!r}.{name}", lambda name=name: getattr(thing, name))
    say(f"{thing!r}.is_in_namespace()", thing.is_in_namespace)
    say(f"{thing!r} pickled", thing.__getstate__)
    # Metaflow's artifacts answer such questions by a KeyError.
    if isinstance(thing, DataArtifact):
        return
    say(f"list({thing!r})", lambda: list(thing))
    say(f"{thing!r}['nothing']", lambda: thing["nothing"])
    say(f"'nothing' in {thing!r}", lambda: "nothing" in thing)
    say(f"{thing!r} keys", thing._ipython_key_completions_)


def flow(thing):
    common(thing, ("latest_run", "latest_successful_run"))
    say(f"{thing!r}.runs(t1)", lambda: thing.runs("t1"))
    for each in thing:
        run(each)


def run(thing):
    common(thing, ("successful", "finished", "finished_at", "end_task", "code", "trigger"))
    say(f"{thing!r}.data", lambda: sorted(dir(thing.data)) and str(thing.data))
    say(f"{thing!r}.steps", lambda: thing.steps("t1"))
    say(f"{thing!r}._parameters", lambda: task(thing["_parameters"].task))
    for each in thing:
        step(each)


def step(thing):
    common(thing, ("task", "control_task", "finished_at", "environment_info", "parent_steps", "child_steps"))
    say(f"{thing!r}.tasks", thing.tasks)
    say(f"{thing!r}.control_tasks", thing.control_tasks)
    for each in thing:
        task(each)
        for attempt in range(3):
            task(Task(each.pathspec, attempt=attempt))


LINEAGE = ("parent_tasks", "child_tasks", "parent_task_pathspecs", "child_task_pathspecs")
TASK = (
    "successful", "finished", "exception", "finished_at", "index", "runtime_name", "stdout", "stderr", "stdout_size",
    "stderr_size", "metadata_dict", "metadata", "current_attempt", "code", "environment_info", "parent_tasks",
    *LINEAGE,
)


def task(thing):
    # Metaflow fails on those of the parameters.
    common(thing, [name for name in TASK if name not in LINEAGE or thing.path_components[2] != "_parameters"])
    for stream in ("stdout", "stderr"):
        say(f"{thing!r}.loglines", lambda stream=stream: thing.loglines(stream))
        say(f"{thing!r}.loglines bytes", lambda stream=stream: thing.loglines(stream, as_unicode=False))
    say(f"{thing!r}.artifacts", lambda: thing.artifacts._asdict())
    say(f"{thing!r}.data", lambda: str(thing.data))
    for name in [each.id for each in thing] + ["_task_ok", "_graph_info", "_foreach_stack", "_transition", "_private"]:
        say(f"{thing!r}.data.{name}", lambda name=name: getattr(thing.data, name))
        say(f"{name} in {thing!r}", lambda name=name: [name in thing, name in thing.data])
        if name in thing:
            artifact = thing[name]
            # Metaflow fails on the size in an attempt that is named.
            common(artifact, ("data", "sha", "finished_at", *(() if thing._attempt is not None else ("size",))))


def errors():
    for make in (
        lambda: Flow("Nothing"), lambda: Flow("A/b"), lambda: Run("OutcomesFlow"), lambda: Run("OutcomesFlow/1"),
        lambda: Step("OutcomesFlow/1/start"), lambda: Task("a/b/c/d/e"), lambda: DataArtifact("a/b/c/d"), lambda: Flow(3),
        lambda: Run("OutcomesFlow/1", attempt=1), lambda: Task("OutcomesFlow/1/start/2", attempt=6),
        lambda: Task("OutcomesFlow/1/start/2", attempt=-1), lambda: Task("OutcomesFlow/1/start/2", attempt="x"),
        lambda: Metaflow()["Nothing"], lambda: Metaflow(), lambda: client.get_metadata(), lambda: client.metadata("/"),
        lambda: client.get_namespace(), lambda: client.default_namespace(),
    ):
        say("error", make)


def everything(names):
    errors()
    for space in (None, "user:tester", "tagged", "user:nobody"):
        say("namespace", lambda space=space: namespace(space))
        say("flows", lambda: Metaflow().flows)
        for name in names:
            unchecked = Flow(name, _namespace_check=False)
            say("flow", lambda name=name: Flow(name))
            say("runs", lambda name=name: [Run(run.pathspec) for run in Flow(name, _namespace_check=False)])
            say("child", lambda unchecked=unchecked: unchecked[next(iter(unchecked)).id])
            say("unchecked", lambda unchecked=unchecked: list(unchecked))
    namespace(None)
    for name in names:
        flow(Flow(name))


if __name__ == "__main__":
    everything(sys.argv[1:])
