"""What the store itself says of one attempt of a task: its artifacts with their sizes and types.

The other account, the metadata, is what the classes of the client go by; this one is what `dump` and sizes go by.
"""

from __future__ import annotations

import os

from .. import _remote
from ..datastore.exceptions import DataException
from . import blobs
from .store import MAX_ATTEMPTS, read_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INCLUDED_FILE = "<class 'metaflow.includefile.IncludedFile'>"


class Manifest:
    """The artifacts of the newest attempt, which has to be finished, or of one that is named."""

    def __init__(self, directory: str, attempt: int | None = None) -> None:
        self.directory = directory
        self.objects: dict[str, str] = {}
        self.info: dict[str, dict[str, Any]] = {}
        self._is_remote = _remote.is_remote(directory)
        started = self._last_started()
        self.attempt = started if attempt is None else attempt
        if attempt is not None and (started is None or attempt > started):
            return
        if self.attempt is None or not self._has(f"{self.attempt}.DONE.lock"):
            raise DataException(f"No attempt of the task '{self._pathspec()}' has been completed")
        manifest = self._record(f"{self.attempt}.data.json")
        if manifest is None:
            raise DataException(f"The task '{self._pathspec()}' says that it is done, but has no list of artifacts.")
        self.objects = manifest.get("objects") or {}
        self.info = manifest.get("info") or {}

    def _pathspec(self) -> str:
        return "/".join(self.directory.split(os.sep)[-4:])

    def load(self, name: str) -> Any:
        """The value, as it was stored: a file as its `IncludedFile`."""
        root, flow = os.path.split(os.path.dirname(os.path.dirname(os.path.dirname(self.directory))))
        encoding = self.info.get(name, {}).get("encoding", "gzip+pickle-v2")
        return blobs.load([root], flow, self.objects[name], name, encoding)

    def type(self, name: str) -> str:
        """The text of the value's type."""
        return self.info.get(name, {}).get("type") or "object"

    def size(self, name: str) -> int:
        """Bytes of the value as it was stored, before compression; of a file, its bytes."""
        if name not in self.objects:
            raise DataException(f"The task '{self._pathspec()}' has no artifact '{name}' in attempt {self.attempt}.")
        if self.type(name) == INCLUDED_FILE:
            return self.load(name).size
        return self.info.get(name, {}).get("size", 0)

    def _last_started(self) -> int | None:
        try:
            names = set(_remote.names(self.directory) if self._is_remote else os.listdir(self.directory))
        except OSError:
            return None
        return max((attempt for attempt in range(MAX_ATTEMPTS) if f"{attempt}.attempt.json" in names), default=None)

    def _has(self, name: str) -> bool:
        path = f"{self.directory}/{name}"
        return _remote.size(path) is not None if self._is_remote else os.path.exists(path)

    def _record(self, name: str) -> dict[str, Any] | None:
        path = f"{self.directory}/{name}"
        if not self._is_remote:
            return read_record(path)
        import json

        data = _remote.read(path)
        return None if data is None else json.loads(data)
