"""What the real Metaflow Client sees of runs: the judge of both engines.

Reads {"root": DIR, "runs": [[FLOW, RUN], ...]} from stdin and prints one JSON document per run. Ids and times are replaced by
what identifies a task in any run of the flow: its step, its place in every foreach, its iteration of a loop.
"""

import base64
import json
import os
import re
import sys
import traceback

from metaflow import Flow, Run, Step, Task, metadata, namespace
from metaflow.exception import MetaflowNotFound


def canonical(value, depth=0):
    """The value as JSON that tells apart everything that Python's == tells apart, and types too."""
    if value is None or value is True or value is False or type(value) in (int, str):
        return value
    kind = type(value).__name__
    if depth > 12:
        return {kind: "too deep"}
    if isinstance(value, (bytes, bytearray)):
        return {kind: base64.b64encode(bytes(value)).decode()}
    if type(value).__name__ == "MetaflowExceptionWrapper":
        # The traceback names the runtime's own files: only what the user's code raised is common.
        return {kind: [value.exception, value.type]}
    if isinstance(value, (set, frozenset)):
        return {kind: sorted((canonical(v, depth + 1) for v in value), key=json.dumps)}
    if isinstance(value, dict):
        return {kind: [[canonical(k, depth + 1), canonical(v, depth + 1)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return {kind: [canonical(v, depth + 1) for v in value]}
    if kind == "ParallelUBF":
        return {kind: value.num_parallel}
    return {kind: repr(value)}


def settled(name, value):
    """The artifact's value, without the ids of the run and of the control task, which depend on what ended first."""
    if name == "_control_mapper_tasks":
        return [re.sub(r"^\d+/(\w+)/\d+", r"\1/control", task) for task in value]
    return canonical(value)


def manifest(root, pathspec, attempt):
    """`info` of the attempt's manifest, read from the file: the Client shows only a part of it."""
    path = os.path.join(root, *pathspec.split("/"), "%d.data.json" % attempt)
    try:
        with open(path) as f:
            return json.load(f)["info"]
    except FileNotFoundError:
        return {}


def key_of(task, data):
    place = [frame[3] for frame in data.get("_foreach_stack") or []]
    loop = data.get("_iteration_stack") or []
    return task.parent.id + "".join("[%s]" % i for i in place) + "".join("(%s)" % i for i in loop)


def artifacts_of(task, info):
    """Name to (sha, value), the runtime's own artifacts included: iterating over a task would hide them."""
    found = {}
    for name in info:
        try:
            artifact = task[name]
        except KeyError:
            found[name] = (None, "no metadata record")
            continue
        try:
            found[name] = (artifact.sha, artifact.data)
        except Exception as error:
            found[name] = (artifact.sha, "unreadable: %r" % error)
    return found


def metadata_of(task, run):
    fields = {}
    for entry in task.metadata:
        value = entry.value
        if isinstance(value, str):
            value = value.replace(run, "RUN")
        name = entry.name
        if isinstance(value, str) and '"card_uuid"' in value:
            # Under an id of its own, which says nothing to others.
            card = json.loads(value)
            del card["card_uuid"]
            name, value = "card %s %s" % (card["type"], card["id"]), json.dumps(card, sort_keys=True)
        values = fields.setdefault(name, [])
        if value not in values:
            values.append(value)
    return {name: sorted(values, key=str) for name, values in fields.items()}


def logs_of(task, attempts):
    """[standard output, standard error] of each attempt."""
    logs = []
    for attempt in range(attempts):
        one = Task(task.pathspec, attempt=attempt, _namespace_check=False)
        texts = []
        for stream in ("stdout", "stderr"):
            try:
                texts.append("".join(text + "\n" for _, text in one.loglines(stream)))
            except Exception as error:
                texts.append("unreadable: %r" % error)
        logs.append(texts)
    return logs


def exception_of(task):
    wrapper = task.exception
    return None if wrapper is None else [wrapper.exception, wrapper.type]


def describe_task(root, run, task, held, info):
    parameters = task.parent.id == "_parameters"
    attempts = 0 if parameters else task.current_attempt + 1
    return {
        "step": task.parent.id,
        "finished": task.finished,
        "successful": task.successful,
        "exception": exception_of(task),
        "index": None if parameters else task.index,
        "logs": logs_of(task, attempts),
        "metadata": metadata_of(task, run.id),
        "tags": sorted(task.tags),
        "user_tags": sorted(task.user_tags),
        "artifacts": {
            name: {
                "value": settled(name, value),
                "sha": sha,
                "type": info[name]["type"],
                "size": info[name]["size"],
                "encoding": info[name]["encoding"],
            }
            for name, (sha, value) in sorted(held.items())
        },
    }


def describe(root, run):
    steps = list(run)
    try:
        steps.append(Step("%s/_parameters" % run.pathspec, _namespace_check=False))
    except MetaflowNotFound:
        pass
    tasks, keys, kept = {}, {}, []
    for step in steps:
        for task in step:
            info = manifest(root, task.pathspec, task.current_attempt)
            held = artifacts_of(task, info)
            key = key_of(task, {name: value for name, (_, value) in held.items()})
            if key in tasks:
                key += "+" + task.id
            keys[task.pathspec] = key
            if step.id != "_parameters":
                kept.append((key, task))
            tasks[key] = describe_task(root, run, task, held, info)
    for key, task in kept:
        for relation in ("parent_tasks", "child_tasks"):
            try:
                found = sorted(keys.get(other.pathspec, "?" + other.pathspec) for other in getattr(task, relation))
            except Exception as error:
                found = ["%s: %s" % (type(error).__name__, error)]
            tasks[key][relation] = found
    return {
        "finished": run.finished,
        "successful": run.successful,
        "finished_at": run.finished_at is not None,
        "end_task": keys.get(run.end_task.pathspec) if run.end_task else None,
        "tags": sorted(run.tags),
        "user_tags": sorted(run.user_tags),
        "steps": sorted(step.id for step in steps),
        "listed": run.id in [other.id for other in Flow(run.parent.id)],
        "tasks": dict(sorted(tasks.items())),
    }


def main():
    request = json.load(sys.stdin)
    metadata("local@" + os.path.dirname(request["root"]))
    namespace(None)
    answers = []
    for flow, run in request["runs"]:
        try:
            answers.append(describe(request["root"], Run("%s/%s" % (flow, run))))
        except Exception:
            answers.append({"error": traceback.format_exc()})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
