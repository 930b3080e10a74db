"""One task: what came of it, what it wrote, what it is descended from."""

from __future__ import annotations

import json
import os
from collections import namedtuple

from .. import _remote
from . import lineage, logs
from .base import PUBLIC, Metadata, MetaflowObject
from .code import MetaflowCode, environment_info
from .data import DataArtifact, MetaflowData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

_UNREAD = object()


class Task(MetaflowObject):
    """One execution of a step; its children are the artifacts of the attempt that finished last."""

    __module__ = PUBLIC

    _NAME = "task"
    _DEPTH = 4
    _FORM = "Task('FlowName/RunID/StepName/TaskID')"
    _HAS_ATTEMPTS = True
    _ID_FIELD = "task_id"
    _CHILD_CLASS = DataArtifact

    def _find_child(self, id: str) -> dict[str, Any] | None:
        return self._store.artifact(id, self._attempt, *self._path)

    def _records(self) -> Iterator[dict[str, Any]]:
        return iter(self._store.artifacts(self._attempt, *self._path))

    def _listed(self, id: str) -> bool:
        return not id.startswith("_")

    @property
    def metadata(self) -> list[Metadata]:
        """All that was recorded about this task, or about the attempt that was asked for, with what a clone takes from
        the task that it was cloned from."""
        found = [self._entry(record) for record in self._store.metadata(self._attempt, *self._path)]
        own = {entry.name: entry.value for entry in found}
        origin = self._origin(own)
        if origin is not None:
            entries = sorted(origin.metadata, key=_time)
            newest = {entry.name: entry for entry in entries}
            found += [entry._replace(task=self) for entry in newest.values() if entry.name not in own]
        return found

    def _entry(self, record: dict[str, Any]) -> Metadata:
        get = record.get
        return Metadata(get("field_name"), get("value"), get("ts_epoch"), get("type"), self)

    def _origin(self, own: dict[str, Any]) -> Task | None:
        """The task that this one is a clone of."""
        if not own.get("origin-task-id"):
            return None
        flow, _, step, _ = self._path
        path = f"{flow}/{own.get('origin-run-id')}/{step}/{own['origin-task-id']}"
        return Task(path, _namespace_check=False, _store=self._store)

    @property
    def metadata_dict(self) -> dict[str, Any]:
        """The newest value of each name of the metadata."""
        return {entry.name: entry.value for entry in sorted(self.metadata, key=_time)}

    def _latest(self, field: str) -> Any:
        """`metadata_dict.get(field)`, without reading what else there is."""
        own = self._store.field(field, self._attempt, *self._path)
        if own:
            return own[-1].get("value")
        origin = {}
        for name in ("origin-task-id", "origin-run-id"):
            entries = self._store.field(name, self._attempt, *self._path)
            if not entries:
                return None
            origin[name] = entries[-1].get("value")
        task = self._origin(origin)
        return None if task is None else task._latest(field)

    def _origin_id(self) -> str | None:
        entries = self._store.field("origin-task-id", self._attempt, *self._path)
        return entries[0].get("value") if entries else None

    @property
    def index(self) -> int | None:
        """The place in the innermost foreach; None outside."""
        try:
            return self["_foreach_stack"].data[-1].index
        except (KeyError, IndexError):
            return None

    @property
    def data(self) -> MetaflowData:
        """The artifacts as attributes, with their values."""
        return MetaflowData(self)

    @property
    def artifacts(self) -> Any:
        """The artifacts as attributes, each a `DataArtifact`."""
        found = list(self)
        return namedtuple("MetaflowArtifacts", [artifact.id for artifact in found])._make(found)

    def _value(self, name: str, default: Any) -> Any:
        try:
            return self[name].data
        except KeyError:
            return default

    @property
    def successful(self) -> bool:
        """Whether the step's own code came to its end."""
        return self._value("_success", False)

    @property
    def finished(self) -> bool:
        """Whether the task is over: by itself, or with a failure that was caught."""
        return self._value("_task_ok", False)

    @property
    def exception(self) -> Any:
        """What the task failed with."""
        return self._value("_exception", None)

    @property
    def finished_at(self) -> datetime | None:
        """When the task ended; None before."""
        try:
            return self["_task_ok"].created_at
        except KeyError:
            return None

    @property
    def runtime_name(self) -> str | None:
        """What ran the task, as its tag says: `dev` on somebody's machine."""
        return next((tag.split(":")[1] for tag in self._tags if tag.startswith("runtime:")), None)

    @property
    def current_attempt(self) -> int:
        """The attempt that was asked for, else the one that was started last."""
        return self._attempt if self._attempt is not None else int(self._latest("attempt") or 0)

    @property
    def stdout(self) -> str:
        """What the task wrote to its standard output."""
        return self._log("stdout")

    @property
    def stderr(self) -> str:
        """What the task wrote to its standard error."""
        return self._log("stderr")

    @property
    def stdout_size(self) -> int:
        """Bytes of the stored output, stamps included."""
        return self._log_size("stdout")

    @property
    def stderr_size(self) -> int:
        """Bytes of the stored error output, stamps included."""
        return self._log_size("stderr")

    def loglines(
        self, stream: str, as_unicode: bool = True, meta_dict: dict[str, Any] | None = None
    ) -> Iterator[tuple[datetime | None, Any]]:
        """Time (UTC) and text of each line of `stdout` or `stderr`."""
        files = self._log_files(stream, meta_dict)
        if files is None:
            yield None, ""
            return
        for time, line in logs.merged([logs.read(path) for path in files]):
            yield time, line.decode() if as_unicode else line

    def _log(self, stream: str) -> str:
        old = self._old_log(stream)
        if old is not None:
            return logs.read(old).decode()
        return "".join(f"{line}\n" for _, line in self.loglines(stream))

    def _log_size(self, stream: str) -> int:
        old = self._old_log(stream)
        if old is not None:
            return logs.size(old) or 0
        return sum(logs.size(path) or 0 for path in self._log_files(stream) or ())

    def _log_files(self, stream: str, known: dict[str, Any] | None = None) -> list[str] | None:
        """Where this attempt's output is; None if nothing says so."""
        get = self._latest if known is None else known.get
        root = get("ds-root") if get("ds-type") else None
        if root is None:
            return None
        attempt = self._attempt if self._attempt is not None else int(get("attempt") or 0)
        directory = os.path.join(root, *self._path)
        if not _remote.is_remote(directory) and not os.path.isdir(directory):
            # The store was moved since.
            directory = self._store.path(*self._path) or directory
        return logs.paths(directory, stream, attempt)

    def _old_log(self, stream: str) -> str | None:
        """The file of a log without stamps, which Metaflow wrote before it had them."""
        location = self._latest(f"log_location_{stream}")
        if not location:
            return None
        place = json.loads(location)
        root = os.path.join(place["location"], *[os.pardir] * 5)
        return os.path.normpath(os.path.join(root, *self._path, f"{int(place['attempt'])}.{stream}.log"))

    @property
    def code(self) -> MetaflowCode | None:
        """The code that the task ran, if it was kept."""
        known = self.__dict__.get("_code", _UNREAD)
        if known is _UNREAD:
            package = self._latest("code-package")
            self._code = known = MetaflowCode(self._path[0], package, _store=self._store) if package else None
        return known

    @property
    def environment_info(self) -> Any:
        """What the task ran in; None unless its code was kept."""
        code = self.code
        return None if code is None else environment_info(code, self.metadata_dict)

    @property
    def parent_task_pathspecs(self) -> Iterator[str]:
        """Of the tasks whose artifacts this one started from."""
        return lineage.parents(self)

    @property
    def child_task_pathspecs(self) -> Iterator[str]:
        """Of the tasks that started from this one's artifacts."""
        return lineage.children(self)

    @property
    def parent_tasks(self) -> Iterator[Task]:
        """The tasks whose artifacts this one started from."""
        return (Task(path, _namespace_check=False, _store=self._store) for path in self.parent_task_pathspecs)

    @property
    def child_tasks(self) -> Iterator[Task]:
        """The tasks that started from this one's artifacts."""
        return (Task(path, _namespace_check=False, _store=self._store) for path in self.child_task_pathspecs)


def _time(entry: Any) -> int:
    return entry.created_at or 0


DataArtifact._PARENT_CLASS = Task

