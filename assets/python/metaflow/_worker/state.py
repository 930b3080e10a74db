"""What a flow object knows about the task it is part of: where its attributes come from, and which were loaded.

One `FlowState` per flow object: that of the running task, and one for each input of a join.
"""

from __future__ import annotations

from .artifacts import IMMUTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .artifacts import TaskInput


class FlowState:
    """Resolves names to artifacts of one input (`source`), or of several by name (`taken`, in a join)."""

    def __init__(self, source: TaskInput | None, is_join: bool = False) -> None:
        self.source = source
        self.is_join = is_join
        self.taken: dict[str, TaskInput] = {}
        # The objects as they were loaded, to see later whether a name still holds the same.
        self.loaded: dict[str, Any] = {}
        # Values of parameters, read once.
        self.parameters: dict[str, Any] = {}
        # Contents of included files.
        self.contents: dict[str, Any] = {}
        # Items of the foreach stack by level.
        self.items: dict[int, Any] = {}

    def find(self, name: str) -> TaskInput | None:
        """The input that a name comes from."""
        taken = self.taken.get(name)
        if taken is not None:
            return taken
        source = self.source
        return source if source is not None and name in source else None

    def has(self, name: str) -> bool:
        return self.find(name) is not None

    def load(self, name: str) -> Any:
        value = self.find(name).load(name)
        self.loaded[name] = value
        return value

    def is_set(self, flow: FlowSpec, name: str) -> bool:
        """What `hasattr` would say, without loading anything."""
        return name in flow.__dict__ or hasattr(type(flow), name) or self.has(name)

    def parameter(self, name: str) -> Any:
        """The value of a parameter, the same object at each access."""
        if name not in self.parameters:
            source = self.find(name)
            if source is None:
                raise AttributeError(f"The parameter *{name}* has no value in the run that this task belongs to.")
            self.parameters[name] = source.load(name)
        return self.parameters[name]

    def unchanged(self, name: str, value: object) -> bool:
        """Whether a name still holds what was loaded for it, and that cannot have changed meanwhile."""
        if self.loaded.get(name, self) is not value or type(value) not in IMMUTABLE:
            return False
        source = self.find(name)
        return source is not None and name not in source.replaced
