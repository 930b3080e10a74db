"""`current`: what a step can ask about the task that it runs in."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# `current.parallel`, in the tasks of a `num_parallel` step.
Parallel = namedtuple("Parallel", ("main_ip", "num_nodes", "node_index", "control_task_id"))

# What every task has; outside of a task these are None.
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
        "run",
        "task",
    )
)

# What is settled before a task and the same for all tasks of a run, other than the names of the run itself. Who asks
# for one of these may give another result the next time.
_SETTLED = frozenset(
    (
        "namespace",
        "username",
        "tags",
        "parameter_names",
        "graph",
        "project_name",
        "branch_name",
        "is_user_branch",
        "is_production",
        "project_flow_name",
    )
)

_HINTS = {
    "card": "current.card exists in steps that have @card",
    "parallel": "current.parallel exists in steps that have @parallel",
    "trigger": "current.trigger exists in flows that have @trigger_on_finish, when --trigger names a run",
    **dict.fromkeys(
        ("project_name", "branch_name", "is_user_branch", "is_production", "project_flow_name"),
        "current has the names of the project in flows that have @project",
    ),
}


class Current:
    """The one object of this class is `metaflow.current`."""

    def __init__(self) -> None:
        self._is_running = False
        # What the client looks at in this task: `namespace` is who runs it.
        self._client_namespace: str | None = None
        self._values: dict[str, Any] = {}
        # Those of the settled names that this task has asked for.
        self._asked: dict[str, None] = {}
        # How to get values that are not worth getting before somebody asks.
        self._loaders: dict[str, tuple[Callable[[], Any], bool]] = {}

    @property
    def is_running_flow(self) -> bool:
        """Whether this is a task of a flow."""
        return self._is_running

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
        if name in _SETTLED:
            self._asked[name] = None
        if name in values:
            return values[name]
        if name in self.__dict__.get("_loaders", ()):
            loader, keep = self._loaders[name]
            value = loader()
            if keep:
                values[name] = value
            return value
        if name in _NAMES:
            return None
        if name == "graph":
            raise RuntimeError("current.graph exists in a running step")
        raise AttributeError(_HINTS.get(name) or f"'current' has no '{name}' here")

    def __contains__(self, key: str) -> bool:
        return getattr(self, key, None) is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or the default where it has none."""
        return getattr(self, key, default)

    def _set_env(
        self,
        flow: Any = None,
        run_id: str | None = None,
        step_name: str | None = None,
        task_id: str | None = None,
        retry_count: int | None = None,
        origin_run_id: str | None = None,
        namespace: str | None = None,
        username: str | None = None,
        metadata_str: str | None = None,
        is_running: bool = True,
        tags: Any = None,
    ) -> None:
        """The task that runs from now on."""
        self._is_running = is_running
        self._asked.clear()
        self._metadata_str = metadata_str
        values = {
            "run_id": run_id,
            "step_name": step_name,
            "task_id": task_id,
            "retry_count": retry_count,
            "origin_run_id": origin_run_id,
            "namespace": namespace,
            "username": username,
            "tags": tags,
        }
        if flow is not None:
            values["flow_name"] = flow.name
        self._values.update(values)
        ids = [self._values.get(name) for name in ("flow_name", "run_id", "step_name", "task_id")]
        if None not in ids:
            self._values["pathspec"] = "/".join(ids)
            self._update_later("run", lambda: _object("Run", ids[:2], metadata_str))
            self._update_later("task", lambda: _object("Task", ids, metadata_str))

    def _update_env(self, env: dict[str, Any]) -> None:
        """How decorators add names of theirs."""
        self._values.update(env)

    def _update_later(self, name: str, loader: Callable[[], Any], keep: bool = True) -> None:
        """Add a name whose value is got when it is asked for: once, or, without `keep`, each time."""
        self._values.pop(name, None)
        self._loaders[name] = (loader, keep)


def _object(kind: str, ids: list[Any], metadata_str: str | None) -> Any:
    """The client's object; the task's namespace is no limit to what it may know of itself."""
    from . import client

    return getattr(client, kind)("/".join(ids), _namespace_check=False, _current_metadata=metadata_str)


current = Current()
