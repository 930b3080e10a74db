"""When the hooks of decorators run that concern the flow as a whole.

Metaflow runs some in the process that starts the tasks and some in each task. Here a flow is loaded once, in the
template, and its tasks are forked from that:

    template   external_init, flow_init; external_init, step_init; package_init
    task       runtime_init, runtime_task_created, runtime_step_cli; the task's own hooks (`hooks`)
    afterwards runtime_finished, in a process of its own once the run is over (`after_run`)

So what flow_init and step_init set is there in every task, and what a `runtime_` hook keeps on its decorator is seen
by the later hooks of the same task only.
"""

from __future__ import annotations

import os

from .._decorator_base import FlowDecorator, StepDecorator
from ..exception import MetaflowException
from . import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flowspec import FlowSpec
    from .surroundings import Surroundings

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))


def init_flow_decorators(flow: FlowSpec, around: Surroundings, given: dict[str, Any]) -> None:
    """`flow_init` of each flow decorator, with the values of its options."""
    from ..decorators import flow_decorators

    decorators = flow_decorators(type(flow))
    for decorator in decorators:
        decorator.external_init()
    for decorator in decorators:
        options = option_values(decorator, given)
        if decorator.flow_init_ctx is not None:
            decorator.flow_init_ctx(options)
        elif is_overridden(decorator, "flow_init", FlowDecorator):
            decorator.flow_init(
                flow,
                around.graph_for(decorator),
                around.environment,
                around.flow_datastore,
                around.metadata,
                around.logger,
                around.echo,
                options,
            )


def init_step_decorators(flow: FlowSpec, around: Surroundings) -> None:
    """`external_init` of all decorators of all steps, then `step_init`, then `package_init`."""
    from ..decorators import steps_of

    steps = sorted(steps_of(type(flow)), key=lambda function: function.__name__)
    context = around.context
    for function in steps:
        if function.decorators:
            context.register_step_decorators(function.__name__, list(function.decorators))
        for decorator in function.decorators:
            decorator.external_init()
        for wrapper in getattr(function, "wrappers", None) or ():
            wrapper.external_init()
    for function in steps:
        name = function.__name__
        with place.at_step(function):
            for decorator in function.decorators:
                if decorator.step_init_ctx is not None:
                    decorator.step_init_ctx(name)
                elif is_overridden(decorator, "step_init"):
                    decorator.step_init(
                        flow,
                        around.graph_for(decorator),
                        name,
                        function.decorators,
                        around.environment,
                        around.flow_datastore,
                        around.logger,
                    )
    for function in steps:
        for decorator in function.decorators:
            if decorator.package_init_ctx is not None:
                decorator.package_init_ctx(function.__name__)
            elif is_overridden(decorator, "package_init"):
                decorator.package_init(flow, function.__name__, around.environment)
    _say_what_is_elsewhere(flow, around)


def _say_what_is_elsewhere(flow: FlowSpec, around: Surroundings) -> None:
    from ..decorators import flow_decorators, steps_of

    of_steps = (decorator for function in steps_of(type(flow)) for decorator in function.decorators)
    names = {
        decorator.name
        for decorator in (*of_steps, *flow_decorators(type(flow)))
        if not getattr(decorator, "IS_LOCAL", True)
    }
    if names:
        listed = ", ".join(f"@{name}" for name in sorted(names))
        around.notices.append(f"{listed}: without effect here, every step runs on this machine and in this Python.")


def is_overridden(decorator: Any, hook: str, base: type = StepDecorator) -> bool:
    """Whether a decorator has a hook of its own: preparing the arguments of the others is saved."""
    return getattr(type(decorator), hook) is not getattr(base, hook) or hook in vars(decorator)


def retry_counts(decorators: list[Any]) -> list[int]:
    """Retries of the user's code, and further ones for errors around it; the largest of each kind counts."""
    counts = [decorator.step_task_retry_count() for decorator in decorators]
    if any(user is None and error is None for user, error in counts):
        return [0, 0]
    return [max((int(count[kind]) for count in counts), default=0) for kind in (0, 1)]


def has_work(flow: type[FlowSpec]) -> bool:
    """Whether something is to be done when the run is over."""
    from ..decorators import flow_decorators, steps_of

    return any(decorator.name == "exit_hook" for decorator in flow_decorators(flow)) or any(
        decorator.runtime_finished_ctx is not None or is_overridden(decorator, "runtime_finished")
        for function in steps_of(flow)
        for decorator in function.decorators
    )


def retry_minutes(decorators: list[Any]) -> float:
    """Minutes between the attempts, where the flow says so itself: the default is meant for clusters."""
    name = "minutes_between_retries"
    stated = [decorator for decorator in decorators if name in decorator._user_defined_attributes]
    return max((float(decorator.attributes[name]) for decorator in stated), default=0.0)


def option_values(decorator: FlowDecorator, given: dict[str, Any]) -> dict[str, Any]:
    """The options of a flow decorator: from the command line, else from the environment, else their defaults."""
    if decorator.allow_multiple and decorator.options:
        raise MetaflowException(f"@{decorator.name} may stand on a flow more than once, so it cannot have options.")
    values = {}
    for option, declared in decorator.options.items():
        text = given.get(option, given.get(option.replace("-", "_")))
        if text is None:
            text = _from_environment(option, declared)
        values[option] = declared.get("default") if text is None else _convert(text, option, declared)
    return values


def _from_environment(option: str, declared: dict[str, Any]) -> Any:
    name = option.upper().replace("-", "_")
    for variable in (f"METAFLOW_FLOW_{name}", f"METAFLOW_{name}"):
        text = os.environ.get(variable)
        if text:
            return text.split() if declared.get("multiple") else text
    return None


def _convert(value: Any, option: str, declared: dict[str, Any]) -> Any:
    """A text as the option's type has it; the type may also be told by the default, as with click."""
    if declared.get("multiple"):
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_convert_one(item, option, declared) for item in items)
    if isinstance(value, (list, tuple)):
        value = value[-1]
    return _convert_one(value, option, declared)


def _convert_one(value: Any, option: str, declared: dict[str, Any]) -> Any:
    kind: Callable | None = declared.get("type")
    default = declared.get("default")
    if declared.get("is_flag") or kind is bool or (kind is None and isinstance(default, bool)):
        return str(value).lower() in _TRUE
    if kind is None and isinstance(default, (int, float)):
        kind = type(default)
    if kind not in (int, float) or not isinstance(value, str):
        return value
    try:
        return kind(value)
    except ValueError as error:
        raise MetaflowException(f"--{option}: '{value}' is no {kind.__name__}.") from error
