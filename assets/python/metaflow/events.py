"""What started a run: events, or other runs."""

from __future__ import annotations

from collections import namedtuple
from datetime import datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .client import Run

# `type` is `event` or `run`.
MetaflowEvent = namedtuple("MetaflowEvent", ("name", "id", "timestamp", "type"))


class Trigger:
    """The events that started a run, the latest first."""

    def __init__(self, _meta: list[dict[str, Any]] | None = None) -> None:
        events = sorted(_meta or (), key=_when, reverse=True)
        self._events = [MetaflowEvent(**{**event, "timestamp": _as_time(event.get("timestamp"))}) for event in events]
        self._runs: list[Run] | None = None

    @classmethod
    def from_runs(cls, run_objs: list[Run]) -> Trigger:
        """As if the ends of these runs had started the run."""
        meta, runs = [], []
        for run in sorted(run_objs, key=lambda run: run.finished_at or datetime.min, reverse=True):
            end = run.end_task
            if end is None:
                continue
            runs.append(run)
            # Whoever waits for `end` is also to hear of last steps with another name.
            for step in dict.fromkeys((end.path_components[2], "end")):
                name = f"metaflow.{run.path_components[0]}.{step}"
                meta.append({"type": "run", "timestamp": run.finished_at, "name": name, "id": end.pathspec})
        trigger = cls(meta)
        trigger._runs = runs
        return trigger

    @property
    def event(self) -> MetaflowEvent | None:
        """The latest event."""
        return self._events[0] if self._events else None

    @property
    def events(self) -> list[MetaflowEvent] | None:
        """All events; None if there are none."""
        return list(self._events) or None

    @property
    def run(self) -> Run | None:
        """The latest of the runs."""
        runs = self.runs
        return runs[0] if runs else None

    @property
    def runs(self) -> list[Run] | None:
        """The runs among the events; None if there are none."""
        if self._runs is None:
            from .client import Run

            # Such an event is named after a task.
            paths = ("/".join(event.id.split("/")[:2]) for event in self._events if event.type == "run")
            self._runs = [Run(path, _namespace_check=False) for path in paths]
        return list(self._runs) or None

    def __getitem__(self, key: str) -> Any:
        """A run by the name of its flow; where no run is among the events, an event by its name."""
        runs = self.runs
        for found, name in ((run, run.path_components[0]) for run in runs) if runs else self._named():
            if name == key:
                return found
        raise KeyError(key)

    def _named(self) -> Iterator[tuple[MetaflowEvent, str]]:
        return ((event, event.name) for event in self._events)

    def __iter__(self) -> Iterator[MetaflowEvent]:
        return iter(self._events)

    def __contains__(self, ident: object) -> bool:
        try:
            self[ident]  # type: ignore[index]
        except KeyError:
            return False
        return True


def _when(event: dict[str, Any]) -> float:
    time = event.get("timestamp")
    return time.timestamp() if isinstance(time, datetime) else time or float("-inf")


def _as_time(time: Any) -> Any:
    return datetime.fromtimestamp(time) if isinstance(time, int) and time else time
