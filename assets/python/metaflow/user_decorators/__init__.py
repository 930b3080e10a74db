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
    from ..user_configs.config_reads import Uses

# Where a class keeps who uses configs for all of its steps: mutators and the decorators of the flow.
_USES = "__config_uses__"


def pre_mutate(flow: type[FlowSpec]) -> None:
    """Right after the configs have their values: parameters and decorators may still be added to the flow."""
    from ..decorators import flow_decorators, flow_mutators, steps_of

    if flow_mutators(flow) or any(function.config_decorators for function in steps_of(flow)):
        from .mutation import run_pre_mutate

        _noted(flow, run_pre_mutate, flow)
    _init_parameters(flow)
    _settle_constants(flow)
    _noted(flow, _init_all, flow_decorators(flow))


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

        _noted(flow, run_mutate, flow)
    for function in steps:
        _noted(function, _init_all, [*function.decorators, *function.wrappers])
    for function in steps:
        uses: list[Uses] = [vars(owner)[_USES] for owner in (flow, function) if _USES in vars(owner)]
        function.config_reads = {key: digest for one in uses for key, digest in one.digests(flow).items()}


def _init_all(decorators: Sequence[Any]) -> None:
    for decorator in decorators:
        decorator.external_init()


def _noted(owner: Any, work: Callable, *arguments: Any) -> None:
    """Does it; what it uses of configs is kept with that class or function."""
    from .. import user_configs

    if not user_configs.in_use():
        work(*arguments)
        return
    from ..user_configs.config_reads import Uses

    if _USES not in vars(owner):
        setattr(owner, _USES, Uses())
    with vars(owner)[_USES]:
        work(*arguments)


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
    from .._worker.classes import CONSTANT_READS, class_names
    from ..user_configs.config_parameters import DelayEvaluator
    from ..user_configs.config_reads import Uses

    def settle(name: str, value: DelayEvaluator) -> None:
        setattr(flow, name, value())

    reads: dict[str, dict[str, str]] = {}
    for name in class_names(flow):
        value = getattr(flow, name, None)
        if not isinstance(value, DelayEvaluator):
            continue
        if name.startswith("_"):
            # Nothing will tell which steps read it.
            _noted(flow, settle, name, value)
            continue
        with Uses() as uses:
            settle(name, value)
        reads[name] = uses.digests(flow)
    setattr(flow, CONSTANT_READS, reads)
