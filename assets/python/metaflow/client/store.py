"""One store on this machine, read file by file: records of flows, runs, steps, tasks and artifacts; metadata of tasks.

Knows Metaflow's layout, and opens what is asked for only. It knows nothing of namespaces, nor of the classes that
users see.
"""

from __future__ import annotations

import json
import os

from ..exception import MetaflowException, MetaflowInternalError
from . import order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

# Kind of store -> the name of its directory.
KINDS = {"local": ".metaflow", "spin": ".metaflow_spin"}
# What comes before the directory of a store that has another name.
ROOT = "root:"
# Readers and writers agree on this many attempts of a task.
MAX_ATTEMPTS = 6

_RUN_DEPTH = 2
# Where a record has the last part of its pathspec, by the parts before it.
_IDS = ("flow_id", "run_number", "step_name", "task_id")
_ATTEMPT_TAG = "attempt_id:"


class Store:
    """Where runs are; found at the first use, because flows change their directory."""

    def __init__(self, kind: str = "local", directory: str | None = None, root: str | None = None) -> None:
        self.kind = kind
        # As given by the user; None finds the store from the working directory.
        self._directory = directory
        self._root = root
        if directory is not None and directory.startswith(ROOT):
            self._root = directory[len(ROOT) :]
        elif directory is not None:
            name = KINDS[kind]
            found = os.path.realpath(os.path.join(directory, name))
            if not os.path.isdir(found):
                raise ValueError(f"Could not find directory {name} in directory {directory}")
            self._root = found

    @property
    def root(self) -> str | None:
        """The store's directory; None while there is none."""
        if self._root is None:
            self._root = find_root(self.kind)
        return self._root

    def describe(self) -> str:
        """`local@<the directory that has the store in it>`."""
        return self.address() if self._directory is None else f"{self.kind}@{self._directory}"

    def address(self) -> str:
        """The same for other processes, which may have another working directory."""
        root = self.root
        if root is None:
            return f"{self.kind}@<No {KINDS[self.kind]} directory found in current working tree>"
        above, name = os.path.split(root)
        return f"{self.kind}@{above if name == KINDS[self.kind] else ROOT + root}"

    def path(self, *parts: str) -> str | None:
        """The directory of an object; None where no such object can be."""
        root = self.root
        if root is None or not all(part and part not in (".", "..") and "/" not in part for part in parts):
            return None
        return os.path.join(root, *parts)

    def record(self, *parts: str) -> dict[str, Any] | None:
        """What is recorded of a flow, run, step or task, with the tags that its run has now."""
        directory = self.path(*parts)
        if directory is None:
            return None
        record = read_record(f"{directory}/_meta/_self.json")
        if record is not None and len(parts) > _RUN_DEPTH:
            overlay(record, self.run_record(*parts))
        return record

    def run_record(self, *parts: str) -> dict[str, Any]:
        """The record of the run that an object belongs to."""
        run = self.record(*parts[:_RUN_DEPTH])
        if run is None:
            raise MetaflowInternalError(f"The run {'/'.join(parts[:_RUN_DEPTH])} has no record of its own.")
        return run

    def names(self, *parts: str) -> list[str]:
        """The entries of an object's directory, in the order of the directory; not all need be objects."""
        directory = self.path(*parts)
        try:
            found = os.listdir(directory) if directory else []
        except OSError:
            return []
        return [name for name in found if name != "_meta"]

    def children(self, *parts: str) -> Iterator[dict[str, Any]]:
        """The records of what is in a flow, run or step, the newest first."""
        directory = self.path(*parts)
        if directory is None:
            return
        names = self.names(*parts)
        run = self.run_record(*parts) if names and len(parts) >= _RUN_DEPTH else None
        for name, record in order.newest_first(directory, names, read_listed):
            record.setdefault(_IDS[len(parts)], name)
            yield overlay(record, run) if run else record

    def runs(self, flow: str) -> Iterator[dict[str, Any]]:
        """The records of a flow's runs, those with the greatest ids first; cheaper than `children`."""
        directory = self.path(flow)
        for name in sorted(self.names(flow), key=lambda name: (len(name), name), reverse=True):
            record = read_listed(f"{directory}/{name}/_meta/_self.json")
            if record is not None:
                record.setdefault(_IDS[1], name)
                yield record

    def flows(self) -> Iterator[dict[str, Any]]:
        """The records of all flows, in the order of the directory."""
        for name in self.names():
            record = read_listed(f"{self.root}/{name}/_meta/_self.json")
            if record is not None:
                record.setdefault(_IDS[0], name)
                yield record

    def meta_names(self, *task: str) -> list[str]:
        """The files that say something about a task."""
        directory = self.path(*task)
        try:
            return os.listdir(f"{directory}/_meta") if directory else []
        except OSError:
            return []

    def done_attempt(self, names: Iterable[str], *task: str) -> int | None:
        """The attempt that finished last, from the names of the task's metadata."""
        done = max((name for name in names if name.startswith("sysmeta_attempt-done_")), default=None)
        if done is None:
            return None
        value = self._meta(done, *task).get("value")
        if not str(value).isdigit():
            raise MetaflowException(f"{self.path(*task)}/_meta/{done} is damaged: {value!r} is no attempt.")
        return int(str(value))

    def artifact_names(self, attempt: int | None, *task: str) -> list[str]:
        """The artifacts of an attempt, by default of that which finished last, in the order of the directory."""
        names = self.meta_names(*task)
        if attempt is None:
            attempt = self.done_attempt(names, *task)
        prefix, suffix = f"{attempt}_artifact_", ".json"
        found = (name for name in names if name.startswith(prefix) and name.endswith(suffix))
        return [name[len(prefix) : -len(suffix)] for name in found]

    def artifact(self, name: str, attempt: int | None, *task: str) -> dict[str, Any] | None:
        """The record of one artifact."""
        if not name or "/" in name:
            return None
        if attempt is None:
            attempt = self.done_attempt(self.meta_names(*task), *task)
        directory = self.path(*task)
        if attempt is None or directory is None:
            return None
        record = read_record(f"{directory}/_meta/{attempt}_artifact_{name}.json")
        return None if record is None else overlay(record, self.run_record(*task))

    def artifacts(self, attempt: int | None, *task: str) -> list[dict[str, Any]]:
        """The records of all artifacts, the newest first."""
        names = self.meta_names(*task)
        if attempt is None:
            attempt = self.done_attempt(names, *task)
        prefix, suffix = f"{attempt}_artifact_", ".json"
        records = []
        for name in names:
            if name.startswith(prefix) and name.endswith(suffix):
                records.append(self._meta(name, *task))
                records[-1].setdefault("name", name[len(prefix) : -len(suffix)])
        if records:
            run = self.run_record(*task)
            records = [overlay(record, run) for record in records]
        return sorted(records, key=created, reverse=True)

    def metadata(self, attempt: int | None, *task: str) -> list[dict[str, Any]]:
        """All metadata of a task, or that of one attempt, in the order of the directory."""
        names = self.meta_names(*task)
        found = [self._meta(name, *task) for name in names if name.startswith("sysmeta_")]
        return found if attempt is None else of_attempt(found, attempt)

    def field(self, field: str, attempt: int | None, *task: str) -> list[dict[str, Any]]:
        """The metadata of one name, oldest first; reads no other."""
        prefix = f"sysmeta_{field}_"
        names = [
            name
            for name in self.meta_names(*task)
            if name.startswith(prefix) and name[len(prefix) :].replace(".json", "").isdigit()
        ]
        found = sorted((self._meta(name, *task) for name in names), key=created)
        if attempt is None:
            return found
        tagged = [entry for entry in found if f"{_ATTEMPT_TAG}{attempt}" in (entry.get("tags") or ())]
        if tagged or all(_tagged(entry) for entry in found):
            return tagged
        # Entries of an early Metaflow, which do not say their attempt: the times of all entries do.
        return [entry for entry in self.metadata(attempt, *task) if entry.get("field_name") == field]

    def _meta(self, name: str, *task: str) -> dict[str, Any]:
        path = f"{self.path(*task)}/_meta/{name}"
        record = read_record(path)
        if record is None:
            raise MetaflowInternalError(f"{path} was there a moment ago, and is not any more.")
        return record


def find_root(kind: str) -> str | None:
    """The store of the command line, of the configuration, else of the working directory or the nearest above it."""
    from .. import _roots

    try:
        root = _roots.local_root() if kind == "local" else _roots.spin_root()
    except OSError:
        # The working directory is gone.
        return None
    return root if os.path.isdir(root) else None


def read_record(path: str) -> dict[str, Any] | None:
    """A JSON object; None where there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MetaflowException(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise MetaflowException(f"{path} is damaged: it is not JSON ({error}).") from error
    if not isinstance(record, dict):
        raise MetaflowException(f"{path} is damaged: it holds no JSON object.")
    return record


def read_listed(path: str) -> dict[str, Any] | None:
    """As `read_record`, for lists: one damaged record is not to hide all others."""
    try:
        return read_record(path)
    except MetaflowException:
        return None


def overlay(record: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """Tags are those of the run, whatever was true when its tasks ran."""
    record["tags"] = run.get("tags", [])
    record["system_tags"] = run.get("system_tags", [])
    return record


def created(record: dict[str, Any]) -> int:
    """Milliseconds."""
    return record.get("ts_epoch") or 0


def _attempt_tag(entry: dict[str, Any]) -> int | None:
    for tag in entry.get("tags") or ():
        number = tag[len(_ATTEMPT_TAG) :]
        if tag.startswith(_ATTEMPT_TAG) and number.isdigit():
            return int(number)
    return None


def _tagged(entry: dict[str, Any]) -> bool:
    return _attempt_tag(entry) is not None


def of_attempt(entries: list[dict[str, Any]], attempt: int) -> list[dict[str, Any]]:
    """Those that belong to an attempt: by their tag, or by their time where some have no tag."""
    if all(_tagged(entry) for entry in entries):
        return [entry for entry in entries if _attempt_tag(entry) == attempt]
    starts = {int(entry["value"]): created(entry) for entry in entries if entry["field_name"] == "attempt"}
    if attempt not in starts:
        return []
    end = starts.get(attempt + 1, float("inf"))
    return [entry for entry in entries if starts[attempt] <= created(entry) < end]
