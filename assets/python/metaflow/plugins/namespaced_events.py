"""`namespaced_event_name`: names of events that belong to a project."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PREFIX = "mfns"


def namespaced_event_name(event_name: str) -> Callable[..., str]:
    """A function that gives the event's name with project and branch in front, as they are when it is called."""
    if not isinstance(event_name, str):
        raise ValueError(f"the name of an event is a text, not {event_name!r}")

    def name(context: object = None, event_name: str = event_name) -> str:
        from metaflow.metaflow_current import current

        project, branch = current.get("project_name"), current.get("branch_name")
        if not (project and branch):
            return f"{_PREFIX}.{event_name}"
        return f"{_PREFIX}.{_clean(project)}.{_clean(branch)}.{event_name}"

    return name


def _clean(text: str) -> str:
    return "".join(char for char in text if char.isascii() and (char.isalnum() or char in "_-."))
