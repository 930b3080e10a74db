"""Which tasks came before a task, and which after: from the graph, and from where each task stands in its foreaches.

A task inside foreaches records its path, `outer:2,inner:0`: the steps that were fanned out, and the place in each.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_PATH = "foreach-execution-path"
_FANS = ("split-foreach", "split-parallel")


def parents(task: Any) -> Iterator[str]:
    """The pathspecs of the tasks before this one."""
    step = task.path_components[2]
    steps = task["_graph_info"].data["steps"]
    before = _before(steps, step)
    if not before:
        return iter(())
    path = task._latest(_PATH)
    if len(before) > 1 or not path:
        accepts = _same(path)
    elif steps[step]["type"] == "join":
        accepts = _below(path)
    else:
        accepts = _same(_outer(path) if steps[before[0]]["type"] in _FANS else path)
    return _matching(task, before, accepts)


def children(task: Any) -> Iterator[str]:
    """The pathspecs of the tasks after this one."""
    step = task.path_components[2]
    steps = task["_graph_info"].data["steps"]
    after = steps[step]["next"]
    if not after:
        return iter(())
    path = task._latest(_PATH)
    if len(after) > 1 or not path:
        accepts = _same(path)
    elif steps[step]["type"] in _FANS:
        accepts = _below(path)
    else:
        # A join of several steps ends a static split, which leaves the path as it is.
        ends = steps[after[0]]["type"] == "join" and len(_before(steps, after[0])) == 1
        accepts = _same(_outer(path) if ends else path)
    return _matching(task, after, accepts)


def _before(steps: dict[str, Any], step: str) -> list[str]:
    return [name for name, node in steps.items() if step in node["next"]]


def _outer(path: str) -> str:
    return path.rpartition(",")[0]


def _same(path: str | None) -> Callable[[str], bool] | None:
    """All tasks, unless this one stands in a foreach."""
    return path.__eq__ if path else None


def _below(path: str) -> Callable[[str], bool]:
    return lambda other: other.startswith(f"{path},")


def _matching(task: Any, steps: list[str], accepts: Callable[[str], bool] | None) -> Iterator[str]:
    flow, run = task.path_components[:2]
    store = task._store
    for step in steps:
        for name in store.names(flow, run, step):
            path = f"{flow}/{run}/{step}/{name}"
            if accepts is None:
                if store.record(flow, run, step, name) is not None:
                    yield path
                continue
            values = _paths(type(task), path, store)
            if any(isinstance(value, str) and accepts(value) for value in values):
                yield path


def _paths(kind: Any, path: str, store: Any) -> list[Any]:
    entries = store.field(_PATH, None, *path.split("/"))
    if entries:
        return [entry.get("value") for entry in entries]
    # A clone may have left its place to the task that it was cloned from.
    if not store.field("origin-task-id", None, *path.split("/")):
        return []
    return [kind(path, _namespace_check=False, _store=store)._latest(_PATH)]
