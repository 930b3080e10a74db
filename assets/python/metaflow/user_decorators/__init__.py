"""Decorators that users write, and what they do to a flow before it runs.

`pre_mutate` and `mutate` are the two moments, between which the decorators of `--with` are attached. A flow without
such decorators pays for neither.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..flowspec import FlowSpec


def pre_mutate(flow: type[FlowSpec]) -> None:
    """Right after the configs have their values: parameters and decorators may still be added to the flow."""
    from ..decorators import flow_decorators, flow_mutators, steps_of

    if flow_mutators(flow) or any(function.config_decorators for function in steps_of(flow)):
        from .mutation import run_pre_mutate

        run_pre_mutate(flow)
    _init_parameters(flow)
    _settle_constants(flow)
    for decorator in flow_decorators(flow):
        decorator.external_init()


def attach(flow: type[FlowSpec], specs: Sequence[str]) -> None:
    """Give the decorators of `--with` to the steps that do not have them."""
    if not specs:
        return
    from ..decorators import steps_of

    for function in steps_of(flow):
        attach_to_step(function, specs)


def attach_to_step(function: Callable, specs: Sequence[str]) -> None:
    """Give one step those of the decorators that it does not have."""
    from .common import step_decorator_from_spec
    from .user_step_decorator import UserStepDecoratorBase

    for spec in specs:
        decorator, _has_arguments = step_decorator_from_spec(spec)
        if isinstance(decorator, UserStepDecoratorBase):
            decorator.add_or_raise(function, False, decorator.IGNORE)
        elif decorator.allow_multiple or all(other.name != decorator.name for other in function.decorators):
            function.decorators.append(decorator)


def mutate(flow: type[FlowSpec]) -> None:
    """When all decorators of the command line are there: the steps may still be changed."""
    from ..decorators import flow_mutators, steps_of

    steps = steps_of(flow)
    if flow_mutators(flow) or any(function.config_decorators for function in steps):
        from .mutation import run_mutate

        run_mutate(flow)
    for function in steps:
        _evaluate(flow, function)


def _evaluate(flow: type[FlowSpec], function: Any) -> None:
    """All decorators of a step get their final attributes. What they read of configs for these, the step depends on."""
    from .. import user_configs

    def evaluate() -> None:
        for decorator in (*function.decorators, *function.wrappers):
            decorator.external_init()

    if user_configs.in_use():
        from ..user_configs.config_reads import reads_of

        function.config_reads = reads_of(flow, evaluate)
    else:
        evaluate()


def _init_parameters(flow: type[FlowSpec]) -> None:
    from .._worker import place
    from .._worker.classes import parameters_of

    seen: set[str] = set()
    for name, parameter in parameters_of(flow):
        if parameter.IS_CONFIG_PARAMETER:
            continue
        try:
            parameter.init()
        except Exception as error:
            place.note(error, place.of_attribute(flow, name))
            raise
        if parameter.option in seen:
            from ..exception import MetaflowException

            raise MetaflowException(f"The parameter *{parameter.name}* is declared twice; case makes no difference.")
        seen.add(parameter.option)


def _settle_constants(flow: type[FlowSpec]) -> None:
    """Constants of the class that are expressions of configs become their values."""
    from .. import user_configs

    if not user_configs.in_use():
        return
    from .._worker.classes import class_names
    from ..user_configs.config_parameters import DelayEvaluator

    for name in class_names(flow):
        value = getattr(flow, name, None)
        if isinstance(value, DelayEvaluator):
            setattr(flow, name, value())
