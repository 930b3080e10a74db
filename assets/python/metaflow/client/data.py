"""Artifacts: one, and all of a task by their names."""

from __future__ import annotations

import os

from .. import _remote
from ..datastore.exceptions import DataException
from . import blobs
from .base import PUBLIC, MetaflowObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import Any, NamedTuple

    MetaflowArtifacts = NamedTuple
else:
    MetaflowArtifacts = tuple

_ROOT = ":root:"


class DataArtifact(MetaflowObject):
    """One artifact of a task."""

    __module__ = PUBLIC

    _NAME = "artifact"
    _DEPTH = 5
    _FORM = "DataArtifact('FlowName/RunID/StepName/TaskID/ArtifactName')"
    _HAS_ATTEMPTS = True
    _ID_FIELD = "name"

    def _find(self) -> dict[str, Any] | None:
        return self._store.artifact(self.id, self._attempt, *self._path[:-1])

    def _find_child(self, id: str) -> None:
        return None

    def _records(self) -> Iterator[dict[str, Any]]:
        return iter(())

    @property
    def data(self) -> Any:
        """The value."""
        record = self._object
        encoding = record.get("content_type") or "gzip+pickle-v2"
        value = blobs.load(self._roots(), self._path[0], self.sha, self.id, encoding)
        from ..includefile import IncludedFile

        return value.decode(self.id) if isinstance(value, IncludedFile) else value

    @property
    def size(self) -> int:
        """Bytes of the value as it was stored, before compression; of a file, its bytes."""
        from .manifest import Manifest

        directory = os.path.join(self._roots()[0], *self._path[:4])
        if not _remote.is_remote(directory) and not os.path.isdir(directory):
            directory = os.path.join(self._roots()[-1], *self._path[:4])
        return Manifest(directory, self._attempt).size(self.id)

    @property
    def sha(self) -> str:
        """The hash of the value: equal values have equal ones."""
        sha = self._object.get("sha")
        if not isinstance(sha, str):
            raise DataException(f"The record of the artifact {self.pathspec} is damaged: it names no value.")
        return sha

    @property
    def finished_at(self) -> datetime:
        """When the task had it stored."""
        return self.created_at

    def _roots(self) -> list[str]:
        """Where the value may be: where it was written, and, if the store was moved since, where the store is now."""
        location = self._object.get("location") or ""
        if location.startswith(_ROOT):
            written = location[len(_ROOT) :]
        else:
            # Before there was a root in it, the location was that of the blob itself.
            written = os.path.normpath(os.path.join(location, *[os.pardir] * 4))
        here = self._store.root
        return [written, *([here] if here else [])]


class MetaflowData:
    """The artifacts of a task as attributes; each is read when it is asked for."""

    __module__ = PUBLIC

    def __init__(self, artifacts: Iterable[DataArtifact]) -> None:
        self.__source = artifacts
        self.__artifacts: dict[str, DataArtifact] | None = None

    @property
    def _artifacts(self) -> dict[str, DataArtifact]:
        if self.__artifacts is None:
            self.__artifacts = {artifact.id: artifact for artifact in self.__source}
        return self.__artifacts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        source = self.__source
        if self.__artifacts is not None or not isinstance(source, MetaflowObject):
            artifact = self._artifacts.get(name)
        else:
            # One by name costs less than the list of all.
            artifact = source[name] if name in source else None
        if artifact is None:
            raise AttributeError(name)
        return artifact.data

    def __contains__(self, name: object) -> bool:
        source = self.__source
        if self.__artifacts is None and isinstance(source, MetaflowObject):
            return isinstance(name, str) and not name.startswith("_") and name in source
        return name in self._artifacts

    def __dir__(self) -> list[str]:
        return [*self._artifacts, *object.__dir__(self)]

    def __str__(self) -> str:
        return f"<MetaflowData: {', '.join(self._artifacts)}>"

    def __repr__(self) -> str:
        return str(self)
