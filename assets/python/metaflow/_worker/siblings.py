"""What all tasks of one foreach read: unpickled once in the template, where each of them would do it for itself.

The lists that they are cut from grow with their number; without this so would the time that each of them takes.
"""

from __future__ import annotations

import _pickle
import io

from .._frames import ForeachFrame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# sha -> object. A forked task owns a private copy of them, but only one each.
SHARED: dict[str, Any] = {}
# What a task has taken of these: to take a list apart costs more than to leave it, in a process that ends soon.
_taken: list[Any] = []

# What the runtime itself reads for each task of a foreach; one more is named by the first.
_VARIABLE = "_foreach_var"
_READ = ("_foreach_values", "_foreach_num_splits", "_foreach_stack")

# From this task on it pays.
_ENOUGH = 3
# More than this, compressed or not, is left to the tasks: they may well need only a part of it.
_MAX_SIZE = 64 << 20

_parent = ""
_count = 0


def expect(spec: dict[str, Any]) -> None:
    """In the template, which is about to fork this task."""
    global _parent, _count
    if spec.get("split_index") is None or len(spec["inputs"]) != 1 or spec.get("set") or spec.get("artifacts_module"):
        return
    source = spec["inputs"][0]
    if source["pathspec"] != _parent:
        _parent, _count = source["pathspec"], 0
        SHARED.clear()
    _count += 1
    if _count == _ENOUGH:
        _share(source["blobs"], source["objects"])


def take(sha: str) -> Any:
    """In a task: its own copy of what is shared under this name."""
    value = SHARED.pop(sha)
    _taken.append(value)
    return value


class _Plain(_pickle.Unpickler):
    """Makes what Python itself has: classes of libraries may start threads, with which forking is not safe."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" or name == ForeachFrame.__name__:
            return super().find_class(module, name)
        raise _pickle.UnpicklingError(f"{module}.{name}")


def _share(blobs: str, objects: dict[str, list]) -> None:
    from .artifacts import PICKLES, read_blob

    def load(name: str) -> Any:
        sha, encoding, _type, size = objects[name]
        if encoding not in PICKLES or size > _MAX_SIZE:
            return None
        value = SHARED[sha] = _Plain(io.BytesIO(read_blob(blobs, sha))).load()
        return value

    try:
        variable = load(_VARIABLE)
        for name in (*_READ, variable):
            if name in objects:
                load(name)
    except Exception:
        # Only an advance: the task that asks for it meets the error itself, and reports it with its place.
        return
