"""Components that change while a task runs: progress bars, boxes with one value, timelines."""

from __future__ import annotations

from .base import UserComponent, render, with_default_component_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TITLE_LENGTH = 200
_SUBTITLE_LENGTH = 300
_VALUE_LENGTH = 100
_VALUE_LIMIT = 1e15


class ProgressBar(UserComponent):
    """How far something has come."""

    REALTIME_UPDATABLE = True

    def __init__(
        self,
        max: int = 100,
        label: str | None = None,
        value: int = 0,
        unit: str | None = None,
        metadata: str | None = None,
    ) -> None:
        self._label = label
        self._max = max
        self._value = value
        self._unit = unit
        self._metadata = metadata

    def update(self, new_value: int, metadata: str | None = None) -> None:
        self._value = new_value
        if metadata is not None:
            self._metadata = metadata

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        rendered = {"type": "progressBar", "id": self.component_id, "max": self._max, "value": self._value}
        for key, value in (("label", self._label), ("unit", self._unit), ("details", self._metadata)):
            if value:
                rendered[key] = value
        return rendered


class ValueBox(UserComponent):
    """One value in large letters."""

    REALTIME_UPDATABLE = True

    def __init__(
        self,
        title: str | None = None,
        value: str | float = "",
        subtitle: str | None = None,
        theme: str | None = None,
        change_indicator: str | None = None,
    ) -> None:
        self._values: dict[str, Any] = {}
        if value is None:
            raise ValueError("a ValueBox needs a value")
        self.update(title, value, subtitle, theme, change_indicator)

    def update(
        self,
        title: str | None = None,
        value: str | float | None = None,
        subtitle: str | None = None,
        theme: str | None = None,
        change_indicator: str | None = None,
    ) -> None:
        """Change what is given; all of it or, when something does not fit, nothing."""
        given = {
            "value": _check_value(value),
            "title": _check_text("title", title, _TITLE_LENGTH),
            "subtitle": _check_text("subtitle", subtitle, _SUBTITLE_LENGTH),
            "theme": check_class_name("theme", theme),
            "change_indicator": _check_text("change indicator", change_indicator, _TITLE_LENGTH),
        }
        self._values.update((key, item) for key, item in given.items() if item is not None)

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        return {"type": "valueBox", "id": self.component_id, **self._values}


def _check_text(what: str, text: str | None, limit: int) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"the {what} is to be a text, not {type(text).__name__}")
    if not text.strip():
        raise ValueError(f"the {what} is empty")
    if len(text) > limit:
        raise ValueError(f"the {what} has {len(text)} characters, {limit} are possible")
    return text


def _check_value(value: str | float | None) -> Any:
    if isinstance(value, str):
        return _check_text("value", value, _VALUE_LENGTH)
    if value is None:
        return None
    if not isinstance(value, (int, float)):
        raise TypeError(f"the value is to be a text or a number, not {type(value).__name__}")
    if not -_VALUE_LIMIT <= value <= _VALUE_LIMIT:
        raise ValueError(f"the value {value} is too large to be shown")
    return value


def check_class_name(what: str, name: str | None) -> str | None:
    """A word that can be a class in a style sheet."""
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(f"the {what} is to be a text, not {type(name).__name__}")
    import re

    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]*", name):
        raise ValueError(f"the {what} is to be one word, such as 'success', not {name!r}")
    return name


class EventsTimeline(UserComponent):
    """Events, the latest first."""

    REALTIME_UPDATABLE = True

    def __init__(self, title: str | None = None, max_events: int = 100) -> None:
        self._title = title
        self._max_events = max_events
        self._events: list[dict[str, Any]] = []
        self._count = 0
        self._first: float | None = None
        self._last: float | None = None
        self._finished = False

    def update(
        self,
        event_data: dict[str, Any],
        style_theme: str | None = None,
        priority: str | None = None,
        payloads: dict[str, UserComponent] | None = None,
        finished: bool | None = None,
    ) -> None:
        """Add one event."""
        import time

        check_class_name("style theme", style_theme)
        _check_payloads(payloads or {})
        now = time.time()
        event_data.setdefault("timestamp", now)
        event = {
            "metadata": event_data,
            "payloads": payloads or {},
            "event_id": f"event_{self._count}",
            "received_at": now,
        }
        if style_theme is not None:
            event["style_theme"] = style_theme
        if priority is not None:
            event["priority"] = priority
        self._count += 1
        self._first = self._first if self._first is not None else now
        self._last = now
        if finished is not None:
            self._finished = finished
        self._events.insert(0, event)
        del self._events[self._max_events :]

    def get_stats(self) -> dict[str, Any]:
        """Counts and times, as the page shows them."""
        stats: dict[str, Any] = {
            "total_events": self._count,
            "displayed_events": len(self._events),
            "last_update": self._last,
            "first_event": self._first,
            "finished": self._finished,
        }
        runtime = self._last - self._first if self._first is not None and self._last is not None else 0
        if runtime > 0:
            stats["events_per_minute"] = round(self._count / runtime * 60, 1)
            stats["total_runtime_seconds"] = round(runtime, 1)
        return stats

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        rendered: dict[str, Any] = {
            "type": "eventsTimeline",
            "id": self.component_id,
            "events": [
                {**event, "payloads": {key: render(item) for key, item in event["payloads"].items()}}
                for event in self._events
            ],
            "config": {"show_stats": True, "show_relative_time": True, "max_events": self._max_events},
            "stats": self.get_stats(),
        }
        if self._title is not None:
            rendered["title"] = self._title
        return rendered


def _check_payloads(payloads: dict[str, UserComponent]) -> None:
    from .components import Artifact, JSONViewer, Markdown, PythonCode, YAMLViewer
    from .media import Image

    allowed = (ValueBox, Image, Markdown, Artifact, PythonCode, JSONViewer, YAMLViewer)
    for key, payload in payloads.items():
        if not isinstance(payload, allowed):
            names = ", ".join(kind.__name__ for kind in allowed)
            raise TypeError(f"the payload '{key}' is {type(payload).__name__}; possible are {names}")
