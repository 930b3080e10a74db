"""One run: its steps, its end, its tags."""

from __future__ import annotations

import json

from .base import PUBLIC, MetaflowObject
from .step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import Any

    from .code import MetaflowCode
    from .data import MetaflowData
    from .task import Task

_PARAMETERS = "_parameters"


class Run(MetaflowObject):
    """One run of a flow; its children are its steps."""

    __module__ = PUBLIC

    _NAME = "run"
    _DEPTH = 2
    _FORM = "Run('FlowName/RunID')"
    _ID_FIELD = "run_number"
    _CHILD_CLASS = Step

    def _listed(self, id: str) -> bool:
        return not id.startswith("_")

    def steps(self, *tags: str) -> Iterator[Step]:
        """The steps, those with all these tags."""
        return self._filtered_children(*tags)

    @property
    def _graph_endpoints(self) -> tuple[str, str]:
        """The first and the last step; `start` and `end` where the run does not say."""
        known = self.__dict__.get("_endpoints")
        if known is not None:
            return known
        records = self._store.children(*self._path, _PARAMETERS)
        parameters = next(records, None)
        if parameters is None:
            return "start", "end"
        task = (*self._path, _PARAMETERS, str(parameters["task_id"]))
        first, last = (self._store.field(field, None, *task) for field in ("start_step", "end_step"))
        self._endpoints = (first[-1]["value"] if first else "start", last[-1]["value"] if last else "end")
        return self._endpoints

    @property
    def end_task(self) -> Task | None:
        """The task of the last step; None before it is there."""
        try:
            step = self[self._graph_endpoints[1]]
        except KeyError:
            return None
        return step.task

    @property
    def data(self) -> MetaflowData | None:
        """The artifacts of the last step."""
        end = self.end_task
        return None if end is None else end.data

    @property
    def successful(self) -> bool:
        """Whether the last step came to its end by itself."""
        end = self.end_task
        return False if end is None else end.successful

    @property
    def finished(self) -> bool:
        """Whether the last step is over."""
        end = self.end_task
        return False if end is None else end.finished

    @property
    def finished_at(self) -> datetime | None:
        """When the last step ended; None before."""
        end = self.end_task
        return None if end is None else end.finished_at

    @property
    def code(self) -> MetaflowCode | None:
        """The code of the run, if it was kept."""
        tasks = (step.task for step in self)
        return next((task.code for task in tasks if task is not None and task.code is not None), None)

    @property
    def trigger(self) -> Any:
        """The events that started the run; None where none did."""
        start = self._graph_endpoints[0]
        task = self[start].task if start in self else None
        events = task._latest("execution-triggers") if task is not None else None
        if not events:
            return None
        from ..events import Trigger

        return Trigger(json.loads(events))

    @property
    def origin_pathspec(self) -> str | None:
        """The run that this one was resumed from."""
        step = next(iter(self), None)
        task = step.task if step is not None else None
        entries = self._store.field("origin-run-id", None, *task.path_components) if task is not None else []
        return f"{self._path[0]}/{entries[0].get('value')}" if entries else None

    def add_tag(self, tag: str) -> None:
        """Add a tag; one that is there already, or is a system tag, changes nothing."""
        self.replace_tag([], tag)

    def add_tags(self, tags: Iterable[str]) -> None:
        """Add tags, all at once."""
        self.replace_tags([], tags)

    def remove_tag(self, tag: str) -> None:
        """Remove a tag, if it is there; a system tag can not be removed."""
        self.replace_tag(tag, [])

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Remove tags, all at once."""
        self.replace_tags(tags, [])

    def replace_tag(self, tag_to_remove: Any, tag_to_add: Any) -> None:
        """Remove one tag and add another, at once."""
        self.replace_tags(_several(tag_to_remove), _several(tag_to_add))

    def replace_tags(self, tags_to_remove: Iterable[str], tags_to_add: Iterable[str]) -> None:
        """Remove tags, then add tags, at once."""
        from . import tags

        final = tags.mutate(self._store, self._path[0], self.id, remove=tags_to_remove, add=tags_to_add)
        self._user_tags = frozenset(final)
        self._tags = self._user_tags | self._system_tags


def _several(tag: Any) -> Any:
    """Metaflow takes one tag or several where the name says one."""
    return [tag] if isinstance(tag, (str, bytes)) else tag


Step._PARENT_CLASS = Run
