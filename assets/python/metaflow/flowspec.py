"""`FlowSpec`: what a flow's methods find on `self`.

Knows how attributes resolve and what `self.next` accepts; where artifacts come from is behind `__mf__`, an object of
`_worker.state` that exists only while a task runs. Names of the form `__x__` are never artifacts, so that nothing here
collides with what a flow stores.
"""

from __future__ import annotations

import os
import sys

from . import _transitions
from ._frames import ForeachFrame
from .exception import MetaflowException
from .unbounded_foreach import UnboundedForeachInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ._worker.state import FlowState
    from .graph import FlowGraph

__all__ = ["FlowSpec", "ForeachFrame", "Inputs", "InvalidNextException", "ParallelUBF"]

# Names that the runtime of Metaflow keeps for itself: no artifacts, even when a flow assigns them.
EPHEMERAL = frozenset(
    (
        "_EPHEMERAL",
        "_NON_PARAMETERS",
        "_datastore",
        "_cached_input",
        "_graph",
        "_flow_state",
        "_steps",
        "index",
        "input",
    )
)


class InvalidNextException(MetaflowException):
    """`self.next` was called in a way that names no transition."""

    headline = "Invalid self.next() transition detected"

    def __init__(self, msg: str) -> None:
        # The line that calls `next` is the first one above this package.
        here = os.path.dirname(__file__)
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(here):
            frame = frame.f_back
        super().__init__(msg, frame.f_lineno if frame is not None else None)


class ParallelUBF(UnboundedForeachInput):
    """The artifact of a `num_parallel` split; its items are the indices of the nodes."""

    def __init__(self, num_parallel: int) -> None:
        self.num_parallel = num_parallel

    def __getitem__(self, item: int | None) -> int:
        return item or 0


class FlowConstructed(SystemExit):
    """`MyFlow()` at the end of a flow file: the point where the command line would take over."""


class _GraphOf:
    """Class attribute `_graph`: the graph of the class that is asked, made when it is first asked for."""

    def __get__(self, flow: object, kind: type) -> FlowGraph:
        own = vars(kind).get("__graph__")
        if own is None:
            from .graph import FlowGraph

            own = FlowGraph(kind)
            kind.__graph__ = own  # type: ignore[attr-defined]
        return own


class _StepsOf:
    """Class attribute `_steps`: the step functions, by name."""

    def __get__(self, flow: object, kind: type) -> list[Callable[..., None]]:
        from .decorators import steps_of

        return sorted(steps_of(kind), key=lambda function: function.__name__)


class FlowSpec:
    """Base class of all flows."""

    _graph = _GraphOf()
    _steps = _StepsOf()

    def __init__(self, use_cli: bool = True) -> None:
        self.name = type(self).__name__
        self._transition = None
        # Metaflow stores this leftover of its own with every task; readers list it, so we have it too.
        self._configs_processed = True
        if use_cli:
            from . import _launch

            _launch.constructed(self)

    def __getattr__(self, name: str) -> Any:
        state: FlowState | None = self.__dict__.get("__mf__")
        if state is not None and not name.startswith("__"):
            if state.has(name):
                value = state.load(name)
                self.__dict__[name] = value
                return value
            state.misses(name)
        flow = self.__dict__.get("name", type(self).__name__)
        raise AttributeError(f"Flow {flow} has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        state: FlowState | None = self.__dict__.get("__mf__")
        # What the item of a foreach was taken from counts as an attribute that the task has.
        if state is None or not state.let_go(name) or name in self.__dict__:
            super().__delattr__(name)

    def __iter__(self) -> Iterator[Any]:
        """The step functions, by name as Metaflow's graph has them."""
        from .decorators import steps_of

        return iter(sorted(steps_of(type(self)), key=lambda function: function.__name__))

    @classmethod
    def _get_parameters(cls) -> Iterator[tuple[str, Any]]:
        """Attribute names and parameters; in a task, what stands for each parameter on the class."""
        from ._worker.classes import PROTECTED_PARAMETERS, parameters_of

        protected = vars(cls).get(PROTECTED_PARAMETERS)
        if protected is None:
            return iter(parameters_of(cls))
        return ((name, getattr(cls, name)) for name in protected)

    @property
    def script_name(self) -> str:
        """The base name of the flow's file."""
        return os.path.basename(getattr(sys.modules.get(type(self).__module__), "__file__", ""))

    @property
    def index(self) -> int | None:
        """The index of this task in its innermost foreach; None outside."""
        stack = self._foreach_stack
        return stack[-1].index if stack else None

    @property
    def input(self) -> Any:
        """The item of this task in its innermost foreach; None outside."""
        return _find_input(self, len(self._foreach_stack) - 1)

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """`(index, number of splits, item)` for each foreach around this task, outermost first."""
        stack = [
            (frame.index, frame.num_splits, _find_input(self, level)) for level, frame in enumerate(self._foreach_stack)
        ]
        state: FlowState | None = self.__dict__.get("__mf__")
        for frame in self._foreach_stack if state is not None else ():
            state.counts(frame.var)
        return stack

    def next(self, *dsts: Callable[..., None], **kwargs: Any) -> None:
        """Name the step, or steps, that follow; the last statement of every step but the end."""
        _transitions.next_step(self, dsts, kwargs)

    def merge_artifacts(self, inputs: Any, exclude: list[str] | None = None, include: list[str] | None = None) -> None:
        """In a join: take over the artifacts on which the inputs agree, and which are not set here yet."""
        _transitions.merge_artifacts(self, inputs, exclude or [], include or [])

    def __str__(self) -> str:
        step = self.__dict__.get("_current_step")
        if step is None:
            return f"<flow {self.name}>"
        indices = ",".join(str(frame.index) for frame in self._foreach_stack)
        if not indices:
            return f"<flow {self.name} step {step}>"
        item = self.input
        if item is None:
            return f"<flow {self.name} step {step}[{indices}]>"
        text = str(item)
        if len(text) > 20:
            text = text[:20] + "..."
        return f"<flow {self.name} step {step}[{indices}] (input: {text})>"

    def __getstate__(self) -> None:
        raise MetaflowException(
            "A flow cannot be pickled. Perhaps *self*, or one of the *inputs* of a join, was assigned to an attribute? "
            "Store the attributes that you need instead, such as *input.some_var*."
        )

    def __reduce_ex__(self, protocol: int) -> None:
        self.__getstate__()


def _find_input(flow: FlowSpec, level: int) -> Any:
    """The item of the given level of foreach; None where its list is no longer at hand (after an inner join)."""
    if level < 0:
        return None
    state: FlowState | None = flow.__dict__.get("__mf__")
    items = state.items if state is not None else {}
    if level in items:
        return items[level]
    frame = flow._foreach_stack[level]
    try:
        if state is None or frame.var in flow.__dict__ or not state.has(frame.var) or hasattr(type(flow), frame.var):
            collection = getattr(flow, frame.var)
        else:
            collection = state.item(frame.var, frame.index)
    except AttributeError:
        item = None
    else:
        try:
            item = collection[frame.index]
        except TypeError:
            # Sets and the like know only their order of iteration.
            from itertools import islice

            item = next(islice(collection, frame.index, frame.index + 1))
    items[level] = item
    return item


class Inputs:
    """The tasks that a join brings together: by position, by name of their step, one after the other."""

    def __init__(self, flows: list[FlowSpec]) -> None:
        self.flows = flows
        for flow in flows:
            # Of several tasks of one step, as in a foreach, the last one keeps the name.
            setattr(self, flow._current_step, flow)

    def __getitem__(self, index: int) -> FlowSpec:
        return self.flows[index]

    def __iter__(self) -> Iterator[FlowSpec]:
        return iter(self.flows)

    def __len__(self) -> int:
        return len(self.flows)
