"""`system_ctx` of decorators: what is known of flow and task, for the hooks whose names end in `_ctx`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


LAUNCH = "launch"
TASK = "task"

# All of these are None until they are known.
_NAMES = (
    "flow",
    "graph",
    "environment",
    "flow_datastore",
    "metadata",
    "logger",
    "package",
    "run_id",
    "input_paths",
    "task_id",
    "task_datastore",
    "ubf_context",
    "is_cloned",
    "split_index",
    "max_user_code_retries",
    "retry_count",
    "inputs",
)


class SystemContext:
    """There is one of these in a process; it fills as the work goes on."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.__dict__.update(dict.fromkeys(_NAMES))
        self._phase: str | None = None
        self._published: dict[tuple[str, str], dict[str, Any]] = {}
        self._decorators: dict[str, list[Any]] = {}

    def _update(self, **known: Any) -> None:
        unknown = known.keys() - {*_NAMES, "_phase"}
        if unknown:
            raise AttributeError(f"the context has no {', '.join(sorted(unknown))}")
        self.__dict__.update(known)

    @property
    def phase(self) -> Any:
        """An `ExecutionPhase`; None outside a flow."""
        return None if self._phase is None else _execution_phase()(self._phase)

    @property
    def is_launch(self) -> bool:
        return self._phase == LAUNCH

    @property
    def is_trampoline(self) -> bool:
        """Never here: no task of ours is handed on to another place."""
        return False

    @property
    def is_task(self) -> bool:
        return self._phase == TASK

    def register_step_decorators(self, step_name: str, decorators: list[Any]) -> None:
        self._decorators[step_name] = decorators

    def get_step_decorators(self, step_name: str) -> list[Any]:
        return self._decorators.get(step_name, [])

    def publish(self, step_name: str, namespace: str, key: str, value: Any) -> None:
        """Let the other decorators of the step see a value."""
        self._published.setdefault((step_name, namespace), {})[key] = value

    def get_published(self, step_name: str, namespace: str, key: str, default: Any = None) -> Any:
        return self._published.get((step_name, namespace), {}).get(key, default)

    def has_published(self, step_name: str, namespace: str, key: str) -> bool:
        return key in self._published.get((step_name, namespace), {})

    def get_all_published(self, step_name: str, namespace: str) -> dict[str, Any]:
        return dict(self._published.get((step_name, namespace), {}))


system_context = SystemContext()


def _execution_phase() -> Any:
    if "ExecutionPhase" not in globals():
        # Here and not above: `enum` takes longer to import than the rest of a task's start.
        from enum import Enum

        phases = {"LAUNCH": LAUNCH, "TRAMPOLINE": "trampoline", "TASK": TASK}
        globals()["ExecutionPhase"] = Enum("ExecutionPhase", phases, module=__name__)
    return globals()["ExecutionPhase"]


def __getattr__(name: str) -> Any:
    if name == "ExecutionPhase":
        return _execution_phase()
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
