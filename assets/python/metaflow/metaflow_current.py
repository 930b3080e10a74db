"""`current`: what a step can ask about the task that it runs in."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Known names that are None outside a task.
_NAMES = frozenset(
    (
        "flow_name",
        "run_id",
        "step_name",
        "task_id",
        "retry_count",
        "origin_run_id",
        "pathspec",
        "namespace",
        "username",
        "tags",
    )
)

_HINTS = {
    "card": "current.card exists in steps that have @card",
    "project_name": "current.project_name exists in flows that have @project",
    "graph": "current.graph exists in a running step",
    "run": "current.run needs Metaflow's client, which flowdev's package does not offer; use current.run_id",
    "task": "current.task needs Metaflow's client, which flowdev's package does not offer; use current.pathspec",
}


class Current:
    """The one object of this class is `metaflow.current`."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        # How to get values that are not worth getting before somebody asks.
        self._loaders: dict[str, Callable[[], Any]] = {}

    @property
    def is_running_flow(self) -> bool:
        """Whether this is a task of a flow."""
        return bool(self._values)

    @property
    def tempdir(self) -> str:
        """Where temporary files may be made."""
        value = self._values.get("tempdir")
        if value is None:
            import os

            return os.environ.get("METAFLOW_TEMPDIR", ".")
        return value

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        loader = self.__dict__.get("_loaders", {}).get(name)
        if loader is not None:
            values[name] = loader()
            return values[name]
        if name in _NAMES:
            return None
        hint = _HINTS.get(name)
        raise AttributeError(hint or f"'current' has no '{name}' here")

    def __contains__(self, key: str) -> bool:
        return getattr(self, key, None) is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or the default where it has none."""
        return getattr(self, key, default)

    def _update_env(self, env: dict[str, Any]) -> None:
        """How decorators add names of theirs."""
        self._values.update(env)

    def _update_later(self, name: str, loader: Callable[[], Any]) -> None:
        """Add a name whose value is got when it is asked for."""
        self._loaders[name] = loader


current = Current()
