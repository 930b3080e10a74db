"""`step`, and the machinery of the decorators that are data: a name, attributes, a place on a step or a flow.

What a decorator does while a task runs is in `_worker.hooks`; which ones exist is in `_builtin_decorators`.
"""

from __future__ import annotations

from types import FunctionType

from ._decorator_base import UNPACK_KEY as UNPACK_KEY
from ._decorator_base import Decorator as Decorator
from ._decorator_base import FlowDecorator, StepDecorator
from ._decorator_base import plain as plain
from .exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Where a flow class keeps its own decorators; names that are never artifacts.
_FLOW_DECORATORS = "__flow_decorators__"
_FLOW_MUTATORS = "__flow_mutators__"
# What a mutator has made of those of the class and its bases together.
_ALL_FLOW_DECORATORS = "__all_flow_decorators__"
_ALL_FLOW_MUTATORS = "__all_flow_mutators__"


class BadStepDecoratorException(MetaflowException):
    headline = "Syntax error"

    def __init__(self, deco: str, function: object) -> None:
        name = getattr(function, "__name__", function)
        super().__init__(f"@{deco} is applied to '{name}', which is no step: write @{deco} above @step.")


class BadFlowDecoratorException(MetaflowException):
    headline = "Syntax error"

    def __init__(self, deco: str) -> None:
        super().__init__(f"@{deco} belongs above a flow, that is, a class derived from FlowSpec.")


class DuplicateStepDecoratorException(MetaflowException):
    headline = "Duplicate decorators"

    def __init__(self, deco: str, function: object) -> None:
        super().__init__(f"The step '{getattr(function, '__name__', function)}' has @{deco} twice; once is possible.")


class DuplicateFlowDecoratorException(MetaflowException):
    headline = "Duplicate decorators"

    def __init__(self, deco: str) -> None:
        super().__init__(f"The flow has @{deco} twice; once is possible.")


class UnknownStepDecoratorException(MetaflowException):
    headline = "Unknown step decorator"

    def __init__(self, deco: str, known: list[str]) -> None:
        super().__init__(f"There is no step decorator '{deco}'. These exist: {', '.join(known)}.")


class UnknownFlowDecoratorException(MetaflowException):
    headline = "Unknown flow decorator"

    def __init__(self, deco: str) -> None:
        super().__init__(f"There is no flow decorator or mutator '{deco}'.")


def step(
    function: Callable | None = None, *, start: bool = False, end: bool = False, node_info: dict | None = None
) -> Any:
    """Mark a method as a step, with or without arguments."""

    def mark(function: Callable) -> Callable:
        function.is_step = True
        function.is_start_step = start
        function.is_end_step = end
        function.node_info = dict(node_info or {})
        function.decorators = []
        function.wrappers = []
        function.config_decorators = []
        function.name = function.__name__
        return function

    return mark if function is None else mark(function)


def steps_of(flow: type) -> list[Callable]:
    """The step functions of a class as its instances find them; base classes first, each in source order."""
    steps: dict[str, Callable] = {}
    for base in reversed(flow.__mro__):
        # An expression of configs has any attribute that is asked for.
        own = [value for value in vars(base).values() if type(value) is FunctionType and hasattr(value, "is_step")]
        for function in sorted(own, key=_line):
            steps.setdefault(function.__name__, function)
    found = (getattr(flow, name, None) for name in steps)
    return [value for value in found if type(value) is FunctionType and hasattr(value, "is_step")]


def _line(function: Callable) -> int:
    return function.__code__.co_firstlineno


def attach(function: Callable, decorator: StepDecorator) -> None:
    """Add a decorator to a step; refused when it is there already and stands only once."""
    if not decorator.allow_multiple and any(other.name == decorator.name for other in function.decorators):
        raise DuplicateStepDecoratorException(decorator.name, function)
    function.decorators.append(decorator)


def flow_decorators(flow: type) -> list[FlowDecorator]:
    """The decorators of a flow class, those of its base classes first."""
    return _with_inherited(flow, _FLOW_DECORATORS, _ALL_FLOW_DECORATORS)


def flow_mutators(flow: type) -> list[Any]:
    """The `FlowMutator`s of a flow class, those of its base classes first."""
    return _with_inherited(flow, _FLOW_MUTATORS, _ALL_FLOW_MUTATORS)


def own_flow_decorators(flow: type) -> list[FlowDecorator]:
    """The list of all decorators of a flow class, to be changed: from here on the classes' own lists do not count."""
    return _settle(flow, _FLOW_DECORATORS, _ALL_FLOW_DECORATORS)


def own_flow_mutators(flow: type) -> list[Any]:
    """The list of all mutators of a flow class, to be changed."""
    return _settle(flow, _FLOW_MUTATORS, _ALL_FLOW_MUTATORS)


def add_flow_mutator(flow: type, mutator: object) -> None:
    """What `@MyMutator` above a flow does."""
    own = vars(flow).get(_FLOW_MUTATORS)
    if own is None:
        own = []
        setattr(flow, _FLOW_MUTATORS, own)
    own.append(mutator)


def _settle(flow: type, own: str, merged: str) -> list[Any]:
    if merged not in vars(flow):
        setattr(flow, merged, _with_inherited(flow, own, merged))
    return vars(flow)[merged]


def _with_inherited(flow: type, own: str, merged: str) -> list[Any]:
    if merged in vars(flow):
        return vars(flow)[merged]
    found: list[Any] = []
    for base in (*flow.__mro__[1:], flow):
        found.extend(vars(base).get(own, ()))
    return found


def step_decorator(kind: type[StepDecorator]) -> Callable:
    """What a flow imports for a step decorator: usable bare, or with keyword arguments."""

    def decorate(*args: Any, **attributes: Any) -> Any:
        if args and not attributes and len(args) == 1 and callable(args[0]):
            return apply(args[0], {})
        if args:
            raise MetaflowException(f"@{kind.name} takes keyword arguments only.")
        return lambda function: apply(function, attributes)

    def apply(function: Callable, attributes: dict[str, Any]) -> Callable:
        if not getattr(function, "is_step", False):
            raise BadStepDecoratorException(kind.name, function)
        attach(function, kind(attributes, statically_defined=True))
        return function

    decorate.__name__ = decorate.__qualname__ = kind.name
    # For mutators, which are given what flows import.
    decorate.kind = kind
    decorate.__doc__ = kind.__doc__
    return decorate


def flow_decorator(kind: type[FlowDecorator]) -> Callable:
    """What a flow imports for a flow decorator: usable bare, or with keyword arguments."""

    def decorate(*args: Any, **attributes: Any) -> Any:
        if args and not attributes and len(args) == 1 and isinstance(args[0], type):
            return apply(args[0], {})
        if args:
            raise MetaflowException(f"@{kind.name} takes keyword arguments only.")
        return lambda flow: apply(flow, attributes)

    def apply(flow: type, attributes: dict[str, Any]) -> type:
        from .flowspec import FlowSpec

        if not (isinstance(flow, type) and issubclass(flow, FlowSpec)):
            raise BadFlowDecoratorException(kind.name)
        if not kind.allow_multiple and any(other.name == kind.name for other in flow_decorators(flow)):
            raise DuplicateFlowDecoratorException(kind.name)
        own = vars(flow).get(_FLOW_DECORATORS)
        if own is None:
            own = []
            setattr(flow, _FLOW_DECORATORS, own)
        own.append(kind(attributes, statically_defined=True))
        return flow

    decorate.__name__ = decorate.__qualname__ = kind.name
    # For mutators, which are given what flows import.
    decorate.kind = kind
    decorate.__doc__ = kind.__doc__
    return decorate


# What follows are names under which extension packages look for the machinery.


def get_all_step_decos() -> dict[str, type]:
    """Name -> class of all step decorators."""
    from .plugins import STEP_DECORATORS

    return {kind.name: kind for kind in STEP_DECORATORS}


def get_all_flow_decos() -> dict[str, type]:
    """Name -> class of all flow decorators."""
    from .plugins import FLOW_DECORATORS

    return {kind.name: kind for kind in FLOW_DECORATORS}


def _attach_decorators(flow: Any, decospecs: list[str]) -> None:
    from .user_decorators import attach

    attach(flow if isinstance(flow, type) else type(flow), decospecs)


def _attach_decorators_to_step(step: Callable, decospecs: list[str]) -> None:
    from .user_decorators import attach_to_step

    attach_to_step(step, decospecs)


def extract_step_decorator_from_decospec(decospec: str) -> tuple[Any, bool]:
    """The decorator of a `--with` specification, and whether that gives attributes."""
    from .user_decorators.common import step_decorator_from_spec

    return step_decorator_from_spec(decospec)
