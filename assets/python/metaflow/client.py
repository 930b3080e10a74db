"""Runs of the store, read from inside a flow: what earlier runs made, for a flow that builds on it.

The part of Metaflow's client that flows use: flows, runs, steps, tasks and their artifacts. What it has not says so.
"""

from __future__ import annotations

import json
import os
from datetime import datetime

from ._refusal import not_offered
from ._worker.artifacts import load_blob
from .exception import MetaflowInvalidPathspec, MetaflowNamespaceMismatch, MetaflowNotFound
from .metaflow_current import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_UNSET = object()
_namespace: Any = _UNSET


def default_namespace() -> str:
    """Go back to the user's own namespace; answers it."""
    global _namespace
    _namespace = _UNSET
    return get_namespace() or ""


def get_namespace() -> str | None:
    """The namespace in which objects are found; `None` finds all."""
    if _namespace is not _UNSET:
        return _namespace
    return current.get("namespace") or f"user:{_user()}"


def namespace(name: str | None) -> str | None:
    """Choose the namespace; `None` finds all."""
    global _namespace
    _namespace = name
    return get_namespace()


def get_metadata() -> str:
    """Where the metadata is, as `local@<directory>`."""
    return f"local@{os.path.dirname(_root())}"


def _user() -> str:
    names = (os.environ.get(name) for name in ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER"))
    return next((name for name in names if name and name != "root"), "root")


def _root() -> str:
    """The store, found as the engine finds it."""
    sysroot = os.environ.get("METAFLOW_DATASTORE_SYSROOT_LOCAL")
    if sysroot:
        return os.path.join(os.path.abspath(sysroot), ".metaflow")
    here = start = os.path.realpath(os.getcwd())
    while True:
        candidate = os.path.join(here, ".metaflow")
        if os.path.isdir(candidate):
            return candidate
        above = os.path.dirname(here)
        if above == here:
            return os.path.join(start, ".metaflow")
        here = above


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class MetaflowObject:
    """What flows, runs, steps, tasks and artifacts have in common."""

    _depth = 0
    _child: Any = None

    def __init__(self, pathspec: str, _namespace_check: bool = True) -> None:
        parts = str(pathspec).split("/")
        if len(parts) != self._depth or not all(parts) or ".." in parts:
            kind = type(self).__name__
            raise MetaflowInvalidPathspec(f"{kind}('{pathspec}') needs a pathspec of {self._depth} parts.")
        self.pathspec = "/".join(parts)
        self.path_components = parts
        self.id = parts[-1]
        self._dir = os.path.join(_root(), *parts[:4])
        self._record = self._find()
        if _namespace_check and not self._is_visible():
            raise MetaflowNamespaceMismatch(get_namespace())

    def _find(self) -> dict[str, Any]:
        try:
            return _read(os.path.join(self._dir, "_meta", "_self.json"))
        except (OSError, ValueError):
            raise MetaflowNotFound(f"{self} does not exist") from None

    def _is_visible(self) -> bool:
        wanted = get_namespace()
        return wanted is None or self._depth == 1 or wanted in self.tags

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self._dir)
        except OSError:
            return []
        return [name for name in names if os.path.isfile(os.path.join(self._dir, name, "_meta", "_self.json"))]

    def _children(self) -> list[Any]:
        children = [self._child(f"{self.pathspec}/{name}", _namespace_check=False) for name in self._names()]
        return sorted(children, key=lambda child: child._record["ts_epoch"], reverse=True)

    def __iter__(self) -> Iterator[Any]:
        """The children, newest first; those outside the namespace are left out."""
        return (child for child in self._children() if child._is_visible())

    def __getitem__(self, name: str) -> Any:
        try:
            return self._child(f"{self.pathspec}/{name}")
        except (MetaflowNotFound, MetaflowNamespaceMismatch):
            raise KeyError(name) from None

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{'/'.join(self.path_components)}')"

    __str__ = __repr__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(not_offered(f"{type(self).__name__}.{name}"))

    @property
    def created_at(self) -> datetime:
        return datetime.fromtimestamp(self._record["ts_epoch"] / 1000)

    @property
    def user_tags(self) -> frozenset[str]:
        return frozenset(self._tagged().get("tags", ()))

    @property
    def system_tags(self) -> frozenset[str]:
        return frozenset(self._tagged().get("system_tags", ()))

    @property
    def tags(self) -> frozenset[str]:
        return self.user_tags | self.system_tags

    def _tagged(self) -> dict[str, Any]:
        """Tags are those of the run, whatever was true when its tasks ran."""
        if self._depth <= 2:
            return self._record
        return _read(os.path.join(_root(), *self.path_components[:2], "_meta", "_self.json"))


class DataArtifact(MetaflowObject):
    """One artifact of a task."""

    _depth = 5

    def _find(self) -> dict[str, Any]:
        task = Task("/".join(self.path_components[:4]), _namespace_check=False)
        sha = task._objects().get(self.id)
        if sha is None:
            raise MetaflowNotFound(f"{self} does not exist")
        self.sha = sha
        return task._record

    @property
    def data(self) -> Any:
        """The value."""
        value = load_blob(os.path.join(_root(), self.path_components[0], "data"), self.sha)
        from .includefile import IncludedFile

        return value.decode(self.id) if isinstance(value, IncludedFile) else value


class MetaflowData:
    """The artifacts of a task as attributes, read when asked for."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._task[name].data
        except KeyError:
            raise AttributeError(f"{self._task} has no artifact '{name}'") from None

    def __contains__(self, name: object) -> bool:
        return name in self._task

    def __repr__(self) -> str:
        return f"<MetaflowData: {', '.join(artifact.id for artifact in self._task)}>"


class Task(MetaflowObject):
    """One task; its children are the artifacts of its newest finished attempt."""

    _depth = 4
    _child = DataArtifact

    def _objects(self) -> dict[str, str]:
        names = set(os.listdir(self._dir))
        done = [attempt for attempt in range(6) if f"{attempt}.DONE.lock" in names]
        return _read(os.path.join(self._dir, f"{done[-1]}.data.json"))["objects"] if done else {}

    def _children(self) -> list[Any]:
        names = (name for name in self._objects() if not name.startswith("_"))
        return [DataArtifact(f"{self.pathspec}/{name}", _namespace_check=False) for name in names]

    def _says(self, name: str) -> bool:
        return name in self._objects() and self[name].data is True

    @property
    def data(self) -> MetaflowData:
        return MetaflowData(self)

    @property
    def finished(self) -> bool:
        return self._says("_task_ok")

    @property
    def successful(self) -> bool:
        return self._says("_success")


class Step(MetaflowObject):
    """One step of a run."""

    _depth = 3
    _child = Task

    def tasks(self) -> Iterator[Task]:
        return iter(self)

    @property
    def task(self) -> Task | None:
        """The newest task."""
        return next(iter(self), None)


class Run(MetaflowObject):
    """One run."""

    _depth = 2
    _child = Step

    def _names(self) -> list[str]:
        return [name for name in super()._names() if name != "_parameters"]

    def steps(self) -> Iterator[Step]:
        return iter(self)

    @property
    def end_task(self) -> Task | None:
        """The task of the last step, if it has come so far."""
        try:
            return Step(f"{self.pathspec}/{self._end()}", _namespace_check=False).task
        except MetaflowNotFound:
            return None

    def _end(self) -> str:
        meta = os.path.join(self._dir, "_parameters", "0", "_meta")
        try:
            named = [name for name in os.listdir(meta) if name.startswith("sysmeta_end_step_")]
        except OSError:
            named = []
        return _read(os.path.join(meta, max(named)))["value"] if named else "end"

    @property
    def data(self) -> MetaflowData | None:
        """The artifacts of the last step."""
        end = self.end_task
        return None if end is None else end.data

    @property
    def finished(self) -> bool:
        end = self.end_task
        return end is not None and end.finished

    @property
    def successful(self) -> bool:
        end = self.end_task
        return end is not None and end.successful


class Flow(MetaflowObject):
    """A flow that has been run."""

    _depth = 1
    _child = Run

    def runs(self, *tags: str) -> Iterator[Run]:
        """Runs that have all these tags, newest first."""
        return (run for run in self if all(tag in run.tags for tag in tags))

    @property
    def latest_run(self) -> Run | None:
        return next(iter(self), None)

    @property
    def latest_successful_run(self) -> Run | None:
        return next((run for run in self if run.successful), None)
