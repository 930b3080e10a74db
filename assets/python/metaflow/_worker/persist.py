"""Which attributes of a flow become artifacts, and which of those are new."""

from __future__ import annotations

from types import FunctionType, MethodType

from ..flowspec import EPHEMERAL
from ..parameters import Parameter
from .classes import leftovers_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .artifacts import Spool, TaskInput
    from .state import FlowState


def store(flow: FlowSpec, inputs: list[TaskInput], spool: Spool) -> dict[str, Any]:
    """Write what is new or may have changed; answers the whole manifest. Raises `Unpicklable` or `NoRoom`."""
    state: FlowState | None = flow.__dict__.get("__mf__")
    objects: dict[str, Any] = {}
    if state is not None:
        for name, source in inherited(state).items():
            if name in source.replaced:
                objects[name] = spool.write(name, source.replaced[name])
            else:
                objects[name] = {"from": source.index}
        for name, value in state.touched_collections().items():
            flow.__dict__.setdefault(name, value)
    for name, value in own_values(flow):
        if state is None or not state.unchanged(name, value):
            objects[name] = spool.write(name, value)
    return objects


def inherited(state: FlowState) -> dict[str, TaskInput]:
    """The artifacts that go on without the step doing anything: all of them, or in a join what it has taken."""
    if state.source is None:
        return state.taken
    return dict.fromkeys(state.source.names(), state.source)


def own_values(flow: FlowSpec) -> list[tuple[str, Any]]:
    """The attributes that the flow object itself holds, as far as they are artifacts."""
    kind = type(flow)
    values = dict(leftovers_of(kind))
    values.update(vars(flow))
    return [
        (name, value)
        for name, value in sorted(values.items())
        if not name.startswith("__")
        and name not in EPHEMERAL
        and name != "_graph_info"
        # Parameters and constants are read-only, and handed down as they are.
        and not isinstance(getattr(kind, name, None), property)
        and not isinstance(value, (MethodType, FunctionType, Parameter))
    ]
