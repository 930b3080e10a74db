"""Flows, and all of them: where the client starts from."""

from __future__ import annotations

from ..exception import MetaflowNamespaceMismatch
from . import selection
from .base import PUBLIC, MetaflowObject
from .run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Flow(MetaflowObject):
    """All runs of flows with one name; its children are the runs."""

    __module__ = PUBLIC

    _NAME = "flow"
    _DEPTH = 1
    _FORM = "Flow('FlowName')"
    _ID_FIELD = "flow_id"
    _CHILD_CLASS = Run

    def _is_in_namespace(self, ns: str | None) -> bool:
        """A flow is where one of its runs is."""
        for record in self._store.runs(self.id):
            if ns is None or ns in (record.get("tags") or ()) or ns in (record.get("system_tags") or ()):
                return True
        return False

    def runs(self, *tags: str) -> Iterator[Run]:
        """The runs that have all these tags, the newest first."""
        return self._filtered_children(*tags)

    @property
    def latest_run(self) -> Run | None:
        """The newest run, whatever came of it."""
        return next(iter(self), None)

    @property
    def latest_successful_run(self) -> Run | None:
        """The newest run that came to its end."""
        return next((run for run in self if run.successful), None)


class Metaflow:
    """All flows of the store that have a run in the namespace."""

    __module__ = PUBLIC

    def __init__(self, _current_metadata: str | None = None) -> None:
        self._store = selection.open_store(_current_metadata) if _current_metadata else selection.store()

    @property
    def flows(self) -> list[Flow]:
        """All flows, as a list."""
        return list(self)

    def __iter__(self) -> Iterator[Flow]:
        for record in self._store.flows():
            try:
                yield Flow(_object=record, _metaflow=self)
            except MetaflowNamespaceMismatch:
                continue

    def __getitem__(self, name: str) -> Flow:
        return Flow(name, _metaflow=self)

    def __str__(self) -> str:
        return "Metaflow()"

    def _ipython_key_completions_(self) -> list[Any]:
        return [flow.id for flow in self]


Run._PARENT_CLASS = Flow
