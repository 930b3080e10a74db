"""One step of a run: its tasks."""

from __future__ import annotations

from .base import PUBLIC, MetaflowObject
from .task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

_CONTROL = "control_task"


class Step(MetaflowObject):
    """One step of a run; its children are its tasks."""

    __module__ = PUBLIC

    _NAME = "step"
    _DEPTH = 3
    _FORM = "Step('FlowName/RunID/StepName')"
    _ID_FIELD = "step_name"
    _CHILD_CLASS = Task

    @property
    def task(self) -> Task | None:
        """The task, of several the one that was created last; None if there is none."""
        return next(iter(self), None)

    def tasks(self, *tags: str) -> Iterator[Task]:
        """The tasks, those with all these tags."""
        return self._filtered_children(*tags)

    @property
    def control_task(self) -> Task | None:
        """The task that looks after the others of a @parallel step."""
        return next(self.control_tasks(), None)

    def control_tasks(self, *tags: str) -> Iterator[Task]:
        """The tasks that look after the others, those with all these tags."""
        for task in self._filtered_children(*tags):
            if _CONTROL in task.tags:
                yield task
                continue
            entries = self._store.field("internal_task_type", None, *task.path_components)
            if any(entry.get("value") == _CONTROL for entry in entries):
                yield task

    @property
    def finished_at(self) -> datetime | None:
        """When the last of the tasks ended; None before."""
        times = [task.finished_at for task in self]
        return None if None in times else max((time for time in times if time), default=None)

    @property
    def environment_info(self) -> Any:
        """What the tasks ran in; None unless their code was kept."""
        task = self.task
        return None if task is None else task.environment_info

    @property
    def parent_steps(self) -> Iterator[Step]:
        """The steps before this one."""
        steps = self._graph()["steps"]
        return self._existing(name for name, node in steps.items() if self.id in node["next"])

    @property
    def child_steps(self) -> Iterator[Step]:
        """The steps after this one."""
        return self._existing(self._graph()["steps"][self.id]["next"])

    def _graph(self) -> dict[str, Any]:
        task = self.task
        return {"steps": {self.id: {"next": []}}} if task is None else task["_graph_info"].data

    def _existing(self, names: Any) -> Iterator[Step]:
        """Those that the run came to; a switch leaves some aside."""
        flow, run, _ = self._path
        for name in names:
            if self._store.record(flow, run, name) is not None:
                yield Step(f"{flow}/{run}/{name}", _namespace_check=False, _store=self._store)


Task._PARENT_CLASS = Step
